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
}

/** The tokens of an answer. Without `accessToken` nobody is signed in by it. */
export interface Tokens {
  accessToken: string | undefined;
  /** What stands before the token in the Authorization header; `Bearer` by default. */
  scheme?: string | undefined;
  /** **Unit** seconds. */
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
  content: (body: unknown, name: 'user' | 'sessions') => unknown;
  /** Reads a refusal. */
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

  /** Stops timers and listeners; for tests and hot reloading. */
  close: () => void;
}

/** A refusal, or no answer at all. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  /** Stable: one of docs/errors.md, or `unreachable` when no sensible answer came. */
  readonly code: string;
  /** Field → sentences. */
  readonly errors: Record<string, string[]>;

  constructor(
    { code = 'unreachable', detail = 'No answer', errors = {}, cause }: Problem,
    /** 0 without an answer. */
    readonly status = 0,
    /** When to try again, if the server says so. **Unit** seconds. */
    readonly retryAfter?: number,
  ) {
    super(detail, { cause });
    this.code = code;
    this.errors = errors;
  }
}
