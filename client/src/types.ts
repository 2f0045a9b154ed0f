import type { Body, Dialect } from './dialect.js';

/** An account in the standard dialect. */
export interface User {
  /** A text with `USER_ID=uuid`. */
  id: number | string;
  /** Null for an account without one; never with `SIGN_IN_WITH=email`. */
  email: string | null;
  /** Null for an account without one; absent with `SIGN_IN_WITH=email`. */
  username?: string | null;
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
  /** Whether it is bound to its device. Older servers do not say. */
  device_bound?: boolean;
}

/** What a user signs in with, by `SIGN_IN_WITH`: an address, a username, or either. A new account may have both. */
export type Names =
  { email: string; username?: string | undefined } | { username: string; email?: string | undefined };

export type Credentials = Names & SessionWishes;

export interface SessionWishes {
  password: string;
  /**
   * Whether the browser keeps the session when it is closed, and the session lives as long as others.
   *
   * @defaultValue `true`
   */
  remember?: boolean | undefined;
  /**
   * The permissions that the session is to have, separated by spaces; it has no roles then.
   *
   * @defaultValue all that the user has
   */
  scope?: string | undefined;
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
 * - `unproven`: the session is bound to its device, and this browser has lost the key: show the sign-in. It is reported
 *   after refreshes were refused with `device_proof_required` for eleven minutes. The session goes on at the server, and
 *   `restored` follows if the key answers again.
 */
export type Reason = 'login' | 'logout' | 'other-tab' | 'restored' | 'updated' | 'expired' | 'unproven';

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
   * @throws `AuthError` if that cannot be determined, for example without a connection. The client then keeps
   * trying and reports through {@link onChange}.
   */
  ready: () => Promise<U | null>;
  /**
   * Signs in, here and in the other tabs. Refreshes in progress anywhere in this browser are cancelled first, so that
   * their responses cannot arrive after this one.
   *
   * @throws `AuthError` `bad_credentials`, `server_busy`, `unreachable`, …; `second_factor_required` and
   * `second_factor_setup_required`, from which `pendingLogin` of `@tokenjar/client/factors` reads what is missing.
   */
  login: (input: Credentials) => Promise<U>;
  /**
   * Creates an account and signs in.
   *
   * @param input also the profile fields of the server's host, if it has some.
   * @returns null if the address has to be verified first.
   * @throws `AuthError` `email_taken`, `username_taken`, `password_too_short`, `input_invalid`, …
   */
  register: (input: Credentials & Readonly<Record<string, unknown>>) => Promise<U | null>;
  /**
   * Signs out, here and in the other tabs.
   *
   * @throws `AuthError` if the server could not be reached; the user is then still signed in.
   */
  logout: () => Promise<void>;
  /** Changes the password; the user's other sessions end. */
  changePassword: (input: PasswordChange) => Promise<void>;
  /**
   * Deletes the account and all of its sessions. An account without a password needs a recent sign-in instead.
   *
   * @throws `AuthError` `bad_credentials`, …
   */
  deleteAccount: (input: { password?: string | undefined }) => Promise<void>;
  /** Fetches a new access token and the current user. */
  refresh: () => Promise<U | null>;
  /**
   * Sends a request whose response contains tokens, such as a further step of a login, and uses them, here and in the
   * other tabs; `@tokenjar/client/factors` is built on it.
   *
   * @param path below {@link Settings.baseUrl}.
   * @param reason what listeners of {@link onChange} are told. `updated`: it is sent with the access token, and its
   * response is about the same session.
   * @returns the body of the response.
   * @throws `AuthError`
   */
  exchange: (path: string, reason: 'login' | 'updated', json: object) => Promise<Body>;

  /**
   * The access token for other HTTP libraries, refreshed when it is about to expire; null if nobody is signed in. Call
   * it before every request, and do not store the token.
   *
   * @throws `AuthError` if the token has expired and could not be refreshed.
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
    /** @throws `AuthError` `session_not_found` */
    end: (id: string) => Promise<void>;
    endOthers: () => Promise<void>;
  };

  /**
   * Sends a request to Tokenjar for which there is no method here; `@tokenjar/client/account` is built on it.
   *
   * @param path below {@link Settings.baseUrl}, such as `/activity`.
   * @returns the body of a successful response; an empty object for a 204.
   * @throws `AuthError` for anything else, also for a response that does not come from Tokenjar.
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
  /** A property that the response has to have, if it is neither tokens nor a confirmation. */
  expects?: string;
  /** The function that sends it: {@link Auth.fetch} adds the access token. By default it is sent without one. */
  via?: typeof fetch;
}
