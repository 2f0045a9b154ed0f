// The equivalents of every setting of djangorestframework-simplejwt, dj-rest-auth and djangorestframework-jwt.
//
// A row: their key | their default | kept, renamed, adapted or gone | our settings, with the values that have the effect
// of their default | a note.

const SIMPLE_JWT = `
ACCESS_TOKEN_LIFETIME | 5 minutes | kept | ACCESS_TOKEN_LIFETIME=5m | Reduced by up to \`ACCESS_TOKEN_JITTER\`, which is 0 in the Django dialects.
REFRESH_TOKEN_LIFETIME | 1 day | kept | REFRESH_TOKEN_LIFETIME=1d SESSION_MAX_LIFETIME=36500d | A rotation restarts it, as there; \`SESSION_MAX_LIFETIME\` ends a session permanently, which simplejwt never does.
ROTATE_REFRESH_TOKENS | False | kept | ROTATE_REFRESH_TOKENS=off | If on, a token younger than \`REFRESH_ROTATE_AFTER\` is kept; 0s replaces it at every refresh.
BLACKLIST_AFTER_ROTATION | False | gone | | A replaced token is refused or ends the session, which is the purpose of rotation. \`REFRESH_GRACE\` tolerates parallel tabs, and a token whose successor never arrived gets a new one.
UPDATE_LAST_LOGIN | False | kept | UPDATE_LAST_LOGIN=off |
ALGORITHM | HS256 | kept | ALGORITHM=HS256 | No EdDSA. For access tokens only; refresh tokens are HS256, because nobody else reads them.
SIGNING_KEY | Django's SECRET_KEY | kept | SIGNING_KEY SECRET_KEY | In the Django dialects with HS*, \`SECRET_KEY\` itself signs both kinds of tokens, so other services of the site accept our tokens, and \`token/verify\` accepts theirs. If you use a different \`SIGNING_KEY\`, set it as \`SIGNING_KEY\`.
VERIFYING_KEY | empty | kept | VERIFYING_KEY | Derived from \`SIGNING_KEY\` if unset.
AUDIENCE | None | kept | AUDIENCE | Set in tokens, and required if set.
ISSUER | None | kept | ISSUER= | Set in tokens and required. Empty in the Django dialects, otherwise \`tokenjar\`.
JSON_ENCODER | None | gone | | Claims are JSON.
JWK_URL | None | adapted | | The reverse: we publish our keys at \`/.well-known/jwks.json\`. Foreign keys are not fetched.
LEEWAY | 0 | kept | LEEWAY=0s |
AUTH_HEADER_TYPES | ("Bearer",) | kept | AUTH_HEADER_TYPES=Bearer | The first is used in \`WWW-Authenticate\`. Case-sensitive in the Django dialects only, as there.
AUTH_HEADER_NAME | HTTP_AUTHORIZATION | gone | | Always \`Authorization\`: caches and logs know this header and omit it.
USER_ID_FIELD | id | gone | | Always the ID, because addresses change hands.
USER_ID_CLAIM | user_id | kept | USER_ID_CLAIM=user_id | A string, as there.
USER_AUTHENTICATION_RULE | exists and is active | gone | | This is always the rule.
ON_LOGIN_SUCCESS | updates last_login | adapted | UPDATE_LAST_LOGIN=off | No hook; \`last_login_at\` is a column.
ON_LOGIN_FAILED | does nothing | gone | |
AUTH_TOKEN_CLASSES | (AccessToken,) | gone | | Guarded routes only accept access tokens.
TOKEN_TYPE_CLAIM | token_type | gone | | Always \`token_type\`. It cannot be disabled: otherwise a refresh token would work on every route.
JTI_CLAIM | jti | gone | | Always \`jti\`. It cannot be disabled: a token without an ID cannot be revoked.
TOKEN_USER_CLASS | TokenUser | gone | | Every guarded route is stateless; the \`Principal\` contains the claims.
SLIDING_TOKEN_REFRESH_EXP_CLAIM | refresh_exp | gone | | No sliding tokens: a token with both purposes would have to be readable by scripts.
SLIDING_TOKEN_LIFETIME | 5 minutes | gone | | As above.
SLIDING_TOKEN_REFRESH_LIFETIME | 1 day | gone | | As above. \`SESSION_MAX_LIFETIME\` provides this bound.
TOKEN_OBTAIN_SERIALIZER | a path | gone | DIALECT=django | The dialect defines responses; claims come from the library option \`claims\`.
TOKEN_REFRESH_SERIALIZER | a path | gone | DIALECT=django | As above.
TOKEN_VERIFY_SERIALIZER | a path | gone | DIALECT=django | As above.
TOKEN_BLACKLIST_SERIALIZER | a path | gone | DIALECT=django | As above.
SLIDING_TOKEN_OBTAIN_SERIALIZER | a path | gone | | No sliding tokens.
SLIDING_TOKEN_REFRESH_SERIALIZER | a path | gone | | No sliding tokens.
CHECK_REVOKE_TOKEN | False | gone | | A password change always ends the other sessions, and tokens contain nothing derived from the password.
REVOKE_TOKEN_CLAIM | hash_password | gone | | As above.
CHECK_USER_IS_ACTIVE | True | gone | | Always: a deactivated user can neither sign in nor refresh.
AUTH_HEADER_TYPE | removed there | gone | AUTH_HEADER_TYPES=Bearer | Replaced by \`AUTH_HEADER_TYPES\`.
AUTH_TOKEN_CLASS | removed there | gone | | Replaced by \`AUTH_TOKEN_CLASSES\`.
SECRET_KEY | removed there | renamed | SIGNING_KEY | Replaced by \`SIGNING_KEY\` there as well.
TOKEN_BACKEND_CLASS | removed there | gone | |
`;

