import { ADMIN_OPERATIONS } from './admin-operations.js';
import { AUTHENTICATION_OPERATIONS } from './authentication-operations.js';
import { DEVICE_OPERATIONS } from './device-operations.js';
import { DJANGO_FACTOR_OPERATIONS, FACTOR_OPERATIONS } from './factor-operations.js';
import { INVITATION_OPERATIONS } from './invitation-operations.js';
import { KEY_OPERATIONS } from './key-operations.js';
import { NEW_PASSWORD, PASSWORD_ASKED, PENDING, SIGN_IN, USERNAME_CHANGED } from './operation-errors.js';
import { FIXED_PASSKEY_OPERATIONS, PASSKEY_OPERATIONS } from './passkey-operations.js';
import { DJANGO_PROVIDER_OPERATIONS, PROVIDER_OPERATIONS } from './provider-operations.js';
import { SESSION_OPERATIONS } from './session-operations.js';
import { fixed, operation, type OperationRow, type Payload, type Route } from './operation-row.js';
import type {
  Credentials,
  EmailChangeInput,
  EmailedKey,
  Named,
  NewAccount,
  PasswordChangeInput,
  PasswordResetInput,
  ProfileChange,
  RefreshTokenInBody,
  SignedOut,
  TokensAndUser,
  UserFacts,
  VerifiedToken,
} from './payloads.js';
import type { SignInResult } from './pending-sign-in.js';

/**
 * The API: one row per operation, under the name that its handler (`@Operation('login')`), the dialects and the OpenAPI
 * document use. Each row begins with the types of its input and result, in neutral form.
 */
