import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { networksOf } from '../crypto/ip-network.js';
import { makeRoomIn } from './refusal-memory.js';

/** How many networks are remembered: those with the most recent failures. */
const MOST_NETWORKS = 10_000;

/**
 * Counts invalid refresh tokens by network, in the memory of this process: a refresh takes one query, and one with an
 * invalid token none.
 */
@Injectable()
export class RefreshFailures {
  /** The number of failures at a time; the counter drains. **Unit** milliseconds. */
  private readonly counts = new Map<string, { count: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit' | 'limitRefreshNetwork'>,
  ) {}

  /** Counts a failure. **Errors** `rate_limited` if there were too many. */
  recordFailure({ ip }: Pick<Caller, 'ip'>): void {
    const { rateLimit, limitRefreshNetwork: limit } = this.options;
    if (!rateLimit || limit === null) return;
    const now = this.clock.now().getTime();
    for (const { name, factor } of networksOf(ip)) {
      const quota = limit.quota * factor;
      if (this.count(name, quota, quota / (limit.window * 1000), now) <= quota) continue;
      const retryAfter = Math.max(1, Math.ceil(limit.window / quota));
      const refused = { name: 'refresh-network', quota, window: limit.window };
      throw new TokenjarError('rate_limited', { retryAfter, limit: refused });
    }
  }

  /** @param leak **Unit** failures per millisecond. @returns the number of failures including this one. */
  private count(network: string, quota: number, leak: number, now: number): number {
    const last = this.counts.get(network) ?? { count: 0, at: now };
    const left = Math.max(0, last.count - leak * Math.max(0, now - last.at));
    this.counts.delete(network);
    makeRoomIn(this.counts, MOST_NETWORKS);
    this.counts.set(network, { count: Math.min(left + 1, quota + 1), at: now });
    return left + 1;
  }
}
