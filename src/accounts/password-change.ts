import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Passwords } from '../crypto/password.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Principal } from '../http/principal.js';
import { type LiveSession, Sessions } from '../users/sessions.js';
import { Users } from '../users/users.js';
import { checkNewPassword } from './new-password.js';

/** Changing the own password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly passwords: Passwords,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Replaces the password, ends all other sessions and gives this one a new refresh token: one transaction.
   *
   * **Errors** `bad_credentials`, `password_*`, `token_blacklisted`, `server_busy`. **Source** ASVS 5.0 7.4.3, 6.2.3.
   */
  async change(me: Principal, oldPassword: string, newPassword: string): Promise<LiveSession> {
    const user = await this.users.findById(me.userId);
    if (!user) throw new TokenjarError('user_not_found');
    const { email, passwordHash } = user;
    const fits = await this.passwords.fits(oldPassword, passwordHash);
    if (!fits || !user.isActive || passwordHash === null)
      throw new TokenjarError('bad_credentials', { errors: { old_password: ['The password is wrong.'] } });
    checkNewPassword(newPassword, 'new_password', { email, leastCharacters: this.options.passwordMinLength });
    const newHash = await this.passwords.hash(newPassword);

    return this.db.transaction(async (tx) => {
      if (!(await this.users.replacePasswordHash(me.userId, passwordHash, newHash, tx)))
        throw new TokenjarError('bad_credentials');
      const session = await this.sessions.renew(me.userId, me.sessionId, tx);
      if (!session) throw new TokenjarError('token_blacklisted');
      await this.sessions.endOthers(me.userId, me.sessionId, 'password_change', tx);
      return session;
    });
  }
}
