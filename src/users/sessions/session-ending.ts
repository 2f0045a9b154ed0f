import { Inject, Injectable } from '@nestjs/common';
import { orderedBy } from '../../audit/audit.js';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database, type Queries } from '../../database/database.js';
import type { Statement } from '../../database/statement.js';
import { isUnavailable } from '../../database/unavailable.js';
import type { Caller } from '../../http/caller.js';
import type { AuthMethod } from '../../tokens/authentication.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { Blacklist } from '../blacklist/blacklist.js';
import type { BlacklistRow } from '../blacklist/blacklist-feed.js';
import type { EndReason } from '../blacklist/blacklist-entry.entity.js';
import type { SeenUser } from '../user.entity.js';
import * as sql from './session-end-statements.js';
import { LOCK_USER } from './session-statements.js';

/**
 * The minimum lifetime of blacklist entries. This instance may have a shorter `ACCESS_TOKEN_LIFETIME` than the one that
 * signed a token: while the setting is raised instance by instance, or in a command. A day of entries costs little.
 * **Unit** seconds.
 */
const LEAST_ENTRY = 86_400;

/**
 * Ends sessions, other than by expiry.
 *
 * Every end is one statement: it deletes the row, writes the blacklist, and records for the user what ended and why.
 * Other instances know within a moment.
 *
 * Whatever ends all sessions of a user first locks the user in a separate statement, and reads "now" after that.
 * Otherwise a concurrent sign-in could begin after the time of the entry, or have a row that the end did not see.
 */
@Injectable()
export class SessionEnding {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'accessTokenLifetime' | 'leeway'>,
  ) {}

  /** Ends one session of a user. @returns whether there was one. */
  async endOne(
    userId: number,
    sessionId: string,
    reason: EndReason,
    by?: Caller,
    queries: Queries = this.db,
  ): Promise<boolean> {
    return this.record(queries, sql.END_ONE, [sessionId, ...this.entry(reason, by), userId]);
  }

  /** Ends the session of a refresh token of any generation. @returns whether there was one. */
  async endByToken(
    { lookupId, userId }: Pick<RefreshSubject, 'lookupId' | 'userId'>,
    reason: EndReason,
    by?: Caller,
  ): Promise<boolean> {
    return this.record(this.db, sql.END_BY_TOKEN, [lookupId, ...this.entry(reason, by), userId]);
  }

  /**
   * Ends all sessions of a user except one.
   *
   * @param tx has changed the row of the user, and so holds its lock.
   * @returns whether there were others.
   */
  async endOthers(
    userId: number,
    exceptSessionId: string | null,
    reason: EndReason,
    tx?: Queries,
    by?: Caller,
  ): Promise<boolean> {
    if (!tx)
      return this.db.transaction(async (own) => {
        await own.run(LOCK_USER, [userId]);
        return this.endOthers(userId, exceptSessionId, reason, own, by);
      });
    return this.record(tx, sql.END_OTHERS, [userId, ...this.entry(reason, by), exceptSessionId]);
  }

  /** Ends all sessions of a user, as a password reset does. See {@link endOthers}. */
  endAll(userId: number, reason: EndReason, tx?: Queries, by?: Caller): Promise<boolean> {
    return this.endOthers(userId, null, reason, tx, by);
  }

  /**
   * Ends the live sessions of a user, each with its own blacklist entry, so that one opened in the same millisecond is not
   * affected.
   *
   * @param tx a transaction that holds the lock on the user.
   */
  async endEach(userId: number, reason: EndReason, tx: Queries, by?: Caller): Promise<void> {
    await this.record(tx, sql.END_OLDEST, [userId, ...this.entry(reason, by), 0, [], null]);
  }

  /** Ends the sessions of a user that were opened with a method. @param tx a transaction that holds the lock on the user. */
  async endBy(
    userId: number,
    method: AuthMethod,
    reason: EndReason,
    tx: Queries,
    by?: Caller,
  ): Promise<void> {
    await this.record(tx, sql.END_BY_METHOD, [userId, ...this.entry(reason, by), method]);
  }

  /**
   * Makes room for one more session: ends the least recently used live ones until fewer than `limit` are left, a thousand
   * at most.
   */
  async endOldest(
    userId: number,
    limit: number,
    tx: Queries,
    by: Caller,
    endAnyway: readonly string[],
  ): Promise<void> {
    const entry = this.entry('session_limit', by);
    await this.record(tx, sql.END_OLDEST, [userId, ...entry, limit - 1, endAnyway, sql.MOST_ENDED_AT_ONCE]);
  }

  /** Deactivates a user and ends all sessions. @returns false if the user is unknown, or was not active. */
  async deactivateUser(userId: number, by?: Caller, within?: Queries): Promise<boolean> {
    const deactivate = async (tx: Queries): Promise<boolean> => {
      if ((await tx.run(sql.DEACTIVATE, [userId, this.clock.now(), ...orderedBy(by)])).length === 0)
        return false;
      await this.endAll(userId, 'user_deactivated', tx, by);
      this.readTriggered(tx);
      return true;
    };
    return within ? deactivate(within) : this.db.transaction(deactivate);
  }

  /** Deletes an account with all its sessions, unless its credentials have changed since it was read. */
  async deleteUser({ id: userId, credentialsEpoch }: SeenUser, tx: Queries, by?: Caller): Promise<boolean> {
    await tx.run(LOCK_USER, [userId]);
    this.readTriggered(tx);
    return this.record(tx, sql.DELETE_USER, [userId, ...this.entry('user_deleted', by), credentialsEpoch]);
  }

  /** Refuses access tokens that belong to no session, by the ID that they have in its place. */
  async refuse(id: string, reason: EndReason): Promise<void> {
    const now = this.clock.now();
    await this.run(this.db, sql.REFUSE, [id, reason, now, this.entryExpiry(now)], (written) => written);
  }

  /** API keys end with their owner: triggers write entries that this instance has not seen. */
  private readTriggered(tx: Queries): void {
    const doubt = () => this.blacklist.markStale();
    tx.afterCommit(doubt, doubt);
  }

  private async record<Values extends unknown[]>(
    queries: Queries,
    statement: Statement<Values, BlacklistRow>,
    values: NoInfer<Values>,
  ): Promise<boolean> {
    const rows = await this.run(queries, statement, values, (written) => written);
    return rows.length > 0;
  }

  /** Runs a statement that writes to the blacklist. @param written selects the entries among its rows. */
  async run<Values extends unknown[], Row>(
    queries: Queries,
    statement: Statement<Values, Row>,
    values: NoInfer<Values>,
    written: (rows: Row[]) => BlacklistRow[],
  ): Promise<Row[]> {
    try {
      const rows = await queries.run(statement, values);
      const entries = written(rows);
      if (entries.length > 0)
        queries.afterCommit(
          () => this.blacklist.remember(entries),
          () => this.blacklist.markStale(),
        );
      return rows;
    } catch (error) {
      // It may have succeeded, with the response lost.
      if (isUnavailable(error)) this.blacklist.markStale();
      throw error;
    }
  }

  private entry(reason: EndReason, by: Caller | undefined): sql.Entry {
    const now = this.clock.now();
    return [reason, now, this.entryExpiry(now), ...orderedBy(by)];
  }

  /**
   * As long as the longest access token that may be in use, including that of a refresh waiting for this statement's
   * locks.
   */
  entryExpiry(now: Date): Date {
    const { accessTokenLifetime, leeway } = this.options;
    return addSeconds(now, Math.max(LEAST_ENTRY, accessTokenLifetime) + leeway + 30);
  }
}
