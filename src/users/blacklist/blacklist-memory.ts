import type { BlacklistRow } from './blacklist-feed.js';
import { SessionIdTable } from './session-id-table.js';

/** All sessions of a user that began up to a given time, except one. **Unit** milliseconds since 1970. */
interface UserEntry {
  beganUntil: number;
  exceptSessionId: string | null;
  expiresAt: number;
}

/** The unexpired part of the blacklist, in memory, so that checks need no query. */
export class BlacklistMemory {
  private readonly sessions = new SessionIdTable();
  private readonly users = new Map<number, UserEntry[]>();

  /** The number of entries for single sessions, and of users with entries for all of their sessions. */
  get size(): number {
    return this.sessions.size + this.users.size;
  }

  remember(rows: readonly BlacklistRow[]): void {
    for (const row of rows) {
      const expiresAt = row.expires_at.getTime();
      if (row.session_id !== null) this.sessions.set(row.session_id, expiresAt);
      else if (row.user_id !== null && row.began_until !== null) {
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
  refuses({ sessionId, userId }: { sessionId: string; userId: number }): boolean {
    if (this.sessions.has(sessionId)) return true;
    const entries = this.users.get(userId);
    if (!entries) return false;
    const began = beganAt(sessionId);
    return entries.some(
      ({ beganUntil, exceptSessionId }) => began <= beganUntil && sessionId !== exceptSessionId,
    );
  }

  forgetExpired(now: number): void {
    this.sessions.deleteExpired(now);
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
