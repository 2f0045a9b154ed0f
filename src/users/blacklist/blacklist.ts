import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database } from '../../database/database.js';
import { DatabaseClock } from '../../database/database-clock.js';
import { Readiness } from '../../housekeeping/readiness.js';
import type { SideConnection } from '../../database/side-connection.js';
import { TokenjarError } from '../../errors.js';
import { BlacklistFeed, type BlacklistRow } from './blacklist-feed.js';
import { BlacklistMemory } from './blacklist-memory.js';

const CHANNEL = 'tokenjar_blacklist';
const SWEEP_MS = 60_000;
/** The safety net under notifications, and all there is without them. */
const POLL_MS = 300;
/** Older knowledge is not trusted: somebody else may have revoked something since. */
const STALE_MS = 900;
/** Of all requests that wait for a database that is away, one in this time tries it for all. */
const RETRY_MS = 100;

/**
 * The blacklist, known to every instance within a moment, so that an access token is refused without a query.
 *
 * The table is the truth. What ends a session writes it and hands the rows to {@link remember}; the other instances
 * are notified and read what is new, and look by themselves every 300 ms. One that has not managed to for 900 ms asks
 * before it lets anybody in, and refuses everybody while the database is away: fail closed.
 *
 * The embedded database has one process, which knows what it wrote.
 */
@Injectable()
export class Blacklist implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Tokenjar');
  private readonly memory = new BlacklistMemory();
  private readonly connection: SideConnection | undefined;
  private readonly feed: BlacklistFeed;
  private sweeper: NodeJS.Timeout | undefined;
  private poller: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** When the last reading that succeeded began, on this machine's clock. **Unit** milliseconds. */
  private readAt = -Infinity;
  /** What was read before is not to be trusted. */
  private doubtAt = -Infinity;
  private failedAt = -Infinity;
  private reading: Promise<void> | undefined;
  /** Somebody wrote while we were reading. */
  private isDirty = false;
  private announcing: Promise<void> | undefined;
  private isAnnouncedAgain = false;
  private tellKeys: ((count: number) => void) | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    databaseClock: DatabaseClock,
    readiness: Readiness,
    @Inject(OPTIONS) { blacklistFeed }: Pick<Options, 'blacklistFeed'>,
  ) {
    const channel = blacklistFeed === 'poll' ? undefined : CHANNEL;
    this.connection = db.dedicatedConnection('tokenjar feed', channel, () => this.readSoon());
    this.feed = new BlacklistFeed(
      this.connection ?? db,
      {
        entries: (rows) => this.memory.remember(rows),
        time: (said, askedAt, heardAt) => databaseClock.observe(said, askedAt, heardAt),
        keys: (count) => this.tellKeys?.(count),
      },
      clock,
    );
    readiness.expect('the blacklist is up to date', () => this.isFresh || this.readAgain().then(() => true));
  }

  async onModuleInit(): Promise<void> {
    await this.readAgain();
    this.sweeper = setInterval(() => this.memory.forgetExpired(this.clock.now().getTime()), SWEEP_MS).unref();
    this.poll();
    if (this.connection && this.connection.receivesNotifications === false)
      this.logger.log('Notifications do not arrive (a pooler?): polling for revocations by other instances');
  }

  /** Called by Nest once no request is under way: until then each may have to be checked. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.sweeper);
    clearTimeout(this.poller);
    await this.connection?.close();
  }

  /** The feed also says, each time, how many signing keys the database has. */
  whenKeysCounted(tell: (count: number) => void): void {
    this.tellKeys = tell;
  }

  /** How many entries are in memory. */
  get size(): number {
    return this.memory.size;
  }

  /** Takes in what this instance wrote itself, and tells the others. */
  remember(rows: readonly BlacklistRow[]): void {
    this.memory.remember(rows);
    if (rows.length > 0) this.announce();
  }

  /** Notes that the table may hold what we have not heard of: the answer to a statement was lost. */
  markStale(): void {
    this.doubtAt = this.clock.machine();
    this.readSoon();
  }

  /** Whether the tokens of a session are refused, as far as is known here and now. */
  refuses(session: { sessionId: string; userId: number }): boolean {
    return this.memory.refuses(session);
  }

  /**
   * Checks a session whose token was found good. It waits only while what is known here is not to be trusted.
   *
   * **Errors** `token_blacklisted`; `database_unavailable` when that cannot be found out.
   */
  check(session: { sessionId: string; userId: number }): void | Promise<void> {
    // What was revoked once stays so: that needs no reading.
    if (this.memory.refuses(session)) throw new TokenjarError('token_blacklisted');
    if (!this.isFresh) return this.checkAfterReading(session);
  }

  private async checkAfterReading(session: { sessionId: string; userId: number }): Promise<void> {
    const askedAt = this.clock.machine();
    // One that began after we were asked will do, however long it takes: on a slow database none would ever be fresh.
    while (!this.isFresh && this.readAt < askedAt) await this.readAgain();
    if (this.memory.refuses(session)) throw new TokenjarError('token_blacklisted');
  }

  private get isFresh(): boolean {
    if (this.readAt <= this.doubtAt) return false;
    return !this.connection || this.clock.machine() - this.readAt <= STALE_MS;
  }

  /** Reads what is new; callers at the same time share one reading. **Errors** `database_unavailable`. */
  private async readAgain(): Promise<void> {
    try {
      await (this.reading ??= this.read());
    } catch (error) {
      throw unavailable(error);
    }
  }

  private async read(): Promise<void> {
    const pause = this.failedAt + RETRY_MS - this.clock.machine();
    if (pause > 0) await wait(pause, undefined, { ref: false });
    const beganAt = this.clock.machine();
    this.isDirty = false;
    try {
      await this.feed.read();
      this.readAt = beganAt;
    } catch (error) {
      this.failedAt = this.clock.machine();
      throw error;
    } finally {
      this.reading = undefined;
    }
    if (this.isDirty) this.readSoon();
  }

  /** At once, or after the reading that is under way. */
  private readSoon(): void {
    if (this.isStopped) return;
    if (this.reading) this.isDirty = true;
    else void this.readAgain().catch(() => undefined);
  }

  private poll(): void {
    if (!this.connection || this.isStopped) return;
    // Nobody to throw to; who needs it asks again and is told.
    const next = () => (this.poller = setTimeout(() => this.poll(), POLL_MS).unref());
    this.readAgain().then(next, next);
  }

  /** One notification for all that was written while the last one was on its way. */
  private announce(): void {
    if (!this.connection?.receivesNotifications || this.isStopped) return;
    if (this.announcing) {
      this.isAnnouncedAgain = true;
      return;
    }
    this.isAnnouncedAgain = false;
    // One that is lost is made good by the others' polls.
    this.announcing = this.connection.notify().then(
      () => this.announced(),
      () => this.announced(),
    );
  }

  private announced(): void {
    this.announcing = undefined;
    if (this.isAnnouncedAgain) this.announce();
  }
}

const unavailable = (cause: unknown): TokenjarError =>
  cause instanceof TokenjarError
    ? cause
    : new TokenjarError('database_unavailable', { retryAfter: 1, cause });