const REST_AUTH = `
LOGIN_SERIALIZER | a path | gone | DIALECT=django | The dialect defines requests and responses.
TOKEN_SERIALIZER | a path | gone | | No opaque tokens.
JWT_SERIALIZER | a path | gone | DIALECT=django | The dialect defines responses.
JWT_SERIALIZER_WITH_EXPIRATION | a path | gone | RETURN_EXPIRATION=off | As above.
JWT_TOKEN_CLAIMS_SERIALIZER | a path | adapted | | The library option \`claims\`: a synchronous function of \`{ userId, sessionId, roles }\`. Not available in the standalone server.
USER_DETAILS_SERIALIZER | a path | gone | DIALECT=django | The dialect defines the user object.
PASSWORD_RESET_SERIALIZER | a path | adapted | EMAIL_TEMPLATES_DIR RESET_PASSWORD_LINK | Your own email templates, and the address of their links.
PASSWORD_RESET_CONFIRM_SERIALIZER | a path | gone | DIALECT=django | The dialect defines requests. A reset ends all sessions, unlike there.
PASSWORD_CHANGE_SERIALIZER | a path | gone | DIALECT=django | The dialect defines requests.
REGISTER_SERIALIZER | a path | gone | DIALECT=django | As above.
REGISTER_PERMISSION_CLASSES | (AllowAny,) | renamed | REGISTRATION=on |
TOKEN_MODEL | DRF's Token | gone | | No opaque tokens.
TOKEN_CREATOR | get or create | gone | | No opaque tokens.
PASSWORD_RESET_USE_SITES_DOMAIN | False | adapted | FRONTEND_URL | Links point to the frontend, never to the host named by a request.
OLD_PASSWORD_FIELD_ENABLED | False | gone | | The old password is always required, so that nobody can take over an account from an unattended browser.
LOGOUT_ON_PASSWORD_CHANGE | False | adapted | RENEW_ON_PASSWORD_CHANGE=off | The other sessions always end; this one continues.
SESSION_LOGIN | True | gone | | There is no additional framework session.
USE_JWT | False | gone | | Always.
JWT_AUTH_COOKIE | None | gone | | The access token is never in a cookie: browsers would send it with every request, including forged ones, and every route would need the CSRF protection that now only the refresh token's routes need.
JWT_AUTH_REFRESH_COOKIE | None | renamed | COOKIE_NAME=refresh_token | None (no cookie) corresponds to \`REFRESH_TOKEN_IN=body\`. The Django dialects add no prefix to the name, as there.
JWT_AUTH_REFRESH_COOKIE_PATH | "/" | renamed | COOKIE_PATH=/ |
JWT_AUTH_SECURE | False | renamed | COOKIE_SECURE=off | \`auto\`, which is on over https, is better.
JWT_AUTH_HTTPONLY | True | adapted | REFRESH_TOKEN_IN=cookie | False had three effects; to receive the token in the body, use \`body\` or \`both\`. Our cookies are always HttpOnly.
JWT_AUTH_SAMESITE | "Lax" | renamed | COOKIE_SAMESITE=lax |
JWT_AUTH_COOKIE_DOMAIN | None | renamed | COOKIE_DOMAIN |
JWT_AUTH_RETURN_EXPIRATION | False | renamed | RETURN_EXPIRATION=off | In the Django dialects; the standard dialect always contains \`expires_in\`.
JWT_AUTH_COOKIE_USE_CSRF | False | adapted | TRUSTED_ORIGINS | No CSRF token needed: requests that set or use the refresh cookie are only accepted from our own pages and from \`TRUSTED_ORIGINS\`.
JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED | False | adapted | TRUSTED_ORIGINS | As above, including sign-in and registration.
MFA_VERIFY_SERIALIZER | a path | gone | | The endpoints of \`dj_rest_auth.mfa\` are there: [second factors](second-factors.md#django).
MFA_TOTP_ACTIVATE_INIT_SERIALIZER | a path | gone | | As above.
MFA_TOTP_ACTIVATE_CONFIRM_SERIALIZER | a path | gone | | As above.
MFA_TOTP_DEACTIVATE_SERIALIZER | a path | gone | | As above.
MFA_STATUS_SERIALIZER | a path | gone | | As above.
MFA_RECOVERY_CODES_SERIALIZER | a path | gone | | As above.
MFA_EPHEMERAL_TOKEN_TIMEOUT | 300 | gone | | Fixed at 300 s; the token works once.
MFA_TOTP_DIGITS | 6 | gone | | Fixed at 6.
MFA_TOTP_PERIOD | 30 | gone | | Fixed at 30 s.
MFA_TOTP_ISSUER | empty | renamed | TOTP_ISSUER | Unset, the host of \`FRONTEND_URL\` or \`PUBLIC_URL\`.
MFA_RECOVERY_CODE_COUNT | 10 | gone | | Fixed at 10.
PASSKEY_RP_ID | empty, required | kept | PASSKEY_RP_ID FRONTEND_URL | Unset, the host of \`FRONTEND_URL\`. Set what you had there: passkeys belong to it.
PASSKEY_RP_NAME | empty, required | renamed | SITE_NAME |
PASSKEY_RP_ORIGINS | empty, required | renamed | FRONTEND_URL TRUSTED_ORIGINS PASSKEY_ORIGINS | Origins of the domain of \`PASSKEY_RP_ID\` are accepted if they are in \`FRONTEND_URL\`, \`PUBLIC_URL\` or \`TRUSTED_ORIGINS\`; those of other domains belong in \`PASSKEY_ORIGINS\`.
PASSKEY_CHALLENGE_TIMEOUT | 300 | gone | | Always 300 seconds, and good for one answer.
`;

