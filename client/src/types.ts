/** An account, as the standard dialect shows it. */
export interface User {
  id: number;
  email: string;
  email_verified: boolean;
  roles: string[];
  /** A BCP 47 tag. */
  locale: string | null;
  created_at: string;
}

/** A place where the user is signed in. */
export interface Session {
  id: string;
  /** Whether it is the one that asks. */
  current: boolean;
  device: string | null;
  ip: string | null;
  created_at: string;
  /** To the quarter of an hour. */
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

/** A new password for somebody who has forgotten it, with what stood in the link of the e-mail. */
export interface PasswordReset {
  token: string;
  /** Only in the django dialects, whose links have it beside the token. */
  uid?: string | undefined;
  new_password: string;
}

/**
 * Why the user changed.
 *
 * - `login`, `logout`: in this tab.
 * - `other-tab`: another tab of this browser signed in or out.
 * - `restored`: this page load has found out who is signed in, by the session of an earlier one; null if nobody is.
 * - `updated`: the same session, but the account looks different now.
 * - `expired`: the session is over: it expired, or it was ended elsewhere.
 */
export type Reason = 'login' | 'logout' | 'other-tab' | 'restored' | 'updated' | 'expired';

/** What an operation takes, before a dialect renames its fields. */
export interface Inputs {
  login: Credentials;
  register: Credentials;
  changePassword: PasswordChange;
  deleteAccount: { password: string };
  resetPassword: PasswordReset;
}

/** The tokens of an answer. Without `accessToken` nobody is signed in by it. */
export interface Tokens {
  accessToken: string | undefined;
  /** What stands before the token in the Authorization header; by default {@link Settings.scheme}. */
  scheme?: string | undefined;
  /** Where it is not told, or no number above 0, the token is taken to live for five minutes. **Unit** seconds. */
  expiresIn: number | undefined;
  /** Absent where the answer does not tell: then the client asks for it. */
  user: unknown;
}

/** A refusal in the server's words. */
export interface Problem {
  /** Stable: branch on this. */
  code?: string | undefined;
  /** A sentence for people. */
  detail?: string | undefined;
  /** Field → sentences. */
  errors?: Record<string, string[]> | undefined;
  /** What went wrong, where there was no answer. */
  cause?: unknown;
}

/** How the server words what it takes and gives; the one of `DIALECT`. */
export interface Dialect {
  /** Reads the tokens of an answer. */
  tokens: (body: Body) => Tokens;
  /** Reads an answer that is not about tokens. */
  content: (body: unknown, name: 'user' | 'sessions' | 'activity') => unknown;
  /**
   * Whether it is how the server says that something is done. Every success but that of a GET or PATCH has to bring
   * tokens, say this, or be a 204; else it is somebody else's.
   */
  isDone: (body: Body) => boolean;
  /**
   * Reads a refusal.
   *
   * @returns an empty object for what is not the server's own, as from a gateway before it: nobody is signed out by
   * that. A 401 that does sign out has a `code` that begins with `token_`, `refresh_` or `user_`.
   */
  problem: (body: Body) => Problem;
  /** Renames the fields of a request. */
  request: <Name extends keyof Inputs>(name: Name, input: Inputs[Name]) => object;
}

/** A JSON object, not looked into yet. */
export type Body = Record<string, unknown>;

export interface Settings {
  /**
   * Where Tokenjar answers, with its `PATH_PREFIX`: `https://id.example.com/auth`, or a path of this origin.
   *
   * @defaultValue `/auth`
   */
  baseUrl?: string;
  /**
   * Further origins that {@link Auth.fetch} gives the access token to. The page's own and that of `baseUrl` always get
   * it, others never.
   */
  origins?: readonly string[];
  /** @defaultValue the standard dialect */
  dialect?: Dialect;
  /**
   * What stands before the token in the Authorization header, where answers do not tell: the first of
   * `AUTH_HEADER_TYPES`. Answers of the standard dialect tell.
   *
   * @defaultValue `Bearer`
   */
  scheme?: string;
  /** Takes the place of `window.fetch`. */
  fetch?: typeof fetch;
}

export interface Auth<U = User> {
  /** Who is signed in, as far as this tab knows; null before {@link ready} has told. */
  readonly user: U | null;
  /** How long the access token is good for; null without one. **Unit** seconds. */
  readonly expiresIn: number | null;

