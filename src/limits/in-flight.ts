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

/** A loop that asks for the outcome, and those that wait for it. */
interface Poll {
  outcome: Promise<Awaited>;
  /** When the last of them gives up. **Unit** milliseconds of the process. */
  until: number;
  waiting: number;
}

/** When an attempt that begins to wait now gives up. **Unit** milliseconds of the process. */
export const patienceEnds = (): number => performance.now() + PATIENCE_MS;

/**
 * Blocks whose cause is an attempt without an outcome yet. It may succeed, and the block is removed, so the next one
 * waits for it; or else two people behind one address who sign in at the same moment are refused for each other.
 *
 * An attacker gains nothing: an attempt that waits is counted afterwards like any other, and a failure leaves the block.
 */
export class InFlight {
  private readonly polls = new Map<string, Poll>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Waits for the outcome, as long as the attempt itself may wait. */
  async outcome(key: Buffer, until: number): Promise<Awaited> {
    if (performance.now() >= until) return 'unknown';
    const name = key.toString('latin1');
    const known = this.polls.get(name);
    if (known ? known.waiting >= MOST_PER_KEY : this.polls.size >= MOST_KEYS) return 'unknown';
    const poll = known ?? this.begin(key, name);
    poll.waiting++;
    poll.until = Math.max(poll.until, until);
    const stop = new AbortController();
    const tooLate = wait(until - performance.now(), 'unknown' as const, { signal: stop.signal });
    try {
      return await Promise.race([poll.outcome, tooLate.catch(() => 'unknown' as const)]);
    } finally {
      stop.abort();
      poll.waiting--;
    }
  }

  private begin(key: Buffer, name: string): Poll {
    const poll: Poll = { until: 0, waiting: 0, outcome: Promise.resolve('unknown') };
    this.polls.set(name, poll);
    poll.outcome = this.poll(key, name, poll);
    return poll;
  }

  /** One loop for all that wait for the same block, until the last of them gives up. */
  private async poll(key: Buffer, name: string, poll: Poll): Promise<Awaited> {
    try {
      do {
        await wait(POLL_MS);
        const [block] = await this.db.run(sql.BLOCK, [key, this.clock.now()]);
        if (!block) return 'released';
        if (!block.isInFlight) return 'failed';
      } while (performance.now() < poll.until);
      return 'unknown';
    } finally {
      this.polls.delete(name);
    }
  }
}
