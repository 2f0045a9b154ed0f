import { Inject, Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database, type Queries } from '../../database/database.js';
import type { Caller } from '../../http/caller.js';
import type { AuthMethod } from '../../tokens/authentication.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { Blacklist } from '../blacklist/blacklist.js';
import {
  type ListedEndedSession,
  type ListedSession,
  listEnded,
  listLive,
  type SeenLast,
} from './listed-session.js';
import { ADVANCE, ADVANCE_PROVEN, type AdvancedRow, type AdvanceValues } from './advance-statements.js';
import { idleLifetime } from './refresh-rules.js';
import { factsIn } from './session-facts.js';
import { type SessionWithUser, toSession, toUser } from './session-rows.js';
import * as sql from './session-statements.js';

export type { SessionWithUser };

/** A row as it was read; it is only updated if it is unchanged. */
export interface SeenSession {
  lookupId: string;
  userId: number;
  generation: number;
  /** The time of the last rotation: from the first value, and before the second. */
  rotated: [Date, Date];
  /** Whether its device has proven itself, in case it is bound to one. */
  isProven: boolean;
}

/** What a session moves on to. */
interface NextState {
  generation: number;
  parent: number;
  /** When its token was issued. */
  at: Date;
  /** When it ends without a refresh: one that outlives the browser, and one that does not. */
  until: [remembered: Date, unremembered: Date];
}

/** What a refresh token says about whose session it belongs to. */
type TokenOwner = Pick<RefreshSubject, 'lookupId' | 'userId'>;

