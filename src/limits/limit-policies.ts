import type { Options } from '../config/options.js';
import type { Limit } from '../config/setting.js';

/** The actions with limits. */
export type LimitedAction =
  | 'login'
  | 'unlock'
  | 'login_code'
  | 'registration'
  | 'reset'
  | 'verification'
  | 'email_change'
  | 'invitation'
  | 'password'
  | 'second_factor'
  | 'provider_start'
  | 'provider_return'
  | 'provider_token'
  | 'provider_code'
  | 'provider_notification';

/**
 * The outcome of an attempt. `failure`: it failed; `success`: it succeeded; `refused`: it was refused before any work;
 * `void`: it was not carried out, because the server was busy or the client had gone.
 */
export type Outcome = 'failure' | 'success' | 'refused' | 'void';

/** To which devices a limit applies: devices known to the account have limits of their own. */
export type Who = 'stranger' | 'known' | 'anybody';

/** One limit of an action. */
export interface Policy {
  /** The name in `RateLimit-Policy`. */
  name: string;
  /** What attempts are counted by. */
  scope: 'network' | 'site' | 'account' | 'device' | 'all';
  who: Who;
  /** Attempts with these outcomes stay counted. */
  counts: readonly Outcome[];
  quota: number;
  /** How long a full counter takes to drain. **Unit** seconds. */
  window: number;
  /** The quota while the global threshold is exceeded. */
  strictQuota: number;
  /** How long attempts are blocked when the quota is used up, the factor for each further attempt, and the maximum. **Unit** seconds. */
  delay: number;
  growth: number;
  mostDelay: number;
  /** The maximum of the counter. */
  ceiling: number;
}

/** The limits of one action, in the order in which they are checked. */
export interface ActionPolicy {
  limits: Policy[];
  /** A global counter, which refuses nothing by itself: while it is exceeded, each network only gets its strict quota. */
  globalThreshold?: Policy;
  /** Whether it also applies with `RATE_LIMIT=off`: six digits are quickly guessed. */
  isAlwaysOn?: true;
}

type Scoped = Pick<Policy, 'name' | 'scope' | 'counts'> & { who?: Who };

const FAILURES = ['failure'] as const;
/** Attempts that cost work. */
const WORK = ['failure', 'success'] as const;
/** All attempts, also those refused before any work. */
const ATTEMPTS = ['failure', 'success', 'refused'] as const;

/** The quota of a network while the global threshold is exceeded; wider networks have a multiple. */
const STRICT_QUOTA = 1;
/** Attempts allowed per failure allowed. */
const ATTEMPTS_PER_FAILURE = 6;

/** A leaky bucket: when it is full, there is room for the next attempt after a fraction of the window. */
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

/** A counter that locks: when it is full, each further attempt has to wait twice as long as the one before. */
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

const thresholdOf = (
  name: string,
  counts: readonly Outcome[],
  limit: Limit | null,
): Pick<ActionPolicy, 'globalThreshold'> => {
  const [policy] = leaking({ name, scope: 'all', counts }, limit);
  return policy ? { globalThreshold: { ...policy, strictQuota: Infinity, ceiling: 2 * policy.quota } } : {};
};

/**
 * The limits of each action, with the quotas from the settings.
 *
 * The network comes first: a client that has used up its own attempts must not use up those of an account.
 */
export function policiesOf(options: Options): Record<LimitedAction, ActionPolicy> {
  const network = { scope: 'network', counts: WORK } as const;
  const account = { scope: 'account', counts: WORK } as const;
  const device = { scope: 'device', who: 'known', counts: WORK } as const;
  const emailLimits = (name: string, who: Who = 'anybody'): ActionPolicy => ({
    limits: [
      ...leaking({ name: `${name}-network`, ...network, who }, options.limitResetNetwork, STRICT_QUOTA),
      ...leaking({ name: `${name}-account`, ...account, who }, options.limitResetAccount),
      ...(who === 'stranger'
        ? leaking({ name: `${name}-account`, ...device }, options.limitResetAccount)
        : []),
    ],
    ...thresholdOf(`${name}-all`, WORK, options.limitResetAll),
  });
  const verificationLimits = (name: string): ActionPolicy => ({
    limits: [
      ...leaking({ name: `${name}-network`, ...network }, options.limitVerificationNetwork, STRICT_QUOTA),
      ...leaking({ name: `${name}-account`, ...account }, options.limitVerificationAccount),
    ],
    ...thresholdOf(`${name}-all`, WORK, options.limitVerificationAll),
  });
  // Not judged by the outcome, which would cost each sign-in another statement.
  const providerLimits = (name: string, counts: readonly Outcome[] = ATTEMPTS): ActionPolicy => ({
    limits: leaking({ name: `${name}-network`, scope: 'site', counts }, options.limitProviderNetwork),
  });
  return {
    login: {
      limits: [
        ...leaking(
          { name: 'login-network', scope: 'network', who: 'stranger', counts: FAILURES },
          options.limitLoginNetwork,
          STRICT_QUOTA,
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
        // Refused attempts do not count. Otherwise anyone could register an address, log in with the password they
        // registered, and lock its owner out.
        ...leaking(
          { name: 'login-attempts-account', scope: 'account', counts: WORK },
          options.limitLoginAttemptsAccount,
        ),
      ],
      ...thresholdOf('login-all', FAILURES, options.limitLoginFailures),
    },
    registration: {
      limits: [
        ...leaking(
          { name: 'registration-attempts-network', scope: 'site', counts: ATTEMPTS },
          options.limitRegistrationAttemptsNetwork,
        ),
        ...leaking(
          { name: 'registration-network', ...network },
          options.limitRegistrationNetwork,
          STRICT_QUOTA,
        ),
        ...leaking({ name: 'registration-account', ...account }, options.limitRegistrationAccount),
      ],
      ...thresholdOf('registration-all', WORK, options.limitRegistrationAll),
    },
    reset: emailLimits('reset'),
    // Like resets, but counted separately: these emails must not use up the reset emails.
    unlock: emailLimits('unlock'),
    // Nobody keeps an owner from signing in by asking for codes in their name.
    login_code: emailLimits('login-code', 'stranger'),
    verification: verificationLimits('verification'),
    // Like verifications, but counted separately: anybody may request those for an address, and would keep an owner from
    // moving there.
    email_change: verificationLimits('email-change'),
    // Whoever invites is an admin, and may invite many; nobody gets many.
    invitation: {
      limits: leaking({ name: 'invitation-account', ...account }, options.limitVerificationAccount),
    },
    second_factor: {
      limits: leaking(
        { name: 'second-factor-account', scope: 'account', counts: FAILURES },
        options.limitSecondFactorAccount,
      ),
      isAlwaysOn: true,
    },
    provider_start: providerLimits('provider-start'),
    provider_return: providerLimits('provider-return'),
    provider_token: providerLimits('provider-token'),
    provider_code: providerLimits('provider-code'),
    // A provider may have much to report at once; only what is not from it counts.
    provider_notification: providerLimits('provider-notification', FAILURES),
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

/** A limit for a wider network. */
export const widened = (policy: Policy, factor: number): Policy => ({
  ...policy,
  quota: policy.quota * factor,
  strictQuota: policy.strictQuota * factor,
  delay: policy.delay / factor,
});

/** One limit, applied to one value. */
export interface LimitCheck {
  policy: Policy;
  key: Buffer;
}
