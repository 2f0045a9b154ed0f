import { FIXED_OPERATIONS, OPERATIONS } from '../../src/http/operations.js';
import type { LoggedRequest } from '../../src/server/request-reports.js';

/** What browsers have sent to a server and received from it, by its address, and no log may contain. */
const secrets = new Map<string, Set<string>>();

/** Fields of bodies whose values are secrets or addresses, in every dialect. */
const SECRET_FIELD = /password|token$|secret|(^|_)key$|credential|email|^uri$|recovery_code/;
/** Shorter ones may be parts of anything. **Unit** characters. */
const SHORTEST = 8;

const note = (server: string, value: unknown): void => {
  if (typeof value !== 'string' || value.length < SHORTEST) return;
  let known = secrets.get(server);
  if (!known) secrets.set(server, (known = new Set()));
  known.add(value);
};

/** Remembers the secrets of a request or a response. */
export function noteSecrets(
  server: string,
  { cookies = [], authorization = '', body }: { cookies?: string[]; authorization?: string; body?: unknown },
): void {
  for (const cookie of cookies) note(server, cookie.split(';', 1)[0]?.split('=').slice(1).join('='));
  note(server, authorization.replace(/^\S+ /, ''));
  noteFields(server, body);
}

function noteFields(server: string, body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [field, value] of Object.entries(body)) {
    if (SECRET_FIELD.test(field)) for (const each of [value].flat()) note(server, each);
    if (typeof value === 'object' && !/^errors?$/.test(field)) noteFields(server, value);
  }
}

/** In a trial without a mail server, emails are lines of the log, and so is the link for its admin. */
const IS_EMAIL = /^(Email to |There is no admin. For )/;
/** Names of routes, before any request: somebody's password may be one of their words. */
const IS_ROUTE = /^Mapped \{/;

const OPERATION_NAMES = new Set([
  ...Object.keys(OPERATIONS),
  ...Object.keys(FIXED_OPERATIONS),
  'other',
  'none',
]);

const isText = (value: unknown, form: RegExp): boolean => typeof value === 'string' && form.test(value);

/** What each field of a line may be. */
const FIELDS: Record<keyof LoggedRequest, (value: unknown) => boolean> = {
  request_id: (value) => isText(value, /^[\w.:=+/@~-]{1,64}$/),
  operation: (value) => typeof value === 'string' && OPERATION_NAMES.has(value),
  status: (value) => Number.isInteger(value),
  duration_ms: (value) => typeof value === 'number',
  user_id: (value) =>
    value === undefined ||
    Number.isInteger(value) ||
    isText(value, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  session_id: (value) => value === undefined || isText(value, /^[0-9a-f-]{36}$/),
  code: (value) => value === undefined || isText(value, /^[a-z_]{1,40}$/),
  trace_id: (value) => value === undefined || isText(value, /^[0-9a-f]{32}$/),
};

/** @throws if a line contains what it must not. */
export function refuseSecretsIn(
  server: string,
  log: readonly string[],
  requests: readonly LoggedRequest[],
): void {
  const known = secrets.get(server) ?? new Set<string>();
  secrets.delete(server);
  for (const line of log)
    if (!IS_EMAIL.test(line) && !IS_ROUTE.test(line))
      for (const secret of known)
        if (line.includes(secret))
          throw new Error(`the log contains ${secret.slice(0, 40)}: ${line.slice(0, 300)}`);
  for (const line of requests) {
    const isFine =
      Object.entries(line).every(([field, value]) => FIELDS[field as keyof LoggedRequest]?.(value)) &&
      !known.has(line.request_id);
    if (!isFine) throw new Error(`a line of a request says more than it may: ${JSON.stringify(line)}`);
  }
}