export const OPERATIONS = {
  login: operation<Credentials, SignInResult>('POST /login', 'Sign in', {
    tag: 'session',
    access: 'public',
    cookie: 'sets',
    errors: [...SIGN_IN, ...PENDING],
  }),
  ...PASSKEY_OPERATIONS,
  unlockLogin: operation<EmailedKey>(
    'POST /login/unlock',
    'Unlock a locked account for this browser, using the key from an email',
    { tag: 'session', access: 'public', cookie: 'sets_device', errors: ['link_invalid'] },
  ),
  resendUnlock: operation<{ email: string }>(
    'POST /login/unlock/resend',
    'Request an email that unlocks a locked account',
    { tag: 'session', access: 'public', errors: ['rate_limited'] },
  ),
  logout: operation<RefreshTokenInBody, SignedOut>(
    'POST /logout',
    'Sign out: end the session and clear the cookie',
    { tag: 'session', access: 'refresh_token_if_any', cookie: 'clears' },
  ),
  ...SESSION_OPERATIONS,
  ...AUTHENTICATION_OPERATIONS,

  obtainToken: operation<Credentials, SignInResult>(
    'POST /token',
    'Sign in, without the user in the response',
    { tag: 'token', access: 'public', cookie: 'sets', errors: [...SIGN_IN, ...PENDING] },
  ),
  /** No result if nobody is signed in and the request asked for no error in that case. */
  refreshToken: operation<RefreshTokenInBody, TokensAndUser | undefined>(
    'POST /token/refresh',
    'Get a new access token with the refresh cookie',
    {
      tag: 'token',
      access: 'refresh_token',
      cookie: 'rotates',
      errors: [
        'token_reused',
        'token_password_changed',
        'user_inactive',
        'user_not_found',
        'session_limit_reached',
        'refresh_pending',
        'device_proof_required',
        'rate_limited',
      ],
    },
  ),
  ...DEVICE_OPERATIONS,
  verifyToken: operation<{ token: string }, VerifiedToken>(
    'POST /token/verify',
    'Verify an access or refresh token',
    {
      tag: 'token',
      access: 'public',
      errors: [
        'token_invalid',
        'token_expired',
        'token_blacklisted',
        'token_outdated',
        'token_password_changed',
        'user_not_found',
        'user_inactive',
      ],
    },
  ),
  blacklistToken: operation<RefreshTokenInBody>(
    'POST /token/blacklist',
    'End the session of a refresh token',
    {
      tag: 'token',
      access: 'refresh_token_anywhere',
      cookie: 'clears_own',
    },
  ),

  /** No tokens if the address has to be verified first. */
  register: operation<NewAccount, SignInResult | undefined>(
    'POST /registration',
    'Create an account and sign in',
    {
      tag: 'account',
      access: 'public',
      cookie: 'sets',
      errors: [
        'registration_closed',
        'invalid_scope',
        'email_taken',
        'username_taken',
        'rate_limited',
        ...NEW_PASSWORD,
      ],
      also: { signUp: 'POST /signup' },
    },
  ),
  verifyEmail: operation<EmailedKey>(
    'POST /registration/verify-email',
    'Verify your address, using the key from an email',
    { tag: 'account', access: 'public', errors: ['link_invalid'] },
  ),
  resendEmail: operation<{ email?: string | undefined }>(
    'POST /registration/resend-email',
    'Request another verification email',
    { tag: 'account', access: 'public', errors: ['rate_limited'] },
  ),
  changeEmail: operation<EmailChangeInput>(
    'POST /email/change',
    'Change your address; the new one gets an email to confirm it',
    { tag: 'account', access: 'access_token', fresh: 'with_factor', errors: PASSWORD_ASKED },
  ),
  confirmEmailChange: operation<EmailedKey>(
    'POST /email/change/confirm',
    'Confirm your new address, using the key from an email',
    { tag: 'account', access: 'public', errors: ['link_invalid', 'email_taken', 'sign_in_required'] },
  ),
  getUser: operation<undefined, UserFacts>('GET /user', 'Get the current user', {
    tag: 'account',
    access: 'access_token',
    allowsActor: true,
    keys: 'accepted',
  }),
  updateUser: operation<ProfileChange, UserFacts>('PATCH /user', 'Update your profile', {
    tag: 'account',
    access: 'access_token',
    allowsActor: true,
    keys: 'accepted',
    errors: USERNAME_CHANGED,
    also: { replaceUser: 'PUT /user' },
  }),
  deleteUser: operation<{ password?: string | undefined }>(
    'DELETE /user',
    'Delete your account and end all its sessions',
    {
      tag: 'account',
      access: 'access_token',
      fresh: 'with_factor',
      cookie: 'clears',
      errors: PASSWORD_ASKED,
      // For proxies that drop the body of a DELETE.
      also: { deleteUserByPost: 'POST /user/delete' },
    },
  ),
  changePassword: operation<PasswordChangeInput, TokensAndUser>(
    'POST /password/change',
    'Change your password; your other sessions end',
    {
      tag: 'account',
      access: 'access_token',
      fresh: 'with_factor',
      cookie: 'renews',
      errors: [...PASSWORD_ASKED, ...NEW_PASSWORD],
    },
  ),
  resetPassword: operation<Named>('POST /password/reset', 'Request a password reset email', {
    tag: 'account',
    access: 'public',
    errors: ['rate_limited'],
  }),
  confirmPasswordReset: operation<PasswordResetInput>(
    'POST /password/reset/confirm',
    'Set a new password, using the token from an email; all your sessions end',
    { tag: 'account', access: 'public', errors: ['link_invalid', ...NEW_PASSWORD] },
  ),
  ...INVITATION_OPERATIONS,
  ...FACTOR_OPERATIONS,
  ...DJANGO_FACTOR_OPERATIONS,
  ...PROVIDER_OPERATIONS,
  ...DJANGO_PROVIDER_OPERATIONS,
  ...ADMIN_OPERATIONS,
  ...KEY_OPERATIONS,
};

/** Operations that are the same in every dialect and whose paths do not depend on `PATH_PREFIX`. */
export const FIXED_OPERATIONS = {
  jwks: fixed('GET /.well-known/jwks.json', 'Get the public keys of access tokens', 'keys'),
  ...FIXED_PASSKEY_OPERATIONS,
  authorizationServer: fixed(
    'GET /.well-known/oauth-authorization-server',
    'Get where other services verify and revoke tokens (RFC 8414)',
    'keys',
  ),
  live: fixed('GET /health/live', 'Check that the process is alive', 'health'),
  ready: fixed('GET /health/ready', 'Check that the server can handle requests', 'health', ['not_ready']),
};

export type FixedName = keyof typeof FIXED_OPERATIONS;
/** What the API does, by the names of `operationId` in the document. */
export type OperationName = keyof typeof OPERATIONS;

/** Input and result of each operation. */
export type Operations = { [Name in OperationName]: Payload<(typeof OPERATIONS)[Name]> };

/** The row of an operation, without its types. */
export const rowOf = (name: OperationName): OperationRow => OPERATIONS[name];

/** A route by its `operationId`. */
export interface NamedRoute {
  id: string;
  route: Route;
  operation: OperationName;
}

/** All routes of all operations. */
export const ROUTES: readonly NamedRoute[] = (Object.keys(OPERATIONS) as OperationName[]).flatMap(
  (operation) =>
    Object.entries({ [operation]: rowOf(operation).route, ...rowOf(operation).also }).map(([id, route]) => ({
      id,
      route,
      operation,
    })),
);
