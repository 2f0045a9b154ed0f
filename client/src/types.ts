/** An account in the standard dialect. */
export interface User {
  id: number;
  email: string;
  email_verified: boolean;
  roles: string[];
  /** A BCP 47 tag. */
  locale: string | null;
  created_at: string;
}

/** A session of the user. */
export interface Session {
  id: string;
  /** Whether it is the session of this client. */
  current: boolean;
  device: string | null;
  ip: string | null;
  created_at: string;
  /** In steps of 15 minutes. */
  last_used_at: string;
}

export interface Credentials {
  email: string;
  password: string;
}

export interface PasswordChange {
  old_password: string;
  new_password: string;
}

/** A new password for a user who has forgotten theirs, with the values from the link in the email. */
export interface PasswordReset {
  token: string;
  /** Only in the Django dialects, whose links contain it in addition to the token. */
  uid?: string | undefined;
  new_password: string;
}

/**
 * Why the user changed.
 *
 * - `login`, `logout`: in this tab.
 * - `other-tab`: another tab of this browser signed in or out.
 * - `restored`: this page load has determined who is signed in from an earlier session; null if nobody is.
 * - `updated`: the same session, but the account has changed.
 * - `expired`: the session expired or was ended elsewhere.
 */
export type Reason = 'login' | 'logout' | 'other-tab' | 'restored' | 'updated' | 'expired';

/** The input of operations, before a dialect renames its fields. */
export interface Inputs {
  login: Credentials;
  register: Credentials;
  changePassword: PasswordChange;
  deleteAccount: { password: string };
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

/** An error reported by the server. */
export interface Problem {
  /** Stable: branch on this. */
  code?: string | undefined;
  /** A sentence for humans. */
  detail?: string | undefined;
  /** Maps each field to sentences. */
  errors?: Record<string, string[]> | undefined;
  /** What went wrong if there was no response. */
  cause?: unknown;
}

/** The format of the server's requests and responses, as set by `DIALECT`. */
export interface Dialect {
  /** Reads the tokens of a response. */
  tokens: (body: Body) => Tokens;
  /** Reads a response that contains no tokens. */
  content: (body: unknown, name: 'user' | 'sessions' | 'activity') => unknown;
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

export interface Settings {
  /**
   * The address of Tokenjar, including its `PATH_PREFIX`: `https://id.example.com/auth`, or a path on this origin.
   *
   * @defaultValue `/auth`
   */
  baseUrl?: string;
  /**
   * Further origins to which {@link Auth.fetch} sends the access token. The page's own origin and that of `baseUrl`
   * always get it, all others never.
   */
  origins?: readonly string[];
  /** @defaultValue the standard dialect */
  dialect?: Dialect;
  /**
   * The scheme of the Authorization header, if responses do not contain it: the first of `AUTH_HEADER_TYPES`. Responses
   * of the standard dialect contain it.
   *
   * @defaultValue `Bearer`
   */
  scheme?: string;
  /** Replaces `window.fetch`. */
  fetch?: typeof fetch;
}

export interface Auth<U = User> {
  /** The signed-in user, as far as this tab knows; null until {@link ready} has resolved. */
  readonly user: U | null;
  /** The remaining lifetime of the access token; null without one. **Unit** seconds. */
  readonly expiresIn: number | null;

  /**
   * Determines who is signed in, using the refresh cookie. Call it on page load; it sends one request, and later calls
   * return the known user.
   *
   * @returns the user, or null if nobody is signed in.
   * @throws {@link AuthError} if that cannot be determined, for example without a connection. The client then keeps
   * trying and reports through {@link onChange}.
   */
  ready: () => Promise<U | null>;
  /**
   * Signs in, here and in the other tabs. Refreshes in progress anywhere in this browser are cancelled first, so that
   * their responses cannot arrive after this one.
   *
   * @throws {@link AuthError} `bad_credentials`, `server_busy`, `unreachable`, …
   */
  login: (input: Credentials) => Promise<U>;
  /**
   * Creates an account and signs in.
   *
   * @returns null if the address has to be verified first.
   * @throws {@link AuthError} `email_taken`, `password_too_short`, `input_invalid`, …
   */
  register: (input: Credentials) => Promise<U | null>;
  /**
   * Signs out, here and in the other tabs.
   *
   * @throws {@link AuthError} if the server could not be reached; the user is then still signed in.
   */
  logout: () => Promise<void>;
  /** Changes the password; the user's other sessions end. */
  changePassword: (input: PasswordChange) => Promise<void>;
  /** Deletes the account and all of its sessions. @throws {@link AuthError} `bad_credentials`, … */
  deleteAccount: (input: { password: string }) => Promise<void>;
  /** Fetches a new access token and the current user. */
  refresh: () => Promise<U | null>;

  /**
   * The access token for other HTTP libraries, refreshed when it is about to expire; null if nobody is signed in. Call
   * it before every request, and do not store the token.
   *
   * @throws {@link AuthError} if the token has expired and could not be refreshed.
   */
  accessToken: () => Promise<string | null>;
  /**
   * Like `window.fetch`, with the access token. If the server reports that the token is no longer valid, the token is
   * refreshed and the request is sent once more.
   *
   * A body that can only be read once (a stream, or a `Request` with a body) is sent only once, and you receive the 401.
   * Everything else, including `FormData` and `Blob`, is sent again unchanged.
   */
  fetch: typeof fetch;
  /**
   * Calls the listener whenever the signed-in user changes, with the reason.
   *
   * @returns a function that removes the listener.
   */
  onChange: (listener: (user: U | null, reason: Reason) => void) => () => void;

  /** The sessions of the user. */
  readonly sessions: {
    list: () => Promise<Session[]>;
    /** @throws {@link AuthError} `session_not_found` */
    end: (id: string) => Promise<void>;
    endOthers: () => Promise<void>;
  };

  /**
   * Sends a request to Tokenjar for which there is no method here; `@tokenjar/client/account` is built on it.
   *
   * @param path below {@link Settings.baseUrl}, such as `/activity`.
   * @returns the body of a successful response; an empty object for a 204.
   * @throws {@link AuthError} for anything else, also for a response that does not come from Tokenjar.
   */
  request: (path: string, request?: ApiRequest) => Promise<Body>;
  /** The dialect that the server uses. */
  readonly dialect: Dialect;

  /** Stops timers and listeners; for tests and hot reloading. */
  close: () => void;
}

export interface ApiRequest {
  /** @defaultValue `GET` */
  method?: string;
  /** The body. */
  json?: object;
  /** The function that sends it: {@link Auth.fetch} adds the access token. By default it is sent without one. */
  via?: typeof fetch;
}

/** An error response, or no response at all. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  /** Stable: one of docs/errors.md, or `unreachable` if Tokenjar did not respond (a proxy may have). */
  declare readonly code: string;
  /** Maps each field to sentences. */
  declare readonly errors: Record<string, string[]>;
  /** The status of the response; 0 without one. */
  declare readonly status: number;
  /** When to try again, if the server reports it; at least 1. **Unit** seconds. */
  declare readonly retryAfter?: number | undefined;

  constructor(
    { code = 'unreachable', detail = 'No response', errors = {}, cause }: Problem,
    status = 0,
    retryAfter?: number,
  ) {
    super(detail, { cause });
    Object.assign(this, { code, errors, status, retryAfter });
  }
}
