import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { EmailChangeInput, EmailedKey } from '../http/payloads.js';
import type { Principal } from '../http/principal.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { moveState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, type OneTimeTokenFacts, OneTimeTokens } from '../users/one-time-tokens.js';
import { Users } from '../users/users.js';
import { PasswordProof } from '../auth/password-proof.js';

/** Moves an account to another address. */
@Injectable()
export class EmailChange {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
    private readonly outbox: Outbox,
    private readonly limits: Limits,
    private readonly proof: PasswordProof,
    private readonly audit: Audit,
  ) {}

  /**
   * Sends an email to the new address. Nothing changes until its link is used, and the response does not reveal whether
   * that address has an account.
   *
   * Requires the password: control of the address allows a password reset, so a stolen access token must not be enough.
   * **Errors** `insufficient_user_authentication`, `bad_credentials`, `rate_limited`, `input_invalid`, `server_busy`.
   * **Source** ASVS 5.0 6.1.4, 7.5.1.
   */
  async ask(
    me: Principal,
    { newEmail, password }: EmailChangeInput,
    caller: Caller,
    languages: string | null,
  ): Promise<void> {
    const user = await this.proof.verifyForChange(me, password, caller);
    if (!user) throw new TokenjarError('bad_credentials');
    if (newEmail === user.email)
      throw new TokenjarError('input_invalid', { errors: { newEmail: ['This is your address already.'] } });
    await this.limits.consume('email_change', { caller, account: newEmail });
    // The epoch at the time of the password check: if it changes, the email is not sent.
    const values = { userId: String(user.id), epoch: String(user.credentialsEpoch) };
    const reader = { to: newEmail, languages: user.locale ?? languages };
    await this.emails.queue(reader, 'change_email', this.db, values);
    await this.audit.record({ event: 'email_change_requested', outcome: 'success', userId: user.id, caller });
  }

  /**
   * Moves the account to the address that received the email, and notifies the old one. Using the link again succeeds
   * while the account still has that address: the button may have been clicked twice.
   *
   * If somebody recently registered the new address, the owner of its mailbox may expect an email from us and confirm a
   * stranger's change. In that case the user has to be signed in to the account being moved. Registering an address
   * repeatedly therefore does not block a move to it.
   *
   * @param signedIn the user of the access token in the request, if any.
   * **Errors** `link_invalid`, `sign_in_required`, `email_taken`.
   */
  async confirm(
    { key, email }: EmailedKey,
    signedIn: number | undefined,
    caller: Caller,
    languages: string | null,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('change_email', key, tx, email);
      if (!found && (await this.isDone(key, tx))) return;
      const { user, newEmail } = await this.moved(found, signedIn, tx);
      if (!(await this.users.setEmail(user, newEmail, signedIn === user.id, tx)))
        throw new TokenjarError('email_taken');
      await this.audit.record({ event: 'email_change', outcome: 'success', userId: user.id, caller }, tx);
      await this.outbox.notify('email_changed', user, languages, tx);
    });
  }

  private async isDone(key: string, tx: Queries): Promise<boolean> {
    const used = await this.tokens.findUsed('change_email', key, tx);
    const user = used?.userId ? await this.users.findById(used.userId, tx) : undefined;
    return user !== undefined && user.email === used?.email;
  }

  private async moved(found: OneTimeTokenFacts | undefined, signedIn: number | undefined, tx: Queries) {
    const user = found?.userId ? await this.users.findById(found.userId, tx) : undefined;
    if (!found || !user?.isActive || !isSameState(found.boundTo, moveState(user)))
      throw new TokenjarError('link_invalid');
    const target = await this.emails.stateOf(found.email, tx);
    if (target.account) throw new TokenjarError('email_taken');
    if (target.registration && signedIn !== user.id) throw new TokenjarError('sign_in_required');
    return { user, newEmail: found.email };
  }
}
