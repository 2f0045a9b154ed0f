import type { Options } from '../config/options.js';
import type { Limit } from '../config/setting.js';

/** What is limited. */
export type LimitedAction = 'login' | 'unlock' | 'registration' | 'reset' | 'verification' | 'password';

/**
 * What became of an attempt. `failure`: it was made in vain; `success`: what was asked for was done; `refused`: it was
 * turned away before any work; `void`: it was never made, for want of time or because nobody waited.
 */
export type Outcome = 'failure' | 'success' | 'refused' | 'void';

/** For whom a limit is: a device that the account knows has limits of its own. */
export type Who = 'stranger' | 'known' | 'anybody';

/** One limit of an action. */
export interface Policy {
  /** As callers read it in `RateLimit-Policy`. */
  name: string;
  /** What is counted for each value of; in this order they are asked. */
  scope: 'network' | 'site' | 'account' | 'device' | 'all';
  who: Who;
  /** The outcomes with which an attempt stays counted. */
  counts: readonly Outcome[];
  quota: number;
  /** How long it takes until a full count has leaked away. **Unit** seconds. */
  window: number;
  /** The quota while the mood is strict. */
  strictQuota: number;
  /** How long it is blocked when the quota is used up, how that grows with every attempt after it, and up to what. **Unit** seconds. */
  delay: number;
  growth: number;
  mostDelay: number;
  /** What the count does not pass. */
  ceiling: number;
}

/** The limits of one action, in the order they are asked. */
export interface ActionPolicy {
  limits: Policy[];
  /** A count for everybody, which refuses nothing by itself: while it is high, each network has a share only. */
  mood?: Policy;
}

type Scoped = Pick<Policy, 'name' | 'scope' | 'counts'> & { who?: Who };

const FAILURES = ['failure'] as const;
/** All that costs work. */
const WORK = ['failure', 'success'] as const;
/** Right or wrong, and what was turned away. */
const ATTEMPTS = ['failure', 'success', 'refused'] as const;

/** What a network has while everybody together is too many; a wider one has it as often as its factor says. */
const SHARE = 1;
/** How many times as often as a password may be wrong it may be asked for. */
const ATTEMPTS_PER_FAILURE = 6;

/** A count that leaks: when it is full, there is room for the next attempt after a part of the window. */
const leaking = (scoped: Scoped, limit: Limit | null, strictQuota = Infinity): Policy[] =>
  limit === null
    ? []
    : [
        {
          who: 'anybody',
          ...scoped,
          ...limit,
          strictQuota: Math.min(limit.quota, strictQuota),
          delay: limit.window / limit.quota,
          growth: 1,
          mostDelay: limit.window,
          ceiling: Infinity,
        },
      ];

/** A count that locks: when it is full, each further attempt has to wait twice as long as the one before. */
const locking = (
  scoped: Scoped,
  limit: Limit | null,
  { accountLockDelay, accountLockMax }: Pick<Options, 'accountLockDelay' | 'accountLockMax'>,
): Policy[] =>
  leaking(scoped, limit).map((policy) => ({
    ...policy,
    delay: accountLockDelay,
    growth: 2,
    mostDelay: Math.max(accountLockDelay, accountLockMax),
  }));

const moodOf = (name: string, counts: readonly Outcome[], limit: Limit | null): { mood?: Policy } => {
  const [mood] = leaking({ name, scope: 'all', counts }, limit);
  return mood ? { mood: { ...mood, strictQuota: Infinity, ceiling: 2 * mood.quota } } : {};
};

/**
 * Which limits stand before what. Their figures are settings.
 *
 * The network comes first: whoever has used up their own attempts must not use up those of an account.
 */
export function policiesOf(options: Options): Record<LimitedAction, ActionPolicy> {
  const network = { scope: 'network', counts: WORK } as const;
  const account = { scope: 'account', counts: WORK } as const;
  return {
    login: {
      limits: [
        ...leaking(
          { name: 'login-network', scope: 'network', who: 'stranger', counts: FAILURES },
          options.limitLoginNetwork,
          SHARE,
        ),
        ...leaking(
          { name: 'login-known-network', scope: 'network', who: 'known', counts: FAILURES },
          options.limitLoginKnownNetwork,
        ),
        ...leaking(
          { name: 'login-attempts-network', scope: 'site', counts: ATTEMPTS },
          options.limitLoginAttemptsNetwork,
        ),
        ...locking(
          { name: 'login-known-account', scope: 'account', who: 'known', counts: FAILURES },
          options.limitLoginKnownAccount,
          options,
        ),
        ...locking(
          { name: 'login-account', scope: 'account', who: 'stranger', counts: FAILURES },
          options.limitLoginAccount,
          options,
        ),
        ...locking(
          { name: 'login-account', scope: 'device', who: 'known', counts: FAILURES },
          options.limitLoginAccount,
          options,
        ),
        // What was refused does not count: anybody may register an address and log in with what they typed, and
        // would keep its owner out.
        ...leaking(
          { name: 'login-attempts-account', scope: 'account', counts: WORK },
          options.limitLoginAttemptsAccount,
        ),
      ],
      ...moodOf('login-all', FAILURES, options.limitLoginFailures),
    },
    registration: {
      limits: [
        ...leaking(
          { name: 'registration-attempts-network', scope: 'site', counts: ATTEMPTS },
          options.limitRegistrationAttemptsNetwork,
        ),
        ...leaking({ name: 'registration-network', ...network }, options.limitRegistrationNetwork, SHARE),
        ...leaking({ name: 'registration-account', ...account }, options.limitRegistrationAccount),
      ],
      ...moodOf('registration-all', WORK, options.limitRegistrationAll),
    },
    reset: {
      limits: [
        ...leaking({ name: 'reset-network', ...network }, options.limitResetNetwork, SHARE),
        ...leaking({ name: 'reset-account', ...account }, options.limitResetAccount),
      ],
      ...moodOf('reset-all', WORK, options.limitResetAll),
    },
    // As resets, and counted apart: e-mails that open an account must not use up those that set a password.
    unlock: {
      limits: [
        ...leaking({ name: 'unlock-network', ...network }, options.limitResetNetwork, SHARE),
        ...leaking({ name: 'unlock-account', ...account }, options.limitResetAccount),
      ],
      ...moodOf('unlock-all', WORK, options.limitResetAll),
    },
    verification: {
      limits: [
        ...leaking({ name: 'verification-network', ...network }, options.limitVerificationNetwork, SHARE),
        ...leaking({ name: 'verification-account', ...account }, options.limitVerificationAccount),
      ],
      ...moodOf('verification-all', WORK, options.limitVerificationAll),
    },
    password: {
      limits: [
        ...leaking(
          { name: 'password-account', scope: 'account', counts: FAILURES },
          options.limitPasswordAccount,
        ),
        ...leaking(
          { name: 'password-attempts', scope: 'account', counts: ATTEMPTS },
          options.limitPasswordAccount && {
            ...options.limitPasswordAccount,
            quota: ATTEMPTS_PER_FAILURE * options.limitPasswordAccount.quota,
          },
        ),
      ],
    },
  };
}

/** A limit as a wider network has it. */
export const widened = (policy: Policy, factor: number): Policy => ({
  ...policy,
  quota: policy.quota * factor,
  strictQuota: policy.strictQuota * factor,
  delay: policy.delay / factor,
});
