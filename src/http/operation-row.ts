import type { ErrorCode } from '../errors.js';
import { ACCESS_TOKEN, REFRESH_TOKEN } from './operation-errors.js';

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A verb and a path below `PATH_PREFIX`, in Nest's notation: `DELETE /sessions/:id`. */
export type Route = `${Verb} /${string}`;

/** The chapter of the document that an operation stands in. */
export type Tag = 'session' | 'token' | 'account' | 'keys' | 'health';

/** What proves who may call. */
type Access =
  /** Everybody. An access token that rides along is not looked at. */
  | 'public'
  | 'access_token'
  /** A refresh token, where `REFRESH_TOKEN_IN` says. */
  | 'refresh_token'
  /** The same, and nobody is refused for want of one. */
  | 'refresh_token_if_any'
  /** A refresh token in the cookie or, whatever `REFRESH_TOKEN_IN` says, in the body. */
  | 'refresh_token_anywhere';

/**
 * What an operation does to our cookies. Each that does something is for pages of the same origin, of `TRUSTED_ORIGINS`,
 * and for what is no browser.
 */
type CookieEffect =
  /** Every success that opens a session sets the refresh cookie. */
  | 'sets'
  /** Sets it if `RENEW_ON_PASSWORD_CHANGE` says so. */
  | 'renews'
  /** Sets it where the refresh token was replaced or is repeated; a token that is dead for good takes it away. */
  | 'rotates'
  /** Clears it. */
  | 'clears'
  /** Clears it if it belongs to the session that ended. */
  | 'clears_own'
  /** Sets the cookie by which the account knows this browser. */
  | 'sets_device';

interface Facts {
  tag: Tag;
  access: Access;
  /** Absent where it leaves the cookies alone. */
  cookie?: CookieEffect;
  /** What it refuses with, beside what follows from the other facts. */
  errors?: readonly ErrorCode[];
  /** Further routes to the same handler, by the id that each has in the document. */
  also?: Readonly<Record<string, Route>>;
  /** A list in pages: takes `limit` and `cursor`, names the next page in `Link`. */
  isPaged?: boolean;
  /** What the parts of the path mean. **Shape** UUIDs. */
  params?: Readonly<Record<string, string>>;
}

/** All that is known of an operation but the words that a dialect has for it. */
export interface OperationRow<Input = unknown, Result = unknown> extends Required<
  Pick<Facts, 'tag' | 'access' | 'errors' | 'also' | 'params'>
> {
  route: Route;
  /** A sentence for the document. */
  summary: string;
  cookie: CookieEffect | undefined;
  isPaged: boolean;
  /** Never there: it carries the types. */
  payload?: { input: Input; result: Result };
}

export type Payload<Row extends OperationRow> = NonNullable<Row['payload']>;

/** A row of the table. What its facts imply need not be said: which errors a guard, a body or a list brings. */
export function operation<Input = undefined, Result = undefined>(
  route: Route,
  summary: string,
  { tag, access, cookie, errors = [], also = {}, isPaged = false, params = {} }: Facts,
): OperationRow<Input, Result> {
  const [verb, path] = partsOf(route);
  const implied: ErrorCode[] = [
    ...(access === 'access_token' ? ACCESS_TOKEN : []),
    ...(access === 'refresh_token' || access === 'refresh_token_anywhere' ? REFRESH_TOKEN : []),
    ...(cookie === undefined ? [] : (['origin_refused'] as const)),
    ...(verb !== 'GET' || isPaged ? (['input_invalid'] as const) : []),
    // Also where no body is read: one that is sent has to be well-formed.
    ...(verb === 'GET' ? [] : (['body_malformed'] as const)),
    ...(path.includes(':') ? (['url_malformed'] as const) : []),
    'database_unavailable',
  ];
  return { route, summary, tag, access, cookie, errors: [...implied, ...errors], also, isPaged, params };
}

/** An operation that every dialect answers alike. */
export const fixed = (
  route: Route,
  summary: string,
  tag: Tag,
  errors: readonly ErrorCode[] = [],
): OperationRow => ({ ...operation(route, summary, { tag, access: 'public' }), errors });

/** The route below a prefix, as `PUT /auth/user`. */
export const under = (prefix: string, route: Route): string =>
  route.replace(' ', ` ${`/${prefix}`.replace(/\/$/, '')}`);

export function partsOf(route: Route): [verb: Verb, path: string] {
  const [verb, path] = route.split(' ') as [Verb, string];
  return [verb, path];
}
