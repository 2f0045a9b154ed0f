import { NEW_PASSWORD, PASSWORD_ASKED, SIGN_IN } from './operation-errors.js';
import { fixed, operation, type OperationRow, type Payload, type Route } from './operation-row.js';
import type {
  ActivityFacts,
  Credentials,
  CurrentSession,
  EmailChangeInput,
  EndedSessionFacts,
  ListedSessionFacts,
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

/**
 * The API: one row an operation, by the name that its handler (`@Operation('login')`), the dialects and the document
 * have for it. What it takes and gives stands in front, in neutral shapes.
 */
export const OPERATIONS = {
  login: operation<Credentials, TokensAndUser>('POST /login', 'Sign in', {
    tag: 'session',
    access: 'public',
    cookie: 'sets',
    errors: SIGN_IN,
  }),
  unlockLogin: operation<{ key: string }>(
    'POST /login/unlock',
    'Open the way to a locked account for this browser, with the key of an email',
    { tag: 'session', access: 'public', cookie: 'sets_device', errors: ['link_invalid'] },
  ),
  resendUnlock: operation<{ email: string }>(
    'POST /login/unlock/resend',
    'Have an e-mail sent that opens the way to a locked account',
    { tag: 'session', access: 'public', errors: ['rate_limited'] },
  ),
  logout: operation<RefreshTokenInBody, SignedOut>(
    'POST /logout',
    'Sign out: end the session and clear the cookie',
    { tag: 'session', access: 'refresh_token_if_any', cookie: 'clears' },
  ),
  getSession: operation<undefined, CurrentSession>(
    'GET /session',
    'What the access token says, without asking the database',
    { tag: 'session', access: 'access_token' },
  ),
  listSessions: operation<undefined, ListedSessionFacts[]>('GET /sessions', 'Your sessions, newest first', {
    tag: 'session',
    access: 'access_token',
    isPaged: true,
  }),
  listEndedSessions: operation<undefined, EndedSessionFacts[]>(
    'GET /sessions/ended',
    'Your sessions that were ended in the last 30 days, and why',
    { tag: 'session', access: 'access_token', isPaged: true },
  ),
  endSession: operation('DELETE /sessions/:id', 'End one of your sessions', {
    tag: 'session',
    access: 'access_token',
    params: { id: 'Id of the session.' },
    errors: ['session_not_found'],
  }),
  endOtherSessions: operation('DELETE /sessions', 'End all your sessions but this one', {
    tag: 'session',
    access: 'access_token',
  }),
  listActivity: operation<undefined, ActivityFacts[]>(
    'GET /activity',
    'What happened to your account, newest first',
    { tag: 'session', access: 'access_token', isPaged: true },
  ),

  obtainToken: operation<Credentials, TokensAndUser>(
    'POST /token',
    'Sign in, without the user in the answer',
    { tag: 'token', access: 'public', cookie: 'sets', errors: SIGN_IN },
  ),
  /** Nothing where nobody is signed in and the request asked not to be refused for that. */
  refreshToken: operation<RefreshTokenInBody, TokensAndUser | undefined>(
    'POST /token/refresh',
    'Get a new access token with the refresh cookie',
    {
      tag: 'token',
      access: 'refresh_token',
      cookie: 'rotates',
      errors: ['token_reused', 'user_inactive', 'user_not_found', 'refresh_pending', 'rate_limited'],
    },
  ),
  verifyToken: operation<{ token: string }, VerifiedToken>(
    'POST /token/verify',
    'Check an access or refresh token',
    {
      tag: 'token',
      access: 'public',
      errors: ['token_invalid', 'token_expired', 'token_blacklisted', 'user_not_found', 'user_inactive'],
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

  /** No tokens where the address has to be verified first. */
  register: operation<NewAccount, TokensAndUser | undefined>(
    'POST /registration',
    'Make an account and sign in',
    {
      tag: 'account',
      access: 'public',
      cookie: 'sets',
      errors: ['registration_closed', 'email_taken', 'rate_limited', ...NEW_PASSWORD],
      also: { signUp: 'POST /signup' },
    },
  ),
  verifyEmail: operation<{ key: string }>(
    'POST /registration/verify-email',
    'Verify your address with the key of an email',
    { tag: 'account', access: 'public', errors: ['link_invalid'] },
  ),
  resendEmail: operation<{ email?: string | undefined }>(
    'POST /registration/resend-email',
    'Have the email that verifies your address sent again',
    { tag: 'account', access: 'public', errors: ['rate_limited'] },
  ),
  changeEmail: operation<EmailChangeInput>(
    'POST /email/change',
    'Move your account to another address, which gets an email to confirm it',
    { tag: 'account', access: 'access_token', errors: PASSWORD_ASKED },
  ),
  confirmEmailChange: operation<{ key: string }>(
    'POST /email/change/confirm',
    'Confirm your new address with the key of an email',
    { tag: 'account', access: 'public', errors: ['link_invalid', 'email_taken'] },
  ),
  getUser: operation<undefined, UserFacts>('GET /user', 'Who am I', {
    tag: 'account',
    access: 'access_token',
    errors: ['user_inactive'],
  }),
  updateUser: operation<ProfileChange, UserFacts>('PATCH /user', 'Change your profile', {
    tag: 'account',
    access: 'access_token',
    errors: ['user_inactive'],
    also: { replaceUser: 'PUT /user' },
  }),
  deleteUser: operation<{ password: string }>(
    'DELETE /user',
    'Delete your account and end all its sessions',
    {
      tag: 'account',
      access: 'access_token',
      cookie: 'clears',
      errors: PASSWORD_ASKED,
      // For proxies that take the body of a DELETE away.
      also: { deleteUserByPost: 'POST /user/delete' },
    },
  ),
  changePassword: operation<PasswordChangeInput, TokensAndUser>(
    'POST /password/change',
    'Change your password; your other sessions end',
    {
      tag: 'account',
      access: 'access_token',
      cookie: 'renews',
      errors: [...PASSWORD_ASKED, ...NEW_PASSWORD],
    },
  ),
  resetPassword: operation<{ email: string }>(
    'POST /password/reset',
    'Have an email sent that sets a new password',
    { tag: 'account', access: 'public', errors: ['rate_limited'] },
  ),
  confirmPasswordReset: operation<PasswordResetInput>(
    'POST /password/reset/confirm',
    'Set a new password with the token of an email; all your sessions end',
    { tag: 'account', access: 'public', errors: ['link_invalid', ...NEW_PASSWORD] },
  ),
};

/** What is the same in every dialect and stands where it does whatever `PATH_PREFIX` is. */
export const FIXED_OPERATIONS = {
  jwks: fixed('GET /.well-known/jwks.json', 'The public keys of the access tokens', 'keys'),
  live: fixed('GET /health/live', 'Is the process alive', 'health'),
  ready: fixed('GET /health/ready', 'Can it answer requests', 'health', ['not_ready']),
};

export type FixedName = keyof typeof FIXED_OPERATIONS;
export type OperationName = keyof typeof OPERATIONS;

/** What each operation takes and gives. */
export type Operations = { [Name in OperationName]: Payload<(typeof OPERATIONS)[Name]> };

/** The row of an operation, without its types. */
export const rowOf = (name: OperationName): OperationRow => OPERATIONS[name];

/** A route by the id that it has in the document. */
export interface NamedRoute {
  id: string;
  route: Route;
  operation: OperationName;
}

/** Every route to an operation. */
export const ROUTES: readonly NamedRoute[] = (Object.keys(OPERATIONS) as OperationName[]).flatMap(
  (operation) =>
    Object.entries({ [operation]: rowOf(operation).route, ...rowOf(operation).also }).map(([id, route]) => ({
      id,
      route,
      operation,
    })),
);
