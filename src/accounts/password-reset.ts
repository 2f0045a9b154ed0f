import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { PasswordResetInput } from '../http/payloads.js';
import { Limits } from '../limits/limits.js';
import { type AddressState, ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import type { User } from '../users/user.entity.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';
import { PasswordReplacement } from './password-replacement.js';

/** Sets a new password through an emailed link. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly registrations: PendingRegistrations,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    private readonly newPasswords: NewPasswords,
    private readonly replacement: PasswordReplacement,
  ) {}

  /**
   * Queues a reset email. It is only sent if the address has an account, but the work is the same for every address.
   * **Errors** `rate_limited`.
   */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.consume('reset', { caller, account: email });
    await this.emails.queue({ to: email, languages }, 'reset_password', this.db);
    await this.audit.record({ event: 'password_reset_requested', outcome: 'success', email, caller });
  }

  /**
   * Sets the password and ends all sessions, in one transaction; it does not sign the user in. The link proves control
   * of the mailbox, so the address becomes verified, and a pending registration becomes an account.
   *
   * A refused password does not use up the link.
   *
   * Second factors stay, unless they were set up before the address was verified and nothing shows that the owner of
   * the mailbox did so: an account that a stranger has registered must not keep the owner out, or the stranger in.
   *
   * @param presence where the link was used. @returns the account before and after; undefined if it is new.
   *
   * **Errors** `link_invalid`, `password_*`, `input_invalid`, `server_busy`. **Source** ASVS 5.0 7.4.3; OWASP Forgot
   * Password Cheat Sheet.
   */
  async confirm(
    input: PasswordResetInput,
    presence: Presence,
    caller: Caller,
    languages: string | null,
  ): Promise<{ before: User; after: User } | undefined> {
    const { token, newPassword, confirmation, fieldErrors } = input;
    const { email } = await this.subjectOf(input);
    const choice = { field: 'newPassword', email, confirmation, fieldErrors };
    const hash = await this.newPasswords.hash(newPassword, choice, caller);
    return this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('reset_password', token, tx);
      const state = found && (await this.emails.stateOf(email, tx));
      if (!state || !isSameState(found.boundTo, ownerState(state))) throw new TokenjarError('link_invalid');
      // The owner must not stay locked out by somebody else's guesses, whatever the device.
      await this.limits.forget('login', email, tx);
      return state.account
        ? this.replacement.replace({ ...state.account, email }, hash, { presence, caller, languages }, tx)
        : this.create(email, state, hash, caller, tx);
    });
  }

  private async create(
    email: string,
    { registration }: AddressState,
    hash: string,
    caller: Caller,
    tx: Queries,
  ): Promise<undefined> {
    const settled = registration && (await this.registrations.settle(email, registration.id, tx));
    const username = settled && (await this.usernames.ifFree(settled.username, email, tx));
    const user = settled && (await this.users.create(email, hash, tx, caller, true, username));
    if (!user) throw new TokenjarError('link_invalid');
    await this.audit.record({ event: 'email_verification', outcome: 'success', userId: user.id, caller }, tx);
  }

  /** The address whose password the link sets. */
  private async subjectOf({ token, userId }: PasswordResetInput): Promise<{ email: string }> {
    const found = await this.tokens.find('reset_password', token, this.db);
    const state = found && (await this.emails.stateOf(found.email));
    const isGood = state && isSameState(found.boundTo, ownerState(state)) && (await this.mayBeSet(state));
    if (isGood && (userId === undefined || userId === (state.account?.id ?? 0)))
      return { email: found.email };
    if (userId === undefined) throw new TokenjarError('link_invalid');
    // If the link contains the user, the error names the invalid part; user IDs are not secret in that dialect.
    const field = (await this.users.findById(userId)) ? 'token' : 'userId';
    throw new TokenjarError('link_invalid', { errors: { [field]: ['This is not right.'] } });
  }

  private async mayBeSet({ account }: AddressState): Promise<boolean> {
    return !account || (await this.users.findById(account.id))?.isActive === true;
  }
}
