import { isIP } from 'node:net';
import { z } from 'zod';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.js';
import { parseDuration } from './duration.js';
import { originPatternOf } from './origins.js';

/** What the settings reference says of a setting beside its description. */
interface SettingFacts {
  default: string;
  unit?: string;
  /** The names of the same thing in SIMPLE_JWT, REST_AUTH and JWT_AUTH. */
  answersTo?: string;
}

const describe = <S extends z.ZodType>(schema: S, description: string, facts: SettingFacts): S =>
  schema.meta({ description, ...facts });

const text = z.string().trim().min(1);
const optional = text.optional();
const flag = z.union(
  [
    z.boolean(),
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['on', 'off', 'true', 'false', '1', '0', 'yes', 'no']))
      .transform((value) => ['on', 'true', '1', 'yes'].includes(value)),
  ],
  'must be on or off',
);
const integer = (least: number, most: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/** A century: dates and tokens end before the year 10000. **Unit** seconds. */
const LONGEST = 100 * 365 * 86_400;

const duration = (least = 0, most = LONGEST) =>
  z
    .union([z.string(), z.number().transform(String)])
    .transform((value, context) => {
      const seconds = parseDuration(value);
      if (seconds === undefined) context.addIssue('must be a duration like 30s, 10m or 14d');
      return seconds ?? Number.NaN;
    })
    .refine((seconds) => Number.isNaN(seconds) || seconds >= least, `must be at least ${least}s`)
    .refine((seconds) => Number.isNaN(seconds) || seconds <= most, `must be at most ${most}s`);

const list = <S extends z.ZodType<unknown, string>>(item: S) =>
  z
    .union([
      z.array(z.string()),
      z.string().transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      ),
    ])
    .pipe(z.array(item));

/** How often something may be tried. **Unit** seconds for the window. */
export interface Limit {
  quota: number;
  window: number;
}

/** `10/15m`: ten tries, and a full count leaks away in a quarter of an hour; `off` for no limit. */
const limit = (byDefault: string) =>
  z
    .union(
      [z.string().trim(), z.object({ quota: z.number(), window: z.number() }), z.null()],
      'must be tries and a time like 10/15m, or off',
    )
    .default(byDefault)
    .transform((value, context): Limit | null => {
      if (value === null || typeof value === 'object') return value;
      if (value.toLowerCase() === 'off') return null;
      const [, quota = '', time = ''] = /^(\d{1,9})\s*\/\s*(.+)$/.exec(value) ?? [];
      const window = parseDuration(time);
      if (Number(quota) >= 1 && window !== undefined && window >= 1 && window <= LONGEST)
        return { quota: Number(quota), window };
      context.addIssue('must be tries and a time like 10/15m, or off');
      return null;
    });

const describeLimit = (byDefault: string, description: string) =>
  describe(limit(byDefault), description, { default: byDefault, unit: 'tries and a time, or `off`' });

const fraction = z
  .union([
    z.number(),
    z.string().transform((value) => {
      const [, number, percent] = /^(\d*\.?\d+)\s*(%?)$/.exec(value.trim()) ?? [];
      return Number(number) / (percent ? 100 : 1);
    }),
  ])
  .refine((value) => value >= 0 && value <= 0.5, 'must be between 0% and 50%');

const origin = z.string().transform((value, context): string => {
  const pattern = originPatternOf(value);
  if (pattern === undefined)
    context.addIssue(
      'must be origins like https://app.example.com or https://*.preview.example.com, without a path, * for one label',
    );
  return pattern ?? '';
});
const proxy = z
  .string()
  .refine(
    isAddressRange,
    'must be IP addresses or ranges like 10.0.0.0/8, loopback, linklocal or uniquelocal',
  )
  .refine(
    (range) => !isAnybody(range),
    'must not hold a range of half the Internet: whoever is believed chooses their own address, and no limit holds them',
  );

const frontend = z
  .string()
  .trim()
  .transform((value) => value.replace(/\/+$/, ''))
  .refine(isPageAddress, 'must be an address like https://example.com, without ? or #');
