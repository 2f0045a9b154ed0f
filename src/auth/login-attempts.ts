import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { isAddress } from '../email-address.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Outcome } from '../limits/limit-policies.js';
import { Limits, type Consumed } from '../limits/limits.js';
import { SecurityNotices } from '../users/security-notices.js';

/** A login in progress. */
export interface LoginAttempt {
  /** What it counts for: an address, whether or not it has an account, or another {@link accountKeyOf}. */
  account: string;
  caller: Caller;
  counted: Consumed;
  /**
   * The name whose registration may wait for verification, if it is not `account`: a username must not tell whether its
   * account has the address that somebody has registered.
   */
  registered?: string | { username: string };
}

/** Why a login with a password failed; only for the audit trail. */
export type LoginFailure = 'unknown_account' | 'user_inactive' | 'wrong_password';

/**
 * With `email_not_verified` the password was right. Other errors mean that it was not checked, because the server was
 * busy or the database unavailable.
 */
const OUTCOMES: ReadonlyMap<string | undefined, Outcome> = new Map([
  ['bad_credentials', 'failure'],
  ['email_not_verified', 'refused'],
  // It was wrong here, and guesses must not be free while the host's own store is down.
  ['hook_failed', 'failure'],
]);

/** Counts and records logins with a password. */
@Injectable()
export class LoginAttempts {
  constructor(
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly notices: SecurityNotices,
  ) {}

  /**
   * Counts an attempt and runs it. The attempt stays counted only if the password was wrong.
   *
   * @param device the name under which the account knows the device.
   * **Errors** `rate_limited`.
   */
  async make<Found>(
    { account, caller, device }: { account: string; caller: Caller; device: string | undefined },
    verify: (attempt: LoginAttempt) => Promise<Found>,
  ): Promise<Found> {
    const counted = await this.limits.consume('login', { caller, account, device });
    try {
      const found = await verify({ account, caller, counted });
      await counted.settle('success');
      return found;
    } catch (error) {
      const code = error instanceof TokenjarError ? error.code : undefined;
      await counted.settle(OUTCOMES.get(code) ?? 'void');
      throw error;
    }
  }

  /** Records a failure, and notifies the owner if it is the one that locks the account. */
  async recordFailure(
    { account, caller, counted }: LoginAttempt,
    reason: LoginFailure,
    userId: number | undefined,
  ): Promise<void> {
    if (counted.isFirstOfLock && isAddress(account)) await this.notices.locked(account);
    const event = counted.isLast ? 'login_blocked' : 'login';
    await this.audit.record({ event, outcome: 'failure', reason, userId, caller });
  }
}
