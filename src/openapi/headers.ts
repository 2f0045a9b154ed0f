import type { Options } from '../config/options.js';
import { type ErrorCode, ERRORS } from '../errors.js';
import type { WordedProblem } from '../http/dialects/dialect.js';
import type { OperationRow } from '../http/operation-row.js';
import type { FixedName } from '../http/operations.js';

export interface Header {
  description: string;
  required: boolean;
  schema: Record<string, unknown>;
}

export type Headers = Record<string, Header | { $ref: string }>;

const refer = (name: string) => ({ $ref: `#/components/headers/${name}` });

/** The headers that many answers share. */
export function sharedHeaders(isUsed: (name: string) => boolean): Record<string, Header> {
  const headers: Record<string, Header> = {
    Allow: { description: 'The allowed methods.', required: true, schema: { type: 'string' } },
    CacheControl: {
      description: 'Responses that depend on a token must not be cached.',
      required: true,
      schema: { type: 'string', const: 'no-store' },
    },
    Link: {
      description: 'The next page, if there is one (RFC 8288, relative to the request URL).',
      required: false,
      schema: { type: 'string', examples: ['<?limit=100&cursor=42>; rel="next"'] },
    },
    Location: {
      description: 'The page that asked, with the outcome in the fragment.',
      required: true,
      schema: { type: 'string', examples: ['https://app.example.com/welcome#signed_in'] },
    },
    RateLimitPolicy: {
      description: 'The limit that refused the request: its name, `q` attempts in `w` seconds.',
      required: false,
      schema: { type: 'string', examples: ['"login-account";q=10;w=86400'] },
    },
    RateLimit: {
      description: 'The remaining attempts, `r`, and the seconds until the next one, `t`.',
      required: false,
      schema: { type: 'string', examples: ['"login-account";r=0;t=60'] },
    },
    RetryAfter: {
      description: 'When to try again, in seconds.',
      required: true,
      schema: { type: 'integer', minimum: 1 },
    },
  };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isUsed(name)));
}

/** Whether a success sets the cookie always, sometimes, or clears it. @param result undefined where it opens no session. */
function cookieAfter(
  { cookie }: OperationRow,
  result: unknown,
  options: Options,
  showsPending: boolean,
): Header | undefined {
  const isSet = options.refreshTokenIn !== 'body';
  switch (cookie) {
    case 'sets':
      return isSet && result ? setCookie('The refresh token.', !showsPending, options) : undefined;
    case 'renews':
      return isSet && options.renewOnPasswordChange
        ? setCookie('The new refresh token.', true, options)
        : undefined;
    case 'reissues':
      return isSet && options.rotateRefreshTokens
        ? setCookie(
            'The refresh token, unless it was the password alone of an account with a second factor.',
            false,
            options,
          )
        : undefined;
    case 'rotates':
      return isSet
        ? setCookie('The refresh token, if it was replaced or is repeated.', false, options)
        : undefined;
    case 'clears_own':
      return options.clearDeadCookie
        ? setCookie('Clears the cookie, if it belongs to the session that ended.', false, options)
        : undefined;
    case 'clears':
      // Nor where the token is in the body: pages of any origin may ask, and none of them has a cookie cleared.
      return setCookie('Clears the cookie, unless it is the token of another app.', false, options);
    case 'sets_device':
    case 'sets_pending_login':
    case 'reads_pending_login':
    case 'sets_challenge':
    case 'sets_device_proof':
    case 'sets_provider_attempt':
    case 'ends_provider_attempt':
    case 'sets_from_provider':
    case undefined:
      return undefined;
  }
}

/** @param showsPending whether a sign-in that lacks a step is such a success too, which sets no refresh cookie. */
export function successHeaders(
  row: OperationRow,
  result: unknown,
  options: Options,
  showsPending: boolean,
): Headers {
  const cookie = cookieAfter(row, result, options, showsPending);
  return {
    ...(cookie && { 'Set-Cookie': cookie }),
    ...(row.isPaged && row.access !== 'admin' && { Link: refer('Link') }),
    ...(row.cookie === 'sets_from_provider' && { Location: refer('Location') }),
    'Cache-Control': refer('CacheControl'),
  };
}

