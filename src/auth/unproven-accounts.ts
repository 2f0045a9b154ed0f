import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import type { Presence } from './account-holders.js';
import { SecondSteps } from './second-steps.js';

/** Hands an account whose address nobody has verified to the owner of the mailbox. */
@Injectable()
export class UnprovenAccounts {
  constructor(
    private readonly users: Users,
    private readonly ending: SessionEnding,
    private readonly steps: SecondSteps,
    private readonly audit: Audit,
  ) {}

  /**
   * Verifies the address for somebody who has read the email. If they have also signed in to the account, nothing else
   * changes; otherwise as {@link take}.
   *
   * **Errors** `login_expired` if the account has changed meanwhile.
   */
  async prove(user: User, presence: Presence, tx: Queries, caller: Caller): Promise<User> {
    if (!(await presence.hasSignedInTo(user, tx))) return this.take(user, tx, caller);
    if (!(await this.users.setVerified(user, true, tx))) throw new TokenjarError('login_expired');
    return this.proven(user, tx, caller);
  }

  /**
   * Verifies the address. Whoever registered it may be somebody else, so the password, the second factors and the
   * sessions end.
   *
   * **Errors** `login_expired` if the account has changed meanwhile. **Source** GHSA-qq9h-g4jm-xgf3 (pre-hijacking).
   */
  async take(user: User, tx: Queries, caller: Caller): Promise<User> {
    if (!(await this.users.proveAddress(user, tx))) throw new TokenjarError('login_expired');
    await this.steps.forget(user, tx, caller);
    await this.ending.endEach(user.id, 'address_proven', tx, caller);
    return this.proven(user, tx, caller);
  }

  private async proven({ id }: User, tx: Queries, caller: Caller): Promise<User> {
    await this.audit.record({ event: 'email_verification', outcome: 'success', userId: id, caller }, tx);
    const proven = await this.users.findById(id, tx);
    if (!proven) throw new TokenjarError('login_expired');
    return proven;
  }
}
