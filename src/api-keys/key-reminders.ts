import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { RecurringWork } from '../housekeeping/recurring-work.js';
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
  private readonly telling = new RecurringWork('Owners of API keys could not be told', () => this.run());

  constructor(
    private readonly db: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.telling.start(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.telling.stop();
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
}
