import type { z } from 'zod';
import type { Options } from '../config/options.js';
import type { ErrorCode } from '../errors.js';
import { ACCESS_TOKEN, ADMIN, REFRESH_TOKEN } from './operation-errors.js';

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A verb and a path below `PATH_PREFIX`, in Nest's notation: `DELETE /sessions/:id`. */
export type Route = `${Verb} /${string}`;

/** The tag of an operation in the OpenAPI document. */
export type Tag =
  'session' | 'token' | 'account' | 'factor' | 'provider' | 'api_key' | 'admin' | 'keys' | 'health';

/** What authorises the call. */
type Access =
  /** Everybody. An access token in the request is ignored. */
  | 'public'
  | 'access_token'
  /**
   * The access token of an administrator: role `admin`, a recent sign-in with two factors, and nobody who acts as another
   * user. Such operations are the same in every dialect.
   */
  | 'admin'
  /** An API key with the permission `introspect`, as Bearer or as the password of Basic. */
  | 'service'
  /** A refresh token, in the place defined by `REFRESH_TOKEN_IN`. */
  | 'refresh_token'
  /** The same, but optional. */
  | 'refresh_token_if_any'
  /** A refresh token in the cookie or, whatever `REFRESH_TOKEN_IN` says, in the body. */
  | 'refresh_token_anywhere';

/**
 * What an operation does to our cookies. Operations with an effect are only allowed for pages of the same origin or of
 * `TRUSTED_ORIGINS`, and for clients that are not browsers.
 */
type CookieEffect =
  /** Every success that opens a session sets the refresh cookie. */
  | 'sets'
  /** Sets it if `RENEW_ON_PASSWORD_CHANGE` says so. */
  | 'renews'
  /** Sets it, unless `ROTATE_REFRESH_TOKENS` is off. */
  | 'reissues'
  /** Sets it if the refresh token was replaced or is repeated; clears it if the token is permanently dead. */
  | 'rotates'
  /** Clears it. */
  | 'clears'
  /** Clears it if it belongs to the session that ended. */
  | 'clears_own'
  /** Sets the cookie by which the account knows this browser. */
  | 'sets_device'
  /** Sets the cookie of a pending login. */
  | 'sets_pending_login'
  /** Reads the cookie of a pending login, and clears it if that login is over. */
  | 'reads_pending_login'
  /** Sets the cookie that binds a challenge to this browser, if there is no login to go on with. */
  | 'sets_challenge'
  /** Sets the cookie that proves the device of a bound session. */
  | 'sets_device_proof'
  /** Sets the cookie that binds the way to a provider and back to this browser. */
  | 'sets_provider_attempt'
  /** Clears it. */
  | 'ends_provider_attempt'
  /** Sets the refresh cookie, or that of a pending login, for a browser that another site sent: a cookie of ours has to say that it asked. */
  | 'sets_from_provider';

/** How recent the sign-in has to be, by `FRESH_SIGN_IN`. */
type Freshness =
  /** It has to be recent; with two factors, if the account has a second one. */
  | 'always'
  /** The body contains the password. If the account has a second factor, a recent sign-in with two is required too. */
  | 'with_factor';

/** A setting that is on or off; or a list, which is off while it is empty. */
type SwitchName = {
  [Name in keyof Options]-?: Options[Name] extends boolean | readonly unknown[] ? Name : never;
}[keyof Options];

/** A parameter of a path that is no UUID: a text, or the ID of a user, whose form is a setting. */
export interface PathParameter {
  description: string;
  type: 'user' | 'string';
}

