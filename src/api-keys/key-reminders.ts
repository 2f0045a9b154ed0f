import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { Outbox } from '../mail/outbox.js';
import { TAKE_EXPIRING } from './api-key-statements.js';

const LOOK_EVERY_MS = 10 * 60_000;
/** How long before it expires, and the least lifetime of a key of which its owner is told. **Unit** seconds. */
const BEFORE = 7 * 86_400;
const LEAST_LIFETIME = 2 * BEFORE;
const BATCH = 100;

/** Tells owners once that a key of theirs expires soon. */
@Injectable()
export class KeyReminders implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void (this.running ??= this.runIfPossible()), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Tells all that are to be told now. Several instances share the work. */
  async run(): Promise<void> {
    for (;;) {
      const told = await this.db.transaction(async (tx) => {
        const now = this.clock.now();
        const keys = await tx.run(TAKE_EXPIRING, [now, addSeconds(now, BEFORE), LEAST_LIFETIME, BATCH]);
        for (const { email, email_verified, locale, expires_at } of keys) {
          if (!email_verified || email === null) continue;
          const values = { time: expires_at.toISOString() };
          await this.outbox.queue({ kind: 'api_key_expires', to: email, languages: locale, values }, tx);
        }
        return keys.length;
      });
      if (told < BATCH) return;
    }
  }

  private async runIfPossible(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`Owners of API keys could not be told: ${String(error)}`);
    } finally {
      this.running = undefined;
    }
  }
}
