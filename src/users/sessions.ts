import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Caller } from '../http/caller.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { Blacklist, type BlacklistRow } from './blacklist.js';
import type { EndReason } from './blacklist-entry.entity.js';
import { expiryOf, type SessionState } from './refresh-rules.js';
import * as sql from './session-statements.js';
import type { Account } from './users.js';

/** A session as its row has it, alive or expired, with its user. */
export interface SessionWithUser extends SessionState {
  id: string;
  lookupId: string;
  user: Omit<Account, 'passwordHash'>;
}

/** A session as its user sees it in a list. */
export interface ListedSession {
  id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: Date;
  lastUsedAt: Date;
}

/** A row as it was seen: it is moved on only if it still is so. */
export interface SeenSession {
  lookupId: string;
  generation: number;
  /** When it was last rotated: at the first moment or after, and before the second. */
  rotated: [Date, Date];
}

/** The sessions: opened, moved on, listed and ended. Every end writes the blacklist in the same statement. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Opens a session; `undefined` when the user was deactivated or the password replaced in the meantime. */
  async open(
    user: { id: number; passwordHash: string | null },
    authMethods: readonly string[],
    caller: Caller,
  ): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const id = uuidv7({ msecs: now.getTime() });
    const lookupId = randomBytes(16).toString('hex');
    const absolute = addSeconds(now, this.options.sessionMaxLifetime);
    const { userAgent, ip } = caller;
    const values = [
      id,
      lookupId,
      user.id,
      user.passwordHash,
      now,
      this.idleExpiry(now),
      absolute,
      userAgent,
      ip,
      authMethods,
    ];
    const [row] = await this.db.run<sql.SessionRow>(sql.OPEN, values);
    return row && toSession(row);
  }

  /**
   * Moves a session on, if its row is still as it was seen: a compare-and-swap.
   *
   * @param parent the generation that the new one replaces; the new one follows it and the one that was seen.
   * @returns `undefined` when the row was moved by somebody else, or has ended, or its user was deactivated.
   */
  async advance(
    { lookupId, generation, rotated: [rotatedFrom, rotatedBefore] }: SeenSession,
    parent: number,
    { userAgent, ip }: Caller,
  ): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const next = Math.max(generation, parent) + 1;
    const [row] = await this.db.run<sql.SessionRow>(sql.ADVANCE, [
      lookupId,
      generation,
      rotatedFrom,
      rotatedBefore,
      next,
      parent,
      now,
      this.idleExpiry(now),
      userAgent,
      ip,
      addSeconds(now, -this.options.leeway),
    ]);
    return row && this.unlessEnded(toSession(row));
  }

  /** Finds a live session of a user by its public id. */
  async findOwn(userId: number, sessionId: string, tx: Queries): Promise<SessionWithUser | undefined> {
    const [row] = await tx.run<sql.SessionRow>(sql.FIND_OWN, [sessionId, userId, this.clock.now()]);
    return row && toSession(row);
  }

  /**
   * Replaces the refresh token of a session by its public id, if it has been current for `age`.
   *
   * @param age **Unit** seconds.
   * @returns `undefined` when it is younger, or the session not alive.
   */
  async renew(
    userId: number,
    sessionId: string,
    age: number,
    tx: Queries,
  ): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const [row] = await tx.run<sql.SessionRow>(sql.RENEW, [
      sessionId,
      userId,
      now,
      this.idleExpiry(now),
      addSeconds(now, -age),
    ]);
    return row && toSession(row);
  }

  async list(userId: number): Promise<ListedSession[]> {
    interface Row {
      id: string;
      user_agent: string | null;
      ip: string | null;
      created_at: Date;
      last_used_at: Date;
    }
    const rows = await this.db.run<Row>(sql.LIST, [userId, this.clock.now()]);
    return rows.map((row) => ({
      id: row.id,
      userAgent: row.user_agent,
      ip: row.ip,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }));
  }

  /** Ends one session of a user. @returns whether there was one. */
  async end(userId: number, sessionId: string, reason: EndReason): Promise<boolean> {
    return this.record(this.db, sql.END_ONE, [sessionId, ...this.entry(reason), userId]);
  }

  /** Ends the session of a refresh token, whatever its generation. @returns whether there was one. */
  async endByLookup(lookupId: string, reason: EndReason): Promise<boolean> {
    return this.record(this.db, sql.END_BY_LOOKUP, [lookupId, ...this.entry(reason)]);
  }

  /** Ends all sessions of a user, but for `exceptSessionId` where given. */
  async endOthers(
    userId: number,
    exceptSessionId: string | null,
    reason: EndReason,
    queries: Queries = this.db,
  ): Promise<void> {
    await this.record(queries, sql.END_OTHERS, [userId, ...this.entry(reason), exceptSessionId]);
  }

  /** Deletes an account with all its sessions, if its password is still the one that was checked. */
  async deleteUser(userId: number, checkedHash: string | null): Promise<boolean> {
    return this.record(this.db, sql.DELETE_USER, [userId, ...this.entry('user_deleted'), checkedHash]);
  }

  private async record(
    queries: Queries,
    statement: { name: string; text: string },
    values: unknown[],
  ): Promise<boolean> {
    // What an earlier statement did is not known where its answer was lost.
    if (queries === this.db) await this.blacklist.catchUp();
    try {
      const rows = await queries.run<BlacklistRow>(statement, values);
      queries.afterCommit(
        () => this.blacklist.remember(rows),
        () => this.blacklist.distrust(),
      );
      return rows.length > 0;
    } catch (error) {
      if (isUnavailable(error)) this.blacklist.distrust();
      throw error;
    }
  }

  private entry(reason: EndReason): [EndReason, Date, Date] {
    const now = this.clock.now();
    // As long as the longest access token that may be out: also of a refresh that waits for this statement's locks.
    return [reason, now, addSeconds(now, this.options.accessTokenLifetime + this.options.leeway + 30)];
  }

  /** Finds the session of a refresh token, alive or expired. */
  async find(lookupId: string): Promise<SessionWithUser | undefined> {
    const [row] = await this.db.run<sql.SessionRow>(sql.FIND, [lookupId]);
    return row && this.unlessEnded(toSession(row));
  }

  /** A session that was being opened while all of its user's were ended has a row but is on the blacklist. */
  private unlessEnded(session: SessionWithUser): SessionWithUser | undefined {
    return this.blacklist.refuses({ sessionId: session.id, userId: session.user.id }) ? undefined : session;
  }

  private idleExpiry(now: Date): Date {
    return addSeconds(now, this.options.refreshTokenLifetime);
  }
}

/** The refresh token of a session, as a function of its row. */
export function refreshSubjectOf(session: SessionWithUser): RefreshSubject {
  return {
    userId: session.user.id,
    lookupId: session.lookupId,
    generation: session.generation,
    issuedAt: epochSeconds(session.rotatedAt),
    expiresAt: epochSeconds(expiryOf(session)),
  };
}

function toSession(row: sql.SessionRow): SessionWithUser {
  return {
    id: row.id,
    lookupId: row.lookup_id.replaceAll('-', ''),
    generation: row.generation,
    parentGeneration: row.parent_generation,
    rotatedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    user: {
      id: Number(row.user_id),
      email: row.email,
      emailVerified: row.email_verified,
      isActive: row.is_active,
      roles: row.roles,
      locale: row.locale,
      createdAt: row.user_created_at,
    },
  };
}
