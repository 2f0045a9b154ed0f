import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { Caller } from '../http/caller.js';
import { NetworkCounters } from './network-counters.js';

/**
 * Counts invalid refresh tokens by network, in the memory of this process: a refresh takes one query, and one with an
 * invalid token none.
 */
@Injectable()
export class RefreshFailures {
  private readonly counters: NetworkCounters;

  constructor(
    clock: Clock,
    @Inject(OPTIONS) { rateLimit, limitRefreshNetwork }: Pick<Options, 'rateLimit' | 'limitRefreshNetwork'>,
  ) {
    this.counters = new NetworkCounters(clock, 'refresh-network', rateLimit ? limitRefreshNetwork : null);
  }

  /** Counts a failure. **Errors** `rate_limited` if there were too many. */
  recordFailure(caller: Pick<Caller, 'ip'>): void {
    this.counters.add(caller);
  }
}
