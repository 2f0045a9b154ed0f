import { Inject, Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database } from '../../database/database.js';
import { isUnavailable } from '../../database/unavailable.js';
import type { Caller } from '../../http/caller.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { Gathering } from './gathering.js';
import { ADVANCE_MANY, ADVANCE_MANY_PROVEN, type AdvanceManyValues } from './advance-statements.js';
import { Sessions, type SessionWithUser } from './sessions.js';

/** A refresh whose token is taken for the current one. */
interface Advance {
  token: RefreshSubject;
  caller: Caller;
  arrivedAt: Date;
  /** Whether the device has proven itself, in case the session is bound to one. */
  isProven: boolean;
}

type Advanced = SessionWithUser | undefined;

/**
 * More statements at once would gather fewer refreshes each; with fewer, a refresh would wait for two commits of a slow
 * disk where it now waits for one. Larger statements would save nothing more (docs/performance.md).
 */
const LIMITS = { acts: 4, items: 32 };
/** Databases that do not support the statement, such as some that distribute tables. */
const UNSUPPORTED = /^(0A|42)/;

/**
 * Advances sessions as {@link Sessions.advance} does, those of one turn of the event loop by one statement.
 *
 * Whatever is not advanced by it is judged by its row, as after any lost race, and from then on alone: a row that
 * somebody else has locked (a statement for many waits for nobody, so it can neither block nor be a part of a deadlock),
 * and all rows of a statement that failed.
 */
@Injectable()
export class SharedAdvances {
  private readonly logger = new Logger('Tokenjar');
  private readonly gathering = new Gathering<Advance, Advanced>(
    { alone: (one) => this.alone(one), together: (all) => this.together(all) },
    LIMITS,
  );
  /** By session. */
  private readonly underWay = new Map<string, Promise<Advanced>>();
  private isShared: boolean;

  constructor(
    private readonly db: Database,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {
    // In the strict profile a lost answer ends the session, and a lost connection would end those of all.
    this.isShared = options.refreshGrace > 0;
  }

  /**
   * Advances the session of a token, if the token is current.
   *
   * @returns `undefined` if it is not known to be; the row will tell.
   */
  advance(token: RefreshSubject, caller: Caller, arrivedAt: Date, isProven = false): Promise<Advanced> {
    const one = { token, caller, arrivedAt, isProven };
    if (!this.isShared) return this.alone(one);
    const { lookupId } = token;
    const before = this.underWay.get(lookupId);
    if (before) return before.then(isJudged, isJudged);
    const advancing = this.gathering.add(one).finally(() => this.underWay.delete(lookupId));
    this.underWay.set(lookupId, advancing);
    return advancing;
  }

  private alone({ token, caller, isProven }: Advance): Promise<Advanced> {
    const { lookupId, userId, generation, issuedAt } = token;
    return this.sessions.advance(
      { lookupId, userId, generation, rotated: secondOf(issuedAt), isProven },
      generation,
      caller,
    );
  }

  private async together(all: readonly Advance[]): Promise<(Advanced | Promise<Advanced>)[]> {
    try {
      return await this.tryTogether(all);
    } catch (error) {
      this.note(error);
      // Whether it was committed may be unknown, as after a lost answer.
      return all.map((one) => (this.isWaited(one) ? undefined : Promise.reject(error as Error)));
    }
  }

  private async tryTogether(all: readonly Advance[]): Promise<Advanced[]> {
    const now = this.clock.now();
    const until = this.sessions.idleExpiries(now);
    const values: AdvanceManyValues = [
      listOf(all, ({ token }) => token.lookupId),
      listOf(all, ({ token }) => token.userId),
      listOf(all, ({ token }) => token.generation),
      listOf(all, ({ token }) => token.issuedAt),
      all.map(({ caller }) => caller.userAgent),
      all.map(({ caller }) => caller.ip),
      now,
      ...until,
      addSeconds(now, -this.options.leeway),
    ];
    const rows = this.options.deviceBoundSessions
      ? await this.db.run(ADVANCE_MANY_PROVEN, [...values, listOf(all, ({ isProven }) => String(isProven))])
      : await this.db.run(ADVANCE_MANY, values);
    const advanced = new Array<Advanced>(all.length).fill(undefined);
    for (const row of rows) {
      const { lookupId, generation } = (all[row.place - 1] as Advance).token;
      const next = { generation: generation + 1, parent: generation, at: now, until };
      advanced[row.place - 1] = this.sessions.advanced(row, lookupId, next);
    }
    return advanced;
  }

  /** A second statement for whom nobody waits any more could come too late for the rules. */
  private isWaited({ caller, arrivedAt }: Advance): boolean {
    const waited = (this.clock.now().getTime() - arrivedAt.getTime()) / 1000;
    return caller.isConnected() && waited <= this.options.refreshGiveUp;
  }

  /** Those whom the database is not available to will say so themselves. */
  private note(error: unknown): void {
    if (isUnavailable(error) || !(error instanceof Error)) return;
    if (UNSUPPORTED.test((error as { code?: string }).code ?? '')) this.isShared = false;
    this.logger.warn(
      `A statement for several refreshes failed, and each is tried alone${this.isShared ? '' : ' from now on'}: ${error.message}`,
    );
  }
}

/** Two of a session at once: whichever comes first may have moved the row. */
const isJudged = (): undefined => undefined;

/** All moments of a second: what a token knows of when it was issued. */
const secondOf = (second: number): [Date, Date] => [new Date(second * 1000), new Date((second + 1) * 1000)];

/** **Shape** an array as PostgreSQL reads it, of values that need no quotes. */
const listOf = (all: readonly Advance[], of: (one: Advance) => string | number): string =>
  `{${all.map(of).join(',')}}`;
