import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Passwords } from '../crypto/password.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Principal } from '../http/principal.js';
import type { Outcome } from '../limits/limit-policies.js';
import { Limits } from '../limits/limits.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { StepUp } from './step-up.js';

/** A user whose password has just been verified. */
export type ProvedUser = User & { passwordHash: string };

/** Verifies the password of a signed-in user, for operations for which a stolen access token must not be enough. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: Users,
    private readonly limits: Limits,
    private readonly passwords: Passwords,
    private readonly audit: Audit,
    private readonly stepUp: StepUp,
  ) {}

  /**
   * Returns the user if the password is correct and the account is active.
   *
   * Attempts are counted per session, for all operations together: a stolen access token only uses up the attempts of
   * its own session, and the owner can sign in again and continue.
   *
   * **Errors** `user_not_found`, `rate_limited`, `server_busy`.
   */
  async verify(me: Principal, password: string, caller: Caller): Promise<ProvedUser | undefined> {
    return this.verifyOf(await this.accountOf(me), me, password, caller);
  }

  /**
   * Like {@link verify}, for operations that change what protects the account: if it has a second factor, the password
   * is not enough. If it has no password, a recent sign-in is.
   *
   * **Errors** `insufficient_user_authentication`, `input_invalid` if the password is missing, `user_not_found`,
   * `user_inactive`, `rate_limited`, `server_busy`.
   */
  async verifyForChange(
    me: Principal,
    password: string | undefined,
    caller: Caller,
  ): Promise<User | undefined> {
    const user = await this.accountOf(me);
    if (user.passwordHash === null) return this.withoutPassword(user, me);
    if (password === undefined)
      throw new TokenjarError('input_invalid', { errors: { password: ['This field is required.'] } });
    this.stepUp.demandFactor(me, user);
    return this.verifyOf(user, me, password, caller);
  }

  private withoutPassword(user: User, me: Principal): User {
    if (!user.isActive) throw new TokenjarError('user_inactive');
    this.stepUp.demandFresh(me, user);
    return user;
  }

  private async accountOf({ userId }: Principal): Promise<User> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    return user;
  }

  private async verifyOf(
    user: User,
    { userId, sessionId }: Principal,
    password: string,
    caller: Caller,
  ): Promise<ProvedUser | undefined> {
    const attempt = await this.limits.consume('password', { caller, account: sessionId });
    let outcome: Outcome = 'void';
    try {
      const isTheirs = (await this.passwords.verify(password, user.passwordHash, caller)) && user.isActive;
      outcome = isTheirs ? 'success' : 'failure';
      return isTheirs ? (user as ProvedUser) : undefined;
    } finally {
      await attempt.settle(outcome);
      if (outcome === 'failure')
        await this.audit.record({
          event: 'password_check',
          outcome: 'failure',
          reason: 'wrong_password',
          userId,
          sessionId,
          caller,
        });
    }
  }
}
