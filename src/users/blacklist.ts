import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import type { EndReason } from './blacklist-entry.entity.js';

/** A row of the blacklist, as every statement that writes one returns it. */
export interface BlacklistRow {
  session_id: string | null;
  user_id: string | null;
  began_until: Date | null;
  except_session_id: string | null;
  reason: EndReason;
  expires_at: Date;
}

/** To follow RETURNING. */
export const BLACKLIST_COLUMNS = 'session_id, user_id, began_until, except_session_id, reason, expires_at';

const LOAD = {
  name: 'blacklist_load',
  text: `SELECT ${BLACKLIST_COLUMNS} FROM tokenjar.blacklist WHERE expires_at > $1`,
};

/** All sessions of a user that began up to a moment, but for one. **Unit** milliseconds since 1970. */
interface UserEntry {
  beganUntil: number;
  exceptSessionId: string | null;
  expiresAt: number;
}

const SWEEP_MS = 60_000;
const READ_AGAIN_MS = 300;

/**
 * The unexpired part of the blacklist, in memory, so that an access token is refused without a query.
 *
 * The table is the truth; what ends a session writes it and hands the rows to {@link remember}.
 */
@Injectable()
export class Blacklist implements OnModuleInit, OnModuleDestroy {
  private readonly sessions = new Map<string, number>();
  private readonly users = new Map<number, UserEntry[]>();
  private sweeper: NodeJS.Timeout | undefined;
  private reader: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.load();
    this.sweeper = setInterval(() => this.forgetExpired(), SWEEP_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.sweeper);
    clearInterval(this.reader);
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
        const userId = Number(row.user_id);
        const others = (this.users.get(userId) ?? []).filter((other) => !isCovered(other, entry));
        this.users.set(userId, [...others, entry]);
      }
    }
  }

  /**
   * Notes that the table may hold what we have not heard of: the answer to a statement was lost. It is read again
   * until that succeeds.
   */
  distrust(): void {
    this.reader ??= setInterval(() => void this.catchUp().catch(() => undefined), READ_AGAIN_MS).unref();
  }

  /** Reads the table again, if it may hold more than we know. */
  async catchUp(): Promise<void> {
    if (!this.reader) return;
    await this.load();
    clearInterval(this.reader);
    this.reader = undefined;
  }

  private async load(): Promise<void> {
    this.remember(await this.db.run<BlacklistRow>(LOAD, [this.clock.now()]));
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

  private forgetExpired(): void {
    const now = this.clock.now().getTime();
    for (const [sessionId, expiresAt] of this.sessions) if (expiresAt <= now) this.sessions.delete(sessionId);
    for (const [userId, entries] of this.users) {
      const alive = entries.filter(({ expiresAt }) => expiresAt > now);
      if (alive.length > 0) this.users.set(userId, alive);
      else this.users.delete(userId);
    }
  }
}

/** Whether one entry says all that another says. */
const isCovered = (entry: UserEntry, by: UserEntry): boolean =>
  entry.exceptSessionId === by.exceptSessionId &&
  entry.beganUntil <= by.beganUntil &&
  entry.expiresAt <= by.expiresAt;

/** When a session began: the first 48 bits of its UUID v7 (RFC 9562 §5.7). **Unit** milliseconds since 1970. */
const beganAt = (sessionId: string): number => parseInt(sessionId.slice(0, 8) + sessionId.slice(9, 13), 16);