const JWT_AUTH = `
JWT_SECRET_KEY | SECRET_KEY | renamed | SECRET_KEY SIGNING_KEY | One key signs; of several, the first.
JWT_GET_USER_SECRET_KEY | None | gone | | Sessions of a user can be ended without a key per user.
JWT_PRIVATE_KEY | None | renamed | SIGNING_KEY | PEM or JWK, inline or a path.
JWT_PUBLIC_KEY | None | renamed | VERIFYING_KEY | Derived if unset.
JWT_ALGORITHM | HS256 | renamed | ALGORITHM=HS256 | A single one; tokens of any other algorithm are refused.
JWT_INSIST_ON_KID | False | gone | | A token with ES*, RS* or PS* names its key, which must be one of ours.
JWT_TOKEN_ID | include | gone | | Always required. The claim \`sid\` corresponds to \`orig_jti\`.
JWT_AUDIENCE | None | renamed | AUDIENCE |
JWT_ISSUER | None | renamed | ISSUER= |
JWT_ENCODE_HANDLER | a function | gone | | There is one way to sign and one to verify.
JWT_DECODE_HANDLER | a function | gone | | As above.
JWT_PAYLOAD_HANDLER | a function | adapted | | The library option \`claims\`: a synchronous function of \`{ userId, sessionId, roles }\`. Not available in the standalone server.
JWT_PAYLOAD_GET_USERNAME_HANDLER | a function | gone | USER_ID_CLAIM=user_id | Tokens identify the user by ID.
JWT_PAYLOAD_GET_USER_ID_HANDLER | a function | adapted | USER_ID_CLAIM=user_id |
JWT_RESPONSE_PAYLOAD_HANDLER | a function | gone | DIALECT=django | The dialect defines responses.
JWT_PAYLOAD_INCLUDE_USER_ID | True | gone | USER_ID_CLAIM=user_id | Always.
JWT_VERIFY | True | gone | | It cannot be disabled: otherwise anyone could forge tokens.
JWT_VERIFY_EXPIRATION | True | gone | | It cannot be disabled: otherwise a stolen token would be valid forever.
JWT_LEEWAY | 0 | renamed | LEEWAY=0s |
JWT_EXPIRATION_DELTA | 300 seconds | renamed | ACCESS_TOKEN_LIFETIME=300s |
JWT_ALLOW_REFRESH | False | gone | | Always, but with the refresh token; an access token cannot be exchanged for another one.
JWT_REFRESH_EXPIRATION_DELTA | 7 days | renamed | SESSION_MAX_LIFETIME=7d | Counted from the sign-in, as there.
JWT_AUTH_HEADER_PREFIX | JWT | renamed | AUTH_HEADER_TYPES=JWT |
JWT_AUTH_COOKIE | None | gone | | See \`REST_AUTH.JWT_AUTH_COOKIE\`.
JWT_AUTH_COOKIE_DOMAIN | None | adapted | COOKIE_DOMAIN | For the refresh cookie.
JWT_AUTH_COOKIE_PATH | "/" | adapted | COOKIE_PATH=/ | For the refresh cookie.
JWT_AUTH_COOKIE_SECURE | True | adapted | COOKIE_SECURE=on | For the refresh cookie.
JWT_AUTH_COOKIE_SAMESITE | "Lax" | adapted | COOKIE_SAMESITE=lax | For the refresh cookie.
JWT_IMPERSONATION_COOKIE | None | gone | | There is no impersonation.
JWT_DELETE_STALE_BLACKLISTED_TOKENS | False | gone | | Expired entries are always deleted.
`;

