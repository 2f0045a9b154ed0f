import { addSeconds, type Clock } from '../clock.js';
import type { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { LimitCheck, Outcome, Policy } from './limit-policies.js';
import * as sql from './limit-statements.js';
import type { RefusalMemory } from './refusal-memory.js';

export interface ThresholdCheck extends LimitCheck {
  /** What a success can be credited to. */
  creditKeys: Buffer[];
}

/** A success only offsets a failure if there are enough: from this fraction of the quota of the global threshold. */
const CREDIT_FROM = 0.25;

/** Whether a block may be removed again: the attempt that caused it counts only if it fails. */
export const isRefundedOnSuccess = ({ counts }: Policy): boolean => !counts.includes('success');

/** What becomes of the counters once the outcome of an attempt is known. */
export class Outcomes {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly refusals: RefusalMemory,
  ) {}

  /** Lets whoever waits for the outcome of an attempt know that it failed. */
  async fail(all: readonly LimitCheck[], rows: readonly sql.ConsumedRow[]): Promise<void> {
    const blocking = rows.flatMap((row) => {
      const check = all[row.level];
      return check && row.blocked_until && isRefundedOnSuccess(check.policy) ? [{ ...check, row }] : [];
    });
    if (blocking.length === 0) return;
    const keys = blocking.map(({ key }) => key);
    const blocks = blocking.map(({ row }) => row.blocked_until);
    try {
      await this.db.run(sql.SETTLE, [keys, blocks]);
    } catch (error) {
      // Whoever waits is refused a little later.
      if (!isUnavailable(error)) throw error;
    }
  }

  /** Refunds the limits that do not count an outcome, by exactly the amount consumed. */
  async refund(
    all: readonly LimitCheck[],
    rows: readonly sql.ConsumedRow[],
    threshold: ThresholdCheck | undefined,
    outcome: Outcome,
  ): Promise<void> {
    const refunds = rows.flatMap((row) => {
      const check = all[row.level];
      return check && !check.policy.counts.includes(outcome) ? [{ ...check, row }] : [];
    });
    if (refunds.length === 0) return;
    const values: sql.RefundValues = [
      refunds.map(({ key }) => key),
      refunds.map(({ row }) => row.added),
      refunds.map(({ policy }) => policy.quota),
      refunds.map(({ policy }) => policy.strictQuota),
      refunds.map(({ row }) => row.blocked_until),
    ];
    const total = rows.find(({ level }) => all[level] === threshold)?.count ?? 0;
    const isCredited =
      outcome === 'success' &&
      threshold !== undefined &&
      threshold.creditKeys.length > 0 &&
      total >= CREDIT_FROM * threshold.policy.quota;
    try {
      if (isCredited) {
        const now = this.clock.now();
        const { creditKeys, key, policy } = threshold;
        const again = addSeconds(now, policy.window);
        await this.db.run(sql.REFUND_WITH_CREDIT, [...values, creditKeys, now, again, key]);
      } else await this.db.run(sql.REFUND, values);
      this.refusals.forget(refunds.map(({ key }) => key));
    } catch (error) {
      // The attempt stays counted, which must not refuse a user who has signed in.
      if (!isUnavailable(error)) throw error;
    }
  }
}
