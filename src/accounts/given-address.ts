import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import { AccountChanges } from '../users/account-changes.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { Users } from '../users/users.js';

/** Gives accounts addresses that somebody else says are theirs: the app that Tokenjar is part of. */
@Injectable()
export class GivenAddress {
  constructor(
    private readonly accounts: AccountChanges,
    private readonly users: Users,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Replaces the address, and tells the former one. Links and devices of the account are worth nothing afterwards;
   * sessions go on. The new address counts as verified: who knows better says so afterwards, in the same transaction.
   *
   * @param email in normal form. @returns false if it is the address already.
   * **Errors** `account_not_found`, `user_inactive`, `email_taken`.
   */
  async set(id: number, email: string, by: Caller, tx: Queries): Promise<boolean> {
    await tx.run(LOCK_USER, [id]);
    const user = await this.accounts.find(id, tx);
    if (user.email === email) return false;
    if (!user.isActive) throw new TokenjarError('user_inactive');
    if (!(await this.users.setEmail(user, email, false, tx))) throw new TokenjarError('email_taken');
    await this.audit.record({ event: 'email_change', outcome: 'success', userId: id, caller: by }, tx);
    await this.outbox.notify('email_changed', user, null, tx);
    return true;
  }
}
