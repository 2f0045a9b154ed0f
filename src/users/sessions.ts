import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { Blacklist, type BlacklistRow } from './blacklist.js';
import type { EndReason } from './blacklist-entry.entity.js';
import { expiryOf, isDue, judge, type RefreshRules, type SessionState } from './refresh-rules.js';
import * as sql from './session-statements.js';
import type { Account } from './users.js';

/** A session that is alive, with its user. */
export interface LiveSession extends SessionState {
  id: string;
  lookupId: string;
  user: Omit<Account, 'passwordHash'>;
}

/** What became of a refresh token that was good. */
export interface Refreshed {
  session: LiveSession;
  /** `kept` the one in hand, `issued` a new one, or `repeated` the current one. */
  refreshToken: 'kept' | 'issued' | 'repeated';
}

/** A session as its user sees it in a list. */
export interface ListedSession {
  id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: Date;
  lastUsedAt: Date;
}

/** Token under which the key of the wait's random part is injected. */
export const WAIT_KEY = Symbol('tokenjar.waitKey');

/** A race is lost to a winner, so judging again ends it; more than a few times means something else is wrong. */
const MOST_TRIES = 5;

/** The sessions: opened, refreshed, listed and ended. Every end writes the blacklist in the same statement. */
@Injectable()
export class Sessions {
  private readonly rules: RefreshRules;

  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(WAIT_KEY) private readonly waitKey: KeyObject,
  ) {
    const { rotateRefreshTokens, refreshRotateAfter, refreshGrace, refreshGiveUp, leeway } = options;
    this.rules = {
      rotateAfter: rotateRefreshTokens ? refreshRotateAfter : Infinity,
      grace: refreshGrace,
      giveUp: refreshGiveUp,
      leeway,
    };
  }

  /** Opens a session; `undefined` when the user was deactivated or the password replaced in the meantime. */
  async open(
    user: { id: number; passwordHash: string | null },
    authMethods: readonly string[],
    caller: Caller,
    queries: Queries = this.db,
  ): Promise<LiveSession | undefined> {
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
    const [row] = await queries.run<sql.SessionRow>(sql.OPEN, values);
    return row && toSession(row);
  }

  /**
   * Refreshes a session by the rules of {@link judge}: one statement, and one more after a lost race.
   *
   * **Errors** `token_expired`, `token_blacklisted`, `token_reused`, `user_inactive`, `refresh_pending`.
   */
  async refresh(token: RefreshSubject, caller: Caller): Promise<Refreshed> {
    const arrivedAt = this.clock.now();
    if (isDue(token, arrivedAt, this.rules)) {
      const rotated = await this.advance(token, sinceSecond(token.issuedAt), token.generation, caller);
      if (rotated) return { session: rotated, refreshToken: 'issued' };
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const refreshed = await this.judgeAndAct(token, caller, arrivedAt);
      if (refreshed) return refreshed;
    }
    throw this.pending();
  }

  /** Judges by the row as it is now, and acts; `undefined` when somebody else moved the row in between. */
  private async judgeAndAct(
    token: RefreshSubject,
    caller: Caller,
    arrivedAt: Date,
  ): Promise<Refreshed | undefined> {
    const session = await this.find(token.lookupId);
    if (!session) throw new TokenjarError('token_blacklisted');
    if (!session.user.isActive) throw new TokenjarError('user_inactive');
    const seen = exactly(session.rotatedAt);
    const verdict = judge(session, token, this.clock.now(), this.rules, this.spreadOf(session));
    switch (verdict) {
      case 'keep':
        return { session, refreshToken: 'kept' };
      case 'repeat':
        return { session, refreshToken: 'repeated' };
      case 'wait':
        throw this.pending();
      case 'expired':
        throw new TokenjarError('token_expired');
      case 'rotate':
        return issued(await this.advance(token, seen, token.generation, caller));
      case 'reissue': {
        this.dropIfNobodyWaits(caller, arrivedAt);
        // The parent stays: whoever else holds it still finds the way, the displaced child becomes an orphan.
        const displaced = { ...token, generation: session.generation };
        return issued(await this.advance(displaced, seen, session.parentGeneration, caller));
      }
      case 'adopt': {
        this.dropIfNobodyWaits(caller, arrivedAt);
        const behind = { ...token, generation: session.generation };
        return issued(await this.advance(behind, seen, token.generation, caller));
      }
      case 'reuse_orphan':
      case 'reuse_ancestor':
        this.dropIfNobodyWaits(caller, arrivedAt);
        await this.endByLookup(token.lookupId, verdict);
        throw new TokenjarError('token_reused');
    }
  }

  /**
   * Drops a request that nobody waits for: its connection has closed, or it arrived longer ago than a client waits.
   *
   * A late request would displace a token that has been delivered since, and end an honest session.
   */
  private dropIfNobodyWaits(caller: Caller, arrivedAt: Date): void {
    const waited = (this.clock.now().getTime() - arrivedAt.getTime()) / 1000;
    if (!caller.isConnected() || waited > this.rules.giveUp) throw this.pending();
  }

  /** Moves a session on, if its row is still the one that was judged; its new generation follows the greater number. */
  private async advance(
    { lookupId, generation }: { lookupId: string; generation: number },
    [rotatedFrom, rotatedBefore]: [Date, Date],
    parent: number,
    { userAgent, ip }: Caller,
  ): Promise<LiveSession | undefined> {
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

  /** What the session of a refresh token would answer, without answering. Used to verify, never to refresh. */
  async peek(token: RefreshSubject): Promise<void> {
    const session = await this.find(token.lookupId);
    if (!session) throw new TokenjarError('token_blacklisted');
    const verdict = judge(session, token, this.clock.now(), this.rules, this.spreadOf(session));
    if (verdict === 'expired') throw new TokenjarError('token_expired');
    if (verdict === 'reuse_orphan' || verdict === 'reuse_ancestor')
      throw new TokenjarError('token_blacklisted');
  }

  /** Replaces the refresh token of a session by its public id; `undefined` when it is not alive. */
  async renew(userId: number, sessionId: string, tx: Queries): Promise<LiveSession | undefined> {
    const now = this.clock.now();
    const [row] = await tx.run<sql.SessionRow>(sql.RENEW, [sessionId, userId, now, this.idleExpiry(now)]);
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
    const rows = await queries.run<BlacklistRow>(statement, values);
    queries.afterCommit(() => this.blacklist.remember(rows));
    return rows.length > 0;
  }

  private entry(reason: EndReason): [EndReason, Date, Date] {
    const now = this.clock.now();
    // As long as the longest access token that may be out, and a second for clocks that differ.
    return [reason, now, addSeconds(now, this.options.accessTokenLifetime + this.options.leeway + 1)];
  }

  private async find(lookupId: string): Promise<LiveSession | undefined> {
    const [row] = await this.db.run<sql.SessionRow>(sql.FIND, [lookupId]);
    return row && this.unlessEnded(toSession(row));
  }

  /** A session that was being opened while all of its user's were ended has a row but is on the blacklist. */
  private unlessEnded(session: LiveSession): LiveSession | undefined {
    return this.blacklist.refuses({ sessionId: session.id, userId: session.user.id }) ? undefined : session;
  }

  private idleExpiry(now: Date): Date {
    return addSeconds(now, this.options.refreshTokenLifetime);
  }

  /** The random part of the wait: fixed for one rotation, and nobody outside can compute it. */
  private spreadOf({ id, rotatedAt }: LiveSession): number {
    const digest = createHmac('sha256', this.waitKey).update(`${id} ${rotatedAt.getTime()}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** Says nothing of when the wait ends, lest a thief learn when to come. */
  private pending(): TokenjarError {
    return new TokenjarError('refresh_pending', {
      retryAfter: Math.max(1, Math.ceil(this.rules.giveUp / 4)),
    });
  }
}

/** The refresh token of a session, as a function of its row. */
export function refreshSubjectOf(session: LiveSession): RefreshSubject {
  return {
    userId: session.user.id,
    lookupId: session.lookupId,
    generation: session.generation,
    issuedAt: epochSeconds(session.rotatedAt),
    expiresAt: epochSeconds(expiryOf(session)),
  };
}

const issued = (session: LiveSession | undefined): Refreshed | undefined =>
  session && { session, refreshToken: 'issued' };

const sinceSecond = (second: number): [Date, Date] => [
  new Date(second * 1000),
  new Date((second + 1) * 1000),
];
const exactly = (moment: Date): [Date, Date] => [moment, new Date(moment.getTime() + 1)];

function toSession(row: sql.SessionRow): LiveSession {
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
