import type { Limit, Options } from '../config/options.js';

/** What is limited. */
export type LimitedAction = 'login' | 'registration' | 'reset' | 'verification' | 'password';

/** One limit of an action. */
export interface Policy {
  /** As callers read it in `RateLimit-Policy`. */
  name: string;
  /** What is counted for each value of; in this order they are asked. */
  scope: 'network' | 'account' | 'all';
  quota: number;
  /** How long it takes until a full count has leaked away. **Unit** seconds. */
  window: number;
  /** The quota while the mood is strict. */
  strictQuota: number;
  /** How long it is blocked when the quota is used up, how that grows with every try after it, and up to what. **Unit** seconds. */
  delay: number;
  growth: number;
  mostDelay: number;
  /** What the count does not pass. */
  ceiling: number;
}

/** The limits of one action, in the order they are asked. */
export interface ActionPolicy {
  limits: Policy[];
  /** A count whose height makes others strict. */
  mood?: Policy;
}

type Scoped = Pick<Policy, 'name' | 'scope'>;

/** A count that leaks: when it is full, there is room for the next try after a part of the window. */
const leaking = (scoped: Scoped, limit: Limit | null, strictQuota = Infinity): Policy[] =>
  limit === null
    ? []
    : [
        {
          ...scoped,
          ...limit,
          strictQuota: Math.min(limit.quota, strictQuota),
          delay: limit.window / limit.quota,
          growth: 1,
          mostDelay: limit.window,
          ceiling: Infinity,
        },
      ];

/** A count that locks: when it is full, each further try has to wait twice as long as the one before. */
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

/**
 * A count of failures less successes, which refuses nothing by itself. Above its quota others are strict; a success
 * takes away what a failure adds, so that a busy site has no lower bound than a quiet one.
 */
const moodOf = (scoped: Scoped, limit: Limit | null): Policy[] =>
  leaking(scoped, limit).map((policy) => ({ ...policy, strictQuota: Infinity, ceiling: 2 * policy.quota }));

/** While failures outweigh successes everywhere, a network has this many wrong tries on accounts that do not know it. */
const STRICT_NETWORK_QUOTA = 1;

/**
 * Which limits stand before what. Their figures are settings.
 *
 * The network comes first: whoever has used up their own tries must not use up those of an account.
 */
export function policiesOf(options: Options): Record<LimitedAction, ActionPolicy> {
  const [mood] = moodOf({ name: 'login-all', scope: 'all' }, options.limitLoginFailures);
  return {
    login: {
      limits: [
        ...leaking(
          { name: 'login-network', scope: 'network' },
          options.limitLoginNetwork,
          STRICT_NETWORK_QUOTA,
        ),
        ...locking({ name: 'login-account', scope: 'account' }, options.limitLoginAccount, options),
      ],
      ...(mood && { mood }),
    },
    registration: {
      limits: [
        ...leaking({ name: 'registration-network', scope: 'network' }, options.limitRegistrationNetwork),
        ...leaking({ name: 'registration-all', scope: 'all' }, options.limitRegistrationAll),
      ],
    },
    reset: {
      limits: [
        ...leaking({ name: 'reset-network', scope: 'network' }, options.limitResetNetwork),
        ...leaking({ name: 'reset-account', scope: 'account' }, options.limitResetAccount),
        ...leaking({ name: 'reset-all', scope: 'all' }, options.limitResetAll),
      ],
    },
    verification: {
      limits: [
        ...leaking({ name: 'verification-network', scope: 'network' }, options.limitVerificationNetwork),
        ...leaking({ name: 'verification-account', scope: 'account' }, options.limitVerificationAccount),
        ...leaking({ name: 'verification-all', scope: 'all' }, options.limitVerificationAll),
      ],
    },
    password: {
      limits: leaking({ name: 'password-account', scope: 'account' }, options.limitPasswordAccount),
    },
  };
}