const linkWith = (secret: string) =>
  z
    .string()
    .trim()
    .refine((value) => value.includes(`{${secret}}`), `must hold {${secret}}`)
    .refine(
      (value) => value.startsWith('/') || /^https?:\/\/[^/]/.test(value),
      'must be a path that begins with /, or an address with http:// or https://',
    )
    .refine((value) => !/[\s<>"]/.test(value), 'must not hold blanks, quotes or angle brackets');

/**
 * Every setting there is: its name, what it takes, its default, and the words of `docs/settings.md`.
 *
 * The library option `accessTokenLifetime` is the environment variable `ACCESS_TOKEN_LIFETIME`.
 * **Unit** durations are seconds once they are read.
 */
export const optionsSchema = z.object({
  host: describe(text.default('localhost'), 'Address the server listens on. `0.0.0.0` in a container.', {
    default: 'localhost',
  }),
  port: describe(integer(0, 65_535).default(3000), 'Port the server listens on; 0 takes a free one.', {
    default: '3000',
  }),
  databaseUrl: describe(
    text
      .superRefine((url, context) => {
        try {
          parseDatabaseUrl(url);
        } catch (error) {
          context.addIssue(error instanceof DatabaseUrlError ? error.message : 'cannot be read');
        }
      })
      .optional(),
    'PostgreSQL 14 or newer. Without it the embedded database under `DATA_DIR` is used: for trials and small sites, one process; in production only where `DATABASE=embedded` says so. TLS, sockets and several hosts: [operations](operations.md#the-address-of-the-database).',
    { default: 'the embedded database' },
  ),
  database: describe(
    z.enum(['auto', 'embedded'], 'must be auto or embedded').default('auto'),
    '`embedded`: the embedded database is meant. Demanded in production without `DATABASE_URL`, so that a server which lost the address of its database does not start with an empty one.',
    { default: 'auto' },
  ),
  databasePoolSize: describe(integer(1, 1000).default(10), 'Connections to PostgreSQL, per process.', {
    default: '10',
  }),
  dataDir: describe(
    text.default('./data'),
    'Folder of the embedded database and of the `SECRET_KEY` made for it.',
    { default: './data' },
  ),
  migrate: describe(
    z.enum(['auto', 'off'], 'must be auto or off').default('auto'),
    '`auto` brings the schema up to date at start, under an advisory lock; `off` leaves it to `npm run migrate` and refuses to start on an old schema.',
    { default: 'auto' },
  ),
  secretKey: describe(
    text.optional(),
    'The one secret, at least 32 bytes: keys for refresh tokens and for sealing the signing key are derived from it. Demanded in production and wherever `DATABASE_URL` is set; else one is made and kept in `DATA_DIR`.',
    {
      default: 'made and kept in DATA_DIR, for trials',
      answersTo: 'SECRET_KEY, SIMPLE_JWT.SIGNING_KEY, JWT_AUTH.JWT_SECRET_KEY',
    },
  ),
  secretKeyFallbacks: describe(
    list(text).default([]),
    'Former secret keys, separated by commas: what was signed or sealed with them stays good, nothing new is. To change `SECRET_KEY` without signing anybody out, first put the new key here, on every instance; then swap the two.',
    { default: 'none', answersTo: 'SECRET_KEY_FALLBACKS' },
  ),
  dialect: describe(
    z
      .enum(
        ['standard', 'django', 'django-legacy', 'envelope'],
        'must be one of standard django django-legacy envelope',
      )
      .default('standard'),
    'The names and statuses spoken on the wire. `django`: what djangorestframework-simplejwt and dj-rest-auth 7 answer; `django-legacy`: with the names before dj-rest-auth 4; `envelope`: every body is `{code, message}` and its content. A dialect brings other defaults, listed below.',
    { default: 'standard' },
  ),
  pathPrefix: describe(
    z
      .string()
      .transform((value) => value.replace(/^\/+|\/+$/g, ''))
      .refine(
        (value) => /^([\w.~-]+(\/[\w.~-]+)*)?$/.test(value),
        'must be path segments like auth or api/v1/auth',
      )
      .default('auth'),
    'What stands before the paths of the API, as in `/auth/login`.',
    { default: 'auth' },
  ),

  algorithm: describe(
    z
      .enum(
        [
          'ES256',
          'ES384',
          'ES512',
          'HS256',
          'HS384',
          'HS512',
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
        ],
        'must be one of ES256 ES384 ES512 HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512',
      )
      .default('ES256'),
    'How access tokens are signed. With ES*, RS* and PS* other services verify them offline with `/.well-known/jwks.json`.',
    { default: 'ES256', answersTo: 'SIMPLE_JWT.ALGORITHM, JWT_AUTH.JWT_ALGORITHM' },
  ),
  signingKey: describe(
    optional,
    'Own key for access tokens: PEM or JWK, inline or the path of a file; for HS* the secret itself. Without it a key is made at first start and kept in the database, sealed.',
    {
      default: 'made at first start',
      answersTo:
        'SIMPLE_JWT.SIGNING_KEY, SIMPLE_JWT.SECRET_KEY, JWT_AUTH.JWT_SECRET_KEY, JWT_AUTH.JWT_PRIVATE_KEY',
    },
  ),
  verifyingKey: describe(
    optional,
    'Public half of `SIGNING_KEY`, PEM or JWK, inline or a path. It is derived when left out, and has to fit when given.',
    { default: 'derived from SIGNING_KEY', answersTo: 'SIMPLE_JWT.VERIFYING_KEY, JWT_AUTH.JWT_PUBLIC_KEY' },
  ),
  issuer: describe(
    z.string().trim().default('tokenjar'),
    'Claim `iss` of access tokens, stamped and demanded; empty for none.',
    { default: 'tokenjar', answersTo: 'SIMPLE_JWT.ISSUER, JWT_AUTH.JWT_ISSUER' },
  ),
  audience: describe(
    list(text).default([]),
    'Claim `aud` of access tokens, stamped and demanded when set; several are separated by commas.',
    { default: 'none', answersTo: 'SIMPLE_JWT.AUDIENCE, JWT_AUTH.JWT_AUDIENCE' },
  ),
  leeway: describe(
    duration().default(0),
    'How far a token may be past its `exp`, or before its `iat` and `nbf`.',
    {
      default: '0s',
      unit: 'duration',
      answersTo: 'SIMPLE_JWT.LEEWAY, JWT_AUTH.JWT_LEEWAY',
    },
  ),
  accessTokenLifetime: describe(duration(1).default(600), 'Life of an access token.', {
    default: '10m',
    unit: 'duration',
    answersTo: 'SIMPLE_JWT.ACCESS_TOKEN_LIFETIME, JWT_AUTH.JWT_EXPIRATION_DELTA',
  }),
  tokenFormat: describe(
    z.enum(['standard', 'simplejwt'], 'must be standard or simplejwt').default('standard'),
    '`simplejwt`: header `typ: JWT`, and with HS* both tokens are signed with `SECRET_KEY` (or `SIGNING_KEY`) itself, so that the verifiers of a Django site accept our tokens, and `token/verify` accepts theirs; the scheme word is read with its case, as there.',
    { default: 'standard' },
  ),
  accessTokenJitter: describe(
    fraction.default(0.05),
    'An access token lives up to this much shorter, at random, so that refreshes do not come in waves.',
    { default: '5%', unit: 'percent, or a fraction' },
  ),
  userIdClaim: describe(
    z.string().regex(/^\w+$/, 'must be a claim name').default('sub'),
    'Claim that carries the id of the user, as a string.',
    { default: 'sub', answersTo: 'SIMPLE_JWT.USER_ID_CLAIM, JWT_AUTH.JWT_PAYLOAD_GET_USER_ID_HANDLER' },
  ),
  authHeaderTypes: describe(
    list(z.string().regex(/^[\w-]+$/, 'must be scheme words like Bearer'))
      .refine((types) => types.length > 0, 'must name at least one scheme')
      .default(['Bearer']),
    'Scheme words accepted in the Authorization header, whatever their case; the first one stands in WWW-Authenticate.',
    { default: 'Bearer', answersTo: 'SIMPLE_JWT.AUTH_HEADER_TYPES, JWT_AUTH.JWT_AUTH_HEADER_PREFIX' },
  ),

  refreshTokenLifetime: describe(
    duration(1).default(1_209_600),
    'How long a session lives without a refresh; every rotation starts it anew.',
    {
      default: '14d',
      unit: 'duration',
      answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME',
    },
  ),
  sessionMaxLifetime: describe(
    duration(1).default(2_592_000),
    'How long a session lives at most; nothing extends it.',
    {
      default: '30d',
      unit: 'duration',
      answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME, JWT_AUTH.JWT_REFRESH_EXPIRATION_DELTA',
    },
  ),
  sessionLimit: describe(
    integer(0, 10_000).default(100),
    'How many sessions a user may have at once; 0 for no limit.',
    { default: '100', unit: 'sessions' },
  ),
  sessionLimitPolicy: describe(
    z.enum(['end_oldest', 'refuse'], 'must be end_oldest or refuse').default('end_oldest'),
    'What a sign-in does that would be one session too many: `end_oldest` ends the one not used for longest, `refuse` answers 403 `session_limit_reached`.',
    { default: 'end_oldest' },
  ),
  blacklistFeed: describe(
    z.enum(['auto', 'poll'], 'must be auto or poll').default('auto'),
    'How an instance hears of what others revoked. `auto`: by LISTEN and NOTIFY, and by a look every 300 ms underneath; where a pooler stands between, which swallows notifications, by the look alone. `poll`: by the look alone.',
    { default: 'auto' },
  ),
  purgeInterval: describe(
    duration(0, 30 * 86_400).default(3600),
    'How often one of the instances removes what has expired; 0 leaves it to `tokenjar purge`.',
    { default: '1h', unit: 'duration' },
  ),
  rotateRefreshTokens: describe(
    flag.default(true),
    'Whether a refresh token is replaced as it ages. `off`: it stays the same until it expires, a refresh writes nothing, and a stolen one is not noticed.',
    { default: 'on', answersTo: 'SIMPLE_JWT.ROTATE_REFRESH_TOKENS' },
  ),
  refreshGrace: describe(
    duration().default(30),
    'How long after a rotation the replaced token still fetches its successor: two tabs, or an answer that was lost. `0s` is the strict profile (ASVS 10.4.5 read literally): every refresh rotates and any second use ends the session, also that of two tabs or after a lost answer.',
    { default: '30s', unit: 'duration' },
  ),
  refreshGiveUp: describe(
    duration(0.001).default(20),
    'How long a client waits for the answer to a refresh before it abandons it. Answers later than this must not be used.',
    { default: '20s', unit: 'duration' },
  ),
  refreshRotateAfter: describe(
    duration().default(120),
    'Age at which a refresh token is replaced; a younger one is kept. Safe above `REFRESH_GRACE` + 2 × `REFRESH_GIVE_UP` + 30s.',
    { default: '120s', unit: 'duration' },
  ),
  refreshTokenIn: describe(
    z.enum(['cookie', 'body', 'both'], 'must be cookie, body or both').default('cookie'),
    'Where the refresh token travels. `body` and `both` are for clients without cookies: any script on a page could then read it.',
    { default: 'cookie', answersTo: 'REST_AUTH.JWT_AUTH_HTTPONLY' },
  ),
  updateLastLogin: describe(flag.default(false), 'Whether a login writes `last_login_at` of the user.', {
    default: 'off',
    answersTo: 'SIMPLE_JWT.UPDATE_LAST_LOGIN, SIMPLE_JWT.ON_LOGIN_SUCCESS',
  }),

  cookieName: describe(
    z
      .string()
      .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be a cookie name without spaces or separators')
      .default('refresh_token'),
    'Name of the refresh cookie, before its prefix. Other apps on the same host, whatever their port, must use other names.',
    { default: 'refresh_token', answersTo: 'REST_AUTH.JWT_AUTH_REFRESH_COOKIE' },
  ),
  cookiePrefix: describe(
    z.enum(['auto', 'none'], 'must be auto or none').default('auto'),
    '`auto`: a secure cookie is named `__Host-…` (path / and no domain) or `__Secure-…`, which browsers protect from being planted. `none`: the plain name, which any sub-domain of the same site can plant, and so sign somebody in as somebody else.',
    { default: 'auto' },
  ),
  cookiePath: describe(
    z
      .string()
      .regex(/^\/[\w.~/-]*$/, 'must begin with /')
      .default('/'),
    'Path of the refresh cookie. It must cover the API.',
    { default: '/', answersTo: 'REST_AUTH.JWT_AUTH_REFRESH_COOKIE_PATH, JWT_AUTH.JWT_AUTH_COOKIE_PATH' },
  ),
  cookieDomain: describe(
    z
      .string()
      .regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be a host name like example.com')
      .optional(),
    'Domain of the refresh cookie, to share it between sub-domains. Without it the cookie stays on the one host.',
    { default: 'none', answersTo: 'REST_AUTH.JWT_AUTH_COOKIE_DOMAIN, JWT_AUTH.JWT_AUTH_COOKIE_DOMAIN' },
  ),
  cookieSecure: describe(
    z.union([z.literal('auto'), flag], 'must be auto, true or false').default('auto'),
    'Whether the cookie is Secure. `auto`: when the request came over https, directly or through a trusted proxy.',
    { default: 'auto', answersTo: 'REST_AUTH.JWT_AUTH_SECURE, JWT_AUTH.JWT_AUTH_COOKIE_SECURE' },
  ),
  cookieSamesite: describe(
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['strict', 'lax', 'none'], 'must be strict, lax or none'))
      .default('strict'),
    'SameSite of the refresh cookie. `none` needs `COOKIE_SECURE=true`.',
    { default: 'strict', answersTo: 'REST_AUTH.JWT_AUTH_SAMESITE, JWT_AUTH.JWT_AUTH_COOKIE_SAMESITE' },
  ),
  cookiePartitioned: describe(
    flag.default(false),
    'Whether the cookies are `Partitioned` (CHIPS): for pages that are framed by other sites, each of which then has its own sign-in. Needs `COOKIE_SECURE=true`, and has a meaning only with `COOKIE_SAMESITE=none`.',
    { default: 'off' },
  ),
  clearDeadCookie: describe(flag.default(true), 'Whether a refresh that fails for good clears the cookie.', {
    default: 'on',
  }),
  trustedOrigins: describe(
    list(origin).default([]),
    'Other origins whose pages may sign in, refresh and sign out (CORS with credentials), separated by commas. `https://*.preview.example.com` stands for any one label: only for a domain below which all names are yours, never for one you share with strangers, such as `https://*.vercel.app` or `https://*.github.io`, where anybody can have a page. Apps whose pages come from no web server are named as their requests name them: `capacitor://localhost`, `tauri://localhost`, `chrome-extension://` and the id, `file://`; `null` only with `REFRESH_TOKEN_IN=body`, since any page can make itself that.',
    {
      default: 'none',
      answersTo:
        'REST_AUTH.JWT_AUTH_COOKIE_USE_CSRF, REST_AUTH.JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED, CSRF_TRUSTED_ORIGINS',
    },
  ),
  trustedProxies: describe(
    list(proxy).default([]),
    'Proxies whose word on the client is believed: addresses or ranges (`loopback`, `linklocal`, `uniquelocal`), separated by commas. Name each one between the client and Tokenjar. From them come the client’s address (X-Forwarded-For, read from its end, with or without ports), the scheme and host that the browser saw (X-Forwarded-Proto, X-Forwarded-Host: the value beside the client’s address, or the first), and the name of the request in log and audit trail (X-Request-Id, up to 64 emails, digits and `-_.:=+/@~`). A proxy has to set or remove each of these headers, else clients choose them. `Forwarded` (RFC 7239) is not read, because proxies that write the others pass it on as it came. In library form the framework’s own setting counts while this one is empty.',
    { default: 'none' },
  ),
  publicUrl: describe(
    frontend
      .refine(
        (value) => /^https?:\/\/[^/]+(\/[\w.~-]+)*$/i.test(value),
        'must be an address like https://example.com/accounts',
      )
      .optional(),
    'Where Tokenjar itself is reached: its origin is our own whatever a proxy makes of Host, and its path is put before all links, assets and addresses of the account page and the API document, so that Tokenjar can live below a path. The proxy may take that path away or pass it on. Set it with its path only; the API stays below `PATH_PREFIX`, as in `https://example.com/accounts/auth/login`.',
    { default: 'the origin of FRONTEND_URL' },
  ),
  corsAllowedHeaders: describe(
    list(
      z
        .string()
        .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be names of headers')
        .refine((name) => name !== '*', 'must be names of headers, not *'),
    ).default([]),
    'Headers that pages of `TRUSTED_ORIGINS` may send beside the usual ones (`Authorization`, `Content-Type`, `Accept-Language`, `Cache-Control`, `Idempotency-Key`, `X-CSRFToken`, `X-CSRF-Token`, `X-XSRF-TOKEN`, `X-Requested-With`, `X-Request-Id`, and those of tracing: `traceparent`, `tracestate`, `baggage`, `sentry-trace`, B3, Datadog), separated by commas.',
    { default: 'none' },
  ),

  registration: describe(flag.default(true), 'Whether anybody may register.', {
    default: 'on',
    answersTo: 'REST_AUTH.REGISTER_PERMISSION_CLASSES',
  }),
  passwordRefuseNumeric: describe(flag.default(false), 'Whether a new password of digits alone is refused.', {
    default: 'off',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  passwordRefuseCommon: describe(
    flag.default(true),
    'Whether a new password is refused that stands in a list of common ones, or would be guessed too soon: in fewer than 10^4 attempts where `PASSWORD_MIN_LENGTH` is 8, 10^11 from 15 on and for every password of 15 characters. Repeats, walks over keyboards, sequences, famous phrases, digits alone and common words with fillings are.',
    { default: 'on', answersTo: 'AUTH_PASSWORD_VALIDATORS' },
  ),
  breachedPasswords: describe(
    optional,
    'A file with the passwords that were found in breaches, which no new password may be: a filter that `tokenjar passwords build-filter` made of a list of SHA-1 hashes, such as that of Have I Been Pwned. It is read into memory at start, 2.3 bytes a password in each process, and nobody outside is asked. One in 65,536 other passwords is refused too.',
    { default: 'none', unit: 'path' },
  ),
  passwordRefuseSimilar: describe(
    flag.default(false),
    "Whether a new password is refused that resembles the e-mail address, as Django's UserAttributeSimilarityValidator measures it. One that is made of the address or of `SITE_NAME` is refused either way.",
    { default: 'off', answersTo: 'AUTH_PASSWORD_VALIDATORS' },
  ),
  renewOnPasswordChange: describe(
    flag.default(true),
    'Whether a changed password gives its session new tokens. The other sessions end either way.',
    { default: 'on', answersTo: 'REST_AUTH.LOGOUT_ON_PASSWORD_CHANGE' },
  ),
  returnExpiration: describe(
    flag.default(false),
    'Whether answers of the django dialects say when tokens expire. The standard dialect always says `expires_in`.',
    { default: 'off', answersTo: 'REST_AUTH.JWT_AUTH_RETURN_EXPIRATION' },
  ),
  emailVerification: describe(
    z.enum(['none', 'optional', 'mandatory'], 'must be none, optional or mandatory').default('none'),
    'Whether a new account gets an email to verify its address. `optional`: it does, and can sign in at once; `mandatory`: the account is made once the address is verified, and neither registration nor its timing nor a later login tells who has an account; `none`: only whoever asks for the email gets one.',
    { default: 'none', answersTo: 'ACCOUNT_EMAIL_VERIFICATION' },
  ),
  passwordMinLength: describe(
    integer(1, 256).default(15),
    'Least length of a new password, in characters (NIST SP 800-63B-4 asks for 15 where the password is the only factor).',
    { default: '15', answersTo: 'AUTH_PASSWORD_VALIDATORS', unit: 'characters' },
  ),
  rateLimit: describe(
    flag.default(true),
    'Whether tries are limited. `off` turns off every limit below and the lock of accounts; a proxy of yours then has to limit them.',
    { default: 'on', answersTo: 'DEFAULT_THROTTLE_RATES' },
  ),
  limitLoginAccount: describeLimit(
    '10/1d',
    'Wrong passwords for one account from devices it does not know, whether the account exists or not; and the same for each device it knows. Beyond them each further attempt has to wait: `ACCOUNT_LOCK_DELAY`.',
  ),
  limitLoginKnownAccount: describeLimit(
    '40/1d',
    'Wrong passwords for one account from all devices that it knows together. Beyond them each further attempt has to wait, as for a single one.',
  ),
  limitLoginAttemptsAccount: describeLimit('300/1h', 'Attempts to log in to one account, right or wrong.'),
  accountLockDelay: describe(
    duration(1, 30 * 86_400).default(60),
    'How long an account is locked for devices it does not know when `LIMIT_LOGIN_ACCOUNT` is used up. Every wrong try after it locks it for twice as long.',
    { default: '1m', unit: 'duration' },
  ),
  accountLockMax: describe(
    duration(1, 30 * 86_400).default(3600),
    'What the lock of an account does not grow beyond.',
    {
      default: '1h',
      unit: 'duration',
    },
  ),
  limitLoginNetwork: describeLimit(
    '30/10m',
    'Wrong passwords from one network, an IPv4 address or an IPv6 /64, for accounts that do not know the device. Wider networks have a multiple of this and of every other limit of a network: an IPv4 /24 eight times as much, an IPv6 /56 twice, a /48 four times, a /32 64 times.',
  ),
  limitLoginKnownNetwork: describeLimit(
    '300/10m',
    'Wrong passwords from one network for accounts that know the device.',
  ),
  limitLoginAttemptsNetwork: describeLimit(
    '600/10m',
    'Attempts to log in from one site, an IPv4 address or an IPv6 /48, right or wrong.',
  ),
  limitLoginFailures: describeLimit(
    '300/10m',
    'How many more logins may fail than succeed, everywhere, before it counts as an attack with stolen lists: until it is over, a network has one wrong password in the time of `LIMIT_LOGIN_NETWORK` for accounts that do not know the device. In its time, a success of an account and of a network makes up for one failure.',
  ),
  limitPasswordAccount: describeLimit(
    '10/15m',
    'Wrong passwords in one session, where somebody who is signed in is asked for theirs again; six times as many attempts, right or wrong.',
  ),
  limitRegistrationNetwork: describeLimit(
    '20/1h',
    'Registrations from one network. What is refused before any work, such as a password that is too short, does not count.',
  ),
  limitRegistrationAttemptsNetwork: describeLimit(
    '100/10m',
    'Registrations from one site, an IPv4 address or an IPv6 /48, with those that were refused before any work.',
  ),
  limitRegistrationAccount: describeLimit('5/1h', 'Registrations of one address, taken or free.'),
  limitRegistrationAll: describeLimit(
    '1000/1h',
    'Registrations from everywhere. Beyond them a network has one in the time of `LIMIT_REGISTRATION_NETWORK`; nobody is refused for what others do.',
  ),
  limitResetNetwork: describeLimit('20/1h', 'Requests for a new password from one network.'),
  limitResetAccount: describeLimit('5/1h', 'Requests for a new password for one address, known or not.'),
  limitResetAll: describeLimit(
    '1000/1h',
    'Requests for a new password from everywhere. Beyond them a network has one in the time of `LIMIT_RESET_NETWORK`.',
  ),
  limitVerificationNetwork: describeLimit(
    '30/1h',
    'Requests for an email that verifies an address, from one network.',
  ),
  limitVerificationAccount: describeLimit(
    '5/1h',
    'Requests for an email that verifies an address, for one address.',
  ),
  limitVerificationAll: describeLimit(
    '1000/1h',
    'Requests for an email that verifies an address, from everywhere. Beyond them a network has one in the time of `LIMIT_VERIFICATION_NETWORK`.',
  ),
  limitNotices: describe(
    limit('3/1d'),
    'Notices of one kind to one account: of a new device, of an ended session, of a locked account, of a changed password or address. They go to verified addresses only. `RATE_LIMIT=off` leaves this limit as it is.',
    { default: '3/1d', unit: 'notices and a time, or `off`' },
  ),
  limitRefreshNetwork: describeLimit(
    '100/1m',
    'Refreshes from one network that fail because their token is bad; one without a token does not count. Counted in each process by itself; good tokens are never held up.',
  ),
  auditRetention: describe(
    duration(86_400, 10 * 365 * 86_400).default(180 * 86_400),
    'How long the audit trail is kept.',
    { default: '180d', unit: 'duration' },
  ),
  siteName: describe(
    z
      .string()
      .trim()
      .min(1)
      .max(80, 'must have at most 80 characters')
      .refine((name) => !/\p{Cc}/u.test(name), 'must be one line of text')
      .default('Tokenjar'),
    'Name of the site: emails are signed with it, and no password may be made of it.',
    { default: 'Tokenjar' },
  ),
  frontendUrl: describe(
    frontend.optional(),
    'Where the pages are that the links of emails lead to. The account page has them all, so the own public address will do, and is what is taken where `PUBLIC_URL` is set and this is not. One of the two is demanded in production where emails are sent: the Host header of a request is never asked.',
    {
      default: 'PUBLIC_URL, else http://localhost and PORT',
      answersTo: 'REST_AUTH.PASSWORD_RESET_USE_SITES_DOMAIN',
    },
  ),
  smtpUrl: describe(
    text
      .refine(
        (url) => /^smtps?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''),
        'must be an address like smtp://user:password@mail.example.com:587 or smtps://…',
      )
      .optional(),
    'Mail server, as `smtp://user:password@mail.example.com:587` (with STARTTLS where the server has it; `?requireTLS=true` demands it) or `smtps://…`. Without it emails are printed to the log outside production, and in production none are sent.',
    { default: 'none', answersTo: 'EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD' },
  ),
  mailDir: describe(
    optional,
    'A folder into which emails are written as `.eml` files, instead of sending them: for development and tests.',
    { default: 'none', answersTo: 'EMAIL_FILE_PATH' },
  ),
  mailFrom: describe(
    z
      .string()
      .trim()
      .refine(isMailbox, 'must be one address like no-reply@example.com or Example <no-reply@example.com>')
      .optional(),
    'Sender of emails: `no-reply@example.com`, or `Example <no-reply@example.com>`.',
    { default: 'no-reply at the host of FRONTEND_URL', answersTo: 'DEFAULT_FROM_EMAIL' },
  ),
  emailTemplatesDir: describe(
    optional,
    'A folder with emails of your own: `reset_password.en.txt` (the first line `Subject: …`, then the text) and, if you like, `reset_password.en.html`. What is not there stays ours; other languages may be added.',
    { default: 'none', answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER' },
  ),
  verifyEmailLink: describe(
    linkWith('key').default('/verify-email#key={key}'),
    'Link of the email that verifies an address, below `FRONTEND_URL` or whole. What stands after the # reaches no server log and no Referer.',
    { default: '/verify-email#key={key}' },
  ),
  resetPasswordLink: describe(
    linkWith('token').default('/reset-password#token={token}'),
    'Link of the email that resets a password. `{uid}` is what dj-rest-auth has beside the token.',
    { default: '/reset-password#token={token}', answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER' },
  ),
  changeEmailLink: describe(
    linkWith('key').default('/change-email#key={key}'),
    'Link of the email that confirms a new address.',
    {
      default: '/change-email#key={key}',
    },
  ),
  unlockLink: describe(
    linkWith('key').default('/unlock#key={key}'),
    'Link of the email that tells of an account lock: it makes a browser one that the account knows.',
    { default: '/unlock#key={key}' },
  ),
  emailLinkLifetime: describe(
    duration(60, 30 * 86_400).default(86_400),
    'How long a link works that verifies an address or confirms a new one, from the moment the email goes out.',
    { default: '1d', unit: 'duration', answersTo: 'ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS' },
  ),
  passwordResetLifetime: describe(
    duration(60, 7 * 86_400).default(3600),
    'How long a link works that resets a password, from the moment the email goes out.',
    { default: '1h', unit: 'duration', answersTo: 'PASSWORD_RESET_TIMEOUT' },
  ),
  accountPage: describe(
    flag.default(true),
    'The account page at `/`: sign up, sign in, sessions, password. The library ignores it.',
    { default: 'on' },
  ),
  showAccessToken: describe(
    flag.default(false),
    'Shows on the account page how long the access token lives: for development, it means nothing to others.',
    { default: 'off' },
  ),
  docs: describe(flag.optional(), 'Swagger UI and the OpenAPI document.', {
    default: 'on outside production',
  }),
  docsPath: describe(
    z
      .string()
      .transform((value) => value.replace(/^\/+|\/+$/g, ''))
      .refine((value) => /^[\w.~-]+(\/[\w.~-]+)*$/.test(value), 'must be a path like docs')
      .default('docs'),
    'Where Swagger UI is served.',
    { default: 'docs' },
  ),
  webConcurrency: describe(
    integer(1, 1024).default(1),
    'Processes on one port, to use the cores of the machine; one that dies is replaced. More than 1 needs `DATABASE_URL`. Each has its own pool of `DATABASE_POOL_SIZE` connections and up to two beside it, for the blacklist and for emails. The library ignores it.',
    { default: '1' },
  ),
  shutdownDelay: describe(
    duration(0, 3600).default(0),
    'How long after SIGTERM the server goes on taking requests, while `/health/ready` already says 503: the time that a load balancer needs to notice. It comes before `SHUTDOWN_TIMEOUT`.',
    { default: '0s', unit: 'duration' },
  ),
  // A timer waits 24 days at most.
  shutdownTimeout: describe(
    duration(0, 86_400).default(10),
    'How long a stop waits for requests under way.',
    {
      default: '10s',
      unit: 'duration',
    },
  ),
  production: describe(
    flag.default(false),
    'Read from `NODE_ENV=production`. Demands `SECRET_KEY` and a word about the database, and turns the docs off.',
    {
      default: 'off',
    },
  ),
});

/** The settings as they are used: every default filled in, durations in seconds. */
export type Options = z.output<typeof optionsSchema>;
/** The settings as a host or the environment gives them. */
export type OptionsInput = z.input<typeof optionsSchema>;

/** Token under which a slice injects {@link Options}. */
export const OPTIONS = Symbol('tokenjar.options');

function isPageAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && !search && !hash && !username;
}

/** One mailbox and nothing that could begin another header or another recipient. */
function isMailbox(value: string): boolean {
  return /^(?:[^<>@,;:"\p{Cc}]*<([^<>\s@,;]+@[^<>\s@,;]+)>|[^<>\s@,;]+@[^<>\s@,;]+)$/u.test(value);
}

/** Wider than any network of one operator: 10.0.0.0/8 and fc00::/7 are the widest private ones. */
function isAnybody(value: string): boolean {
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  return bits !== undefined && family !== 0 && Number(bits) < (family === 4 ? 8 : 7);
}

function isAddressRange(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  return (
    family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}
