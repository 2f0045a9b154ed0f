import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { PURGE_AUDIT } from '../audit/audit.js';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { type Statement, statement } from '../database/statement.js';
import { isUnavailable } from '../database/unavailable.js';
import { PURGE_LIMITS } from '../limits/limit-statements.js';
import { ENDED_SHOWN } from './sessions/listed-session.js';

/** How many rows went. */
export interface Purged {
  sessions: number;
  blacklist: number;
  endedSessions: number;
  limits: number;
  auditEvents: number;
  oneTimeTokens: number;
  pendingRegistrations: number;
  givenUpEmails: number;
}

/** Rows a statement looks at: few enough to take some milliseconds. */
const BATCH = 500;
/** How much longer it rests than it worked. */
const REST = 4;
/** What has expired a moment ago may be in somebody's hands. **Unit** seconds. */
const MARGIN = 3600;
const LOOK_EVERY_MS = 60_000;
const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Sessions are walked in the order in which they began, for no index stands on what a refresh changes.
 */
const PURGE_SESSIONS = statement<
  [after: string, before: string, expired: Date],
  { gone: number; seen: number; last: string | null }
>(
  'purge_sessions',
  `WITH page AS MATERIALIZED (
      SELECT id, least(idle_expires_at, absolute_expires_at) AS expires_at FROM tokenjar.sessions
      WHERE id > $1 AND id < $2 ORDER BY id LIMIT ${BATCH}
    ), gone AS (
      DELETE FROM tokenjar.sessions WHERE id IN (
        SELECT s.id FROM tokenjar.sessions s
        WHERE s.id IN (SELECT id FROM page WHERE expires_at <= $3)
          AND least(s.idle_expires_at, s.absolute_expires_at) <= $3
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS gone, (SELECT count(*)::int FROM page) AS seen,
      (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last`,
);

const purgeBy = (name: string, table: string, column: string, key = 'id') =>
  statement<[until: Date]>(
    name,
    `DELETE FROM tokenjar.${table} WHERE ${key} IN (
      SELECT ${key} FROM tokenjar.${table} WHERE ${column} <= $1 ORDER BY ${column} LIMIT ${BATCH}
      FOR UPDATE SKIP LOCKED
    ) RETURNING ${key}`,
  );
const PURGE_BLACKLIST = purgeBy('purge_blacklist', 'blacklist', 'expires_at');
const PURGE_ENDED = purgeBy('purge_ended_sessions', 'ended_sessions', 'ended_at');

const PURGE_TOKENS = purgeBy('purge_one_time_tokens', 'one_time_tokens', 'expires_at', 'digest');
const PURGE_REGISTRATIONS = purgeBy(
  'purge_pending_registrations',
  'pending_registrations',
  'expires_at',
  'email',
);
const PURGE_GIVEN_UP_EMAILS = purgeBy('purge_given_up_emails', 'outbox', 'failed_at');

/** Takes a job that is due, and says when it is due next: of all instances one gets it. */
const TAKE_JOB = statement<[name: string, now: Date, next: Date]>(
  'job_take',
  `INSERT INTO tokenjar.jobs AS job (name, due_at) VALUES ($1, $3)
    ON CONFLICT (name) DO UPDATE SET due_at = $3 WHERE job.due_at <= $2
    RETURNING name`,
);

/**
 * Removes what has expired: sessions, entries of the blacklist, counts of tries, tokens of emails, audit events; and what
 * ended or failed 30 days ago.
 *
 * In small batches that wait for nobody's lock, with rests between them that are longer, so that refreshes do not notice.
 */
