import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Administrators } from '../users/administrators.js';
import { BoundEmails } from '../users/bound-emails.js';
import { ManagedUsers } from './managed-users.js';

/** Sends users an email with which they set a new password: administrators never know one. **Source** ASVS 5.0 6.4.6. */
@Injectable()
export class PasswordResetMails {
  constructor(
    private readonly administrators: Administrators,
    private readonly users: ManagedUsers,
    private readonly emails: BoundEmails,
    private readonly audit: Audit,
  ) {}

  /** **Errors** `account_not_found`, `address_missing`. */
  async send(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) => {
      const { email } = await this.users.find(id, tx);
      if (email === null) throw new TokenjarError('address_missing');
      await this.emails.queue({ to: email, languages: null }, 'reset_password', tx);
      await this.audit.record(
        { event: 'password_reset_requested', outcome: 'success', userId: id, caller: by },
        tx,
      );
    });
  }
}
