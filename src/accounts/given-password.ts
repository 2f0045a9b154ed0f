import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { AccountChanges } from '../users/account-changes.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { accountKeyOf } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';

/** Gives accounts passwords that somebody else has chosen: the app that Tokenjar is part of. */
@Injectable()
export class GivenPassword {
  constructor(
    private readonly db: Database,
    private readonly accounts: AccountChanges,
    private readonly users: Users,
    private readonly newPasswords: NewPasswords,
    private readonly ending: SessionEnding,
    private readonly limits: Limits,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Replaces the password and ends all sessions, in one transaction, and tells the user by email. The account is locked
   * no longer. The rules are those of every new password; second factors stay.
   *
   * **Errors** `account_not_found`, `user_inactive`, `password_*`, `server_busy`. **Source** ASVS 5.0 7.4.3.
   */
  async set(id: number, password: string, by: Caller): Promise<void> {
    const { email, username } = await this.accounts.find(id);
    const hash = await this.newPasswords.hash(password, { field: 'password', email, username }, by);
    await this.db.transaction(async (tx) => {
      await tx.run(LOCK_USER, [id]);
      const user = await this.accounts.find(id, tx);
      if (!user.isActive) throw new TokenjarError('user_inactive');
      await this.users.replacePasswordHash(user, hash, tx, by);
      await this.ending.endAll(id, 'password_change', tx, by);
      await this.limits.forget('login', accountKeyOf(user), tx);
      await this.outbox.notify('password_changed', user, null, tx);
    });
  }
}
