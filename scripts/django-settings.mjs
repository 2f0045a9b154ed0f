// What became of every setting of djangorestframework-simplejwt, dj-rest-auth and djangorestframework-jwt.
//
// A row: their key | their default | kept, renamed, adapted or gone | our settings, with the values that have the effect
// of their default | what else there is to know.

const SIMPLE_JWT = `
ACCESS_TOKEN_LIFETIME | 5 minutes | kept | ACCESS_TOKEN_LIFETIME=5m | Less up to \`ACCESS_TOKEN_JITTER\`, which is 0 in the django dialects.
REFRESH_TOKEN_LIFETIME | 1 day | kept | REFRESH_TOKEN_LIFETIME=1d SESSION_MAX_LIFETIME=36500d | A rotation starts it anew, as there; \`SESSION_MAX_LIFETIME\` ends a session for good, which they never do.
ROTATE_REFRESH_TOKENS | False | kept | ROTATE_REFRESH_TOKENS=off | Where it is on, a token younger than \`REFRESH_ROTATE_AFTER\` is kept; 0s replaces it at every refresh.
BLACKLIST_AFTER_ROTATION | False | gone | | A replaced token is refused or ends the session; that is what the rotation is for. \`REFRESH_GRACE\` forgives two tabs, and a token whose successor never arrived gets a new one.
UPDATE_LAST_LOGIN | False | kept | UPDATE_LAST_LOGIN=off |
ALGORITHM | HS256 | kept | ALGORITHM=HS256 | No EdDSA. Access tokens only; refresh tokens are HS256, and nobody else reads them.
SIGNING_KEY | Django's SECRET_KEY | kept | SIGNING_KEY SECRET_KEY | In the django dialects with HS*, \`SECRET_KEY\` itself signs both kinds, so other services of the site accept our tokens, and \`token/verify\` theirs. Another \`SIGNING_KEY\` of yours is set as \`SIGNING_KEY\`.
VERIFYING_KEY | empty | kept | VERIFYING_KEY | Derived from \`SIGNING_KEY\` when left out.
AUDIENCE | None | kept | AUDIENCE | Stamped, and demanded when set.
ISSUER | None | kept | ISSUER= | Stamped and demanded. Empty in the django dialects, \`tokenjar\` else.
JSON_ENCODER | None | gone | | Claims are JSON.
JWK_URL | None | adapted | | Turned around: we publish our keys at \`/.well-known/jwks.json\`. Keys of others are not fetched.
LEEWAY | 0 | kept | LEEWAY=0s |
AUTH_HEADER_TYPES | ("Bearer",) | kept | AUTH_HEADER_TYPES=Bearer | The first stands in \`WWW-Authenticate\`. The case counts in the django dialects only, as there.
AUTH_HEADER_NAME | HTTP_AUTHORIZATION | gone | | Always \`Authorization\`: caches and logs know what it is, and keep it out.
USER_ID_FIELD | id | gone | | Always the id: addresses change hands.
USER_ID_CLAIM | user_id | kept | USER_ID_CLAIM=user_id | A string, as there.
USER_AUTHENTICATION_RULE | exists and is active | gone | | That is the rule.
ON_LOGIN_SUCCESS | updates last_login | adapted | UPDATE_LAST_LOGIN=off | No hook; \`last_login_at\` is a column.
ON_LOGIN_FAILED | does nothing | gone | |
AUTH_TOKEN_CLASSES | (AccessToken,) | gone | | A guarded route takes access tokens and nothing else.
TOKEN_TYPE_CLAIM | token_type | gone | | Always \`token_type\`. It cannot be turned off: a refresh token would open every route.
JTI_CLAIM | jti | gone | | Always \`jti\`. It cannot be turned off: a token without an id cannot be ended.
TOKEN_USER_CLASS | TokenUser | gone | | Every guarded route is stateless; what the token says is the \`Principal\`.
SLIDING_TOKEN_REFRESH_EXP_CLAIM | refresh_exp | gone | | No sliding tokens: one token that does both would have to lie where scripts read it.
SLIDING_TOKEN_LIFETIME | 5 minutes | gone | | As above.
SLIDING_TOKEN_REFRESH_LIFETIME | 1 day | gone | | As above. \`SESSION_MAX_LIFETIME\` is the bound it gave.
TOKEN_OBTAIN_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what answers look like; claims come from the library option \`claims\`.
TOKEN_REFRESH_SERIALIZER | a path | gone | DIALECT=django | As above.
TOKEN_VERIFY_SERIALIZER | a path | gone | DIALECT=django | As above.
TOKEN_BLACKLIST_SERIALIZER | a path | gone | DIALECT=django | As above.
SLIDING_TOKEN_OBTAIN_SERIALIZER | a path | gone | | No sliding tokens.
SLIDING_TOKEN_REFRESH_SERIALIZER | a path | gone | | No sliding tokens.
CHECK_REVOKE_TOKEN | False | gone | | A changed password always ends the other sessions, and nothing made of it stands in a token.
REVOKE_TOKEN_CLAIM | hash_password | gone | | As above.
CHECK_USER_IS_ACTIVE | True | gone | | Always: a deactivated user can neither sign in nor refresh.
AUTH_HEADER_TYPE | removed there | gone | AUTH_HEADER_TYPES=Bearer | It became \`AUTH_HEADER_TYPES\`.
AUTH_TOKEN_CLASS | removed there | gone | | It became \`AUTH_TOKEN_CLASSES\`.
SECRET_KEY | removed there | renamed | SIGNING_KEY | It became \`SIGNING_KEY\` there as well.
TOKEN_BACKEND_CLASS | removed there | gone | |
`;

