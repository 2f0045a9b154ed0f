import { createHmac, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { MOST_TIERS, networksOf, siteOf } from '../crypto/ip-network.js';
import {
  type ActionPolicy,
  type LimitCheck,
  type LimitedAction,
  type Outcome,
  policiesOf,
  type Policy,
  widened,
} from './limit-policies.js';
import { InFlight, patienceEnds } from './in-flight.js';
import * as sql from './limit-statements.js';
import { isRefundedOnSuccess, Outcomes, type ThresholdCheck } from './outcomes.js';
import { RefusalMemory } from './refusal-memory.js';

/** Token under which the key of the digests is injected. */
export const LIMIT_KEY = Symbol('tokenjar.limitKey');

/** One attempt of a client. */
export interface Attempt {
  caller: Pick<Caller, 'ip'>;
  /** The account named by the request, whether or not it exists: an address, or an ID. */
  account?: string;
  /** A device that the account knows: it has its own counters and is not affected by strangers in its network. */
  device?: string | undefined;
}

/** An attempt that was allowed. It counts as a failure until its outcome is reported. */
export interface Consumed {
  /** Whether this attempt, if it fails, makes the next one for the account wait. */
  isLast: boolean;
  /** The same, if the attempts before it did not have to wait. */
  isFirstOfLock: boolean;
  /**
   * Reports the outcome. Limits that do not count it are refunded, by exactly the amount consumed; after a failure,
   * attempts that wait for the outcome are refused at once.
   */
  settle(outcome: Outcome): Promise<void>;
}

const UNLIMITED: Consumed = { isLast: false, isFirstOfLock: false, settle: () => Promise.resolve() };

/** The first byte of keys determines the order in which limits are checked and their rows are locked. */
const RANK_OF_CREDIT = 0;
const RANK_OF_THRESHOLD = 255;
/**
 * Rate limits, counted in the database and shared by all instances; one statement per attempt.
 *
 * A slice calls {@link consume} before the work. The named account need not exist, so refusals do not reveal whether it does.
 * **Source** ASVS 5.0 6.1.1, 6.3.1, 2.4.1; OWASP Authentication Cheat Sheet.
 */
@Injectable()
export class Limits {
  private readonly policies: Record<LimitedAction, ActionPolicy>;
  private readonly refusals = new RefusalMemory();
  private readonly inFlight: InFlight;
  private readonly outcomes: Outcomes;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(LIMIT_KEY) private readonly key: KeyObject,
  ) {
    this.policies = policiesOf(options);
    this.inFlight = new InFlight(db, clock);
    this.outcomes = new Outcomes(db, clock, this.refusals);
  }

  /**
   * Counts an attempt, before its outcome is known, so that concurrent attempts do not pass together.
   *
   * **Errors** `rate_limited`.
   */
  async consume(action: LimitedAction, attempt: Attempt): Promise<Consumed> {
    if (!this.options.rateLimit && !this.policies[action].isAlwaysOn) return UNLIMITED;
    const checks = this.policies[action].limits.flatMap((policy, at) =>
      this.checksOf(action, policy, at, attempt),
    );
    const threshold = this.thresholdOf(action, attempt);
    const all: LimitCheck[] = threshold ? [...checks, threshold] : checks;
    if (all.length === 0) return UNLIMITED;

    const rows = await this.pass(all, threshold, attempt.account);
    const locked = rows.filter(({ level, blocked_until }) => blocked_until && locks(all[level]));
    return {
      isLast: locked.length > 0,
      isFirstOfLock: locked.some(({ level, count }) => count < (all[level]?.policy.quota ?? 0) + 0.5),
      settle: (outcome) =>
        outcome === 'failure'
          ? this.outcomes.fail(all, rows)
          : this.outcomes.refund(all, rows, threshold, outcome),
    };
  }

  /** Counts an attempt, once those in flight that stand in its way have an outcome. */
  private async pass(
    all: readonly LimitCheck[],
    threshold: ThresholdCheck | undefined,
    account: string | undefined,
  ): Promise<sql.ConsumedRow[]> {
    const patience = patienceEnds();
    for (;;) {
      const now = this.clock.now();
      const known = this.refusals.find(all, now);
      if (known) throw refusal(known.policy, known.until, now, account);
      const rows = await this.db.run(statementFor(all.length), [
        now,
        threshold?.key ?? null,
        threshold ? threshold.policy.quota / threshold.policy.window : 1,
        threshold?.policy.quota ?? 1,
        ...all.flatMap(valuesOf),
      ]);
      const row = rows.find(({ passed }) => !passed);
      const refused = row && all[row.level];
      if (!row?.blocked_until || !refused) return rows;

      const inFlightUntil = awaitedUntil(row, refused, now);
      const awaited = inFlightUntil ? await this.inFlight.outcome(refused.key, patience) : 'failed';
      if (awaited === 'failed') this.refusals.remember(refused, row.blocked_until, now);
      if (awaited !== 'released') {
        const until = awaited === 'unknown' && inFlightUntil ? inFlightUntil : row.blocked_until;
        throw refusal(refused.policy, until, now, account);
      }
      // Counted anew, and so are the limits before the one that refused.
      const passed = rows.filter((other) => other.passed);
      await this.outcomes.refund(all, passed, threshold, 'void');
    }
  }

  /** Resets the limits of an account for all devices, after its owner has proven who they are. */
  async forget(action: LimitedAction, account: string, queries: Queries): Promise<void> {
    if (!this.options.rateLimit) return;
    const keys = this.policies[action].limits.flatMap((policy, at) =>
      policy.scope === 'account' ? [this.keyOf(action, policy, at * MOST_TIERS + 1, account)] : [],
    );
    await queries.run(sql.FORGET, [keys]);
    queries.afterCommit(() => this.refusals.forget(keys));
  }

  /** The checks of a limit for an attempt: none, one, or one for each network that contains the client. */
  private checksOf(
    action: LimitedAction,
    policy: Policy,
    at: number,
    { caller, account, device }: Attempt,
  ): LimitCheck[] {
    if (policy.who !== 'anybody' && (policy.who === 'known') !== (device !== undefined)) return [];
    const rank = at * MOST_TIERS + 1;
    const one = (value: string) => [{ policy, key: this.keyOf(action, policy, rank, value) }];
    switch (policy.scope) {
      case 'network':
        return networksOf(caller.ip).map(({ name, tier, factor }) => ({
          policy: widened(policy, factor),
          key: this.keyOf(action, policy, rank + tier, name),
        }));
      case 'site':
        return one(siteOf(caller.ip));
      case 'account':
        return account === undefined ? [] : one(account);
      case 'device':
        return account === undefined || device === undefined ? [] : one(`${account}\0${device}`);
      case 'all':
        return one('');
    }
  }

  private thresholdOf(action: LimitedAction, { caller, account }: Attempt): ThresholdCheck | undefined {
    const { globalThreshold: policy } = this.policies[action];
    if (!policy) return undefined;
    const credit = (value: string) => this.keyOf(action, policy, RANK_OF_CREDIT, value);
    return {
      policy,
      key: this.keyOf(action, policy, RANK_OF_THRESHOLD, ''),
      // Credited to a site too; otherwise accounts, which are free, would buy as many failures.
      creditKeys:
        policy.counts.includes('success') || account === undefined
          ? []
          : [credit(`account ${account}`), credit(`network ${siteOf(caller.ip)}`)],
    };
  }

  /** A keyed digest: the table reveals neither accounts nor addresses. **Shape** 16 bytes. */
  private keyOf(action: LimitedAction, { name, scope }: Policy, rank: number, value: string): Buffer {
    const digest = createHmac('sha256', this.key).update(`${action}\0${name}\0${scope}\0${value}`).digest();
    digest[0] = rank;
    return digest.subarray(0, 16);
  }
}

