import type { Problem } from './auth-error.js';
import type { Credentials, PasswordChange, PasswordReset } from './types.js';

/** The input of operations, before a dialect renames its fields. */
export interface Inputs {
  login: Credentials;
  register: Credentials;
  changePassword: PasswordChange;
  deleteAccount: { password?: string | undefined };
  resetPassword: PasswordReset;
}

/** The tokens of a response. Without `accessToken`, the response does not sign anybody in. */
export interface Tokens {
  accessToken: string | undefined;
  /** The scheme of the Authorization header; by default {@link Settings.scheme}. */
  scheme?: string | undefined;
  /** If it is missing or not a number above 0, a lifetime of five minutes is assumed. **Unit** seconds. */
  expiresIn: number | undefined;
  /** Absent if the response does not contain it; the client then requests it. */
  user: unknown;
}

/** The format of the server's requests and responses, as set by `DIALECT`. */
export interface Dialect {
  /** Reads the tokens of a response. */
  tokens: (body: Body) => Tokens;
  /** Reads a response that contains no tokens. */
  content: (
    body: unknown,
    name: 'user' | 'sessions' | 'activity' | 'providers' | 'identities' | 'result',
  ) => unknown;
  /**
   * Whether this is how the server confirms an operation. Every success other than that of a GET or PATCH has to
   * contain tokens, be such a confirmation, or be a 204; otherwise it does not come from Tokenjar.
   */
  isDone: (body: Body) => boolean;
  /**
   * Reads an error.
   *
   * @returns an empty object for an error that does not come from Tokenjar, such as one of a gateway; it does not sign
   * the user out. A 401 that does has a `code` that begins with `token_`, `refresh_` or `user_`.
   */
  problem: (body: Body) => Problem;
  /** Renames the fields of a request. */
  request: <Name extends keyof Inputs>(name: Name, input: Inputs[Name]) => object;
}

/** A JSON object that has not been validated. */
export type Body = Record<string, unknown>;
