import { Logger } from '@nestjs/common';
import { isUnavailable } from '../database/unavailable.js';

/**
 * Work that an instance does every so often beside its requests, never twice at once. While the database is away it
 * does nothing; any other failure is logged, and the work is tried again the next time.
 */
export class RecurringWork {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /** @param failure what is logged before the error: `The purge failed`. */
  constructor(
    private readonly failure: string,
    private readonly work: () => Promise<unknown>,
  ) {}

  /** @param everyMs milliseconds between two looks. */
  start(everyMs: number): void {
    this.timer = setInterval(() => this.runNow(), everyMs).unref();
  }

  /** Begins without waiting for the timer. */
  runNow(): void {
    this.running ??= this.run();
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`${this.failure}: ${String(error)}`);
    } finally {
      this.running = undefined;
    }
  }
}
