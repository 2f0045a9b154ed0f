import type { FieldErrors, TokenProblem } from '../errors.js';
import type { AuthLevel } from '../tokens/authentication.js';

/*
 * What operations take and give, before and after a dialect has put it into the names and statuses of the wire. A slice
 * knows these shapes and nothing of the wire. Which operation has which stands in `operations.ts`.
 */

export interface Credentials {
  /** In lower case. */
  email: string;
  password: string;
}

export interface NewAccount extends Credentials, Confirmed {}

interface Confirmed {
  /** The password once more, where the dialect asks for it twice. */
  confirmation?: string | undefined;
  /** What is wrong with other fields, where the dialect tells it together with what is wrong with the password. */
  fieldErrors?: FieldErrors | undefined;
}

export interface RefreshTokenInBody {
  refreshToken?: string | undefined;
}

export interface ProfileChange {
  locale?: string | null | undefined;
}

export interface PasswordChangeInput extends Confirmed {
  oldPassword: string;
  newPassword: string;
}

export interface PasswordResetInput extends Confirmed {
  token: string;
  newPassword: string;
  /** Whose token it is, where the dialect says it beside. */
  userId?: number | undefined;
}

export interface EmailChangeInput {
  /** In lower case. */
  newEmail: string;
  password: string;
}

export interface UserFacts {
  id: number;
  email: string;
  emailVerified: boolean;
  roles: string[];
  locale: string | null;
  createdAt: Date;
}

export interface TokensAndUser {
  accessToken: string;
  /** The scheme word of the Authorization header. */
  scheme: string;
  /** **Unit** seconds. */
  expiresIn: number;
  accessExpiresAt: Date;
  refreshExpiresAt: Date;
  /** Only where `REFRESH_TOKEN_IN` puts it into the body. */
  refreshToken?: string | undefined;
  user: UserFacts;
}

/** Signing out always works; what the refresh token was like is told where a dialect cares. */
export interface SignedOut {
  refused?:
    | 'refresh_missing'
    | 'token_invalid'
    | 'token_expired'
    | 'token_wrong_type'
    | 'token_blacklisted'
    | undefined;
  /** What exactly was wrong with a `token_invalid`. */
  tokenProblem?: TokenProblem | undefined;
}

export interface VerifiedToken {
  tokenType: 'access' | 'refresh';
  expiresAt: Date;
}

export interface CurrentSession {
  userId: number;
  sessionId: string;
  roles: readonly string[];
  /** How and when the user proved who they are. */
  amr: readonly string[];
  acr: AuthLevel;
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
}

export interface EndedSessionFacts extends SessionFacts {
  endedAt: Date;
  /** One of {@link EndReason}. */
  reason: string;
}

/** Something that happened to the account. */
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
  /** How often. */
  count: number;
}