@Injectable()
export class Purge implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS)
    private readonly options: Pick<
      Options,
      'purgeInterval' | 'auditRetention' | 'refreshTokenLifetime' | 'sessionMaxLifetime' | 'leeway'
    >,
  ) {}

  onModuleInit(): void {
    if (this.options.purgeInterval === 0) return;
    const every = Math.min(LOOK_EVERY_MS, this.options.purgeInterval * 1000);
    this.timer = setInterval(() => void (this.running ??= this.runIfPossible()), every).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort();
    await this.running;
  }

  /** Purges if it is time to and no other instance does. */
  async runIfDue(): Promise<Purged | undefined> {
    const now = this.clock.now();
    const next = addSeconds(now, this.options.purgeInterval);
    const taken = await this.db.run(TAKE_JOB, ['purge', now, next]);
    return taken.length === 0 ? undefined : this.run();
  }

  /** Purges now. */
  async run(): Promise<Purged> {
    const now = this.clock.now();
    const expired = addSeconds(now, -MARGIN - this.options.leeway);
    return {
      sessions: await this.purgeSessions(expired),
      blacklist: await this.purgeBy(PURGE_BLACKLIST, expired),
      endedSessions: await this.purgeBy(PURGE_ENDED, addSeconds(now, -ENDED_SHOWN)),
      limits: await this.purgeLimits(now),
      auditEvents: await this.purgeBy(PURGE_AUDIT, addSeconds(now, -this.options.auditRetention)),
      oneTimeTokens: await this.purgeBy(PURGE_TOKENS, expired),
      pendingRegistrations: await this.purgeBy(PURGE_REGISTRATIONS, expired),
      givenUpEmails: await this.purgeBy(PURGE_GIVEN_UP_EMAILS, addSeconds(now, -ENDED_SHOWN)),
    };
  }

  private async purgeSessions(expired: Date): Promise<number> {
    const { refreshTokenLifetime, sessionMaxLifetime } = this.options;
    // None that began later can have expired.
    const began = addSeconds(expired, -Math.min(refreshTokenLifetime, sessionMaxLifetime));
    const until = uuidv7({ msecs: Math.max(0, began.getTime()), seq: 0, random: new Uint8Array(16) });
    let total = 0;
    for (let after = NIL; ;) {
      const [page] = await this.batch(PURGE_SESSIONS, [after, until, expired]);
      total += page?.gone ?? 0;
      if (!page?.last || page.seen < BATCH || this.stop.signal.aborted) return total;
      after = page.last;
    }
  }

  private async purgeLimits(now: Date): Promise<number> {
    let total = 0;
    for (let after: Buffer = Buffer.alloc(0); ;) {
      const [page] = await this.batch(PURGE_LIMITS, [after, now]);
      total += page?.gone ?? 0;
      if (!page?.last || page.seen < BATCH || this.stop.signal.aborted) return total;
      after = page.last;
    }
  }

  private async purgeBy(statement: Statement<[until: Date], unknown>, moment: Date): Promise<number> {
    let total = 0;
    for (;;) {
      const { length } = await this.batch(statement, [moment]);
      total += length;
      if (length < BATCH || this.stop.signal.aborted) return total;
    }
  }

  private async batch<Values extends unknown[], Row>(
    statement: Statement<Values, Row>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    const began = performance.now();
    const rows = await this.db.run(statement, values);
    await wait(REST * (performance.now() - began), undefined, { signal: this.stop.signal }).catch(
      () => undefined,
    );
    return rows;
  }

  private async runIfPossible(): Promise<void> {
    try {
      const purged = await this.runIfDue();
      if (purged && Object.values(purged).some((count) => count > 0))
        this.logger.log(`Purged ${describePurged(purged)}`);
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`The purge failed: ${String(error)}`);
    } finally {
      this.running = undefined;
    }
  }
}

export const describePurged = (purged: Purged): string =>
  `${purged.sessions} expired sessions, ${purged.blacklist} entries of the blacklist, ${purged.endedSessions} records of ended sessions, ${purged.limits} expired limits, ${purged.auditEvents} audit events, ${purged.oneTimeTokens} links of emails, ${purged.pendingRegistrations} registrations that nobody verified, ${purged.givenUpEmails} given-up emails`;
