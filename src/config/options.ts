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
import { providerSettings } from './provider-settings.js';
import {
  domain,
  frontend,
  linkWith,
  mailbox,
  nativeAddress,
  origin,
  pathSegments,
  postgresUrl,
  proxy,
  secureOrigin,
  smtpUrl,
} from './setting-formats.js';

/**
 * All settings: name, accepted values, default, and the text in `docs/settings.md`.
 *
 * The library option `accessTokenLifetime` is the environment variable `ACCESS_TOKEN_LIFETIME`.
 * **Unit** durations are seconds once they are parsed.
 */
export const optionsSchema = z.object({
  host: setting({
    schema: text,
    default: 'localhost',
    description: 'Address to listen on; `0.0.0.0` in a container.',
  }),
  port: setting({
    schema: integer(0, 65_535),
    default: 3000,
    description: 'Port to listen on; 0 selects a free one.',
  }),
  databaseUrl: setting({
    schema: postgresUrl,
    isSecret: true,
    unset: 'the embedded database',
    description:
      'PostgreSQL 14 or newer. If unset, the embedded database under `DATA_DIR` is used, which is meant for evaluation and small sites and runs in one process; in production this requires `DATABASE=embedded`. TLS, sockets and several hosts: [operations](operations.md#the-address-of-the-database).',
  }),
  database: setting({
    schema: oneOf(['auto', 'embedded']),
    default: 'auto',
    description:
      '`embedded`: use the embedded database. Required in production without `DATABASE_URL`, so that a server that lost the address of its database does not start with an empty one.',
  }),
  databasePoolSize: setting({
    schema: integer(1, 1000),
    default: 10,
    description: 'Connections to PostgreSQL, per process.',
  }),
  dataDir: setting({
    schema: text,
    default: './data',
    description: 'Directory of the embedded database and of the `SECRET_KEY` generated for it.',
  }),
  migrate: setting({
    schema: oneOf(['auto', 'off']),
    default: 'auto',
    description:
      '`auto` updates the schema at startup, under an advisory lock. `off` leaves that to `npm run migrate` and refuses to start on an outdated schema.',
  }),
  secretKey: setting({
    schema: text,
    isSecret: true,
    unset: 'generated and kept in DATA_DIR, for evaluation',
    description:
      'The master secret, at least 32 bytes. The keys that sign refresh tokens and encrypt the signing key are derived from it. Required in production and whenever `DATABASE_URL` is set; otherwise one is generated and kept in `DATA_DIR`.',
    answersTo: 'SECRET_KEY, SIMPLE_JWT.SIGNING_KEY, JWT_AUTH.JWT_SECRET_KEY',
  }),
  secretKeyFallbacks: setting({
    schema: list(text),
    isSecret: true,
    default: [],
    description:
      'Former secret keys, separated by commas. What was signed or encrypted with them stays valid, but they sign nothing new. To change `SECRET_KEY` without signing anybody out, first add the new key here on every instance, then swap the two.',
    answersTo: 'SECRET_KEY_FALLBACKS',
  }),
  dialect: setting({
    schema: oneOf(['standard', 'django', 'django-legacy', 'envelope']),
    default: 'standard',
    description:
      'The field names and statuses of the API. `django`: as djangorestframework-simplejwt and dj-rest-auth 7; `django-legacy`: with the names from before dj-rest-auth 4; `envelope`: every body is `{code, message}` plus its content. A dialect changes some defaults, listed below.',
  }),
  pathPrefix: setting({
    schema: pathSegments(/^([\w.~-]+(\/[\w.~-]+)*)?$/, 'must be path segments like auth or api/v1/auth'),
    default: 'auth',
    description: 'The prefix of all API paths, as in `/auth/login`.',
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
      'Signature algorithm of access tokens. With ES*, RS* and PS*, other services can verify them offline with `/.well-known/jwks.json`.',
    answersTo: 'SIMPLE_JWT.ALGORITHM, JWT_AUTH.JWT_ALGORITHM',
  }),
  signingKey: setting({
    schema: text,
    isSecret: true,
    unset: 'generated at the first start',
    description:
      'Your own key for access tokens: PEM or JWK, inline or the path of a file; with HS*, the secret itself. If unset, keys are generated and kept in the database, encrypted, and can be rotated (`tokenjar keys`).',
    answersTo:
      'SIMPLE_JWT.SIGNING_KEY, SIMPLE_JWT.SECRET_KEY, JWT_AUTH.JWT_SECRET_KEY, JWT_AUTH.JWT_PRIVATE_KEY',
  }),
  verifyingKey: setting({
    schema: text,
    unset: 'derived from SIGNING_KEY',
    description:
      'Public key of `SIGNING_KEY`: PEM or JWK, inline or a path. If unset, it is derived; if set, it must match.',
    answersTo: 'SIMPLE_JWT.VERIFYING_KEY, JWT_AUTH.JWT_PUBLIC_KEY',
  }),
  keyRotation: setting({
    schema: duration(0, 3660 * 86_400).refine(
      (value) => value === 0 || value >= 3600,
      'must be at least 1h, or 0',
    ),
    default: '0s',
    description:
      'How often another key signs access tokens, such as `90d`; 0 leaves that to `tokenjar keys rotate`. The next key is always published before it signs. No effect with `SIGNING_KEY` and with HS*.',
  }),
  issuer: setting({
    schema: z.string().trim(),
    default: 'tokenjar',
    description: 'The `iss` claim, set in access tokens and required when they are verified; empty for none.',
    answersTo: 'SIMPLE_JWT.ISSUER, JWT_AUTH.JWT_ISSUER',
  }),
  audience: setting({
    schema: list(text),
    default: [],
    description:
      'The `aud` claim, set in access tokens and required when they are verified. Separate several with commas.',
    answersTo: 'SIMPLE_JWT.AUDIENCE, JWT_AUTH.JWT_AUDIENCE',
  }),
  leeway: setting({
    schema: duration(),
    default: '0s',
    description: 'Tolerance for the claims `exp`, `iat` and `nbf`.',
    answersTo: 'SIMPLE_JWT.LEEWAY, JWT_AUTH.JWT_LEEWAY',
  }),
  accessTokenLifetime: setting({
    schema: duration(1),
    default: '10m',
    description: 'Lifetime of an access token.',
    answersTo: 'SIMPLE_JWT.ACCESS_TOKEN_LIFETIME, JWT_AUTH.JWT_EXPIRATION_DELTA',
  }),
  tokenFormat: setting({
    schema: oneOf(['standard', 'simplejwt']),
    default: 'standard',
    description:
      '`simplejwt`: the header contains `typ: JWT`, and with HS* both tokens are signed with `SECRET_KEY` (or `SIGNING_KEY`) itself, so that the services of a Django site can verify our tokens, and `token/verify` accepts theirs. The scheme of the Authorization header is then case-sensitive, as there.',
  }),
  accessTokenJitter: setting({
    schema: fraction,
    default: '5%',
    description:
      'The lifetime of each access token is reduced at random by up to this share, so that refreshes do not come in waves.',
  }),
  userIdClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    default: 'sub',
    description: 'The claim that contains the ID of the user, as a string.',
    answersTo: 'SIMPLE_JWT.USER_ID_CLAIM, JWT_AUTH.JWT_PAYLOAD_GET_USER_ID_HANDLER',
  }),
  userId: setting({
    schema: oneOf(['integer', 'uuid']),
    default: 'integer',
    description:
      'What stands for a user wherever an ID is shown or accepted, in tokens too: the `integer` of the table, or a random `uuid` (of an imported Django user their UUID key). It can be changed at any time, and signs nobody out. See [the IDs of users](user-ids.md).',
  }),
  authHeaderTypes: setting({
    schema: list(z.string().regex(/^[\w-]+$/, 'must be authorization schemes like Bearer')).refine(
      (types) => types.length > 0,
      'must name at least one scheme',
    ),
    default: ['Bearer'],
    description:
      'Schemes accepted in the Authorization header, case-insensitively; the first one is used in WWW-Authenticate.',
    answersTo: 'SIMPLE_JWT.AUTH_HEADER_TYPES, JWT_AUTH.JWT_AUTH_HEADER_PREFIX',
  }),

  refreshTokenLifetime: setting({
    schema: duration(1),
    default: '14d',
    description: 'How long a session lives without a refresh; every rotation restarts this time.',
    answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME',
  }),
  unrememberedLifetime: setting({
    schema: duration(1),
    default: '12h',
    description:
      'How long a session lives without a refresh if it was opened with `remember: false`; at most `REFRESH_TOKEN_LIFETIME`. Its cookie ends with the browser.',
  }),
  freshSignIn: setting({
    schema: duration(1),
    default: '15m',
    description:
      'How old a sign-in may be for operations that require a recent one, such as changing second factors. After that, the user has to authenticate again.',
  }),
  sessionMaxLifetime: setting({
    schema: duration(1),
    default: '30d',
    description: 'Maximum lifetime of a session; nothing extends it.',
    answersTo: 'SIMPLE_JWT.REFRESH_TOKEN_LIFETIME, JWT_AUTH.JWT_REFRESH_EXPIRATION_DELTA',
  }),
  sessionLimit: setting({
    schema: integer(0, 10_000),
    default: 100,
    unit: 'sessions',
    description: 'Maximum number of sessions per user; 0 for no limit.',
  }),
  sessionLimitPolicy: setting({
    schema: oneOf(['end_oldest', 'refuse']),
    default: 'end_oldest',
    description:
      'What a sign-in does when the user has `SESSION_LIMIT` sessions: `end_oldest` ends the least recently used one, `refuse` responds with 403 `session_limit_reached`.',
  }),
  blacklistFeed: setting({
    schema: oneOf(['auto', 'poll']),
    default: 'auto',
    description:
      'How an instance learns what others revoked. `auto`: by LISTEN and NOTIFY, plus polling every 300 ms; behind a pooler that swallows notifications, by polling only. `poll`: by polling only.',
  }),
  purgeInterval: setting({
    schema: duration(0, 30 * 86_400),
    default: '1h',
    description: 'How often one of the instances deletes expired data; 0 leaves that to `tokenjar purge`.',
  }),
  rotateRefreshTokens: setting({
    schema: flag,
    default: true,
    description:
      'Whether a refresh token is replaced as it ages. `off`: it stays the same until it expires, a refresh writes nothing, and a stolen token is not detected.',
    answersTo: 'SIMPLE_JWT.ROTATE_REFRESH_TOKENS',
  }),
  refreshGrace: setting({
    schema: duration(),
    default: '30s',
    description:
      'How long after a rotation the replaced token still returns its successor, for parallel tabs and lost responses. `0s` is the strict profile (ASVS 10.4.5, read literally): every refresh rotates, and any second use ends the session, including one by another tab or after a lost response.',
  }),
  refreshGiveUp: setting({
    schema: duration(0.001),
    default: '20s',
    description:
      'How long a client waits for the response to a refresh before it gives up. It must not use a response that arrives later.',
  }),
  refreshRotateAfter: setting({
    schema: duration(),
    default: '120s',
    description:
      'The age at which a refresh token is replaced; a younger one is kept. Safe above `REFRESH_GRACE` + 2 × `REFRESH_GIVE_UP` + 30s.',
  }),
  refreshTokenIn: setting({
    schema: oneOf(['cookie', 'body', 'both']),
    default: 'cookie',
    description:
      'Where the refresh token is sent. `body` and `both` are for clients without cookies; any script on a page could then read it.',
    answersTo: 'REST_AUTH.JWT_AUTH_HTTPONLY',
  }),
  updateLastLogin: setting({
    schema: flag,
    default: false,
    description: 'Whether a login updates `last_login_at` of the user.',
    answersTo: 'SIMPLE_JWT.UPDATE_LAST_LOGIN, SIMPLE_JWT.ON_LOGIN_SUCCESS',
  }),

  cookieName: setting({
    schema: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be a cookie name without spaces or separators'),
    default: 'refresh_token',
    description:
      'Name of the refresh cookie, without its prefix. Other apps on the same host, on any port, must use other names.',
    answersTo: 'REST_AUTH.JWT_AUTH_REFRESH_COOKIE',
  }),
  cookiePrefix: setting({
    schema: oneOf(['auto', 'none']),
    default: 'auto',
    description:
      '`auto`: a secure cookie is named `__Host-…` (path / and no domain) or `__Secure-…`, so that browsers protect it from being planted. `none`: the plain name, which any subdomain of the same site can plant in order to sign a visitor in as somebody else.',
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
      'Domain of the refresh cookie, to share it between subdomains. If unset, the cookie is limited to one host.',
    answersTo: 'REST_AUTH.JWT_AUTH_COOKIE_DOMAIN, JWT_AUTH.JWT_AUTH_COOKIE_DOMAIN',
  }),
  cookieSecure: setting({
    schema: z.union([z.literal('auto'), flag], 'must be auto, true or false'),
    default: 'auto',
    description:
      'Whether the cookie is Secure. `auto`: if the request came over https, directly or through a trusted proxy.',
    answersTo: 'REST_AUTH.JWT_AUTH_SECURE, JWT_AUTH.JWT_AUTH_COOKIE_SECURE',
  }),
  cookieSamesite: setting({
    schema: oneOfAnyCase(['strict', 'lax', 'none']),
    default: 'strict',
    description: 'SameSite attribute of the refresh cookie. `none` requires `COOKIE_SECURE=true`.',
    answersTo: 'REST_AUTH.JWT_AUTH_SAMESITE, JWT_AUTH.JWT_AUTH_COOKIE_SAMESITE',
  }),
  cookiePartitioned: setting({
    schema: flag,
    default: false,
    description:
      'Whether cookies are `Partitioned` (CHIPS), for pages that other sites embed in frames; each of these sites then has its own sign-in. Requires `COOKIE_SECURE=true` and only has an effect with `COOKIE_SAMESITE=none`.',
  }),
  clearDeadCookie: setting({
    schema: flag,
    default: true,
    description: 'Whether a refresh that fails permanently clears the cookie.',
  }),
  deviceBoundSessions: setting({
    schema: flag,
    default: false,
    description:
      'Whether sessions are bound to a key that does not leave the device, in browsers that support it over https (Device Bound Session Credentials; Chrome on Windows since version 146). A copied refresh cookie is then refused elsewhere. The draft of the standard still changes. If it is turned off, bound sessions go on as others do, and stay unbound once their browsers have refreshed. It has no effect with `REFRESH_TOKEN_IN=body`. See [decision 45](decisions/0045-device-bound-sessions.md).',
  }),
  trustedOrigins: setting({
    schema: list(origin),
    default: [],
    description:
      'Other origins whose pages may sign in, refresh and sign out (CORS with credentials), separated by commas. `https://*.preview.example.com` matches any single label: use it only for a domain below which all names are yours, never for a shared one such as `https://*.vercel.app` or `https://*.github.io`, where anyone can have a page. For apps whose pages do not come from a web server, use the origin that their requests contain: `capacitor://localhost`, `tauri://localhost`, `chrome-extension://` and the ID, `file://`. `null` is only allowed with `REFRESH_TOKEN_IN=body`, because any page can give itself that origin.',
    answersTo:
      'REST_AUTH.JWT_AUTH_COOKIE_USE_CSRF, REST_AUTH.JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED, CSRF_TRUSTED_ORIGINS, REST_AUTH.PASSKEY_RP_ORIGINS',
  }),
  trustedProxies: setting({
    schema: list(proxy),
    default: [],
    description:
      'Proxies whose headers about the client are trusted: addresses or ranges (`loopback`, `linklocal`, `uniquelocal`), separated by commas. List every proxy between the client and Tokenjar. Their headers provide the client’s address (X-Forwarded-For, read from its end, with or without ports), the scheme and host that the browser used (X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Port: the value at the position of the client’s address, otherwise `https` if any value says so, and the first host and port), and the request ID for the log and the audit trail (X-Request-Id, up to 64 letters, digits and `-_.:=+/@~`). A proxy must set or remove each of these headers; otherwise clients can choose them. `Forwarded` (RFC 7239) is not read, because proxies that write the other headers pass it on unchanged. In library form, the setting of the framework applies while this one is empty.',
  }),
  publicUrl: setting({
    schema: frontend.refine(
      (value) => /^https?:\/\/[^/]+(\/[\w.~-]+)*$/i.test(value),
      'must be an address like https://example.com/accounts',
    ),
    unset: 'the origin of FRONTEND_URL',
    description:
      'The address of Tokenjar itself. Its origin counts as our own, whatever a proxy makes of Host. Its path is prepended to all links, assets and addresses of the account page and the OpenAPI document, so that Tokenjar can be served below a path; the proxy may remove that path or pass it on. Do not include `PATH_PREFIX`: the API remains below it, as in `https://example.com/accounts/auth/login`.',
  }),
  corsAllowedHeaders: setting({
    schema: list(
      z
        .string()
        .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be header names')
        .refine((name) => name !== '*', 'must be header names, not *'),
    ),
    default: [],
    description:
      'Headers that pages of `TRUSTED_ORIGINS` may send in addition to the usual ones (`Authorization`, `Content-Type`, `Accept-Language`, `Cache-Control`, `Idempotency-Key`, `X-CSRFToken`, `X-CSRF-Token`, `X-XSRF-TOKEN`, `X-Requested-With`, `X-Request-Id`, and tracing headers: `traceparent`, `tracestate`, `baggage`, `sentry-trace`, B3, Datadog), separated by commas.',
  }),

  registration: setting({
    schema: flag,
    default: true,
    description: 'Whether anyone may register.',
    answersTo: 'REST_AUTH.REGISTER_PERMISSION_CLASSES',
  }),
  signInWith: setting({
    schema: oneOf(['email', 'username', 'both']),
    default: 'email',
    description:
      'What users sign in with: their `email` address, a `username`, or either of them (`both`). An account with a username need not have an address. See [usernames](usernames.md).',
    answersTo: 'ACCOUNT_LOGIN_METHODS, ACCOUNT_AUTHENTICATION_METHOD',
  }),
  passwordRefuseNumeric: setting({
    schema: flag,
    default: false,
    description: 'Whether a new password that consists only of digits is refused.',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  passwordRefuseCommon: setting({
    schema: flag,
    default: true,
    description:
      'Whether a new password is refused that is on a list of common passwords or would be guessed too quickly: in fewer than 10^4 attempts if `PASSWORD_MIN_LENGTH` is 8, in fewer than 10^11 from 15 on and for every password of 15 characters. This applies to repetitions, keyboard patterns, sequences, famous phrases, digits only, and common words with fillers.',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  breachedPasswords: setting({
    schema: text,
    unset: 'none',
    unit: 'path',
    description:
      'A file of passwords found in data breaches, which are refused as new passwords: a filter that `tokenjar passwords build-filter` builds from a list of SHA-1 hashes, such as that of Have I Been Pwned. It is loaded into memory at startup, 2.3 bytes per password in each process, and no external service is contacted. One in 65,536 other passwords is refused by mistake.',
  }),
  passwordRefuseSimilar: setting({
    schema: flag,
    default: false,
    description:
      "Whether a new password is refused that resembles the email address, as measured by Django's UserAttributeSimilarityValidator. A password based on the address or on `SITE_NAME` is always refused.",
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  devisePepper: setting({
    schema: text,
    isSecret: true,
    unset: 'none',
    description:
      "The `config.pepper` of the Rails app whose accounts were imported, as Devise's initializer has it. Their passwords cannot be verified without it. Needed until they have all signed in once.",
  }),
  renewOnPasswordChange: setting({
    schema: flag,
    default: true,
    description: 'Whether a password change gives its session new tokens. The other sessions always end.',
    answersTo: 'REST_AUTH.LOGOUT_ON_PASSWORD_CHANGE',
  }),
  returnExpiration: setting({
    schema: flag,
    default: false,
    description:
      'Whether responses of the Django dialects contain the expiry times of tokens. The standard dialect always contains `expires_in`.',
    answersTo: 'REST_AUTH.JWT_AUTH_RETURN_EXPIRATION',
  }),
  emailVerification: setting({
    schema: oneOf(['none', 'optional', 'mandatory']),
    default: 'none',
    description:
      'Whether a new account gets an email to verify its address. `none`: only on request. `optional`: it gets one, and can sign in immediately. `mandatory`: the account is created when the address is verified, and neither registration, nor its timing, nor a later login reveals who has an account.',
    answersTo: 'ACCOUNT_EMAIL_VERIFICATION',
  }),
  passwordMinLength: setting({
    schema: integer(1, 256),
    default: 15,
    unit: 'characters',
    description:
      'Minimum length of a new password, in characters (NIST SP 800-63B-4 requires 15 if the password is the only factor).',
    answersTo: 'AUTH_PASSWORD_VALIDATORS',
  }),
  rateLimit: setting({
    schema: flag,
    default: true,
    description:
      'Whether attempts are limited. `off` disables all limits below and the account lock; your own proxy must then limit attempts.',
    answersTo: 'DEFAULT_THROTTLE_RATES',
  }),
  limitLoginAccount: setting({
    schema: limit,
    default: '10/1d',
    description:
      'Wrong passwords for one account from devices it does not know, whether or not the account exists; and the same number for each device it knows. After that, each further attempt has to wait: `ACCOUNT_LOCK_DELAY`.',
  }),
  limitLoginKnownAccount: setting({
    schema: limit,
    default: '40/1d',
    description:
      'Wrong passwords for one account from all devices it knows, in total. After that, each further attempt has to wait, as for a single device.',
  }),
  limitLoginAttemptsAccount: setting({
    schema: limit,
    default: '300/1h',
    description: 'Login attempts for one account, successful or not.',
  }),
  accountLockDelay: setting({
    schema: duration(1, 30 * 86_400),
    default: '1m',
    description:
      'How long an account is locked for devices it does not know when `LIMIT_LOGIN_ACCOUNT` is used up. Every further wrong password doubles this time.',
  }),
  accountLockMax: setting({
    schema: duration(1, 30 * 86_400),
    default: '1h',
    description: 'The maximum duration of an account lock.',
  }),
  limitLoginNetwork: setting({
    schema: limit,
    default: '30/10m',
    description:
      'Wrong passwords from one network, an IPv4 address or an IPv6 /64, for accounts that do not know the device. Wider networks have a multiple of this and of every other network limit: an IPv4 /24 eight times, an IPv6 /56 twice, a /48 four times, a /32 64 times.',
  }),
  limitLoginKnownNetwork: setting({
    schema: limit,
    default: '300/10m',
    description: 'Wrong passwords from one network for accounts that know the device.',
  }),
  limitLoginAttemptsNetwork: setting({
    schema: limit,
    default: '600/10m',
    description: 'Login attempts from one site, an IPv4 address or an IPv6 /48, successful or not.',
  }),
  limitLoginFailures: setting({
    schema: limit,
    default: '300/10m',
    description:
      'How far failed logins may exceed successful ones, across all accounts, before Tokenjar assumes credential stuffing. While it lasts, each network gets one wrong password per `LIMIT_LOGIN_NETWORK` period on accounts that do not know the device. Per period, an account and a site can each offset only one failure with a success.',
  }),
  limitPasswordAccount: setting({
    schema: limit,
    default: '10/15m',
    description:
      'Wrong passwords in one session, where a signed-in user has to enter the password again; and six times as many attempts, successful or not.',
  }),
  secondFactor: setting({
    schema: oneOf(['off', 'optional', 'required']),
    default: 'optional',
    description:
      '`optional`: an account that has a second factor is asked for it at every sign-in. `required`: every account must have one; who has none sets it up while signing in. `off`: nobody is asked, also those who have one, and none can be set up.',
  }),
  secondFactorRoles: setting({
    schema: list(text),
    default: ['admin'],
    description:
      'Roles whose users must have a second factor with `SECOND_FACTOR=optional`, separated by commas.',
  }),
  totpIssuer: setting({
    schema: z
      .string()
      .trim()
      .min(1)
      .max(60, 'must have at most 60 characters')
      .refine((name) => !/[\p{Cc}:]/u.test(name), 'must be one line of text without a colon'),
    unset: 'the host of FRONTEND_URL or PUBLIC_URL, otherwise SITE_NAME',
    description: 'What authenticator apps show beside the address of the account.',
    answersTo: 'REST_AUTH.MFA_TOTP_ISSUER',
  }),
  limitSecondFactorAccount: setting({
    schema: limit,
    default: '10/15m',
    description:
      'Wrong second factors for one account, of all kinds together, whether in a login or by a signed-in user. It applies with `RATE_LIMIT=off` too. A login that lacks a step also ends after five wrong ones, which no setting changes. The password can still be reset.',
  }),
  factorResetWait: setting({
    schema: duration(0, 30 * 86_400),
    default: '1d',
    description:
      'How long `tokenjar users reset-factors` waits, after its user was told by an email, until it removes their second factors. Every session of the user can cancel it meanwhile.',
  }),
  limitRegistrationNetwork: setting({
    schema: limit,
    default: '20/1h',
    description:
      'Registrations from one network. Requests refused before any work, such as with a password that is too short, do not count.',
  }),
  limitRegistrationAttemptsNetwork: setting({
    schema: limit,
    default: '100/10m',
    description:
      'Registrations from one site, an IPv4 address or an IPv6 /48, including those refused before any work.',
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
      'Registrations from all networks. Above this, each network gets one per `LIMIT_REGISTRATION_NETWORK` period; nobody is refused because of others.',
  }),
  limitResetNetwork: setting({
    schema: limit,
    default: '20/1h',
    description: 'Password reset requests from one network.',
  }),
  limitResetAccount: setting({
    schema: limit,
    default: '5/1h',
    description: 'Password reset requests for one address, known or not.',
  }),
  limitResetAll: setting({
    schema: limit,
    default: '1000/1h',
    description:
      'Password reset requests from all networks. Above this, each network gets one per `LIMIT_RESET_NETWORK` period.',
  }),
  limitVerificationNetwork: setting({
    schema: limit,
    default: '30/1h',
    description:
      'Requests for a verification email from one network. Requests to move an account to another address are counted separately.',
  }),
  limitVerificationAccount: setting({
    schema: limit,
    default: '5/1h',
    description:
      'Requests for a verification email for one address. Requests to move an account to it are counted separately.',
  }),
  limitVerificationAll: setting({
    schema: limit,
    default: '1000/1h',
    description:
      'Requests for a verification email from all networks. Above this, each network gets one per `LIMIT_VERIFICATION_NETWORK` period.',
  }),
  limitProviderNetwork: setting({
    schema: limit,
    default: '300/10m',
    description:
      'Ways to a provider from one site, an IPv4 address or an IPv6 /48; and, counted separately, ways back, each of which lets Tokenjar ask the provider.',
  }),
  limitNotices: setting({
    schema: limit,
    default: '3/1d',
    unit: 'notices per period, or `off`',
    description:
      'Notices of one kind to one account: about a new device, an ended session, a locked account, a changed password or address. They are only sent to verified addresses. `RATE_LIMIT=off` does not disable this limit.',
  }),
  limitRefreshNetwork: setting({
    schema: limit,
    default: '100/1m',
    description:
      'Refreshes from one network that fail because of an invalid token; refreshes without a token do not count. Counted separately in each process; valid tokens are never delayed.',
  }),
  limitApiKeyNetwork: setting({
    schema: limit,
    default: '60/1m',
    description:
      'Look-ups of API keys from one network that find none. Counted separately in each process; keys in memory are never delayed, and what cannot be a key costs no look-up.',
  }),
  apiKeys: setting({
    schema: flag,
    default: false,
    description:
      'API keys: users make them on the account page, and programs send them in place of an access token. Also introspection and revocation of tokens for other services.',
  }),
  apiKeyLifetime: setting({
    schema: duration(60, 10 * 365 * 86_400),
    default: '90d',
    description: 'Lifetime of an API key whose user names none; at most `API_KEY_MAX_LIFETIME`.',
  }),
  apiKeyMaxLifetime: setting({
    schema: duration(60, 10 * 365 * 86_400),
    default: '366d',
    description: 'The longest lifetime of an API key. Keys that exist keep theirs.',
  }),
  apiKeyLimit: setting({
    schema: integer(1, 10_000),
    default: 50,
    unit: 'API keys',
    description: 'Maximum number of API keys per user. Expired ones do not count.',
  }),
  auditRetention: setting({
    schema: duration(86_400, 10 * 365 * 86_400),
    default: '180d',
    description: 'How long audit events are kept.',
  }),
  webhookAllowPrivate: setting({
    schema: flag,
    default: false,
    description:
      'Allows webhooks to http URLs and to private addresses, for endpoints in your own network. Whoever may add webhooks then reaches whatever this server can.',
  }),
  djangoSecretKey: setting({
    schema: z.string().min(1),
    isSecret: true,
    unset: 'with TOKEN_FORMAT=simplejwt our own key, otherwise none',
    description:
      'The key of the Django site that users were imported from, if it signed with HS*: refresh tokens that it issued, and would still accept, go on here as sessions, and its access tokens live until they expire. Only tokens of imported users count. Remove it once the last token has expired ([leaving Django](leaving-django.md#live-sessions)).',
  }),
  djangoVerifyingKey: setting({
    schema: text,
    unset: 'with TOKEN_FORMAT=simplejwt that of SIGNING_KEY, otherwise none',
    description:
      'The same for a site that signed with RS*, PS* or ES*: its public key, as PEM or JWK, inline or the path of a file.',
  }),
  djangoAlgorithm: setting({
    schema: oneOf([
      'HS256',
      'HS384',
      'HS512',
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
    ]),
    unset: 'HS256; with TOKEN_FORMAT=simplejwt that of ALGORITHM',
    description: 'The algorithm of the tokens of the Django site. No other one is accepted.',
  }),
  djangoUserIdClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    unset: 'user_id; with TOKEN_FORMAT=simplejwt that of USER_ID_CLAIM',
    description: 'The claim of its tokens that contains the key of the user.',
  }),
  djangoJtiClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    default: 'jti',
    description: 'The claim of its tokens that contains the ID of the token.',
  }),
  djangoTokenTypeClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    default: 'token_type',
    description: 'The claim of its tokens that contains `refresh` or `access`.',
  }),
  djangoIssuer: setting({
    schema: text,
    unset: 'none; with TOKEN_FORMAT=simplejwt that of ISSUER',
    description: 'The `iss` claim that its tokens must have.',
  }),
  djangoAudience: setting({
    schema: list(text),
    unset: 'none; with TOKEN_FORMAT=simplejwt that of AUDIENCE',
    description: 'The `aud` claim of which its tokens must have one value, separated by commas.',
  }),
  djangoLeeway: setting({
    schema: duration(0, 86_400),
    unset: 'LEEWAY',
    description: 'Tolerance for the times in its tokens.',
  }),
  djangoCheckRevokeToken: setting({
    schema: flag,
    default: false,
    description:
      'Whether its tokens are bound to the password: one from before a change of the password at the site, or without the claim, is refused.',
  }),
  djangoRevokeTokenClaim: setting({
    schema: z.string().regex(/^\w+$/, 'must be a claim name'),
    default: 'hash_password',
    description: 'The claim that binds them.',
  }),
  djangoCookieName: setting({
    schema: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be a cookie name without spaces or separators'),
    unset: 'COOKIE_NAME',
    description:
      'The name of the refresh cookie of the Django site, if it is another one than `COOKIE_NAME`. It is read once, and taken back.',
  }),
  providers: setting({
    schema: z
      .array(providerSettings)
      .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'must not contain one twice'),
    default: [],
    answersTo: 'SOCIALACCOUNT_PROVIDERS',
    description:
      "Other sites that users can sign in with, separated by commas, in the order of the buttons: `google`, `apple`, `github`, `kakao`, `naver`, `microsoft`, and the name of any other OpenID provider. Each has settings of its own, [below](#settings-of-a-provider); in code, `providers: [{ id: 'google', clientId, clientSecret }]`. Register `PUBLIC_URL`, `PATH_PREFIX` and `/providers/google/callback` there as the redirect URI, such as `https://example.com/auth/providers/google/callback`.",
  }),
  nativeReturnTo: setting({
    schema: list(nativeAddress),
    default: [],
    description:
      'Where apps, and pages of other sites, return to from a provider: full addresses, separated by commas, compared letter for letter, such as `com.example.app:/callback`. They get a code there that only works with the verifier of who began ([apps](providers.md#apps)). Prefer `https` links that the system gives to your app alone: any app can claim a scheme of its own.',
  }),
  linkVerified: setting({
    schema: flag,
    default: false,
    answersTo: 'SOCIALACCOUNT_EMAIL_AUTHENTICATION, SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT',
    description:
      'What happens when somebody signs in with a provider for the first time, and the provider has verified an address that has an account. `off`: they first sign in to that account as usual, which then links the two. `on`: they are linked at once, so whoever controls the address at the provider controls the account.',
  }),
  siteName: setting({
    schema: z
      .string()
      .trim()
      .min(1)
      .max(80, 'must have at most 80 characters')
      .refine((name) => !/\p{Cc}/u.test(name), 'must be one line of text'),
    default: 'Tokenjar',
    description: 'Name of the site. Emails are signed with it, and passwords must not be based on it.',
    answersTo: 'REST_AUTH.PASSKEY_RP_NAME',
  }),
  siteLogo: setting({
    schema: text,
    unset: 'the logo of Tokenjar',
    description:
      'The file with the logo of the site, for the account page: SVG, PNG, WebP or JPEG of at most 200 kB, read at start.',
  }),
  siteColor: setting({
    schema: list(
      z.string().regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i, 'must be colours like #0f766e, at most two'),
    ).refine(({ length }) => length <= 2, 'must be colours like #0f766e, at most two'),
    unset: 'the colours of Tokenjar',
    description:
      'The colour of links and buttons on the account page, such as `#0f766e`; with a second one, separated by a comma, for dark pages. One that would not be readable is made darker, or lighter on dark pages.',
  }),
  frontendUrl: setting({
    schema: frontend,
    unset: 'PUBLIC_URL, otherwise http://localhost and PORT',
    description:
      'Where the pages are that links in emails open. The account page has all of them, so the public address of Tokenjar works, and is used if `PUBLIC_URL` is set and this is not. One of the two is required in production if emails are sent, because the Host header of requests is never used for links.',
    answersTo:
      'REST_AUTH.PASSWORD_RESET_USE_SITES_DOMAIN, REST_AUTH.PASSKEY_RP_ID, REST_AUTH.PASSKEY_RP_ORIGINS',
  }),
  passkeyRpId: setting({
    schema: domain,
    unset: 'the host of FRONTEND_URL',
    description:
      'The domain that passkeys belong to (the RP ID of WebAuthn): the host of your pages, or a domain above it, such as `example.com` for pages at `https://app.example.com`. Pages of this domain and below it can use the passkeys, if they are those of `FRONTEND_URL`, `PUBLIC_URL` or `TRUSTED_ORIGINS`; on `localhost`, the port does not matter. If you change it, all passkeys become useless. Over http, browsers only allow passkeys on `localhost`.',
    answersTo: 'REST_AUTH.PASSKEY_RP_ID',
  }),
  passkeyOrigins: setting({
    schema: list(secureOrigin),
    default: [],
    description:
      'Pages of other domains that can use the passkeys, such as `https://example.de` beside `example.com`, separated by commas. Browsers ask for this list at `/.well-known/webauthn` of the domain of `PASSKEY_RP_ID`, where Tokenjar, or your web server, must serve it; they accept about five different names. If their requests go to Tokenjar directly, list them in `TRUSTED_ORIGINS` too.',
    answersTo: 'REST_AUTH.PASSKEY_RP_ORIGINS',
  }),
  smtpUrl: setting({
    schema: smtpUrl,
    isSecret: true,
    unset: 'none',
    description:
      'Mail server, as `smtp://user:password@mail.example.com:587` (with STARTTLS if the server supports it; `?requireTLS=true` requires it) or `smtps://…`. If unset, emails are printed to the log outside production, and not sent in production.',
    answersTo: 'EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD',
  }),
  mailDir: setting({
    schema: text,
    unset: 'none',
    description:
      'A directory to which emails are written as `.eml` files instead of being sent, for development and tests.',
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
      'A directory with your own email templates: `reset_password.en.txt` (the first line is `Subject: …`, followed by the text) and optionally `reset_password.en.html`. The built-in texts are used for all others; you can add further languages.',
    answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER',
  }),
  adminEmail: setting({
    schema: text.refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), 'must be an email address'),
    unset: 'none',
    description:
      'While there is no active user with the role `admin`: invites this address to become one. At start, a link that works once within 24 hours is printed to the log and, if emails are sent, sent there; not again while one is valid. Afterwards, the setting does nothing.',
  }),
  invitationLink: setting({
    schema: linkWith('key'),
    default: '/invitation#key={key}',
    description: 'The link in invitations, as in `VERIFY_EMAIL_LINK`.',
  }),
  verifyEmailLink: setting({
    schema: linkWith('key'),
    default: '/verify-email#key={key}',
    description:
      'The link in verification emails, below `FRONTEND_URL` or a full address. The part after the # reaches no server log and no Referer.',
  }),
  resetPasswordLink: setting({
    schema: linkWith('token'),
    default: '/reset-password#token={token}',
    description:
      'The link in password reset emails. `{uid}` is what dj-rest-auth has in addition to the token.',
    answersTo: 'REST_AUTH.PASSWORD_RESET_SERIALIZER',
  }),
  changeEmailLink: setting({
    schema: linkWith('key'),
    default: '/change-email#key={key}',
    description: 'The link in emails that confirm a new address.',
  }),
  emailCodeLogin: setting({
    schema: flag,
    default: false,
    description:
      'Signing in with a code sent by email: 8 digits, valid for 10 minutes, only in the browser that requested it. It counts as one factor. Requests have limits of their own, as high as `LIMIT_RESET_*`.',
  }),
  loginCodeLink: setting({
    schema: linkWith('key'),
    default: '/sign-in-code#key={key}',
    description:
      'The link in emails with a code to sign in. In the browser that requested it, it signs in; elsewhere its page shows the code.',
  }),
  unlockLink: setting({
    schema: linkWith('key'),
    default: '/unlock#key={key}',
    description:
      'The link in emails about an account lock; it makes the browser a device that the account knows.',
  }),
  emailLinkLifetime: setting({
    schema: duration(60, 30 * 86_400),
    default: '1d',
    description:
      'How long links work that verify an address or confirm a new one, from when the email is sent.',
    answersTo: 'ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS',
  }),
  passwordResetLifetime: setting({
    schema: duration(60, 7 * 86_400),
    default: '1h',
    description: 'How long links work that reset a password, from when the email is sent.',
    answersTo: 'PASSWORD_RESET_TIMEOUT',
  }),
  accountPage: setting({
    schema: flag,
    default: true,
    description: 'The account page at `/`: sign-up, sign-in, sessions, password. Ignored by the library.',
  }),
  showAccessToken: setting({
    schema: flag,
    default: false,
    description:
      'Whether the account page shows the remaining lifetime of the access token, for development.',
  }),
  docs: setting({
    schema: flag,
    unset: 'on outside production',
    description: 'Whether Swagger UI and the OpenAPI document are served.',
  }),
  docsPath: setting({
    schema: pathSegments(/^[\w.~-]+(\/[\w.~-]+)*$/, 'must be a path like docs'),
    default: 'docs',
    description: 'The path of Swagger UI.',
  }),
  webConcurrency: setting({
    schema: integer(1, 1024),
    default: 1,
    description:
      'Number of processes on one port, to use several cores; a process that dies is replaced. More than 1 requires `DATABASE_URL`. Each process has its own pool of `DATABASE_POOL_SIZE` connections and up to two more, for the blacklist and for emails. Ignored by the library.',
  }),
  metricsPort: setting({
    schema: integer(0, 65_535),
    unset: 'no metrics',
    description:
      'Port for [metrics](metrics.md) in the format of Prometheus, at `/metrics`; 0 selects a free one. Those of all processes of `WEB_CONCURRENCY` are added up. Ignored by the library, which has `metrics` instead.',
  }),
  metricsHost: setting({
    schema: text,
    default: '127.0.0.1',
    description:
      'Address of `METRICS_PORT`. Whoever reaches it can read how many sign-ins succeed and fail, so it should be no public one. Ignored by the library.',
  }),
  logRequests: setting({
    schema: flag,
    unset: 'on in production',
    description:
      'Whether each request is a [line of the log](operations.md#the-log): operation, status, duration, user, error code. Ignored by the library.',
  }),
  logFormat: setting({
    schema: oneOf(['json', 'text']),
    unset: 'json in production, otherwise text',
    description: 'The format of the log: one JSON object a line, or text for people. Ignored by the library.',
  }),
  drainTime: setting({
    schema: duration(0, 3600),
    unset: '2s in production, otherwise 0s',
    description:
      'How long the server keeps accepting connections after SIGTERM while `/health/ready` already returns 503: the time that a load balancer needs to notice. It precedes `SHUTDOWN_TIMEOUT`.',
  }),
  hookTimeout: setting({
    schema: duration(1, 10),
    default: '5s',
    description:
      'How long a [hook](hooks.md) of the host may take. Whatever waits for one that takes longer fails with `hook_failed`. Only for the library.',
  }),
  // Timers are limited to 24 days.
  shutdownTimeout: setting({
    schema: duration(0, 86_400),
    default: '10s',
    description: 'How long a shutdown waits for requests in progress.',
  }),
  production: setting({
    schema: flag,
    default: false,
    description:
      'Set by `NODE_ENV=production`. Requires `SECRET_KEY` and either `DATABASE_URL` or `DATABASE=embedded`, and disables the docs.',
  }),
});

/** The settings as used: with all defaults, durations in seconds. */
export type Options = z.output<typeof optionsSchema>;
/** The settings as provided by a host or the environment. */
export type OptionsInput = z.input<typeof optionsSchema>;

/** Token under which a slice injects {@link Options}. */
export const OPTIONS = Symbol('tokenjar.options');