const DJANGO = `
SECRET_KEY | none | kept | SECRET_KEY | With the same value, other services of the site accept our tokens in the Django dialects, and \`token/verify\` accepts theirs. Sessions do not carry over: everybody signs in once.
ACCOUNT_LOGOUT_ON_GET | False | gone | | Never: an image on another page could sign users out.
ACCOUNT_EMAIL_VERIFICATION | "optional" | renamed | EMAIL_VERIFICATION=optional | Django sends an email by default; here the default is \`none\`.
ACCOUNT_LOGIN_METHODS | {"username"} | renamed | SIGN_IN_WITH=username | \`both\` for usernames and addresses. The default is \`email\`. Neither depends on upper and lower case.
ACCOUNT_AUTHENTICATION_METHOD | "username" | renamed | SIGN_IN_WITH=username | The older name of the setting above; \`username_email\` is \`both\`.
ACCOUNT_UNIQUE_EMAIL | True | gone | | Always.
AUTH_PASSWORD_VALIDATORS | none | adapted | PASSWORD_MIN_LENGTH=8 PASSWORD_REFUSE_COMMON=on PASSWORD_REFUSE_NUMERIC=on PASSWORD_REFUSE_SIMILAR=on | The values are those of a new Django project. A password equal to the email address is always refused.
EMAIL_HOST | "localhost" | renamed | SMTP_URL | Server, port, user and password are combined in one address.
EMAIL_PORT | 25 | renamed | SMTP_URL | As above.
EMAIL_HOST_USER | empty | renamed | SMTP_URL | As above.
EMAIL_HOST_PASSWORD | empty | renamed | SMTP_URL | As above.
EMAIL_FILE_PATH | none | renamed | MAIL_DIR |
DEFAULT_FROM_EMAIL | "webmaster@localhost" | renamed | MAIL_FROM |
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS | 3 | renamed | EMAIL_LINK_LIFETIME=3d |
PASSWORD_RESET_TIMEOUT | 259200 | renamed | PASSWORD_RESET_LIFETIME=3d | In seconds there.
SECRET_KEY_FALLBACKS | [] | kept | SECRET_KEY_FALLBACKS | Former keys verify and decrypt; nothing new is signed with them.
CSRF_TRUSTED_ORIGINS | [] | renamed | TRUSTED_ORIGINS |
SOCIALACCOUNT_PROVIDERS | {} | adapted | PROVIDERS | What it contains of each provider are settings of their own, such as \`GOOGLE_CLIENT_ID\`. PKCE is always on. The \`callback_url\` of a \`SocialLoginView\` is \`GOOGLE_CALLBACK_URL\`.
SOCIALACCOUNT_EMAIL_AUTHENTICATION | False | renamed | LINK_VERIFIED=off | Only for addresses that the provider has verified.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT | False | adapted | LINK_VERIFIED=off | If on, it always links.
SOCIALACCOUNT_AUTO_SIGNUP | True | gone | | Always, with an address that the provider has verified; otherwise the user names one and confirms it.
SOCIALACCOUNT_EMAIL_REQUIRED | as ACCOUNT_EMAIL_REQUIRED | gone | | Always.
SOCIALACCOUNT_EMAIL_VERIFICATION | as ACCOUNT_EMAIL_VERIFICATION | gone | | The address of an account that comes from a provider is always verified, by the provider or by a code.
SOCIALACCOUNT_QUERY_EMAIL | as ACCOUNT_EMAIL_REQUIRED | gone | | Always, unless \`GOOGLE_SCOPES\` asks for less.
SOCIALACCOUNT_STORE_TOKENS | False | gone | | Never: tokens of providers are not kept.
SOCIALACCOUNT_LOGIN_ON_GET | False | gone | | Never: a link on another page could begin a sign-in.
SOCIALACCOUNT_REQUESTS_TIMEOUT | 5 | gone | | Always five seconds.
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX | "oidc" | gone | | Paths are those of the other providers.
SOCIALACCOUNT_ADAPTER | a path | gone | | What is known of each provider is built in.
SOCIALACCOUNT_FORMS | {} | gone | | The API has no forms.
DEFAULT_THROTTLE_RATES | {} | adapted | RATE_LIMIT=off | The scope \`dj_rest_auth\`. Tokenjar's limits have their own names and values, such as \`LIMIT_LOGIN_NETWORK\`.
`;

const rowsOf = (table) =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [key, theirs, outcome, ours, note] = line.split('|').map((cell) => cell.trim());
      return { key, theirs, outcome, ours: ours.split(' ').filter(Boolean), note };
    });

/** All keys by their dictionary. `ours`: names of our settings, each with a value or without one. */
export const DJANGO_SETTINGS = {
  SIMPLE_JWT: rowsOf(SIMPLE_JWT),
  REST_AUTH: rowsOf(REST_AUTH),
  JWT_AUTH: rowsOf(JWT_AUTH),
  Django: rowsOf(DJANGO),
};
