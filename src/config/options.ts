import { z } from 'zod';
import {
  duration,
  flag,
  fraction,
  integer,
  limit,
  list,
  oneOf,
  oneOfAnyCase,
  setting,
  text,
} from './setting.js';
import {
  frontend,
  linkWith,
  mailbox,
  origin,
  pathSegments,
  postgresUrl,
  proxy,
  smtpUrl,
} from './setting-formats.js';

/**
 * Every setting there is: its name, what it takes, its default, and the words of `docs/settings.md`.
 *
 * The library option `accessTokenLifetime` is the environment variable `ACCESS_TOKEN_LIFETIME`.
 * **Unit** durations are seconds once they are read.
 */
export const optionsSchema = z.object({
  host: setting({
    schema: text,
    default: 'localhost',
    description: 'Address the server listens on. `0.0.0.0` in a container.',
  }),
  port: setting({
    schema: integer(0, 65_535),
    default: 3000,
    description: 'Port the server listens on; 0 takes a free one.',
  }),
  databaseUrl: setting({
    schema: postgresUrl,
    unset: 'the embedded database',
    description:
      'PostgreSQL 14 or newer. Without it the embedded database under `DATA_DIR` is used: for trials and small sites, one process; in production only where `DATABASE=embedded` says so. TLS, sockets and several hosts: [operations](operations.md#the-address-of-the-database).',
  }),
  database: setting({
    schema: oneOf(['auto', 'embedded']),
    default: 'auto',
    description:
      '`embedded`: the embedded database is meant. Demanded in production without `DATABASE_URL`, so that a server which lost the address of its database does not start with an empty one.',
  }),
  databasePoolSize: setting({
    schema: integer(1, 1000),
    default: 10,
    description: 'Connections to PostgreSQL, per process.',
  }),
  dataDir: setting({
    schema: text,
    default: './data',
    description: 'Folder of the embedded database and of the `SECRET_KEY` made for it.',
  }),
  migrate: setting({
    schema: oneOf(['auto', 'off']),
    default: 'auto',
    description:
      '`auto` brings the schema up to date at start, under an advisory lock; `off` leaves it to `npm run migrate` and refuses to start on an old schema.',
  }),
  secretKey: setting({
    schema: text,
    unset: 'made and kept in DATA_DIR, for trials',
    description:
      'The one secret, at least 32 bytes: keys for refresh tokens and for sealing the signing key are derived from it. Demanded in production and wherever `DATABASE_URL` is set; else one is made and kept in `DATA_DIR`.',
    answersTo: 'SECRET_KEY, SIMPLE_JWT.SIGNING_KEY, JWT_AUTH.JWT_SECRET_KEY',
  }),
  secretKeyFallbacks: setting({
    schema: list(text),
    default: [],
    description:
      'Former secret keys, separated by commas: what was signed or sealed with them stays good, nothing new is. To change `SECRET_KEY` without signing anybody out, first put the new key here, on every instance; then swap the two.',
    answersTo: 'SECRET_KEY_FALLBACKS',
  }),
  dialect: setting({
    schema: oneOf(['standard', 'django', 'django-legacy', 'envelope']),
    default: 'standard',
    description:
      'The names and statuses spoken on the wire. `django`: what djangorestframework-simplejwt and dj-rest-auth 7 answer; `django-legacy`: with the names before dj-rest-auth 4; `envelope`: every body is `{code, message}` and its content. A dialect brings other defaults, listed below.',
  }),
  pathPrefix: setting({
    schema: pathSegments(/^([\w.~-]+(\/[\w.~-]+)*)?$/, 'must be path segments like auth or api/v1/auth'),
    default: 'auth',
    description: 'What stands before the paths of the API, as in `/auth/login`.',
  }),

  algorithm: setting({
    schema: oneOf([
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
    ]),
    default: 'ES256',
    description:
      'How access tokens are signed. With ES*, RS* and PS* other services verify them offline with `/.well-known/jwks.json`.',
    answersTo: 'SIMPLE_JWT.ALGORITHM, JWT_AUTH.JWT_ALGORITHM',
  }),
  signingKey: setting({
    schema: text,
    unset: 'made at first start',
    description:
      'Own key for access tokens: PEM or JWK, inline or the path of a file; for HS* the secret itself. Without it a key is made at first start and kept in the database, sealed.',
    answersTo:
      'SIMPLE_JWT.SIGNING_KEY, SIMPLE_JWT.SECRET_KEY, JWT_AUTH.JWT_SECRET_KEY, JWT_AUTH.JWT_PRIVATE_KEY',
  }),
  verifyingKey: setting({
    schema: text,
    unset: 'derived from SIGNING_KEY',
    description:
      'Public half of `SIGNING_KEY`, PEM or JWK, inline or a path. It is derived when left out, and has to fit when given.',
    answersTo: 'SIMPLE_JWT.VERIFYING_KEY, JWT_AUTH.JWT_PUBLIC_KEY',
  }),
  issuer: setting({
    schema: z.string().trim(),
    default: 'tokenjar',
    description: 'Claim `iss` of access tokens, stamped and demanded; empty for none.',
    answersTo: 'SIMPLE_JWT.ISSUER, JWT_AUTH.JWT_ISSUER',
  }),
  audience: setting({
    schema: list(text),
    default: [],
    description:
      'Claim `aud` of access tokens, stamped and demanded when set; several are separated by commas.',
    answersTo: 'SIMPLE_JWT.AUDIENCE, JWT_AUTH.JWT_AUDIENCE',
  }),
  leeway: setting({
    schema: duration(),
    default: '0s',
    description: 'How far a token may be past its `exp`, or before its `iat` and `nbf`.',
    answersTo: 'SIMPLE_JWT.LEEWAY, JWT_AUTH.JWT_LEEWAY',
  }),
  accessTokenLifetime: setting({
    schema: duration(1),
    default: '10m',
    description: 'Life of an access token.',
    answersTo: 'SIMPLE_JWT.ACCESS_TOKEN_LIFETIME, JWT_AUTH.JWT_EXPIRATION_DELTA',
  }),
  tokenFormat: setting({
    schema: oneOf(['standard', 'simplejwt']),
    default: 'standard',
    description:
      '`simplejwt`: header `typ: JWT`, and with HS* both tokens are signed with `SECRET_KEY` (or `SIGNING_KEY`) itself, so that the verifiers of a Django site accept our tokens, and `token/verify` accepts theirs; the scheme word is read with its case, as there.',
  }),
  accessTokenJitter: setting({
    schema: fraction,
    default: '5%',
    description:
      'An access token lives up to this much shorter, at random, so that refreshes do not come in waves.',
  }),
  userIdClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    default: 'sub',
    description: 'Claim that carries the id of the user, as a string.',
    answersTo: 'SIMPLE_JWT.USER_ID_CLAIM, JWT_AUTH.JWT_PAYLOAD_GET_USER_ID_HANDLER',
  }),
  authHeaderTypes: setting({
    schema: list(z.string().regex(/^[\w-]+$/, 'must be scheme words like Bearer')).refine(
      (types) => types.length > 0,
      'must name at least one scheme',
    ),
    default: ['Bearer'],
    description:
      'Scheme words accepted in the Authorization header, whatever their case; the first one stands in WWW-Authenticate.',
    answersTo: 'SIMPLE_JWT.AUTH_HEADER_TYPES, JWT_AUTH.JWT_AUTH_HEADER_PREFIX',
  }),

  refreshTokenLifetime: setting({
    schema: duration(1),
    default: '14d',
    description: 'How long a session lives without a refresh; every rotation starts it anew.',
    answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME',
  }),
  sessionMaxLifetime: setting({
    schema: duration(1),
    default: '30d',
    description: 'How long a session lives at most; nothing extends it.',
    answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME, JWT_AUTH.JWT_REFRESH_EXPIRATION_DELTA',
  }),
  sessionLimit: setting({
    schema: integer(0, 10_000),
    default: 100,
    unit: 'sessions',
    description: 'How many sessions a user may have at once; 0 for no limit.',
  }),
  sessionLimitPolicy: setting({
    schema: oneOf(['end_oldest', 'refuse']),
    default: 'end_oldest',
    description:
      'What a sign-in does that would be one session too many: `end_oldest` ends the one not used for longest, `refuse` answers 403 `session_limit_reached`.',
  }),
  blacklistFeed: setting({
    schema: oneOf(['auto', 'poll']),
    default: 'auto',
    description:
      'How an instance hears of what others revoked. `auto`: by LISTEN and NOTIFY, and by a look every 300 ms underneath; where a pooler stands between, which swallows notifications, by the look alone. `poll`: by the look alone.',
  }),
  purgeInterval: setting({
    schema: duration(0, 30 * 86_400),
    default: '1h',
    description: 'How often one of the instances removes what has expired; 0 leaves it to `tokenjar purge`.',
  }),
  rotateRefreshTokens: setting({
    schema: flag,
    default: true,
    description:
      'Whether a refresh token is replaced as it ages. `off`: it stays the same until it expires, a refresh writes nothing, and a stolen one is not noticed.',
    answersTo: 'SIMPLE_JWT.ROTATE_REFRESH_TOKENS',
  }),
  refreshGrace: setting({
    schema: duration(),
    default: '30s',
    description:
      'How long after a rotation the replaced token still fetches its successor: two tabs, or an answer that was lost. `0s` is the strict profile (ASVS 10.4.5 read literally): every refresh rotates and any second use ends the session, also that of two tabs or after a lost answer.',
  }),
  refreshGiveUp: setting({
    schema: duration(0.001),
    default: '20s',
    description:
      'How long a client waits for the answer to a refresh before it abandons it. Answers later than this must not be used.',
  }),
  refreshRotateAfter: setting({
    schema: duration(),
    default: '120s',
    description:
      'Age at which a refresh token is replaced; a younger one is kept. Safe above `REFRESH_GRACE` + 2 × `REFRESH_GIVE_UP` + 30s.',
  }),
  refreshTokenIn: setting({
    schema: oneOf(['cookie', 'body', 'both']),
    default: 'cookie',
    description:
      'Where the refresh token travels. `body` and `both` are for clients without cookies: any script on a page could then read it.',
    answersTo: 'REST_AUTH.JWT_AUTH_HTTPONLY',
  }),
  updateLastLogin: setting({
    schema: flag,
    default: false,
    description: 'Whether a login writes `last_login_at` of the user.',
    answersTo: 'SIMPLE_JWT.UPDATE_LAST_LOGIN, SIMPLE_JWT.ON_LOGIN_SUCCESS',
  }),

  cookieName: setting({
    schema: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be a cookie name without spaces or separators'),
    default: 'refresh_token',
    description:
      'Name of the refresh cookie, before its prefix. Other apps on the same host, whatever their port, must use other names.',
    answersTo: 'REST_AUTH.JWT_AUTH_REFRESH_COOKIE',
  }),
  cookiePrefix: setting({
    schema: oneOf(['auto', 'none']),
    default: 'auto',
    description:
      '`auto`: a secure cookie is named `__Host-…` (path / and no domain) or `__Secure-…`, which browsers protect from being planted. `none`: the plain name, which any sub-domain of the same site can plant, and so sign somebody in as somebody else.',
  }),
  cookiePath: setting({
    schema: z.string().regex(/^\/[\w.~/-]*$/, 'must begin with /'),
    default: '/',
    description: 'Path of the refresh cookie. It must cover the API.',
    answersTo: 'REST_AUTH.JWT_AUTH_REFRESH_COOKIE_PATH, JWT_AUTH.JWT_AUTH_COOKIE_PATH',
  }),
  cookieDomain: setting({
    schema: z.string().regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be a host name like example.com'),
    unset: 'none',
    description:
      'Domain of the refresh cookie, to share it between sub-domains. Without it the cookie stays on the one host.',
    answersTo: 'REST_AUTH.JWT_AUTH_COOKIE_DOMAIN, JWT_AUTH.JWT_AUTH_COOKIE_DOMAIN',
  }),
  cookieSecure: setting({
    schema: z.union([z.literal('auto'), flag], 'must be auto, true or false'),
    default: 'auto',
    description:
      'Whether the cookie is Secure. `auto`: when the request came over https, directly or through a trusted proxy.',
    answersTo: 'REST_AUTH.JWT_AUTH_SECURE, JWT_AUTH.JWT_AUTH_COOKIE_SECURE',
  }),
  cookieSamesite: setting({
    schema: oneOfAnyCase(['strict', 'lax', 'none']),
    default: 'strict',
    description: 'SameSite of the refresh cookie. `none` needs `COOKIE_SECURE=true`.',
    answersTo: 'REST_AUTH.JWT_AUTH_SAMESITE, JWT_AUTH.JWT_AUTH_COOKIE_SAMESITE',
  }),
  cookiePartitioned: setting({
    schema: flag,
    default: false,
    description:
      'Whether the cookies are `Partitioned` (CHIPS): for pages that are framed by other sites, each of which then has its own sign-in. Needs `COOKIE_SECURE=true`, and has a meaning only with `COOKIE_SAMESITE=none`.',
  }),
  clearDeadCookie: setting({
    schema: flag,
    default: true,
    description: 'Whether a refresh that fails for good clears the cookie.',
  }),
  trustedOrigins: setting({
    schema: list(origin),
    default: [],
    description:
      'Other origins whose pages may sign in, refresh and sign out (CORS with credentials), separated by commas. `https://*.preview.example.com` stands for any one label: only for a domain below which all names are yours, never for one you share with strangers, such as `https://*.vercel.app` or `https://*.github.io`, where anybody can have a page. Apps whose pages come from no web server are named as their requests name them: `capacitor://localhost`, `tauri://localhost`, `chrome-extension://` and the id, `file://`; `null` only with `REFRESH_TOKEN_IN=body`, since any page can make itself that.',
    answersTo:
      'REST_AUTH.JWT_AUTH_COOKIE_USE_CSRF, REST_AUTH.JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED, CSRF_TRUSTED_ORIGINS',
  }),
  trustedProxies: setting({
    schema: list(proxy),
    default: [],
    description:
      'Proxies whose word on the client is believed: addresses or ranges (`loopback`, `linklocal`, `uniquelocal`), separated by commas. Name each one between the client and Tokenjar. From them come the client’s address (X-Forwarded-For, read from its end, with or without ports), the scheme and host that the browser saw (X-Forwarded-Proto, X-Forwarded-Host: the value beside the client’s address, or the first), and the name of the request in log and audit trail (X-Request-Id, up to 64 letters, digits and `-_.:=+/@~`). A proxy has to set or remove each of these headers, else clients choose them. `Forwarded` (RFC 7239) is not read, because proxies that write the others pass it on as it came. In library form the framework’s own setting counts while this one is empty.',
  }),
  publicUrl: setting({
    schema: frontend.refine(
      (value) => /^https?:\/\/[^/]+(\/[\w.~-]+)*$/i.test(value),
      'must be an address like https://example.com/accounts',
    ),
    unset: 'the origin of FRONTEND_URL',
    description:
      'Where Tokenjar itself is reached: its origin is our own whatever a proxy makes of Host, and its path is put before all links, assets and addresses of the account page and the API document, so that Tokenjar can live below a path. The proxy may take that path away or pass it on. Set it with its path only; the API stays below `PATH_PREFIX`, as in `https://example.com/accounts/auth/login`.',
  }),
  corsAllowedHeaders: setting({
    schema: list(
      z
        .string()
        .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be names of headers')
        .refine((name) => name !== '*', 'must be names of headers, not *'),
    ),
    default: [],
    description:
      'Headers that pages of `TRUSTED_ORIGINS` may send beside the usual ones (`Authorization`, `Content-Type`, `Accept-Language`, `Cache-Control`, `Idempotency-Key`, `X-CSRFToken`, `X-CSRF-Token`, `X-XSRF-TOKEN`, `X-Requested-With`, `X-Request-Id`, and those of tracing: `traceparent`, `tracestate`, `baggage`, `sentry-trace`, B3, Datadog), separated by commas.',
  }),

  registration: setting({
    schema: flag,
    default: true,
    description: 'Whether anybody may register.',
    answersTo: 'REST_AUTH.REGISTER_PERMISSION_CLASSES',
  }),
  passwordRefuseNumeric: setting({
    schema: flag,
    default: false,
    description: 'Whether a new password of digits alone is refused.',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  passwordRefuseCommon: setting({
    schema: flag,
    default: true,
    description:
      'Whether a new password is refused that stands in a list of common ones, or would be guessed too soon: in fewer than 10^4 attempts where `PASSWORD_MIN_LENGTH` is 8, 10^11 from 15 on and for every password of 15 characters. Repeats, walks over keyboards, sequences, famous phrases, digits alone and common words with fillings are.',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  breachedPasswords: setting({
    schema: text,
    unset: 'none',
    unit: 'path',
    description:
      'A file with the passwords that were found in breaches, which no new password may be: a filter that `tokenjar passwords build-filter` made of a list of SHA-1 hashes, such as that of Have I Been Pwned. It is read into memory at start, 2.3 bytes a password in each process, and nobody outside is asked. One in 65,536 other passwords is refused too.',
  }),
  passwordRefuseSimilar: setting({
    schema: flag,
    default: false,
    description:
      "Whether a new password is refused that resembles the e-mail address, as Django's UserAttributeSimilarityValidator measures it. One that is made of the address or of `SITE_NAME` is refused either way.",
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  renewOnPasswordChange: setting({
    schema: flag,
    default: true,
    description:
      'Whether a changed password gives its session new tokens. The other sessions end either way.',
    answersTo: 'REST_AUTH.LOGOUT_ON_PASSWORD_CHANGE',
  }),
  returnExpiration: setting({
    schema: flag,
    default: false,
    description:
      'Whether answers of the django dialects say when tokens expire. The standard dialect always says `expires_in`.',
    answersTo: 'REST_AUTH.JWT_AUTH_RETURN_EXPIRATION',
  }),
  emailVerification: setting({
    schema: oneOf(['none', 'optional', 'mandatory']),
    default: 'none',
    description:
      'Whether a new account gets an email to verify its address. `optional`: it does, and can sign in at once; `mandatory`: the account is made once the address is verified, and neither registration nor its timing nor a later login tells who has an account; `none`: only whoever asks for the email gets one.',
    answersTo: 'ACCOUNT_EMAIL_VERIFICATION',
  }),
  passwordMinLength: setting({
    schema: integer(1, 256),
    default: 15,
    unit: 'characters',
    description:
      'Least length of a new password, in characters (NIST SP 800-63B-4 asks for 15 where the password is the only factor).',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  rateLimit: setting({
    schema: flag,
    default: true,
    description:
      'Whether tries are limited. `off` turns off every limit below and the lock of accounts; a proxy of yours then has to limit them.',
    answersTo: 'DEFAULT_THROTTLE_RATES',
  }),
  limitLoginAccount: setting({
    schema: limit,
    default: '10/1d',
    description:
      'Wrong passwords for one account from devices it does not know, whether the account exists or not; and the same for each device it knows. Beyond them each further attempt has to wait: `ACCOUNT_LOCK_DELAY`.',
  }),
  limitLoginKnownAccount: setting({
    schema: limit,
    default: '40/1d',
    description:
      'Wrong passwords for one account from all devices that it knows together. Beyond them each further attempt has to wait, as for a single one.',
  }),
  limitLoginAttemptsAccount: setting({
    schema: limit,
    default: '300/1h',
    description: 'Attempts to log in to one account, right or wrong.',
  }),
  accountLockDelay: setting({
    schema: duration(1, 30 * 86_400),
    default: '1m',
    description:
      'How long an account is locked for devices it does not know when `LIMIT_LOGIN_ACCOUNT` is used up. Every wrong try after it locks it for twice as long.',
  }),
  accountLockMax: setting({
    schema: duration(1, 30 * 86_400),
    default: '1h',
    description: 'What the lock of an account does not grow beyond.',
  }),
  limitLoginNetwork: setting({
    schema: limit,
    default: '30/10m',
    description:
      'Wrong passwords from one network, an IPv4 address or an IPv6 /64, for accounts that do not know the device. Wider networks have a multiple of this and of every other limit of a network: an IPv4 /24 eight times as much, an IPv6 /56 twice, a /48 four times, a /32 64 times.',
  }),
  limitLoginKnownNetwork: setting({
    schema: limit,
    default: '300/10m',
    description: 'Wrong passwords from one network for accounts that know the device.',
  }),
  limitLoginAttemptsNetwork: setting({
    schema: limit,
    default: '600/10m',
    description: 'Attempts to log in from one site, an IPv4 address or an IPv6 /48, right or wrong.',
  }),
  limitLoginFailures: setting({
    schema: limit,
    default: '300/10m',
    description:
      'How many more logins may fail than succeed, everywhere, before it counts as an attack with stolen lists: until it is over, a network has one wrong password in the time of `LIMIT_LOGIN_NETWORK` for accounts that do not know the device. In its time, a success of an account and of a network makes up for one failure.',
  }),
  limitPasswordAccount: setting({
    schema: limit,
    default: '10/15m',
    description:
      'Wrong passwords in one session, where somebody who is signed in is asked for theirs again; six times as many attempts, right or wrong.',
  }),
  limitRegistrationNetwork: setting({
    schema: limit,
    default: '20/1h',
    description:
      'Registrations from one network. What is refused before any work, such as a password that is too short, does not count.',
  }),
  limitRegistrationAttemptsNetwork: setting({
    schema: limit,
    default: '100/10m',
    description:
      'Registrations from one site, an IPv4 address or an IPv6 /48, with those that were refused before any work.',
  }),
  limitRegistrationAccount: setting({
    schema: limit,
    default: '5/1h',
    description: 'Registrations of one address, taken or free.',
  }),
  limitRegistrationAll: setting({
    schema: limit,
    default: '1000/1h',
    description:
      'Registrations from everywhere. Beyond them a network has one in the time of `LIMIT_REGISTRATION_NETWORK`; nobody is refused for what others do.',
  }),
  limitResetNetwork: setting({
    schema: limit,
    default: '20/1h',
    description: 'Requests for a new password from one network.',
  }),
  limitResetAccount: setting({
    schema: limit,
    default: '5/1h',
    description: 'Requests for a new password for one address, known or not.',
  }),
  limitResetAll: setting({
    schema: limit,
    default: '1000/1h',
    description:
      'Requests for a new password from everywhere. Beyond them a network has one in the time of `LIMIT_RESET_NETWORK`.',
  }),
  limitVerificationNetwork: setting({
    schema: limit,
    default: '30/1h',
    description: 'Requests for an email that verifies an address, from one network.',
  }),
  limitVerificationAccount: setting({
    schema: limit,
    default: '5/1h',
    description: 'Requests for an email that verifies an address, for one address.',
  }),
  limitVerificationAll: setting({
    schema: limit,
    default: '1000/1h',
    description:
      'Requests for an email that verifies an address, from everywhere. Beyond them a network has one in the time of `LIMIT_VERIFICATION_NETWORK`.',
  }),
  limitNotices: setting({
    schema: limit,
    default: '3/1d',
    unit: 'notices and a time, or `off`',
    description:
      'Notices of one kind to one account: of a new device, of an ended session, of a locked account, of a changed password or address. They go to verified addresses only. `RATE_LIMIT=off` leaves this limit as it is.',
  }),
  limitRefreshNetwork: setting({
    schema: limit,
    default: '100/1m',
    description:
      'Refreshes from one network that fail because their token is bad; one without a token does not count. Counted in each process by itself; good tokens are never held up.',
  }),
  auditRetention: setting({
    schema: duration(86_400, 10 * 365 * 86_400),
    default: '180d',
    description: 'How long the audit trail is kept.',
  }),
  siteName: setting({
    schema: z
      .string()
      .trim()
      .min(1)
      .max(80, 'must have at most 80 characters')
      .refine((name) => !/\p{Cc}/u.test(name), 'must be one line of text'),
    default: 'Tokenjar',
    description: 'Name of the site: emails are signed with it, and no password may be made of it.',
  }),
  frontendUrl: setting({
    schema: frontend,
    unset: 'PUBLIC_URL, else http://localhost and PORT',
    description:
      'Where the pages are that the links of emails lead to. The account page has them all, so the own public address will do, and is what is taken where `PUBLIC_URL` is set and this is not. One of the two is demanded in production where emails are sent: the Host header of a request is never asked.',
    answersTo: 'REST_AUTH.PASSWORD_RESET_USE_SITES_DOMAIN',
  }),
  smtpUrl: setting({
    schema: smtpUrl,
    unset: 'none',
    description:
      'Mail server, as `smtp://user:password@mail.example.com:587` (with STARTTLS where the server has it; `?requireTLS=true` demands it) or `smtps://…`. Without it emails are printed to the log outside production, and in production none are sent.',
    answersTo: 'EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD',
  }),
  mailDir: setting({
    schema: text,
    unset: 'none',
    description:
      'A folder into which emails are written as `.eml` files, instead of sending them: for development and tests.',
    answersTo: 'EMAIL_FILE_PATH',
  }),
  mailFrom: setting({
    schema: mailbox,
    unset: 'no-reply at the host of FRONTEND_URL',
    description: 'Sender of emails: `no-reply@example.com`, or `Example <no-reply@example.com>`.',
    answersTo: 'DEFAULT_FROM_EMAIL',
  }),
  emailTemplatesDir: setting({
    schema: text,
    unset: 'none',
    description:
      'A folder with emails of your own: `reset_password.en.txt` (the first line `Subject: …`, then the text) and, if you like, `reset_password.en.html`. What is not there stays ours; other languages may be added.',
    answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER',
  }),
  verifyEmailLink: setting({
    schema: linkWith('key'),
    default: '/verify-email#key={key}',
    description:
      'Link of the email that verifies an address, below `FRONTEND_URL` or whole. What stands after the # reaches no server log and no Referer.',
  }),
  resetPasswordLink: setting({
    schema: linkWith('token'),
    default: '/reset-password#token={token}',
    description:
      'Link of the email that resets a password. `{uid}` is what dj-rest-auth has beside the token.',
    answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER',
  }),
  changeEmailLink: setting({
    schema: linkWith('key'),
    default: '/change-email#key={key}',
    description: 'Link of the email that confirms a new address.',
  }),
  unlockLink: setting({
    schema: linkWith('key'),
    default: '/unlock#key={key}',
    description:
      'Link of the email that tells of an account lock: it makes a browser one that the account knows.',
  }),
  emailLinkLifetime: setting({
    schema: duration(60, 30 * 86_400),
    default: '1d',
    description:
      'How long a link works that verifies an address or confirms a new one, from the moment the email goes out.',
    answersTo: 'ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS',
  }),
  passwordResetLifetime: setting({
    schema: duration(60, 7 * 86_400),
    default: '1h',
    description: 'How long a link works that resets a password, from the moment the email goes out.',
    answersTo: 'PASSWORD_RESET_TIMEOUT',
  }),
  accountPage: setting({
    schema: flag,
    default: true,
    description: 'The account page at `/`: sign up, sign in, sessions, password. The library ignores it.',
  }),
  showAccessToken: setting({
    schema: flag,
    default: false,
    description:
      'Shows on the account page how long the access token lives: for development, it means nothing to others.',
  }),
  docs: setting({
    schema: flag,
    unset: 'on outside production',
    description: 'Swagger UI and the OpenAPI document.',
  }),
  docsPath: setting({
    schema: pathSegments(/^[\w.~-]+(\/[\w.~-]+)*$/, 'must be a path like docs'),
    default: 'docs',
    description: 'Where Swagger UI is served.',
  }),
  webConcurrency: setting({
    schema: integer(1, 1024),
    default: 1,
    description:
      'Processes on one port, to use the cores of the machine; one that dies is replaced. More than 1 needs `DATABASE_URL`. Each has its own pool of `DATABASE_POOL_SIZE` connections and up to two beside it, for the blacklist and for emails. The library ignores it.',
  }),
  shutdownDelay: setting({
    schema: duration(0, 3600),
    default: '0s',
    description:
      'How long after SIGTERM the server goes on taking requests, while `/health/ready` already says 503: the time that a load balancer needs to notice. It comes before `SHUTDOWN_TIMEOUT`.',
  }),
  // A timer waits 24 days at most.
  shutdownTimeout: setting({
    schema: duration(0, 86_400),
    default: '10s',
    description: 'How long a stop waits for requests under way.',
  }),
  production: setting({
    schema: flag,
    default: false,
    description:
      'Read from `NODE_ENV=production`. Demands `SECRET_KEY` and a word about the database, and turns the docs off.',
  }),
});

/** The settings as they are used: every default filled in, durations in seconds. */
export type Options = z.output<typeof optionsSchema>;
/** The settings as a host or the environment gives them. */
export type OptionsInput = z.input<typeof optionsSchema>;

/** Token under which a slice injects {@link Options}. */
export const OPTIONS = Symbol('tokenjar.options');
