import { networksOf } from '../crypto/ip-network.js';
import type { Clock } from '../clock.js';
import type { Limit } from '../config/setting.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { makeRoomIn } from './refusal-memory.js';

/** How many networks are remembered: those with the most recent failures. */
const MOST_NETWORKS = 10_000;

/** Counts by network, in the memory of this process. The counters drain. */
export class NetworkCounters {
  /** The count at a time. **Unit** milliseconds. */
  private readonly counts = new Map<string, { count: number; at: number }>();

  /** @param limit null for none. */
  constructor(
    private readonly clock: Clock,
    private readonly name: string,
    private readonly limit: Limit | null,
  ) {}

  /** **Errors** `rate_limited` if there were too many. */
  add({ ip }: Pick<Caller, 'ip'>): void {
    if (this.limit === null) return;
    const { quota: narrowest, window } = this.limit;
    for (const { name, factor } of networksOf(ip)) {
      const quota = narrowest * factor;
      const count = Math.min(this.countOf(name, quota) + 1, quota + 1);
      this.keep(name, count);
      if (count <= quota) continue;
      const retryAfter = Math.max(1, Math.ceil(window / quota));
      throw new TokenjarError('rate_limited', { retryAfter, limit: { name: this.name, quota, window } });
    }
  }

  /** Takes one back that was no failure. */
  remove({ ip }: Pick<Caller, 'ip'>): void {
    if (this.limit === null) return;
    for (const { name, factor } of networksOf(ip))
      this.keep(name, Math.max(0, this.countOf(name, this.limit.quota * factor) - 1));
  }

  private countOf(network: string, quota: number): number {
    const now = this.clock.now().getTime();
    const last = this.counts.get(network) ?? { count: 0, at: now };
    const leak = quota / ((this.limit?.window ?? 1) * 1000);
    return Math.max(0, last.count - leak * Math.max(0, now - last.at));
  }

  private keep(network: string, count: number): void {
    this.counts.delete(network);
    if (count === 0) return;
    makeRoomIn(this.counts, MOST_NETWORKS);
    this.counts.set(network, { count, at: this.clock.now().getTime() });
  }
}
