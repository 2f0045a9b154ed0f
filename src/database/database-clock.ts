import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from './database.js';
import { isUnavailable } from './unavailable.js';

const DATABASE_TIME = { name: 'database_time', text: 'SELECT clock_timestamp() AS now' };
const EVERY_MS = 60_000;
/** A slower answer says more about the load than about the time. */
const LONGEST_ROUND_TRIP_MS = 500;

/** Keeps the clock of this instance on the database's, which all instances share. */
@Injectable()
export class DatabaseClock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.measure(true);
    this.timer = setInterval(() => void this.measureIfPossible(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** The database's time is taken to be from the middle of the round trip: off by half of it at most. */
  private async measure(isFirst = false): Promise<void> {
    const before = Date.now();
    const [row] = await this.db.run<{ now: Date }>(DATABASE_TIME, []);
    const after = Date.now();
    if (!row || (after - before > LONGEST_ROUND_TRIP_MS && !isFirst)) return;
    this.clock.follow(Math.round(row.now.getTime() - (before + after) / 2));
  }

  private async measureIfPossible(): Promise<void> {
    try {
      await this.measure();
    } catch (error) {
      // The last offset is as good as any while the database is away; a timer has nobody to throw to.
      if (!isUnavailable(error)) this.logger.error(`The database's clock cannot be read: ${String(error)}`);
    }
  }
}