/** What may be cached, and why it may. */
const CACHED: Readonly<Partial<Record<FixedName, string>>> = {
  jwks: 'Keys are published before they are used.',
  relatedOrigins: 'It follows the settings.',
  passkeyEndpoints: 'It follows the settings.',
  authorizationServer: 'It follows the settings.',
};

/** Of an operation that is the same in every dialect. */
export const fixedHeaders = (name: FixedName): Headers => ({
  ...(name === 'jwks' && {
    'Access-Control-Allow-Origin': {
      description: 'Pages of any origin may read the keys.',
      required: true,
      schema: { type: 'string', examples: ['*'] },
    },
  }),
  'Cache-Control':
    name in CACHED
      ? {
          description: CACHED[name] ?? '',
          required: true,
          schema: { type: 'string', const: 'public, max-age=300' },
        }
      : refer('CacheControl'),
});

export function refusalHeaders(
  rows: readonly [ErrorCode, WordedProblem][],
  row: OperationRow | undefined,
  options: Options,
): Headers {
  const challenges = rows.flatMap(([code, { challenge, status }]) =>
    (status === 401 || ERRORS[code].lacksPermission) && challenge !== undefined ? [challenge] : [],
  );
  const clears =
    row?.cookie === 'rotates' &&
    options.clearDeadCookie &&
    options.refreshTokenIn !== 'body' &&
    rows.some(([code, { status }]) => status === 401 && ERRORS[code].deadToken);
  return {
    ...(challenges.length > 0 && {
      'WWW-Authenticate': {
        description: 'RFC 6750 §3.',
        required: challenges.length === rows.length,
        schema: { type: 'string', examples: [...new Set(challenges)] },
      },
    }),
    ...(clears && {
      'Set-Cookie': setCookie('Clears the cookie, if its token can never work again.', false, options),
    }),
    'Cache-Control': refer('CacheControl'),
    ...(rows[0]?.[1].status === 405 && { Allow: refer('Allow') }),
    ...([429, 503].includes(rows[0]?.[1].status ?? 0) && { 'Retry-After': refer('RetryAfter') }),
    ...(rows[0]?.[1].status === 429 && {
      'RateLimit-Policy': refer('RateLimitPolicy'),
      RateLimit: refer('RateLimit'),
    }),
  };
}

function setCookie(description: string, required: boolean, options: Options): Header {
  const { cookiePath, cookieDomain, cookieSamesite } = options;
  const [name] = cookieNames(options);
  const value = description.startsWith('Clears') ? '' : 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';
  const attributes = [
    `${name}=${value}`,
    `Max-Age=${value === '' ? 0 : options.refreshTokenLifetime}`,
    ...(cookieDomain ? [`Domain=${cookieDomain}`] : []),
    `Path=${cookiePath}`,
    'HttpOnly',
    ...(options.cookieSecure === true ? ['Secure'] : []),
    `SameSite=${cookieSamesite.replace(/^./, (first) => first.toUpperCase())}`,
  ];
  return { description, required, schema: { type: 'string', examples: [attributes.join('; ')] } };
}

/** The name of the cookie as the document shows it, then the one it has over https, where that is another. */
export function cookieNames(options: Options): [string, string?] {
  const { cookieName, cookiePrefix, cookieSecure, cookiePath, cookieDomain } = options;
  if (cookiePrefix === 'none' || cookieSecure === false) return [cookieName];
  const prefixed = `${cookiePath === '/' && !cookieDomain ? '__Host-' : '__Secure-'}${cookieName}`;
  return cookieSecure === true ? [prefixed] : [cookieName, prefixed];
}