/** Whether a limit makes each further attempt wait longer than the one before. */
const locks = (check: LimitCheck | undefined): boolean => (check?.policy.growth ?? 1) > 1;

/** Until when a refusal may still be revoked by the outcome of the attempt that caused it. */
const awaitedUntil = (row: sql.ConsumedRow, { policy }: LimitCheck, now: Date): Date | undefined =>
  isRefundedOnSuccess(policy) && row.in_flight_until && row.in_flight_until > now
    ? row.in_flight_until
    : undefined;

function statementFor(levels: number) {
  const statement = sql.CONSUME[levels - 1];
  if (!statement) throw new TypeError(`an action has at most ${sql.CONSUME.length} limits`);
  return statement;
}

const valuesOf = ({ key, policy }: LimitCheck): sql.LevelValues => [
  key,
  policy.quota / policy.window,
  policy.ceiling === Infinity ? policy.quota : Infinity,
  policy.strictQuota,
  policy.delay,
  policy.growth,
  policy.mostDelay,
  policy.ceiling,
];

/** Names the account only if the limit was that of an account. */
function refusal(
  { name, quota, window, scope }: Policy,
  until: Date,
  now: Date,
  account?: string,
): TokenjarError {
  const retryAfter = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
  return new TokenjarError('rate_limited', {
    retryAfter,
    limit: { name, quota, window },
    ...(scope === 'account' && { account }),
  });
}
