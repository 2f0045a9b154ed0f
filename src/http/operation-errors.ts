import type { ErrorCode } from '../errors.js';

/** For operations that open a session with a password. */
export const SIGN_IN: readonly ErrorCode[] = [
  'bad_credentials',
  'email_not_verified',
  'invalid_scope',
  'session_limit_reached',
  'rate_limited',
  'server_busy',
];

/** For a sign-in that lacks a step. */
export const PENDING: readonly ErrorCode[] = ['second_factor_required', 'second_factor_setup_required'];

/** For operations that set a new password. */
export const NEW_PASSWORD: readonly ErrorCode[] = [
  'password_too_short',
  'password_too_long',
  'password_same_as_email',
  'password_too_similar',
  'password_too_common',
  'password_breached',
  'password_numeric',
  'password_mismatch',
  'server_busy',
];

/** For operations that change a username, which needs a recent sign-in of the user. */
export const USERNAME_CHANGED: readonly ErrorCode[] = [
  'username_taken',
  'insufficient_user_authentication',
  'api_key_refused',
  'impersonating',
];

/** For operations that require the password of the signed-in user. */
export const PASSWORD_ASKED: readonly ErrorCode[] = ['bad_credentials', 'rate_limited', 'server_busy'];

/** Errors of the guard of access tokens. */
export const ACCESS_TOKEN: readonly ErrorCode[] = [
  'access_missing',
  'bad_authorization_header',
  'token_invalid',
  'token_expired',
  'token_wrong_type',
  'token_blacklisted',
  'token_outdated',
  'token_password_changed',
  'user_not_found',
  'user_inactive',
];

/** For operations of administrators, besides. */
export const ADMIN: readonly ErrorCode[] = ['insufficient_scope', 'insufficient_user_authentication'];

/** For operations that require a refresh token. */
export const REFRESH_TOKEN: readonly ErrorCode[] = [
  'refresh_missing',
  'cookie_ambiguous',
  'token_invalid',
  'token_expired',
  'token_wrong_type',
  'token_blacklisted',
];

/** For operations of other services. */
export const SERVICE: readonly ErrorCode[] = [
  'access_missing',
  'bad_authorization_header',
  'token_invalid',
  'token_expired',
  'token_wrong_type',
  'user_inactive',
  'insufficient_scope',
  'rate_limited',
];