const REST_AUTH = `
LOGIN_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what is asked and answered.
TOKEN_SERIALIZER | a path | gone | | No opaque tokens.
JWT_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what answers look like.
JWT_SERIALIZER_WITH_EXPIRATION | a path | gone | RETURN_EXPIRATION=off | As above.
JWT_TOKEN_CLAIMS_SERIALIZER | a path | adapted | | The library option \`claims\`: a synchronous function of \`{ userId, sessionId, roles }\`. The server has none.
USER_DETAILS_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what a user looks like.
PASSWORD_RESET_SERIALIZER | a path | adapted | EMAIL_TEMPLATES_DIR RESET_PASSWORD_LINK | Emails of your own, and where their links lead.
PASSWORD_RESET_CONFIRM_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what is asked. A reset ends all sessions, which theirs does not.
PASSWORD_CHANGE_SERIALIZER | a path | gone | DIALECT=django | The dialect decides what is asked.
REGISTER_SERIALIZER | a path | gone | DIALECT=django | As above.
REGISTER_PERMISSION_CLASSES | (AllowAny,) | renamed | REGISTRATION=on |
TOKEN_MODEL | DRF's Token | gone | | No opaque tokens.
TOKEN_CREATOR | get or create | gone | | No opaque tokens.
PASSWORD_RESET_USE_SITES_DOMAIN | False | adapted | FRONTEND_URL | Links lead to the frontend, never to the host that a request names.
OLD_PASSWORD_FIELD_ENABLED | False | gone | | The old password is always asked for: whoever finds an open browser must not be able to take the account.
LOGOUT_ON_PASSWORD_CHANGE | False | adapted | RENEW_ON_PASSWORD_CHANGE=off | The other sessions end, always; this one goes on.
SESSION_LOGIN | True | gone | | No session of a framework beside ours.
USE_JWT | False | gone | | Always.
JWT_AUTH_COOKIE | None | gone | | The access token never goes into a cookie: the browser would send it with every request, forged ones included, and every route would need the care that now only those of the refresh token need.
JWT_AUTH_REFRESH_COOKIE | None | renamed | COOKIE_NAME=refresh_token | None, which is no cookie, is \`REFRESH_TOKEN_IN=body\`. The django dialects put no prefix before the name, as there.
JWT_AUTH_REFRESH_COOKIE_PATH | "/" | renamed | COOKIE_PATH=/ |
JWT_AUTH_SECURE | False | renamed | COOKIE_SECURE=off | Better left at \`auto\`, which is on over https.
JWT_AUTH_HTTPONLY | True | adapted | REFRESH_TOKEN_IN=cookie | False did three things at once; to have the token in the body is \`body\` or \`both\`. A cookie of ours is always HttpOnly.
JWT_AUTH_SAMESITE | "Lax" | renamed | COOKIE_SAMESITE=lax |
JWT_AUTH_COOKIE_DOMAIN | None | renamed | COOKIE_DOMAIN |
JWT_AUTH_RETURN_EXPIRATION | False | renamed | RETURN_EXPIRATION=off | In the django dialects; the standard dialect always says \`expires_in\`.
JWT_AUTH_COOKIE_USE_CSRF | False | adapted | TRUSTED_ORIGINS | No token to fetch: requests that set or use the refresh cookie are taken from our own pages and from \`TRUSTED_ORIGINS\` only.
JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED | False | adapted | TRUSTED_ORIGINS | As above, signing in and registering included.
MFA_VERIFY_SERIALIZER | a path | gone | | This version has no second factor.
MFA_TOTP_ACTIVATE_INIT_SERIALIZER | a path | gone | | As above.
MFA_TOTP_ACTIVATE_CONFIRM_SERIALIZER | a path | gone | | As above.
MFA_TOTP_DEACTIVATE_SERIALIZER | a path | gone | | As above.
MFA_STATUS_SERIALIZER | a path | gone | | As above.
MFA_RECOVERY_CODES_SERIALIZER | a path | gone | | As above.
MFA_EPHEMERAL_TOKEN_TIMEOUT | 300 | gone | | As above.
MFA_TOTP_DIGITS | 6 | gone | | As above.
MFA_TOTP_PERIOD | 30 | gone | | As above.
MFA_TOTP_ISSUER | empty | gone | | As above.
MFA_RECOVERY_CODE_COUNT | 10 | gone | | As above.
`;