/** Advances, finds and lists sessions. {@link SessionOpening} opens them. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Advances a session if its row is unchanged since it was read: a compare-and-swap.
   *
   * @param parent the generation replaced by the new one, which follows both it and the one that was read.
   * @returns `undefined` if another request has advanced the row, the session has ended, or the user was deactivated.
   */
  advance(seen: SeenSession, parent: number, caller: Caller): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const generation = Math.max(seen.generation, parent) + 1;
    return this.move(seen, { generation, parent, at: now, until: this.idleExpiries(now) }, caller);
  }

  /**
   * Gives a session the state that it had when a refresh token was issued, if its row is unchanged since it was read:
   * the database was set back to an earlier one.
   *
   * @returns `undefined` as {@link advance} does.
   */
  restore(
    seen: SeenSession,
    { generation, parentGeneration = generation - 1, issuedAt, expiresAt }: RefreshSubject,
    caller: Caller,
  ): Promise<SessionWithUser | undefined> {
    const [remembered, unremembered] = this.idleExpiries(this.clock.now());
    // Not later than the settings have it now: in simplejwt's format others may sign.
    const atMost = (expiry: Date) => new Date(Math.min(expiry.getTime(), expiresAt * 1000));
    const until: [Date, Date] = [atMost(remembered), atMost(unremembered)];
    const at = new Date(issuedAt * 1000);
    return this.move(seen, { generation, parent: parentGeneration, at, until }, caller);
  }

  /** The compare-and-swap. */
  private async move(
    { lookupId, userId, generation, rotated: [rotatedFrom, rotatedBefore], isProven }: SeenSession,
    next: NextState,
    { userAgent, ip }: Caller,
  ): Promise<SessionWithUser | undefined> {
    const [rememberedUntil, unrememberedUntil] = next.until;
    const values: AdvanceValues = [
      lookupId,
      generation,
      rotatedFrom,
      rotatedBefore,
      next.generation,
      next.parent,
      next.at,
      rememberedUntil,
      userAgent,
      ip,
      addSeconds(this.clock.now(), -this.options.leeway),
      userId,
      unrememberedUntil,
    ];
    const [row] = this.options.deviceBoundSessions
      ? await this.db.run(ADVANCE_PROVEN, [...values, isProven])
      : await this.db.run(ADVANCE, values);
    return row && this.advanced(row, lookupId, next);
  }

  /** What a session is after its row was moved on. */
  advanced(row: AdvancedRow, lookupId: string, next: NextState): SessionWithUser | undefined {
    const [rememberedUntil, unrememberedUntil] = next.until;
    const { facts, publicId } = factsIn(row);
    return this.unlessEnded({
      id: row.session_id,
      lookupId,
      generation: next.generation,
      parentGeneration: next.parent,
      rotatedAt: next.at,
      idleExpiresAt: facts.isRemembered ? rememberedUntil : unrememberedUntil,
      absoluteExpiresAt: row.absolute_expires_at,
      ...facts,
      user: toUser(row, publicId, true),
    });
  }

  /** Finds a live session of a user by its public ID. */
  async findOwn(userId: number, sessionId: string, tx: Queries): Promise<SessionWithUser | undefined> {
    const [row] = await tx.run(sql.FIND_OWN, [sessionId, userId, this.clock.now()]);
    return row && toSession(row);
  }

  /**
   * Replaces the refresh token of a session by its public ID, if it has been current for at least `age`.
   *
   * @param age **Unit** seconds.
   * @returns `undefined` if it is younger, or the session is not alive.
   */
  async renew(
    userId: number,
    sessionId: string,
    age: number,
    tx: Queries,
  ): Promise<SessionWithUser | undefined> {
    const now = this.clock.now();
    const [rememberedUntil, unrememberedUntil] = this.idleExpiries(now);
    const [row] = await tx.run(sql.RENEW, [
      sessionId,
      userId,
      now,
      rememberedUntil,
      addSeconds(now, -age),
      unrememberedUntil,
    ]);
    return row && toSession(row);
  }

  /**
   * Adds authentication methods to a session; access tokens contain them from the next refresh on.
   *
   * @returns false if the session is not alive.
   */
  async raise(
    { userId, sessionId }: { userId: number; sessionId: string },
    methods: readonly AuthMethod[],
    tx: Queries,
  ): Promise<boolean> {
    return (await tx.run(sql.RAISE, [sessionId, userId, this.clock.now(), methods])).length === 1;
  }

  /** Live sessions, newest first. */
  list(userId: number, count?: number, after?: SeenLast): Promise<ListedSession[]> {
    return listLive(this.db, userId, this.clock.now(), count, after, this.options.deviceBoundSessions);
  }

  /** Sessions that ended within 30 days, most recent first. */
  listEnded(userId: number, count?: number, after?: SeenLast): Promise<ListedEndedSession[]> {
    return listEnded(this.db, userId, this.clock.now(), count, after);
  }

  /** Finds the session of a refresh token, live or expired. */
  async find({ lookupId, userId }: TokenOwner): Promise<SessionWithUser | undefined> {
    const find = this.options.deviceBoundSessions ? sql.FIND_BOUND : sql.FIND;
    const [row] = await this.db.run(find, [lookupId, userId]);
    return row && this.unlessEnded(toSession(row));
  }

  /** The live sessions of several refresh tokens, by their names in the tokens. */
  async living(
    tokens: readonly TokenOwner[],
    queries: Queries = this.db,
  ): Promise<Map<string, { cookieProtection: number }>> {
    if (tokens.length === 0) return new Map();
    const lookupIds = tokens.map(({ lookupId }) => lookupId);
    const userIds = tokens.map(({ userId }) => userId);
    const rows = await queries.run(sql.LIVING, [lookupIds, this.clock.now(), userIds]);
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

  /** A session opened while all sessions of its user were ended has a row, but is on the blacklist. */
  private unlessEnded(session: SessionWithUser): SessionWithUser | undefined {
    return this.blacklist.refuses({ sessionId: session.id, userId: session.user.id }) ? undefined : session;
  }

  /** Of a session that outlives the browser, and of one that does not. */
  idleExpiries(now: Date): [remembered: Date, unremembered: Date] {
    return [
      addSeconds(now, idleLifetime(true, this.options)),
      addSeconds(now, idleLifetime(false, this.options)),
    ];
  }
}
