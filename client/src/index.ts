/**
 * The browser client of Tokenjar. It knows who is signed in, provides a valid access token, and keeps nothing in storage.
 *
 * @packageDocumentation
 */
export { createAuth } from './auth.js';
export {
  type Auth,
  type ApiRequest,
  AuthError,
  type Body,
  type Credentials,
  type Dialect,
  type Inputs,
  type PasswordChange,
  type PasswordReset,
  type Problem,
  type Reason,
  type Session,
  type Settings,
  type Tokens,
  type User,
} from './types.js';
