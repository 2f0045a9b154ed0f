import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { BoundEmails } from './bound-emails.js';
import type { User } from './user.entity.js';

/** Sends users an email with which they set a new password, for somebody else who never knows it. **Source** ASVS 5.0 6.4.6. */
@Injectable()
export class ResetEmails {
  constructor(
    private readonly emails: BoundEmails,
    private readonly audit: Audit,
  ) {}

  /** **Errors** `address_missing`. */
  async send({ id, email }: Pick<User, 'id' | 'email'>, by: Caller, tx: Queries): Promise<void> {
    if (email === null) throw new TokenjarError('address_missing');
    await this.emails.queue({ to: email, languages: null }, 'reset_password', tx);
    const requested = { event: 'password_reset_requested', outcome: 'success', userId: id } as const;
    await this.audit.record({ ...requested, caller: by }, tx);
  }
}
