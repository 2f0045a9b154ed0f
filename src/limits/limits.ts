import { createHmac, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { networkOf } from '../network.js';
import { type ActionPolicy, type LimitedAction, policiesOf, type Policy } from './limit-policies.js';
import { FORGET, GIVE_BACK, TAKE, type TakenRow } from './limit-statements.js';
import { RefusalMemory } from './refusal-memory.js';

/** Token under which the key of the digests is injected. */
export const LIMIT_KEY = Symbol('tokenjar.limitKey');

/** What a try is about. */
export interface Try {
  caller: Pick<Caller, 'ip'>;
  /** The account as it was named, whether it exists or not: an address, or an id. */
  account?: string;
  /** A device that the account knows: it has a count of its own and is not held up by others of its network. */
  device?: string | undefined;
}

/** A try that was let through. */
export interface Taken {
  /** Whether the next try on the account will have to wait because of this one, if it fails. */
  isLast: boolean;
  /** The same, where the tries before it had not to wait. */
  isFirstOfLock: boolean;
  /** Says that it was no guess: then it does not count. */
  giveBack(): Promise<void>;
}

const FREE: Taken = { isLast: false, isFirstOfLock: false, giveBack: () => Promise.resolve() };

/** One limit, asked about one value. */
interface Asked {
  policy: Policy;
  key: Buffer;
}

/** By their rank limits are asked, and their rows locked, always in one order. */
const RANK = { network: 1, account: 2, all: 3 } as const;
/** A success takes its own try away, and makes up for one failure. */
const MOOD_BACK = 2;

/**
 * How often what may be tried, counted in the database for all instances, in one statement a try.
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
   * Counts a try. It is counted before its outcome is known, so that many at once are not let through together.
   *
   * **Errors** `rate_limited`.
   */
  async take(action: LimitedAction, attempt: Try): Promise<Taken> {
    const { limits, mood } = this.policies[action];
    if (!this.options.rateLimit || limits.length === 0) return FREE;
    const asked = limits.flatMap((policy) => this.asked(action, policy, attempt) ?? []);
    const moodAsked = mood && { policy: mood, key: this.keyOf(action, mood, '') };
    const all = moodAsked ? [...asked, moodAsked] : asked;
    if (all.length === 0) return FREE;

    const now = this.clock.now();
    const known = this.refusals.find(all, now);
    if (known) throw refusal(known.policy, known.until, now, attempt.account);
    const rows = await this.db.run<TakenRow>(statementFor(all.length), [
      now,
      moodAsked?.key ?? null,
      mood ? mood.quota / mood.window : 1,
      mood?.quota ?? 1,
      ...all.flatMap(valuesOf),
    ]);
    for (const { level, passed, blocked_until: until } of rows) {
      const refused = all[level];
      if (passed || !refused || !until) continue;
      this.refusals.remember(refused, until, now);
      throw refusal(refused.policy, until, now, attempt.account);
    }
    const account = rows.find(({ level }) => all[level]?.policy.scope === 'account');
    const isLast = account?.blocked_until != null;
    return {
      isLast,
      isFirstOfLock: isLast && account.count < (all[account.level]?.policy.quota ?? 0) + 0.5,
      giveBack: () => this.giveBack(all),
    };
  }

  /** Opens the way to an account again, for devices it does not know: the owner has shown who it is. */
  async forget(action: LimitedAction, account: string, queries: Queries): Promise<void> {
    if (!this.options.rateLimit) return;
    const keys = this.policies[action].limits.flatMap(
      (policy) => this.asked(action, policy, { caller: { ip: null }, account })?.key ?? [],
    );
    const ofAccount = keys.filter((key) => key[0] === RANK.account);
    await queries.run(FORGET, [ofAccount]);
    queries.afterCommit(() => this.refusals.forget(ofAccount));
  }

  private asked(action: LimitedAction, policy: Policy, { caller, account, device }: Try): Asked | undefined {
    if (policy.scope === 'all') return { policy, key: this.keyOf(action, policy, '') };
    if (policy.scope === 'network')
      return device === undefined
        ? { policy, key: this.keyOf(action, policy, networkOf(caller.ip)) }
        : undefined;
    if (account === undefined) return undefined;
    return {
      policy,
      key: this.keyOf(action, policy, device === undefined ? account : `${account}\0${device}`),
    };
  }

  /** A digest under a key: the table tells neither who was tried nor from where. **Shape** 16 bytes. */
  private keyOf(action: LimitedAction, { scope }: Policy, value: string): Buffer {
    const digest = createHmac('sha256', this.key).update(`${action}\0${scope}\0${value}`).digest();
    digest[0] = RANK[scope];
    return digest.subarray(0, 16);
  }

  private async giveBack(all: readonly Asked[]): Promise<void> {
    try {
      await this.db.run(GIVE_BACK, [
        all.map(({ key }) => key),
        all.map(({ policy }) => (policy.ceiling === Infinity ? 1 : MOOD_BACK)),
        all.map(({ policy }) => policy.quota),
      ]);
      this.refusals.forget(all.map(({ key }) => key));
    } catch (error) {
      // It counts as one try too many; whoever got in must not be turned away for that.
      if (!isUnavailable(error)) throw error;
    }
  }
}

function statementFor(levels: number) {
  const statement = TAKE[levels - 1];
  if (!statement) throw new TypeError(`an action has at most ${TAKE.length} limits`);
  return statement;
}

const valuesOf = ({ key, policy }: Asked): unknown[] => [
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
