import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from './database.js';
import { statement } from './statement.js';
import { isUnavailable } from './unavailable.js';

const DATABASE_TIME = statement<[], { now: Date }>('database_time', 'SELECT clock_timestamp() AS now');
const EVERY_MS = 60_000;
/** A slower answer says more about the load than about the time. */
const LONGEST_ROUND_TRIP_MS = 500;
/** A difference below this, or below the round trip, is noise. */
const LEAST_DIFFERENCE_MS = 20;

/**
 * Keeps the clock of this instance on the database's, which all instances share.
 *
 * It measures at start and every minute; whoever asks the database for the time anyway tells it what it heard.
 */
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

  /**
   * Notes what the database said the time was between two readings of {@link Clock.machine}.
   *
   * It is taken to be from the middle of the round trip: off by half of it at most.
   */
  observe(said: Date, askedAt: number, heardAt: number, isFirst = false): void {
    const roundTrip = heardAt - askedAt;
    if (roundTrip > LONGEST_ROUND_TRIP_MS && !isFirst) return;
    const lead = said.getTime() - (askedAt + heardAt) / 2;
    const isNews = Math.abs(lead - this.clock.lead) > Math.max(LEAST_DIFFERENCE_MS, roundTrip);
    if (isFirst || isNews) this.clock.follow(lead);
  }

  /** Asks the database for the time. */
  async measure(isFirst = false): Promise<void> {
    const askedAt = this.clock.machine();
    const [row] = await this.db.run(DATABASE_TIME, []);
    if (row) this.observe(row.now, askedAt, this.clock.machine(), isFirst);
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
