import type { FieldErrors, TokenProblem } from '../errors.js';
import type { AuthLevel } from '../tokens/authentication.js';
import type { ShownId } from '../user-id.js';

/*
 * The input and results of operations, independent of the names and statuses of a dialect. Slices only know these
 * types. `operations.ts` assigns them to operations.
 */

/** Of whatever opens a session. */
export interface Remembered {
  /** The permissions that the session is to have at most. **Shape** separated by spaces. */
  scope?: string | undefined;
  /** False where the session is to end with the browser. */
  remember?: boolean | undefined;
}

/** What a user signs in with: one of them, or both, of which the address counts. */
export interface Named {
  /** In normal form. */
  email?: string | undefined;
  /** As it was typed. */
  username?: string | undefined;
}

export interface Credentials extends Remembered, Named {
  password: string;
}

export interface NewAccount extends Credentials, Confirmed {
  /** The fields of a host's own, as they were sent. */
  profile?: Readonly<Record<string, unknown>> | undefined;
}

export interface Confirmed {
  /** The repeated password, if the dialect requires it. */
  confirmation?: string | undefined;
  /** Errors in other fields, if the dialect reports them together with those of the password. */
  fieldErrors?: FieldErrors | undefined;
}

export interface RefreshTokenInBody {
  refreshToken?: string | undefined;
}

export interface ProfileChange {
  username?: string | undefined;
  locale?: string | null | undefined;
  /** The fields of a host's own that were sent. */
  profile?: Readonly<Record<string, unknown>> | undefined;
}

export interface PasswordChangeInput extends Confirmed {
  oldPassword: string;
  newPassword: string;
}

export interface PasswordResetInput extends Confirmed {
  token: string;
  newPassword: string;
  /** The owner of the token, if the dialect names it separately. */
  owner?: { userId: number } | { publicId: string } | undefined;
}

export interface EmailChangeInput {
  /** In lower case. */
  newEmail: string;
  /** Absent if the account has none. */
  password?: string | undefined;
}

/** The key of a link. */
export interface EmailedKey {
  key: string;
  /** The address that the email was sent to, typed by whoever opened it; the link works without. */
  email?: string | undefined;
}

export interface UserFacts {
  id: number;
  /** Shown in its place with `USER_ID=uuid`. */
  publicId: string;
  /** Null for an account without one. */
  email: string | null;
  username: string | null;
  emailVerified: boolean;
  roles: string[];
  locale: string | null;
  createdAt: Date;
  /** What a host adds to it. */
  fieldsOfHost?: Readonly<Record<string, unknown>>;
}

export interface TokensAndUser {
  accessToken: string;
  /** The scheme of the Authorization header. */
  scheme: string;
  /** **Unit** seconds. */
  expiresIn: number;
  accessExpiresAt: Date;
  refreshExpiresAt: Date;
  /** Only if `REFRESH_TOKEN_IN` puts it in the body. */
  refreshToken?: string | undefined;
  /** Shown once, if signing in has set up a factor. */
  recoveryCodes?: readonly string[];
  user: UserFacts;
  /** For the log of requests; no dialect shows it. */
  sessionId?: string;
}

/** Signing out always succeeds; the state of the refresh token is only reported by dialects that need it. */
export interface SignedOut {
  refused?:
    | 'refresh_missing'
    | 'token_invalid'
    | 'token_expired'
    | 'token_wrong_type'
    | 'token_blacklisted'
    | undefined;
  /** The details of a `token_invalid`. */
  tokenProblem?: TokenProblem | undefined;
}

export interface VerifiedToken {
  tokenType: 'access' | 'refresh';
  expiresAt: Date;
}

export interface CurrentSession {
  userId: ShownId;
  sessionId: string;
  roles: readonly string[];
  /** The permissions. **Shape** separated by spaces. */
  scope: string;
  /** How and when the user proved who they are. */
  amr: readonly string[];
  acr: AuthLevel;
  /** The administrator who acts as the user. */
  actorId?: ShownId | undefined;
  authenticatedAt: Date;
  expiresAt: Date;
}

interface SessionFacts {
  id: string;
  device: string | null;
  ip: string | null;
  createdAt: Date;
  lastUsedAt: Date;
}

export interface ListedSessionFacts extends SessionFacts {
  isCurrent: boolean;
  isDeviceBound: boolean;
}

export interface EndedSessionFacts extends SessionFacts {
  endedAt: Date;
  /** One of {@link EndReason}. */
  reason: string;
}

/** A second factor. */
export interface FactorFacts {
  id: string;
  type: 'totp' | 'passkey';
  name: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A browser that skips the second factor. */
export interface TrustedDeviceFacts {
  id: string;
  name: string | null;
  createdAt: Date;
  expiresAt: Date;
}

/** The second factors of an account. */
export interface FactorsOverview {
  factors: FactorFacts[];
  recoveryCodesLeft: number;
  /** Whether one is mandatory. */
  isRequired: boolean;
  /** Accounts that came from a provider may have none. */
  hasPassword: boolean;
  trustedDevices: TrustedDeviceFacts[];
  /** When factors will be removed at the request of an operator. */
  resetAt: Date | null;
  /** The only one that will be, as soon as that was requested; null for all of them. */
  resetFactorId: string | null;
}

/** A newly added factor. */
export interface SetUpFactor {
  factor: FactorFacts;
  /** With the first factor, shown once. */
  recoveryCodes?: readonly string[];
}

/** A code of the authenticator app that is being set up. */
export interface NewTotpFactor {
  code: string;
  name?: string | undefined;
}

/** The same, with the set-up that it is of. */
export interface TotpActivation extends NewTotpFactor {
  setupId?: string;
}

export interface RecoveryCodesLeft {
  left: number;
}

export interface RecoveryCodesFacts {
  recoveryCodes: readonly string[];
}

/** For an authenticator app. */
export interface TotpSetupFacts {
  /** **Shape** Base32. */
  secret: string;
  /** **Shape** `otpauth://`. */
  uri: string;
  /** Identifies the set-up. It is no secret. */
  setupId: string;
}

/** An event of the account. */
export interface ActivityFacts {
  id: string;
  at: Date;
  /** One of `EVENTS`. */
  event: string;
  outcome: 'success' | 'failure';
  reason: string | null;
  sessionId: string | null;
  device: string | null;
  ip: string | null;
  /** Of a sign-in: the methods used. */
  methods: string[] | null;
  /** The number of occurrences. */
  count: number;
  /** The administrator who acted as the user. */
  actor?: string | undefined;
}
