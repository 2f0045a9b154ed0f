import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { byOf } from '../../audit/audit.js';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database, type Queries } from '../../database/database.js';
import { TokenjarError } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { Blacklist } from '../blacklist/blacklist.js';
import {
  type ListedEndedSession,
  type ListedSession,
  listEnded,
  listLive,
  type SeenLast,
} from './listed-session.js';
import { SessionEnding } from './session-ending.js';
import * as sql from './session-statements.js';
import { NOTHING_BEFORE, replacedBy, type SignedInBefore } from './signed-in-before.js';
import { type SessionWithUser, toSession, toUser } from './session-with-user.js';

/** Logins of one user at the same moment, which do not see each other. */
const MOST_AT_ONCE = 32;

/** A row as it was seen: it is moved on only if it still is so. */
export interface SeenSession {
  lookupId: string;
  generation: number;
  /** When it was last rotated: at the first moment or after, and before the second. */
  rotated: [Date, Date];
}

/** The sessions: opened, moved on, found and listed. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly ending: SessionEnding,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Opens a session; `undefined` when the user was deactivated or the password replaced in the meantime.
   *
   * What the browser was signed in to before ends in the same statement, also where it is another user's: nobody would
   * sign out of it any more. **Source** ASVS 5.0 7.2.4.
   *
   * @param note what the audit trail says of the login, such as `new_device`.
   *
   * **Errors** `session_limit_reached`.
   */
  async open(
    user: { id: number; passwordHash: string | null },
    authMethods: readonly string[],
    caller: Caller,
    note?: string,
    before: SignedInBefore = NOTHING_BEFORE,
  ): Promise<SessionWithUser | undefined> {
    const { sessionLimit, sessionLimitPolicy } = this.options;
    if (sessionLimit === 0)
      return (await this.insert(this.db, user, authMethods, caller, note, before))?.session;
    if (sessionLimitPolicy === 'end_oldest' && sessionLimit > MOST_AT_ONCE)
      return this.openAndTrim(user, authMethods, caller, note, before);
    return this.db.transaction(async (tx) => {
      await tx.run(sql.LOCK_USER, [user.id]);
      await this.makeRoom(user.id, tx, caller, before);
      return (await this.insert(tx, user, authMethods, caller, note, before))?.session;
    });
  }

  /**
   * Opens a session, and ends the oldest only where the limit is near: else a login would be three statements more.
   * Of logins at once each sees what the others opened by the time that it ends some, so the last leaves no more than
   * the limit.
   */
  private async openAndTrim(
    user: { id: number; passwordHash: string | null },
    authMethods: readonly string[],
    caller: Caller,
    note: string | undefined,
    before: SignedInBefore,
  ): Promise<SessionWithUser | undefined> {
    const opened = await this.insert(this.db, user, authMethods, caller, note, before);
    const { sessionLimit } = this.options;
    if (opened && opened.others + MOST_AT_ONCE >= sessionLimit)
      await this.ending.endOldest(user.id, sessionLimit + 1, this.db, caller, []);
    return opened?.session;
  }

  private async makeRoom(
    userId: number,
    tx: Queries,
    caller: Caller,
    { lookupIds }: SignedInBefore,
  ): Promise<void> {
    const { sessionLimit, sessionLimitPolicy } = this.options;
    if (sessionLimitPolicy === 'end_oldest')
      return this.ending.endOldest(userId, sessionLimit, tx, caller, lookupIds);
    const [row] = await tx.run<{ count: number }>(sql.COUNT, [userId, this.clock.now(), lookupIds]);
    if (row && row.count >= sessionLimit) throw new TokenjarError('session_limit_reached');
  }

  private async insert(
    queries: Queries,
    user: { id: number; passwordHash: string | null },
    authMethods: readonly string[],
    caller: Caller,
    note: string | undefined,
    before: SignedInBefore,
  ): Promise<{ session: SessionWithUser; others: number } | undefined> {
    const now = this.clock.now();
    const id = uuidv7({ msecs: now.getTime() });
    const lookupId = randomBytes(16).toString('hex');
    const absolute = addSeconds(now, this.options.sessionMaxLifetime);
    const values = [
      id,
      lookupId,
      user.id,
      user.passwordHash,
      now,
      this.idleExpiry(now),
      absolute,
      caller.userAgent,
      caller.ip,
      authMethods,
      ...byOf(caller),
      note ?? null,
      before.cookieProtection,
      before.lookupIds,
      this.ending.entryExpiry(now),
    ];
    const [row] = await this.ending.run(queries, sql.OPEN, values, replacedBy);
    return row && { session: toSession(row), others: row.others };
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
    const idleExpiresAt = this.idleExpiry(now);
    const [row] = await this.db.run<sql.AdvancedRow>(sql.ADVANCE, [
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
    ]);
    if (!row) return undefined;
    return this.unlessEnded({
      id: row.id,
      lookupId,
      generation: next,
      parentGeneration: parent,
      rotatedAt: now,
      idleExpiresAt,
      absoluteExpiresAt: row.absolute_expires_at,
      user: toUser(row, true),
    });
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

  /** The live ones, newest first. */
  list(userId: number, count?: number, after?: SeenLast): Promise<ListedSession[]> {
    return listLive(this.db, userId, this.clock.now(), count, after);
  }

  /** Those that were ended within 30 days, the last one first. */
  listEnded(userId: number, count?: number, after?: SeenLast): Promise<ListedEndedSession[]> {
    return listEnded(this.db, userId, this.clock.now(), count, after);
  }

  /** Finds the session of a refresh token, alive or expired. */
  async find(lookupId: string): Promise<SessionWithUser | undefined> {
    const [row] = await this.db.run<sql.SessionRow>(sql.FIND, [lookupId]);
    return row && this.unlessEnded(toSession(row));
  }

  /** Those of some refresh tokens that are alive, by what the tokens call them. */
  async living(lookupIds: readonly string[]): Promise<Map<string, { cookieProtection: number }>> {
    if (lookupIds.length === 0) return new Map();
    const rows = await this.db.run<sql.LivingRow>(sql.LIVING, [lookupIds, this.clock.now()]);
    return new Map(
      rows
        .filter((row) => !this.blacklist.refuses({ sessionId: row.id, userId: Number(row.user_id) }))
        .map((row) => [row.lookup_id.replaceAll('-', ''), { cookieProtection: row.cookie_protection }]),
    );
  }

  /** Why there is no session for a refresh token that we signed. */
  async lost(lookupId: string, userId: number): Promise<{ hasUser: boolean; wasReplaced: boolean }> {
    const [row] = await this.db.run<sql.LostRow>(sql.LOST, [lookupId, userId]);
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