export interface Facts {
  tag: Tag;
  access: Access;
  /**
   * Whether API keys, and access tokens from them, may call what requires an access token; `only` if nothing else may.
   * Refused unless it says so.
   */
  keys?: 'accepted' | 'only';
  /** Absent if any sign-in will do. Refusals are 401 `insufficient_user_authentication`. */
  fresh?: Freshness;
  /** Absent if it does not change cookies. */
  cookie?: CookieEffect;
  /** Its errors, besides those implied by the other properties. */
  errors?: readonly ErrorCode[];
  /** The statuses of errors that have another one elsewhere. */
  statuses?: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Further routes to the same handler, by their `operationId`. */
  also?: Readonly<Record<string, Route>>;
  /** The settings without any of which it does nothing, and is not in the document. */
  settings?: readonly SwitchName[];
  /** The setting without which it does not exist. */
  switch?: SwitchName;
  /** A paged list: accepts `limit` and `cursor`, and names the next page in `Link`; those of administrators in the body. */
  isPaged?: boolean;
  /** Further query parameters, as they are on the wire. */
  query?: z.ZodObject;
  /** Descriptions of the path parameters. **Shape** UUIDs, except `provider`; another type where it says so. */
  params?: Readonly<Record<string, string | PathParameter>>;
  /** Whether an administrator who acts as the user may call it. The others that require an access token refuse them. */
  allowsActor?: boolean;
}

/** An operation, without the format that dialects define. */
export interface OperationRow<Input = unknown, Result = unknown> extends Required<
  Pick<Facts, 'tag' | 'access' | 'errors' | 'statuses' | 'also' | 'params' | 'allowsActor'>
> {
  route: Route;
  /** A sentence for the OpenAPI document. */
  summary: string;
  cookie: CookieEffect | undefined;
  fresh: Freshness | undefined;
  keys: Facts['keys'];
  switch: SwitchName | undefined;
  settings: readonly SwitchName[];
  isPaged: boolean;
  query: z.ZodObject | undefined;
  /** Never set; it only carries the types. */
  payload?: { input: Input; result: Result };
}

export type Payload<Row extends OperationRow> = NonNullable<Row['payload']>;

/** Creates a row of the table. Errors that follow from a guard, a body or a list are added. */
export function operation<Input = undefined, Result = undefined>(
  route: Route,
  summary: string,
  {
    tag,
    access,
    fresh,
    keys,
    cookie,
    switch: ownSwitch,
    settings = ownSwitch === undefined ? [] : [ownSwitch],
    errors = [],
    statuses = {},
    also = {},
    isPaged = false,
    query,
    params = {},
    allowsActor = false,
  }: Facts,
): OperationRow<Input, Result> {
  const [verb, path] = partsOf(route);
  const implied: ErrorCode[] = [
    ...(needsAccessToken(access) ? ACCESS_TOKEN : []),
    ...(needsAccessToken(access) && keys === undefined ? (['api_key_refused'] as const) : []),
    ...(access === 'admin' ? ADMIN : []),
    ...(needsAccessToken(access) && !allowsActor ? (['impersonating'] as const) : []),
    ...(fresh === undefined ? [] : (['insufficient_user_authentication'] as const)),
    ...(access === 'refresh_token' || access === 'refresh_token_anywhere' ? REFRESH_TOKEN : []),
    ...(checksOrigin(cookie) ? (['origin_refused'] as const) : []),
    ...(verb !== 'GET' || isPaged || query ? (['input_invalid'] as const) : []),
    // Also where no body is read: one that is sent has to be well-formed.
    ...(verb === 'GET' ? [] : (['body_malformed'] as const)),
    ...(path.includes(':') ? (['url_malformed'] as const) : []),
    'database_unavailable',
  ];
  return {
    route,
    summary,
    tag,
    access,
    fresh,
    keys,
    cookie,
    switch: ownSwitch,
    settings,
    errors: [...new Set([...implied, ...errors])],
    statuses,
    also,
    isPaged,
    query,
    params,
    allowsActor,
  };
}

/** An operation of administrators, below `/admin`. */
export const adminOperation = <Input = undefined, Result = undefined>(
  route: Route,
  summary: string,
  facts: Omit<Facts, 'tag' | 'access' | 'fresh' | 'cookie'> = {},
): OperationRow<Input, Result> =>
  operation<Input, Result>(route, summary, { ...facts, tag: 'admin', access: 'admin' });

/** Whether an operation requires an access token. */
export const needsAccessToken = (access: Access): boolean => access === 'access_token' || access === 'admin';

/** Whether the path names a user. */
export const namesUser = ({ params }: Pick<OperationRow, 'params'>): boolean =>
  Object.values(params).some((each) => typeof each === 'object' && each.type === 'user');

/** Whether only our own pages may call. */
export const checksOrigin = (cookie: CookieEffect | undefined): boolean =>
  cookie !== undefined && cookie !== 'sets_from_provider';

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
