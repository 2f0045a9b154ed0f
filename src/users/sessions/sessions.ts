import { Inject, Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database, type Queries } from '../../database/database.js';
import type { Caller } from '../../http/caller.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { Blacklist } from '../blacklist/blacklist.js';
import {
  type ListedEndedSession,
  type ListedSession,
  listEnded,
  listLive,
  type SeenLast,
} from './listed-session.js';
import * as sql from './session-statements.js';
import { type SessionWithUser, toAuthentication, toSession, toUser } from './session-with-user.js';

/** A row as it was seen: it is moved on only if it still is so. */
export interface SeenSession {
  lookupId: string;
  userId: number;
  generation: number;
  /** When it was last rotated: at the first moment or after, and before the second. */
  rotated: [Date, Date];
}

/** What a refresh token says of whose session it is of. */
type TokenOwner = Pick<RefreshSubject, 'lookupId' | 'userId'>;

/** The sessions: moved on, found and listed. Opening one is {@link SessionOpening}. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Moves a session on, if its row is still as it was seen: a compare-and-swap.
   *
   * @param parent the generation that the new one replaces; the new one follows it and the one that was seen.
   * @returns `undefined` when the row was moved by somebody else, or has ended, or its user was deactivated.
   */
  async advance(
    { lookupId, userId, generation, rotated: [rotatedFrom, rotatedBefore] }: SeenSession,
    parent: number,
    { userAgent, ip }: Caller,
  ): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const next = Math.max(generation, parent) + 1;
    const idleExpiresAt = this.idleExpiry(now);
    const [row] = await this.db.run(sql.ADVANCE, [
      lookupId,
      generation,
      rotatedFrom,
      rotatedBefore,
      next,
      parent,
      now,
      idleExpiresAt,
      userAgent,
      ip,
      addSeconds(now, -this.options.leeway),
      userId,
    ]);
    if (!row) return undefined;
    return this.unlessEnded({
      id: row.session_id,
      lookupId,
      generation: next,
      parentGeneration: parent,
      rotatedAt: now,
      idleExpiresAt,
      absoluteExpiresAt: row.absolute_expires_at,
      authentication: toAuthentication(row),
      user: toUser(row, true),
    });
  }

  /** Finds a live session of a user by its public id. */
  async findOwn(userId: number, sessionId: string, tx: Queries): Promise<SessionWithUser | undefined> {
    const [row] = await tx.run(sql.FIND_OWN, [sessionId, userId, this.clock.now()]);
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
    const [row] = await tx.run(sql.RENEW, [
      sessionId,
      userId,
      now,
      this.idleExpiry(now),
      addSeconds(now, -age),
    ]);
    return row && toSession(row);
  }

  /** The live ones, newest first. */
  list(userId: number, count?: number, after?: SeenLast): Promise<ListedSession[]> {
    return listLive(this.db, userId, this.clock.now(), count, after);
  }

  /** Those that were ended within 30 days, the last one first. */
  listEnded(userId: number, count?: number, after?: SeenLast): Promise<ListedEndedSession[]> {
    return listEnded(this.db, userId, this.clock.now(), count, after);
  }

  /** Finds the session of a refresh token, alive or expired. */
  async find({ lookupId, userId }: TokenOwner): Promise<SessionWithUser | undefined> {
    const [row] = await this.db.run(sql.FIND, [lookupId, userId]);
    return row && this.unlessEnded(toSession(row));
  }

  /** Those of some refresh tokens that are alive, by what the tokens call them. */
  async living(lookupIds: readonly string[]): Promise<Map<string, { cookieProtection: number }>> {
    if (lookupIds.length === 0) return new Map();
    const rows = await this.db.run(sql.LIVING, [lookupIds, this.clock.now()]);
    return new Map(
      rows
        .filter((row) => !this.blacklist.refuses({ sessionId: row.id, userId: row.user_id }))
        .map((row) => [row.lookup_id.replaceAll('-', ''), { cookieProtection: row.cookie_protection }]),
    );
  }

  /** Why there is no session for a refresh token that we signed. */
  async lost({ lookupId, userId }: TokenOwner): Promise<{ hasUser: boolean; wasReplaced: boolean }> {
    const [row] = await this.db.run(sql.LOST, [lookupId, userId]);
    return { hasUser: row?.has_user === true, wasReplaced: row?.was_replaced === true };
  }

  /** A session that was being opened while all of its user's were ended has a row but is on the blacklist. */
  private unlessEnded(session: SessionWithUser): SessionWithUser | undefined {
    return this.blacklist.refuses({ sessionId: session.id, userId: session.user.id }) ? undefined : session;
  }

  private idleExpiry(now: Date): Date {
    return addSeconds(now, this.options.refreshTokenLifetime);
  }
}
