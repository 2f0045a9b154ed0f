import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from './database.js';
import { statement } from './statement.js';
import { isUnavailable } from './unavailable.js';

const DATABASE_TIME = statement<[], { now: Date }>('database_time', 'SELECT clock_timestamp() AS now');
const EVERY_MS = 60_000;
/** A slower response is not used, because it depends on the load. */
const LONGEST_ROUND_TRIP_MS = 500;
/** A difference below this, or below the round trip, is noise. */
const LEAST_DIFFERENCE_MS = 20;

/**
 * Keeps the clock of this instance in step with the clock of the database, which all instances share.
 *
 * It measures at startup and every minute; other queries that return the time report it here too.
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
   * Uses a time that the database returned between two readings of {@link Clock.machine}.
   *
   * It is assumed to be from the middle of the round trip, so the error is at most half of it.
   */
  observe(said: Date, askedAt: number, heardAt: number, isFirst = false): void {
    const roundTrip = heardAt - askedAt;
    if (roundTrip > LONGEST_ROUND_TRIP_MS && !isFirst) return;
    const lead = said.getTime() - (askedAt + heardAt) / 2;
    const isSignificant = Math.abs(lead - this.clock.lead) > Math.max(LEAST_DIFFERENCE_MS, roundTrip);
    if (isFirst || isSignificant) this.clock.follow(lead);
  }

  /** Queries the time of the database. */
  async measure(isFirst = false): Promise<void> {
    const askedAt = this.clock.machine();
    const [row] = await this.db.run(DATABASE_TIME, []);
    if (row) this.observe(row.now, askedAt, this.clock.machine(), isFirst);
  }

  private async measureIfPossible(): Promise<void> {
    try {
      await this.measure();
    } catch (error) {
      // While the database is unavailable, the last offset stays in use; a timer has no caller to throw to.
      if (!isUnavailable(error)) this.logger.error(`The database's clock cannot be read: ${String(error)}`);
    }
  }
}