const JWT_AUTH = `
JWT_SECRET_KEY | SECRET_KEY | renamed | SECRET_KEY SIGNING_KEY | One key signs. Of several, the first.
JWT_GET_USER_SECRET_KEY | None | gone | | A user's sessions can be ended without a key of their own.
JWT_PRIVATE_KEY | None | renamed | SIGNING_KEY | PEM or JWK, inline or a path.
JWT_PUBLIC_KEY | None | renamed | VERIFYING_KEY | Derived when left out.
JWT_ALGORITHM | HS256 | renamed | ALGORITHM=HS256 | One; a token of any other is refused.
JWT_INSIST_ON_KID | False | gone | | A token of ES*, RS* or PS* names its key, and has to be of one of ours.
JWT_TOKEN_ID | include | gone | | Always demanded. The claim \`sid\` is what their \`orig_jti\` was.
JWT_AUDIENCE | None | renamed | AUDIENCE |
JWT_ISSUER | None | renamed | ISSUER= |
JWT_ENCODE_HANDLER | a function | gone | | One way to sign, one to check.
JWT_DECODE_HANDLER | a function | gone | | As above.
JWT_PAYLOAD_HANDLER | a function | adapted | | The library option \`claims\`: a synchronous function of \`{ userId, sessionId, roles }\`. The server has none.
JWT_PAYLOAD_GET_USERNAME_HANDLER | a function | gone | USER_ID_CLAIM=user_id | A token names its user by id.
JWT_PAYLOAD_GET_USER_ID_HANDLER | a function | adapted | USER_ID_CLAIM=user_id |
JWT_RESPONSE_PAYLOAD_HANDLER | a function | gone | DIALECT=django | The dialect decides what answers look like.
JWT_PAYLOAD_INCLUDE_USER_ID | True | gone | USER_ID_CLAIM=user_id | Always.
JWT_VERIFY | True | gone | | Off, anybody could write any token. It cannot be turned off.
JWT_VERIFY_EXPIRATION | True | gone | | Off, a stolen token would be good for ever. It cannot be turned off.
JWT_LEEWAY | 0 | renamed | LEEWAY=0s |
JWT_EXPIRATION_DELTA | 300 seconds | renamed | ACCESS_TOKEN_LIFETIME=300s |
JWT_ALLOW_REFRESH | False | gone | | Always. An access token cannot be exchanged for another; the refresh token can.
JWT_REFRESH_EXPIRATION_DELTA | 7 days | renamed | SESSION_MAX_LIFETIME=7d | Counted from the sign-in, as there.
JWT_AUTH_HEADER_PREFIX | JWT | renamed | AUTH_HEADER_TYPES=JWT |
JWT_AUTH_COOKIE | None | gone | | As \`REST_AUTH.JWT_AUTH_COOKIE\`.
JWT_AUTH_COOKIE_DOMAIN | None | adapted | COOKIE_DOMAIN | Of the refresh cookie.
JWT_AUTH_COOKIE_PATH | "/" | adapted | COOKIE_PATH=/ | Of the refresh cookie.
JWT_AUTH_COOKIE_SECURE | True | adapted | COOKIE_SECURE=on | Of the refresh cookie.
JWT_AUTH_COOKIE_SAMESITE | "Lax" | adapted | COOKIE_SAMESITE=lax | Of the refresh cookie.
JWT_IMPERSONATION_COOKIE | None | gone | | Nobody signs in as somebody else.
JWT_DELETE_STALE_BLACKLISTED_TOKENS | False | gone | | What has expired is not kept.
`;

