import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Passwords } from '../crypto/password.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { Outbox } from '../mail/outbox.js';
import { SessionEnding } from '../users/session-ending.js';
import { Users } from '../users/users.js';

/** Deleting the own account. */
@Injectable()
export class Deletion {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly ending: SessionEnding,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Deletes the account, and confirms it by a letter to its address.
   *
   * Asks for the password again: a borrowed access token must not be enough. **Errors** `bad_credentials`.
   */
  async delete(userId: number, password: string, languages: string | null): Promise<void> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    if (!(await this.passwords.fits(password, user.passwordHash))) throw new TokenjarError('bad_credentials');
    await this.db.transaction(async (tx) => {
      if (!(await this.ending.deleteUser(userId, user.passwordHash, tx)))
        throw new TokenjarError('bad_credentials');
      const values = { time: this.clock.now().toISOString() };
      const letter = { kind: 'account_deleted', to: user.email, values } as const;
      await this.outbox.queue({ ...letter, languages: user.locale ?? languages }, tx);
    });
  }
}
