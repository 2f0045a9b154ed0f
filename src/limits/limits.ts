import { createHmac, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { MOST_TIERS, networksOf, siteOf } from '../crypto/ip-network.js';
import {
  type ActionPolicy,
  type LimitedAction,
  type Outcome,
  policiesOf,
  type Policy,
  widened,
} from './limit-policies.js';
import * as sql from './limit-statements.js';
import { RefusalMemory } from './refusal-memory.js';

/** Token under which the key of the digests is injected. */
export const LIMIT_KEY = Symbol('tokenjar.limitKey');

/** What an attempt is about. */
export interface Try {
  caller: Pick<Caller, 'ip'>;
  /** The account as it was named, whether it exists or not: an address, or an id. */
  account?: string;
  /** A device that the account knows: it has counts of its own and is not held up by strangers of its network. */
  device?: string | undefined;
}

/** An attempt that was let through. It counts as one that failed until something else is said. */
export interface Taken {
  /** Whether the next attempt on the account will have to wait because of this one, if it fails. */
  isLast: boolean;
  /** The same, where the attempts before it had not to wait. */
  isFirstOfLock: boolean;
  /** Says what became of it; what does not count with that is given back, exactly as much as was taken. */
  giveBack(outcome: Exclude<Outcome, 'failure'>): Promise<void>;
}

const FREE: Taken = { isLast: false, isFirstOfLock: false, giveBack: () => Promise.resolve() };

/** One limit, asked about one value. */
interface Asked {
  policy: Policy;
  key: Buffer;
}

interface AskedMood extends Asked {
  /** What a success may be credited to. */
  creditKeys: Buffer[];
}

/** By the first byte of their keys limits are asked, and their rows locked, always in one order. */
const RANK_OF_CREDIT = 0;
const RANK_OF_MOOD = 255;
/** A success makes up for a failure only where there are some: from this part of the quota of the mood. */
const CREDIT_FROM = 0.25;

/**
 * How often what may be tried, counted in the database for all instances, in one statement an attempt.
 *
 * A slice calls {@link take} before the work. What is named need not exist, so refusals do not tell whether it does.
 * **Source** ASVS 5.0 6.1.1, 6.3.1, 2.4.1; OWASP Authentication Cheat Sheet.
 */
@Injectable()
export class Limits {
  private readonly policies: Record<LimitedAction, ActionPolicy>;
  private readonly refusals = new RefusalMemory();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(LIMIT_KEY) private readonly key: KeyObject,
  ) {
    this.policies = policiesOf(options);
  }

  /**
   * Counts an attempt. It is counted before its outcome is known, so that many at once are not let through together.
   *
   * **Errors** `rate_limited`.
   */
  async take(action: LimitedAction, attempt: Try): Promise<Taken> {
    if (!this.options.rateLimit) return FREE;
    const asked = this.policies[action].limits.flatMap((policy, at) =>
      this.asked(action, policy, at, attempt),
    );
    const mood = this.moodOf(action, attempt);
    const all: Asked[] = mood ? [...asked, mood] : asked;
    if (all.length === 0) return FREE;

    const now = this.clock.now();
    const known = this.refusals.find(all, now);
    if (known) throw refusal(known.policy, known.until, now, attempt.account);
    const rows = await this.db.run(statementFor(all.length), [
      now,
      mood?.key ?? null,
      mood ? mood.policy.quota / mood.policy.window : 1,
      mood?.policy.quota ?? 1,
      ...all.flatMap(valuesOf),
    ]);
    for (const { level, passed, blocked_until: until } of rows) {
      const refused = all[level];
      if (passed || !refused || !until) continue;
      this.refusals.remember(refused, until, now);
      throw refusal(refused.policy, until, now, attempt.account);
    }
    const locked = rows.filter(({ level, blocked_until }) => blocked_until && locks(all[level]));
    return {
      isLast: locked.length > 0,
      isFirstOfLock: locked.some(({ level, count }) => count < (all[level]?.policy.quota ?? 0) + 0.5),
      giveBack: (outcome) => this.giveBack(all, rows, mood, outcome),
    };
  }

  /** Opens the way to an account again, for all devices: the owner has shown who it is. */
  async forget(action: LimitedAction, account: string, queries: Queries): Promise<void> {
    if (!this.options.rateLimit) return;
    const keys = this.policies[action].limits.flatMap((policy, at) =>
      policy.scope === 'account' ? [this.keyOf(action, policy, at * MOST_TIERS + 1, account)] : [],
    );
    await queries.run(sql.FORGET, [keys]);
    queries.afterCommit(() => this.refusals.forget(keys));
  }

  /** The limit as it stands before an attempt: none, one, or one for each network that the attempt came from. */
  private asked(
    action: LimitedAction,
    policy: Policy,
    at: number,
    { caller, account, device }: Try,
  ): Asked[] {
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

  private moodOf(action: LimitedAction, { caller, account }: Try): AskedMood | undefined {
    const { mood: policy } = this.policies[action];
    if (!policy) return undefined;
    const credit = (value: string) => this.keyOf(action, policy, RANK_OF_CREDIT, value);
    return {
      policy,
      key: this.keyOf(action, policy, RANK_OF_MOOD, ''),
      // Of a network too: or accounts, which are free, would buy as many failures.
      creditKeys:
        policy.counts.includes('success') || account === undefined
          ? []
          : [credit(`account ${account}`), credit(`network ${siteOf(caller.ip)}`)],
    };
  }

  /** A digest under a key: the table tells neither who was tried nor from where. **Shape** 16 bytes. */
  private keyOf(action: LimitedAction, { name, scope }: Policy, rank: number, value: string): Buffer {
    const digest = createHmac('sha256', this.key).update(`${action}\0${name}\0${scope}\0${value}`).digest();
    digest[0] = rank;
    return digest.subarray(0, 16);
  }

  private async giveBack(
    all: readonly Asked[],
    rows: readonly sql.TakenRow[],
    mood: AskedMood | undefined,
    outcome: Outcome,
  ): Promise<void> {
    const back = rows.flatMap((row) => {
      const asked = all[row.level];
      return asked && !asked.policy.counts.includes(outcome) ? [{ ...asked, row }] : [];
    });
    if (back.length === 0) return;
    const values: sql.GiveBackValues = [
      back.map(({ key }) => key),
      back.map(({ row }) => row.added),
      back.map(({ policy }) => policy.quota),
      back.map(({ policy }) => policy.strictQuota),
      back.map(({ row }) => row.blocked_until),
    ];
    const height = rows.find(({ level }) => all[level] === mood)?.count ?? 0;
    const isCredited =
      outcome === 'success' &&
      mood !== undefined &&
      mood.creditKeys.length > 0 &&
      height >= CREDIT_FROM * mood.policy.quota;
    try {
      if (isCredited) {
        const now = this.clock.now();
        const again = addSeconds(now, mood.policy.window);
        await this.db.run(sql.GIVE_BACK_WITH_CREDIT, [...values, mood.creditKeys, now, again, mood.key]);
      } else await this.db.run(sql.GIVE_BACK, values);
      this.refusals.forget(back.map(({ key }) => key));
    } catch (error) {
      // It counts as one attempt too many; whoever got in must not be turned away for that.
      if (!isUnavailable(error)) throw error;
    }
  }
}

/** Whether a limit makes each further attempt wait longer than the one before. */
const locks = (asked: Asked | undefined): boolean => (asked?.policy.growth ?? 1) > 1;

function statementFor(levels: number) {
  const statement = sql.TAKE[levels - 1];
  if (!statement) throw new TypeError(`an action has at most ${sql.TAKE.length} limits`);
  return statement;
}

const valuesOf = ({ key, policy }: Asked): sql.LevelValues => [
  key,
  policy.quota / policy.window,
  policy.ceiling === Infinity ? policy.quota : Infinity,
  policy.strictQuota,
  policy.delay,
  policy.growth,
  policy.mostDelay,
  policy.ceiling,
];

/** Whose account it is concerns them alone where it was the limit of an account. */
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