const DJANGO = `
SECRET_KEY | none | kept | SECRET_KEY | With the same value, other services of the site accept our tokens in the django dialects, and \`token/verify\` accepts theirs. Sessions are new: everybody signs in once.
ACCOUNT_LOGOUT_ON_GET | False | gone | | Never: an image on another page would sign people out.
ACCOUNT_EMAIL_VERIFICATION | "optional" | renamed | EMAIL_VERIFICATION=optional | Theirs sends an email by default; ours is \`none\` until you set it.
ACCOUNT_LOGIN_METHODS | {"username"} | gone | | Always the e-mail address, whatever its case.
ACCOUNT_UNIQUE_EMAIL | True | gone | | Always.
AUTH_PASSWORD_VALIDATORS | none | adapted | PASSWORD_MIN_LENGTH=8 PASSWORD_REFUSE_COMMON=on PASSWORD_REFUSE_NUMERIC=on PASSWORD_REFUSE_SIMILAR=on | The values are those of a new Django project. A password that is the e-mail address is always refused.
EMAIL_HOST | "localhost" | renamed | SMTP_URL | Server, port, user and password are one address here.
EMAIL_PORT | 25 | renamed | SMTP_URL | As above.
EMAIL_HOST_USER | empty | renamed | SMTP_URL | As above.
EMAIL_HOST_PASSWORD | empty | renamed | SMTP_URL | As above.
EMAIL_FILE_PATH | none | renamed | MAIL_DIR |
DEFAULT_FROM_EMAIL | "webmaster@localhost" | renamed | MAIL_FROM |
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS | 3 | renamed | EMAIL_LINK_LIFETIME=3d |
PASSWORD_RESET_TIMEOUT | 259200 | renamed | PASSWORD_RESET_LIFETIME=3d | Theirs is in seconds.
SECRET_KEY_FALLBACKS | [] | kept | SECRET_KEY_FALLBACKS | Former keys verify and open; nothing new is signed with them.
CSRF_TRUSTED_ORIGINS | [] | renamed | TRUSTED_ORIGINS |
DEFAULT_THROTTLE_RATES | {} | adapted | RATE_LIMIT=off | The scope \`dj_rest_auth\`. Ours have names and figures of their own: \`LIMIT_LOGIN_NETWORK\` and its like.
`;

const rowsOf = (table) =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [key, theirs, fate, ours, note] = line.split('|').map((cell) => cell.trim());
      return { key, theirs, fate, ours: ours.split(' ').filter(Boolean), note };
    });

/** Every key by the dictionary it stands in. `ours`: names of our settings, each with a value or without one. */
export const DJANGO_SETTINGS = {
  SIMPLE_JWT: rowsOf(SIMPLE_JWT),
  REST_AUTH: rowsOf(REST_AUTH),
  JWT_AUTH: rowsOf(JWT_AUTH),
  Django: rowsOf(DJANGO),
};
