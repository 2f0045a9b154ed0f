import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Caller } from '../http/caller.js';
import type { Outcome } from '../limits/limit-policies.js';
import { Limits } from '../limits/limits.js';
import { accountKeyOf, type User } from '../users/user.entity.js';
import type { ChangingSession } from './factor-changes.js';

/** Counts wrong second factors of an account, of all kinds together. Every step judges its answers in here. */
@Injectable()
export class SecondFactorAttempts {
  constructor(
    private readonly limits: Limits,
    private readonly audit: Audit,
  ) {}

  /**
   * Lets an answer be judged; undefined is a wrong one, which stays counted.
   *
   * **Errors** `rate_limited`; those of `judge`, which do not count. **Source** ASVS 5.0 6.3.1, 6.6.3.
   */
  async judge<Proved>(
    user: Pick<User, 'id' | 'email'>,
    caller: Caller,
    judge: () => Promise<Proved | undefined>,
  ): Promise<Proved | undefined> {
    const attempt = await this.limits.consume('second_factor', { caller, account: accountKeyOf(user) });
    let outcome: Outcome = 'void';
    try {
      const proved = await judge();
      outcome = proved === undefined ? 'failure' : 'success';
      return proved;
    } finally {
      await attempt.settle(outcome);
    }
  }

  /** Lets a factor of a signed-in user be judged; a wrong one is recorded. **Errors** as {@link judge}. */
  async check(
    user: Pick<User, 'id' | 'email'>,
    { userId, sessionId }: ChangingSession,
    caller: Caller,
    isRight: () => Promise<boolean>,
  ): Promise<boolean> {
    if (await this.judge(user, caller, async () => (await isRight()) || undefined)) return true;
    const failure = {
      event: 'second_factor_check',
      outcome: 'failure',
      reason: 'second_factor_wrong',
    } as const;
    await this.audit.record({ ...failure, userId, sessionId, caller });
    return false;
  }
}
