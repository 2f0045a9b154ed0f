import type { AuditFacts } from '../http/admin-payloads.js';

/** The columns of the file, named as in JSON. */
export const COLUMNS = [
  ...(['id', 'at', 'event', 'outcome', 'reason', 'user_id', 'session_id', 'ip'] as const),
  ...(['user_agent', 'request_id', 'actor', 'methods', 'count'] as const),
];

/** A row of the file. **Source** RFC 4180. */
export const lineOf = (facts: AuditFacts): string =>
  `${[
    facts.id,
    facts.at.toISOString(),
    ...[facts.event, facts.outcome, facts.reason, facts.userId, facts.sessionId, facts.ip].map(cellOf),
    ...[facts.userAgent, facts.requestId, facts.actor, facts.methods?.join(' '), facts.count].map(cellOf),
  ].join(',')}\r\n`;

/** What spreadsheets take for the beginning of a formula, wide characters included, maybe after spaces. */
const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * A cell. User agents and reasons come from strangers: one that could be a formula begins with an apostrophe, which
 * spreadsheets take for the beginning of a text. **Source** OWASP, CSV Injection.
 */
function cellOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /["',;\r\n\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
