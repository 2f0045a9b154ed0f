import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { PasswordResetInput } from '../http/payloads.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { type AddressState, ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';

/** Setting a new password by an email. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly registrations: PendingRegistrations,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    private readonly outbox: Outbox,
    private readonly newPasswords: NewPasswords,
    private readonly ending: SessionEnding,
  ) {}

  /** Sends the mail, if the address has an account: the same work for any address. **Errors** `rate_limited`. */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.consume('reset', { caller, account: email });
    await this.emails.queue({ to: email, languages }, 'reset_password', this.db);
    await this.audit.record({ event: 'password_reset_requested', outcome: 'success', email, caller });
  }

  /**
   * Sets the password and ends all sessions, in one transaction. It signs nobody in. Whoever reads the mailbox has
   * shown whose address it is, so it counts as verified; a registration that waited for that becomes an account.
   *
   * A password that is refused does not use the link up.
   *
   * @returns the account before and after; undefined where it is new.
   *
   * **Errors** `link_invalid`, `password_*`, `input_invalid`, `server_busy`. **Source** ASVS 5.0 7.4.3; OWASP Forgot
   * Password Cheat Sheet.
   */
  async confirm(
    input: PasswordResetInput,
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
      // Somebody else's guessing must not keep out the owner, whatever device this is.
      await this.limits.forget('login', email, tx);
      return state.account
        ? this.replace(state.account, hash, caller, languages, tx)
        : this.create(email, state, hash, caller, tx);
    });
  }

  private async replace(
    account: NonNullable<AddressState['account']>,
    hash: string,
    caller: Caller,
    languages: string | null,
    tx: Queries,
  ): Promise<{ before: User; after: User }> {
    const isSet = await this.users.resetPassword(account, hash, tx);
    const user = isSet && (await this.users.findById(account.id, tx));
    if (!user) throw new TokenjarError('link_invalid');
    await this.ending.endAll(user.id, 'password_reset', tx, caller);
    await this.audit.record({ event: 'password_reset', outcome: 'success', userId: user.id, caller }, tx);
    // The reset has verified the address.
    await this.outbox.notify('password_changed', { ...user, emailVerified: true }, languages, tx);
    return { before: { ...user, ...account }, after: user };
  }

  private async create(
    email: string,
    { registration }: AddressState,
    hash: string,
    caller: Caller,
    tx: Queries,
  ): Promise<undefined> {
    const isSettled = registration && (await this.registrations.settle(email, registration.id, tx));
    const user = isSettled && (await this.users.create(email, hash, tx, caller, true));
    if (!user) throw new TokenjarError('link_invalid');
    await this.audit.record({ event: 'email_verification', outcome: 'success', userId: user.id, caller }, tx);
  }

  /** Whose password the link sets. */
  private async subjectOf({ token, userId }: PasswordResetInput): Promise<{ email: string }> {
    const found = await this.tokens.find('reset_password', token, this.db);
    const state = found && (await this.emails.stateOf(found.email));
    const isGood = state && isSameState(found.boundTo, ownerState(state)) && (await this.mayBeSet(state));
    if (isGood && (userId === undefined || userId === (state.account?.id ?? 0)))
      return { email: found.email };
    if (userId === undefined) throw new TokenjarError('link_invalid');
    // Where the link says whose it is, the half that is wrong is named; the numbers of accounts are no secret there.
    const field = (await this.users.findById(userId)) ? 'token' : 'userId';
    throw new TokenjarError('link_invalid', { errors: { [field]: ['This is not right.'] } });
  }

  private async mayBeSet({ account }: AddressState): Promise<boolean> {
    return !account || (await this.users.findById(account.id))?.isActive === true;
  }
}
