import type { BlacklistRow } from './blacklist-feed.js';
import { SessionIdTable } from './session-id-table.js';

/** All sessions of a user that began up to a given time, except one. **Unit** milliseconds since 1970. */
interface UserEntry {
  beganUntil: number;
  exceptSessionId: string | null;
  expiresAt: number;
}

/** Access tokens of a user from before a change. **Unit** milliseconds since 1970. */
interface EpochEntry {
  epoch: number;
  isInactive: boolean;
  expiresAt: number;
}

/** A session whose tokens are judged. */
export interface JudgedSession {
  sessionId: string;
  userId: number;
  /** The API key that an access token is from. */
  keyId?: string | undefined;
}

/** An access token. Its epochs say as of which changes it was signed. */
export interface JudgedToken extends JudgedSession {
  claimsEpoch: number;
  rolesEpoch: number;
  roles: readonly string[];
  scopes: readonly string[];
  /** Who acts as the user. */
  actor?: (JudgedSession & Pick<JudgedToken, 'claimsEpoch'>) | undefined;
}

/** An API key as of a change of its owner. */
export interface JudgedKey {
  keyId: string;
  userId: number;
  claimsEpoch: number;
}

/** `outdated`: its owner has changed, so that it has to be read again. */
export type KeyState = 'current' | 'outdated' | 'revoked';

/** The unexpired part of the blacklist, in memory, so that checks need no query. */
export class BlacklistMemory {
  private readonly sessions = new SessionIdTable();
  private readonly users = new Map<number, UserEntry[]>();
  private readonly epochs = new Map<number, EpochEntry>();

  /** The number of entries for single sessions, and of users with entries for all of their sessions or tokens. */
  get size(): number {
    return this.sessions.size + this.users.size + this.epochs.size;
  }

  /** @param ofSessions entries of single sessions, packed. */
  remember(rows: readonly BlacklistRow[], ofSessions?: Uint8Array): void {
    if (ofSessions) this.sessions.setPacked(ofSessions);
    for (const row of rows) {
      const expiresAt = row.expires_at.getTime();
      if (row.session_id !== null) this.sessions.set(row.session_id, expiresAt);
      else if (row.user_id !== null && row.claims_epoch !== null) {
        const known = this.epochs.get(row.user_id);
        if (!known || known.epoch < row.claims_epoch)
          this.epochs.set(row.user_id, {
            epoch: row.claims_epoch,
            isInactive: row.reason === 'user_deactivated',
            expiresAt,
          });
      } else if (row.user_id !== null && row.began_until !== null) {
        const entry = {
          beganUntil: row.began_until.getTime(),
          exceptSessionId: row.except_session_id,
          expiresAt,
        };
        const others = (this.users.get(row.user_id) ?? []).filter((other) => !isCovered(other, entry));
        this.users.set(row.user_id, [...others, entry]);
      }
    }
  }

  /** Whether the tokens of a session are refused. */
  refuses({ sessionId, userId, keyId }: JudgedSession): boolean {
    if (this.sessions.has(sessionId) || (keyId !== undefined && this.sessions.has(keyId))) return true;
    const entries = this.users.get(userId);
    if (!entries) return false;
    const began = beganAt(sessionId);
    return entries.some(
      ({ beganUntil, exceptSessionId }) => began <= beganUntil && sessionId !== exceptSessionId,
    );
  }

  /** Of an API key. The end of all sessions of its user does not concern it. */
  stateOfKey(key: JudgedKey): KeyState {
    if (this.sessions.has(key.keyId)) return 'revoked';
    return this.changeSince(key) === undefined ? 'current' : 'outdated';
  }

  /** What is wrong with an access token from before a change of its user. */
  changeSince({
    userId,
    claimsEpoch,
  }: Pick<JudgedToken, 'userId' | 'claimsEpoch'>): 'token_outdated' | 'user_inactive' | undefined {
    const entry = this.epochs.get(userId);
    if (!entry || claimsEpoch >= entry.epoch) return undefined;
    return entry.isInactive ? 'user_inactive' : 'token_outdated';
  }

  /**
   * Forgets which tokens are outdated. A database that was set back may have lost the change, and then no refresh
   * would give a token that is not.
   */
  forgetEpochs(): void {
    this.epochs.clear();
  }

  forgetExpired(now: number): void {
    this.sessions.deleteExpired(now);
    for (const [userId, { expiresAt }] of this.epochs) if (expiresAt <= now) this.epochs.delete(userId);
    for (const [userId, entries] of this.users) {
      const alive = entries.filter(({ expiresAt }) => expiresAt > now);
      if (alive.length > 0) this.users.set(userId, alive);
      else this.users.delete(userId);
    }
  }
}

/** Whether one entry covers another. */
const isCovered = (entry: UserEntry, by: UserEntry): boolean =>
  entry.exceptSessionId === by.exceptSessionId &&
  entry.beganUntil <= by.beganUntil &&
  entry.expiresAt <= by.expiresAt;

/** The start of a session: the first 48 bits of its UUID v7 (RFC 9562 §5.7). **Unit** milliseconds since 1970. */
const beganAt = (sessionId: string): number => parseInt(sessionId.slice(0, 8) + sessionId.slice(9, 13), 16);
