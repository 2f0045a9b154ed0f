import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { EmailedKey } from '../http/payloads.js';
import { Limits } from '../limits/limits.js';
import { verificationState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState, type OneTimeTokenFacts, OneTimeTokens } from '../users/one-time-tokens.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';

/** Verifies the address of an account, or of a registration, which then becomes an account. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly registrations: PendingRegistrations,
    private readonly tokens: OneTimeTokens,
    private readonly emails: BoundEmails,
  ) {}

  /**
   * Queues a verification email. It is only sent if the address has a pending verification or registration, but the
   * work is the same for every address. **Errors** `rate_limited`.
   */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.consume('verification', { caller, account: email });
    await this.emails.queue({ to: email, languages }, 'verify_email', this.db);
    await this.audit.record({ event: 'email_verification_requested', outcome: 'success', email, caller });
  }

  /**
   * Verifies the address that received the email. Using the link again succeeds while the address is still verified:
   * the button may have been clicked twice.
   *
   * @param presence where the link was used. Second factors that were set up before are only known to be the owner's if
   * it was a browser that has signed in to the account; otherwise a password reset still removes them.
   * **Errors** `link_invalid`.
   */
  async confirm({ key, email }: EmailedKey, presence: Presence, caller: Caller): Promise<void> {
    await this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('verify_email', key, tx, email);
      if (!found && (await this.isDone(key, tx))) return;
      const userId = found && (await this.verified(found, presence, caller, tx));
      if (userId === undefined) throw new TokenjarError('link_invalid');
      await this.audit.record({ event: 'email_verification', outcome: 'success', userId, caller }, tx);
    });
  }

  private async isDone(key: string, tx: Queries): Promise<boolean> {
    const used = await this.tokens.findUsed('verify_email', key, tx);
    const user = used && (await this.users.findByEmail(used.email, tx));
    return user?.emailVerified === true;
  }

  private async verified(
    found: OneTimeTokenFacts,
    presence: Presence,
    caller: Caller,
    tx: Queries,
  ): Promise<number | undefined> {
    const state = await this.emails.stateOf(found.email, tx);
    if (!isSameState(found.boundTo, verificationState(state))) return undefined;
    const { account, registration } = state;
    if (account) {
      const isByHolder = await presence.hasSignedInTo({ ...account, email: found.email }, tx);
      return (await this.users.setVerified(account, isByHolder, tx)) ? account.id : undefined;
    }
    const settled = registration && (await this.registrations.settleOpen(found.email, registration.id, tx));
    if (!settled) return undefined;
    const username = await this.usernames.ifFree(settled.username, found.email, tx);
    const { hash, profile } = settled;
    return (await this.users.create(found.email, hash, tx, caller, true, username, profile))?.id;
  }
}
