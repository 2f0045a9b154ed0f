import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { Metrics } from '../measures.js';
import { RecurringWork } from './recurring-work.js';
import type { Sweep } from './sweeps.js';

/** The number of deleted rows by kind, such as `expired sessions`. */
export type Purged = ReadonlyMap<string, number>;

/** How much longer it pauses than it works. */
const REST = 4;
const LOOK_EVERY_MS = 60_000;

/** Claims a job that is due, and sets when it is due next: one instance gets it. */
const TAKE_JOB = statement<[name: string, now: Date, next: Date]>(
  'job_take',
  `INSERT INTO tokenjar.jobs AS job (name, due_at) VALUES ($1, $3)
    ON CONFLICT (name) DO UPDATE SET due_at = $3 WHERE job.due_at <= $2
    RETURNING name`,
);

/**
 * Deletes expired rows. Each slice registers what it stores for a limited time.
 *
 * It works in small batches that wait for no locks, with longer pauses between them, so that refreshes are not slowed
 * down.
 */
@Injectable()
export class Purge implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly sweeps = new Map<string, Sweep>();
  private readonly stop = new AbortController();
  private endedAt: Date | undefined;
  private readonly purging = new RecurringWork('The purge failed', () => this.runAndTell());

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'purgeInterval'>,
    private readonly metrics: Metrics,
  ) {
    metrics.watch('tokenjar_purge_timestamp_seconds', () => this.endedAt && epochSeconds(this.endedAt));
  }

  /** @param what is deleted, as shown to operators: `expired sessions`. */
  register(what: string, sweep: Sweep): void {
    this.sweeps.set(what, sweep);
  }

  onModuleInit(): void {
    if (this.options.purgeInterval === 0) return;
    this.purging.start(Math.min(LOOK_EVERY_MS, this.options.purgeInterval * 1000));
  }

  onModuleDestroy(): Promise<void> {
    this.stop.abort();
    return this.purging.stop();
  }

  /** Purges if it is due and no other instance does. */
  async runIfDue(): Promise<Purged | undefined> {
    const now = this.clock.now();
    const next = addSeconds(now, this.options.purgeInterval);
    const taken = await this.db.run(TAKE_JOB, ['purge', now, next]);
    return taken.length === 0 ? undefined : this.run();
  }

  /** Purges now. */
  async run(): Promise<Purged> {
    const now = this.clock.now();
    const purged = new Map<string, number>();
    for (const [what, sweep] of this.sweeps) {
      const count = await this.sweep(sweep(this.db, now));
      purged.set(what, count);
      this.metrics.add('tokenjar_purged_rows_total', count, what);
    }
    this.endedAt = this.clock.now();
    return purged;
  }

  private async sweep(batches: AsyncGenerator<number>): Promise<number> {
    let total = 0;
    for (;;) {
      const began = performance.now();
      const batch = await batches.next();
      if (batch.done) return total;
      total += batch.value;
      await this.rest(REST * (performance.now() - began));
      if (this.stop.signal.aborted) return total;
    }
  }

  private rest(milliseconds: number): Promise<void> {
    return wait(milliseconds, undefined, { signal: this.stop.signal }).catch(() => undefined);
  }

  private async runAndTell(): Promise<void> {
    const purged = await this.runIfDue();
    if (purged && [...purged.values()].some((count) => count > 0))
      this.logger.log(`Purged ${describePurged(purged)}`);
  }
}

export const describePurged = (purged: Purged): string =>
  [...purged].map(([what, count]) => `${count} ${what}`).join(', ');
