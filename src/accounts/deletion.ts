import { Injectable } from '@nestjs/common';
import { Passwords } from '../crypto/password.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { SessionEnding } from '../users/session-ending.js';
import { Users } from '../users/users.js';

/** Deleting the own account. */
@Injectable()
export class Deletion {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly ending: SessionEnding,
  ) {}

  /** Asks for the password again: a borrowed access token must not be enough. **Errors** `bad_credentials`. */
  async delete(userId: number, password: string, caller: Caller): Promise<void> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    const fits = await this.passwords.fits(password, user.passwordHash, caller);
    if (!fits || !(await this.ending.deleteUser(userId, user.passwordHash)))
      throw new TokenjarError('bad_credentials');
  }
}