  /**
   * Finds out who is signed in, by the refresh cookie. For page load; asks once, and then only returns.
   *
   * @returns the user, or null when definitely nobody is signed in.
   * @throws {@link AuthError} when nobody can tell, as without a connection. The client then goes on trying, and tells
   * by {@link onChange}.
   */
  ready: () => Promise<U | null>;
  /**
   * Signs in, here and in the other tabs. A refresh under way anywhere in this browser is called off first, so that its
   * answer cannot come after this one.
   *
   * @throws {@link AuthError} `bad_credentials`, `server_busy`, `unreachable`, …
   */
  login: (input: Credentials) => Promise<U>;
  /**
   * Makes an account and signs in.
   *
   * @returns null when the address has to be verified first.
   * @throws {@link AuthError} `email_taken`, `password_too_short`, `input_invalid`, …
   */
  register: (input: Credentials) => Promise<U | null>;
  /**
   * Signs out, here and in the other tabs.
   *
   * @throws {@link AuthError} when the server could not be reached: then you are still signed in.
   */
  logout: () => Promise<void>;
  /** Changes the password; the user's other sessions end. */
  changePassword: (input: PasswordChange) => Promise<void>;
  /** Deletes the account and every session of it. @throws {@link AuthError} `bad_credentials`, … */
  deleteAccount: (input: { password: string }) => Promise<void>;
  /** Fetches a new access token and the user as it is now. */
  refresh: () => Promise<U | null>;

  /**
   * The access token for another HTTP library, renewed when it is near its end; null when nobody is signed in. Ask
   * before every request and keep it nowhere.
   *
   * @throws {@link AuthError} when it could not be renewed and the old one has expired.
   */
  accessToken: () => Promise<string | null>;
  /**
   * As `window.fetch`, with the access token. When the server says that the token is no longer good, it is renewed and
   * the request is sent once more.
   *
   * A body that can be read only once (a stream, or a `Request` that has one) is sent only once: the 401 is yours then.
   * Everything else, `FormData` and `Blob` included, is sent again as it was.
   */
  fetch: typeof fetch;
  /**
   * Tells who is signed in from now on, and why that changed.
   *
   * @returns what ends it.
   */
  onChange: (listener: (user: U | null, reason: Reason) => void) => () => void;

  /** Where the user is signed in. */
  readonly sessions: {
    list: () => Promise<Session[]>;
    /** @throws {@link AuthError} `session_not_found` */
    end: (id: string) => Promise<void>;
    endOthers: () => Promise<void>;
  };

  /**
   * Asks Tokenjar for what has no method here; `@tokenjar/client/account` is made of it.
   *
   * @param path below {@link Settings.baseUrl}, such as `/activity`.
   * @returns the body of a success; an empty object after a 204.
   * @throws {@link AuthError} for anything else, also for an answer that is not the server's own.
   */
  request: (path: string, request?: ApiRequest) => Promise<Body>;
  /** The words that the server uses. */
  readonly dialect: Dialect;

  /** Stops timers and listeners; for tests and hot reloading. */
  close: () => void;
}

export interface ApiRequest {
  /** @defaultValue `GET` */
  method?: string;
  /** The body. */
  json?: object;
  /** What sends it: {@link Auth.fetch} adds the access token. By default it goes without. */
  via?: typeof fetch;
}

/** A refusal, or no answer at all. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  /** Stable: one of docs/errors.md, or `unreachable` when no answer of the server came, but perhaps one of a proxy. */
  declare readonly code: string;
  /** Field → sentences. */
  declare readonly errors: Record<string, string[]>;
  /** Of the answer; 0 without one. */
  declare readonly status: number;
  /** When to try again, if the server says so; at least 1. **Unit** seconds. */
  declare readonly retryAfter?: number | undefined;

  constructor(
    { code = 'unreachable', detail = 'No answer', errors = {}, cause }: Problem,
    status = 0,
    retryAfter?: number,
  ) {
    super(detail, { cause });
    Object.assign(this, { code, errors, status, retryAfter });
  }
}
