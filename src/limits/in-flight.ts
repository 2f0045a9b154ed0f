import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { Database } from '../database/database.js';
import * as sql from './limit-statements.js';

/** How often the database is asked, whatever number waits. **Unit** milliseconds. */
const POLL_MS = 50;
/** How long an attempt waits altogether. **Unit** milliseconds. */
const PATIENCE_MS = 3000;
/** Beyond these, an attempt is refused at once: requests that wait cost memory. */
const MOST_KEYS = 64;
const MOST_PER_KEY = 32;

/** `released`: the block is gone, and it is worth trying again. `failed`: it stays. `unknown`: there is no outcome yet. */
export type Awaited = 'released' | 'failed' | 'unknown';

/** When an attempt that begins to wait now gives up. **Unit** milliseconds of the process. */
export const patienceEnds = (): number => performance.now() + PATIENCE_MS;

/**
 * Blocks whose cause is an attempt without an outcome yet. It may succeed, and the block is removed, so the next one
 * waits for it; or else two people behind one address who sign in at the same moment are refused for each other.
 *
 * An attacker gains nothing: an attempt that waits is counted afterwards like any other, and a failure leaves the block.
 */
export class InFlight {
  private readonly polls = new Map<string, { outcome: Promise<Awaited>; waiting: number }>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Waits for the outcome. */
  async outcome(key: Buffer, until: number): Promise<Awaited> {
    if (performance.now() >= until) return 'unknown';
    const name = key.toString('latin1');
    const poll = this.polls.get(name);
    if (poll ? poll.waiting >= MOST_PER_KEY : this.polls.size >= MOST_KEYS) return 'unknown';
    if (poll) {
      poll.waiting++;
      return poll.outcome;
    }
    const outcome = this.poll(key, name);
    this.polls.set(name, { outcome, waiting: 1 });
    return outcome;
  }

  /** One loop for all that wait for the same block. */
  private async poll(key: Buffer, name: string): Promise<Awaited> {
    const until = patienceEnds();
    try {
      while (performance.now() < until) {
        await wait(POLL_MS);
        const [block] = await this.db.run(sql.BLOCK, [key, this.clock.now()]);
        if (!block) return 'released';
        if (!block.isInFlight) return 'failed';
      }
      return 'unknown';
    } finally {
      this.polls.delete(name);
    }
  }
}
