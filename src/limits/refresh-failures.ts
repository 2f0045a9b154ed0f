import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { networkOf } from '../network.js';

/** Networks that are remembered; a flood from more of them is not one that this stops. */
const MOST_NETWORKS = 10_000;

/**
 * Counts bad refresh tokens, by network, in the memory of this process: a refresh asks the database once, and one with a
 * bad token not at all.
 */
@Injectable()
export class RefreshFailures {
  /** How many failed, as of when; the count leaks away. **Unit** milliseconds. */
  private readonly counts = new Map<string, { count: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit' | 'limitRefreshNetwork'>,
  ) {}

  /** Notes a failure. **Errors** `rate_limited` when there were too many. */
  note({ ip }: Pick<Caller, 'ip'>): void {
    const { rateLimit, limitRefreshNetwork: limit } = this.options;
    if (!rateLimit || limit === null) return;
    const network = networkOf(ip);
    const now = this.clock.now().getTime();
    const leak = limit.quota / (limit.window * 1000);
    const last = this.counts.get(network) ?? { count: 0, at: now };
    const left = Math.max(0, last.count - leak * Math.max(0, now - last.at));
    if (this.counts.size >= MOST_NETWORKS) this.counts.clear();
    this.counts.set(network, { count: Math.min(left + 1, limit.quota + 1), at: now });
    if (left + 1 <= limit.quota) return;
    const retryAfter = Math.max(1, Math.ceil(limit.window / limit.quota));
    throw new TokenjarError('rate_limited', { retryAfter, limit: { name: 'refresh-network', ...limit } });
  }
}
