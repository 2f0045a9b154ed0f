import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import { Administrators } from '../users/administrators.js';
import { ResetEmails } from '../users/reset-emails.js';
import { ManagedUsers } from './managed-users.js';

/** Sends users an email with which they set a new password: administrators never know one. */
@Injectable()
export class PasswordResetMails {
  constructor(
    private readonly administrators: Administrators,
    private readonly users: ManagedUsers,
    private readonly emails: ResetEmails,
  ) {}

  /** **Errors** `account_not_found`, `address_missing`. */
  async send(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) =>
      this.emails.send(await this.users.find(id, tx), by, tx),
    );
  }
}
