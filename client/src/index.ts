/**
 * The browser client of Tokenjar. It knows who is signed in, provides a valid access token, and keeps nothing in storage.
 *
 * @packageDocumentation
 */
export { createAuth } from './auth.js';
export { AuthError, type Problem } from './auth-error.js';
export type { Body, Dialect, Inputs, Tokens } from './dialect.js';
export type {
  ApiRequest,
  Auth,
  Credentials,
  Names,
  PasswordChange,
  PasswordReset,
  Reason,
  Session,
  SessionWishes,
  Settings,
  User,
} from './types.js';
