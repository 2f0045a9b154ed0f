import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Passwords } from '../crypto/password.js';
import type { Caller } from '../http/caller.js';
import type { Principal } from '../http/principal.js';
import type { Outcome } from '../limits/limit-policies.js';
import { Limits } from '../limits/limits.js';
import type { User } from '../users/user.entity.js';

/** Asking somebody who is signed in for their password again: a borrowed access token must not be enough. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly limits: Limits,
    private readonly passwords: Passwords,
    private readonly audit: Audit,
  ) {}

  /**
   * Whether the password is theirs; a deactivated account has none.
   *
   * Guesses are counted by session, for all that asks for the password together: whoever holds a stolen access token
   * uses up the attempts of the session it is of. The owner signs in anew and goes on.
   *
   * **Errors** `rate_limited`, `server_busy`.
   */
  async verify(
    user: User,
    password: string,
    { sessionId }: Pick<Principal, 'sessionId'>,
    caller: Caller,
  ): Promise<boolean> {
    const attempt = await this.limits.consume('password', { caller, account: sessionId });
    let outcome: Outcome = 'void';
    try {
      const fits = (await this.passwords.verify(password, user.passwordHash, caller)) && user.isActive;
      outcome = fits ? 'success' : 'failure';
      return fits;
    } finally {
      if (outcome !== 'failure') await attempt.refund(outcome);
      else
        await this.audit.record({
          event: 'password_check',
          outcome: 'failure',
          reason: 'wrong_password',
          userId: user.id,
          sessionId,
          caller,
        });
    }
  }
}
