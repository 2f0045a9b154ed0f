import { namesDatabase } from './foreign-names.js';
import { NAMES } from './setting-names.js';

/** Prefixes that only our settings have: an unknown name with one of them is a typing error. */
const PREFIXES = [
  'ACCESS_TOKEN_',
  'ACCOUNT_LOCK_',
  'AUDIT_',
  'COOKIE_',
  'CORS_ALLOWED_',
  'DOCS_',
  'EMAIL_',
  'FRONTEND_',
  'LIMIT_',
  'MAIL_',
  'PASSWORD_',
  'RATE_LIMIT_',
  'REFRESH_',
  'SECRET_KEY_',
  'SESSION_',
  'SMTP_',
  'TRUSTED_',
  'WEBHOOK_',
];
/** Variables of desktops, shells and mail programs that look like ours. */
const OTHERS = /^(SESSION_MANAGER$|PASSWORD_STORE_|MAILDIR$)/;
/** Former names of settings. */
const RENAMED = new Map([['LETTERS_DIR', 'EMAIL_TEMPLATES_DIR']]);

/**
 * Variables that contain the address of a database while `DATABASE_URL` is unset: the server would start with an empty one.
 *
 * Outside production, names other than `DATABASE_…` may be meant for another program on the same machine.
 */
export function misnamedDatabases(environment: NodeJS.ProcessEnv): string[] {
  if (environment.DATABASE_URL?.trim() || environment.DATABASE?.trim() === 'embedded') return [];
  const isProduction = environment.NODE_ENV?.trim() === 'production';
  return Object.keys(environment).filter(
    (name) =>
      environment[name]?.trim() &&
      ((namesDatabase(name) && (isProduction || name.startsWith('DATABASE'))) ||
        (distance(name, 'DATABASE_URL') <= 2 && name !== 'DATABASE_URL')),
  );
}

/** With another word for production, the server would start with the looser rules of a trial, and nobody would notice. */
export function misspeltProduction({ NODE_ENV }: NodeJS.ProcessEnv): string[] {
  const said = NODE_ENV?.trim() ?? '';
  const isMeant = /^(prod|prd|live$)/i.test(said) || distance(said.toLowerCase(), 'production') <= 2;
  return isMeant && said !== 'production'
    ? [`NODE_ENV: ${said.slice(0, 40)} has no meaning, did you mean production?`]
    : [];
}

export const misnamedProblem = (name: string): string =>
  `${name}: is not a setting, did you mean DATABASE_URL?`;

/** Whether an unknown name was meant to be a setting. Names for databases are reported separately. */
export function isMeantForUs(name: string): boolean {
  if (NAMES.has(name) || OTHERS.test(name)) return false;
  return (
    RENAMED.has(name) ||
    PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    [...NAMES.keys()].some((known) => known !== 'DATABASE_URL' && isSlipOf(known, name))
  );
}

/**
 * Whether a name is within two edits of a known one.
 *
 * Short names are close to unrelated ones (HOME, HOST), and the first letter is rarely wrong (HTTP_URL is not SMTP_URL).
 */
function isSlipOf(known: string, name: string): boolean {
  const edits = known.length < 6 ? 0 : known.length < 8 ? 1 : 2;
  const mayBe = name[0] === known[0] && Math.abs(name.length - known.length) <= edits;
  return mayBe && distance(name, known) <= edits;
}

/** The setting that an unknown name was probably meant to be. */
export function nearest(name: string): string {
  const renamed = RENAMED.get(name);
  if (renamed !== undefined) return renamed;
  const known = [...NAMES.keys()];
  return known.reduce((best, candidate) =>
    distance(name, candidate) < distance(name, best) ? candidate : best,
  );
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
