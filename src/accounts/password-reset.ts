import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { PasswordResetInput } from '../http/operations.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import { SessionEnding } from '../users/session-ending.js';
import { type Account, Users, withNewPassword } from '../users/users.js';
import { resetState } from './account-letters.js';
import { NewPasswords } from './new-password.js';

/** Setting a new password by a letter. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: Outbox,
    private readonly newPasswords: NewPasswords,
    private readonly ending: SessionEnding,
  ) {}

  /** Sends the letter, if the address has an account: the same work for any address. **Errors** `rate_limited`. */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.take('reset', { caller, account: email });
    await this.outbox.queue({ kind: 'reset_password', to: email, languages, values: {} }, this.db);
  }

  /**
   * Sets the password and ends all sessions, in one transaction. It signs nobody in. Whoever reads the mailbox has
   * shown whose address it is, so it counts as verified.
   *
   * A password that is refused does not use the link up.
   *
   * @returns the account before and after.
   *
   * **Errors** `link_invalid`, `password_*`, `input_invalid`, `server_busy`. **Source** ASVS 5.0 7.4.3; OWASP Forgot
   * Password Cheat Sheet.
   */
  async confirm(
    input: PasswordResetInput,
    caller: Caller,
    languages: string | null,
  ): Promise<{ before: Account; after: Account }> {
    const { token, newPassword, confirmation, amiss } = input;
    const user = await this.ownerOf(input, this.db);
    const { email } = user;
    const choice = { field: 'new_password', email, confirmation, amiss };
    const hash = await this.newPasswords.hash(newPassword, choice, caller);
    await this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('reset_password', token, tx);
      const isSame = found && isSameState(found.boundTo, resetState(user));
      if (!isSame || !(await this.users.resetPassword(user, hash, tx)))
        throw new TokenjarError('link_invalid');
      await this.ending.endAll(user.id, 'password_reset', tx, caller);
      // Somebody else's guessing must not keep out the owner, whatever device this is.
      await this.limits.forget('login', email, tx);
      await this.audit.record({ event: 'password_reset', outcome: 'success', userId: user.id, caller }, tx);
      await this.outbox.tell('password_changed', user, languages, tx);
    });
    return { before: user, after: withNewPassword(user) };
  }

  private async ownerOf({ token, uid }: PasswordResetInput, queries: Queries): Promise<Account> {
    const found = await this.tokens.find('reset_password', token, queries);
    const user = found && (await this.users.findById(found.userId, queries));
    const isGood = found && user?.isActive && isSameState(found.boundTo, resetState(user));
    if (isGood && (uid === undefined || uid === user.id)) return user;
    // dj-rest-auth tells which half of the link it does not know; the numbers of accounts are no secret there.
    if (uid === undefined) throw new TokenjarError('link_invalid');
    const isNobody = !(await this.users.findById(uid, queries));
    throw new TokenjarError('link_invalid', { errors: { [isNobody ? 'uid' : 'token']: ['Invalid value'] } });
  }
}
