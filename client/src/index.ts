/**
 * The browser side of Tokenjar: who is signed in, a fresh access token, and nothing in storage.
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
