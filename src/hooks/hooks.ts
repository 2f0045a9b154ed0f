import type { EntityManager } from 'typeorm';
import type { FieldErrors } from '../errors.js';
import type { EventName } from '../events.js';
import type { AccessSubject } from '../tokens/access-token.js';
import type { AuthMethod } from '../tokens/authentication.js';

/** The fields of a host's own, as they are stored and shown. **Shape** JSON. */
export type Profile = Readonly<Record<string, unknown>>;

/** What every hook gets beside its subject. */
export interface HookContext {
  /** Aborted when `HOOK_TIMEOUT` is over; what the hook does from then on comes too late. */
  signal: AbortSignal;
}

/** Where a request came from. */
export interface HookCaller {
  ip: string | null;
  userAgent: string | null;
}

/** An account, as hooks see it. */
export interface HookUser {
  id: number;
  /** What is shown in place of `id` with `USER_ID=uuid`. **Shape** UUID. */
  publicId: string;
  email: string | null;
  username: string | null;
  emailVerified: boolean;
  roles: readonly string[];
  locale: string | null;
  createdAt: Date;
}

/** A user who has proven who they are. */
export interface SigningIn extends HookCaller {
  user: HookUser;
  /** The methods used, as in the claim `amr`. **Source** RFC 8176. */
  methods: readonly AuthMethod[];
}

/** Somebody who asks for an account. */
export interface Registering extends HookCaller {
  email: string | null;
  username: string | null;
  /** The name of the provider, if they come from one. */
  provider: string | null;
  /** The fields of the host's own, as its schema has read them; null where nobody is asked for them. */
  profile: Profile | null;
}

/** A name and a password that this server does not know. */
export interface ForeignCredentials extends HookCaller {
  email: string | null;
  username: string | null;
  password: string;
}

/** Whose password a host has found to be right. */
export interface ForeignAccount {
  /** Whether the host's store has verified that the address is theirs. */
  emailVerified: boolean;
}

/** A session that has just been opened, or refreshed. */
export interface HookSession {
  user: HookUser;
  sessionId: string;
}

/** Undoes what the hook does, together with everything else, if any of it fails. */
export interface InTransaction {
  /** Of the transaction. Its tables are those of Tokenjar's database, whatever their schema. */
  manager: EntityManager;
}

/** What the account begins with. */
export interface WithProfile {
  /** The fields of the host's own; null if there are none, as of users of providers. */
  profile: Profile | null;
}

/** An event, as webhooks have it: `docs/webhooks.md`. */
export interface HostEvent {
  /** The same if it is told again. */
  id: string;
  type: EventName;
  /** **Shape** ISO 8601, UTC. */
  timestamp: string;
  data: {
    id: number;
    outcome: string;
    reason: string | null;
    /** With `USER_ID=uuid` the public ID. */
    user_id: number | string | null;
    session_id: string | null;
    count: number | null;
  };
}

/** A function of the host. */
export type Hook<Subject, Result, More = unknown> = (
  subject: Subject,
  context: HookContext & More,
) => Result | Promise<Result>;

/**
 * What a host adds to Tokenjar's own behaviour. Each may be asynchronous.
 *
 * **Errors** of whatever calls one that throws, returns something else than it should, or takes longer than
 * `HOOK_TIMEOUT`: `hook_failed`. Then nothing has been done, except that a refresh token may have been replaced, which is
 * a lost response: the next request with the old one is answered.
 */
export interface Hooks {
  /**
   * Claims for an access token, at every sign-in and every refresh; for an API key at every request. Our own claims win.
   */
  claims?: Hook<AccessSubject, Record<string, unknown>>;
  /** More fields of the user in the response to a sign-in, a refresh and `GET /auth/user`. Our own fields win. */
  userFields?: Hook<HookUser, Record<string, unknown>>;
  /**
   * Whether a user who has proven who they are may sign in, by whatever method; false gives 403 `sign_in_refused`. It is
   * asked before and after a second factor, and not at a refresh: deactivate the user, or end the sessions.
   */
  maySignIn?: Hook<SigningIn, boolean>;
  /**
   * Refuses an account before it is created: returns sentences by field, as in `errors` of 400 `input_invalid`, or
   * nothing. It is asked whether or not the address is taken, also for users of providers, and not for those who were
   * invited or added by an administrator.
   */
  beforeRegistration?: Hook<Registering, FieldErrors | undefined>;
  /**
   * Called with each new account, however it was created, before the transaction that creates it commits: a failure
   * means that there is no account. What is written with `manager` is part of the transaction, and so are references to
   * `tokenjar.users`; other connections do not see the account yet.
   */
  afterRegistration?: Hook<HookUser, void, InTransaction & WithProfile>;
  /**
   * Looks a password up in a store of the host's, which users move from one by one: whoever has no password here, or no
   * account, signs in with the one from there, which is hashed and kept; from then on the store is not asked. It is asked
   * after every password that was wrong here, also where its answer does not count, so that the time does not tell who
   * has an account. Null says that it is not right there either.
   *
   * Limits are the same as for other passwords. With `SIGN_IN_WITH=username` accounts are not created by it.
   */
  verifyPassword?: Hook<ForeignCredentials, ForeignAccount | null>;
  /** Called with each new session before its tokens are sent; a failure ends the session. */
  afterSignIn?: Hook<HookSession & { methods: readonly AuthMethod[] } & HookCaller, void>;
  /** Called after each refresh, before its tokens are sent. */
  afterRefresh?: Hook<HookSession, void>;
  /**
   * Called with each event of the audit trail within about a second, on one of the instances; again, by the schedule of
   * webhooks, if it fails. It delays and undoes nothing.
   */
  onEvent?: Hook<HostEvent, void>;
}

export type HookName = keyof Hooks;
/** What the hook is called with. */
export type HookSubject<Name extends HookName> = Parameters<NonNullable<Hooks[Name]>>[0];
/** What the hook returns, once it is there. */
export type HookResult<Name extends HookName> = Awaited<ReturnType<NonNullable<Hooks[Name]>>>;
/** What the hook gets beside its subject and the signal. */
export type HookMore<Name extends HookName> = Omit<
  Parameters<NonNullable<Hooks[Name]>>[1],
  keyof HookContext
>;

/** Adds claims to access tokens. */
export type ClaimsFactory = NonNullable<Hooks['claims']>;

/** Part by part: a row of the table has more than a host should see. */
export const hookUserOf = ({
  id,
  publicId,
  email,
  username,
  emailVerified,
  roles,
  locale,
  createdAt,
}: HookUser): HookUser => ({ id, publicId, email, username, emailVerified, roles, locale, createdAt });
