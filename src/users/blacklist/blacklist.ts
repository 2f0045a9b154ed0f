import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { Database } from '../../database/database.js';
import { DatabaseClock } from '../../database/database-clock.js';
import { toUnavailable } from '../../database/unavailable.js';
import { Readiness } from '../../housekeeping/readiness.js';
import type { SideConnection } from '../../database/side-connection.js';
import { BlacklistFeed, type BlacklistRow } from './blacklist-feed.js';
import {
  BlacklistMemory,
  type JudgedKey,
  type JudgedSession,
  type KeyState,
  type JudgedToken,
} from './blacklist-memory.js';
import type { FollowingKeys } from './following-keys.js';
import type { FollowingRoles } from './following-roles.js';
import { judge } from './judgement.js';

const CHANNEL = 'tokenjar_blacklist';
const SWEEP_MS = 60_000;
/** The poll interval: a fallback for lost notifications, or the only source if there are none. */
const POLL_MS = 300;
/**
 * The maximum age of the data. Older data is not trusted, because another instance may have revoked something since.
 */
const STALE_MS = 900;
/** While the database is unavailable, one of the waiting requests per interval queries it for all of them. */
const RETRY_MS = 100;

/**
 * The blacklist in memory, updated on every instance within a moment, so that access tokens are refused without a
 * query.
 *
 * The table is authoritative. Whatever ends a session writes to it and passes the rows to {@link remember}; the other
 * instances are notified and read what is new, and also poll every 300 ms. An instance that has not succeeded for 900
 * ms queries before it accepts a request, and refuses all requests while the database is unavailable (it fails closed).
 *
 * The embedded database has a single process, which knows everything that it wrote.
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
  /** When the last successful read began, on this machine's clock. **Unit** milliseconds. */
  private readAt = -Infinity;
  private doubtAt = -Infinity;
  private failedAt = -Infinity;
  private reading: Promise<void> | undefined;
  /** Whether an entry was written during a read. */
  private isDirty = false;
  private announcing: Promise<void> | undefined;
  private isAnnouncedAgain = false;
  private keys: FollowingKeys | undefined;
  private roles: FollowingRoles | undefined;
  private forgetWhenLost: (() => void) | undefined;

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
        entries: (ofUsers, ofSessions) => this.memory.remember(ofUsers, ofSessions),
        time: (said, askedAt, heardAt) => databaseClock.observe(said, askedAt, heardAt),
        keys: (state, queries) => this.keys?.hear(state, queries),
        roles: (state, queries) => this.roles?.readIfChanged(state, queries),
        lost: () => {
          this.memory.forgetEpochs();
          this.forgetWhenLost?.();
          this.keys?.whenLost();
        },
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

  /** Nest calls this when no request is in progress; until then, each may need a check. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.sweeper);
    clearTimeout(this.poller);
    await this.connection?.close();
  }

  /** Reads what is new if the data is too old. **Errors** `database_unavailable`. */
  refresh(): void | Promise<void> {
    if (!this.isFresh) return this.readAgain();
  }

  /** The feed also reports the state of the roles and of the signing keys; what is read then is part of the read. */
  followBy(roles: FollowingRoles): void {
    this.roles = roles;
  }

  keysFollowBy(keys: FollowingKeys): void {
    this.keys = keys;
  }

  /** Called when the database may have lost commits: what was read before may be gone. */
  whenLost(forget: () => void): void {
    this.forgetWhenLost = forget;
  }

  get size(): number {
    return this.memory.size;
  }

  /** Adds what this instance wrote itself, and notifies the others. */
  remember(rows: readonly BlacklistRow[]): void {
    this.memory.remember(rows);
    if (rows.length > 0) this.announce();
  }

  /** Marks the data as stale: the response to a statement was lost, so the table may contain unknown entries. */
  markStale(): void {
    this.doubtAt = this.clock.machine();
    this.readSoon();
  }

  /** Whether the tokens of a session are refused, according to the data in memory. */
  refuses(session: { sessionId: string; userId: number }): boolean {
    return this.memory.refuses(session);
  }

  /**
   * Checks a valid token, or only its session. It waits only if the data is too old.
   *
   * **Errors** `token_blacklisted`, `token_outdated`, `user_inactive`; `database_unavailable` if that cannot be determined.
   */
  check(token: JudgedSession | JudgedToken): void | Promise<void> {
    // A revocation is final, so it needs no fresh data.
    this.judge(token);
    if (!this.isFresh) return this.checkAfterReading(token);
  }

  /**
   * What has become of an API key since it was read. It waits only if the data is too old.
   *
   * **Errors** `database_unavailable` if that cannot be determined.
   */
  stateOfKey(key: JudgedKey): KeyState | Promise<KeyState> {
    const state = this.memory.stateOfKey(key);
    if (state === 'revoked' || this.isFresh) return state;
    return this.catchUp().then(() => this.memory.stateOfKey(key));
  }

  private judge(token: JudgedSession | JudgedToken): void {
    judge(token, this.memory, this.roles);
  }

  private async checkAfterReading(token: JudgedSession | JudgedToken): Promise<void> {
    await this.catchUp();
    this.judge(token);
  }

  private async catchUp(): Promise<void> {
    const askedAt = this.clock.machine();
    // Any read that began after this call will do, however long it takes; on a slow database none would ever be fresh
    // enough.
    while (!this.isFresh && this.readAt < askedAt) await this.readAgain();
  }

  private get isFresh(): boolean {
    return this.readAt > this.doubtAt && this.age <= STALE_MS;
  }

  /** Of what is known of other instances. **Unit** milliseconds. */
  get age(): number {
    return this.connection ? this.clock.machine() - this.readAt : 0;
  }

  /** Reads what is new; concurrent callers share one read. **Errors** `database_unavailable`. */
  private async readAgain(): Promise<void> {
    try {
      await (this.reading ??= this.read());
    } catch (error) {
      throw toUnavailable(error);
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

  /** Now, or after the read in progress. */
  private readSoon(): void {
    if (this.isStopped) return;
    if (this.reading) this.isDirty = true;
    else void this.readAgain().catch(() => undefined);
  }

  private poll(): void {
    if (!this.connection || this.isStopped) return;
    // No caller to report to: a request that needs the data reads again and reports the failure.
    const next = () => (this.poller = setTimeout(() => this.poll(), POLL_MS).unref());
    this.readAgain().then(next, next);
  }

  /** One notification for everything written while the previous one was sent. */
  private announce(): void {
    if (!this.connection?.receivesNotifications || this.isStopped) return;
    if (this.announcing) {
      this.isAnnouncedAgain = true;
      return;
    }
    this.isAnnouncedAgain = false;
    // If it is lost, the other instances still poll.
    const announced = () => {
      this.announcing = undefined;
      if (this.isAnnouncedAgain) this.announce();
    };
    this.announcing = this.connection.notify().then(announced, announced);
  }
}
