import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { PasswordLink } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { Administrators } from '../users/administrators.js';
import { PASSWORD_LINK_LIFETIME, PasswordLinks } from '../users/password-links.js';
import { Users } from '../users/users.js';

/** Gives administrators a link that sets a password, for accounts that no email reaches: they hand it on. */
@Injectable()
export class PasswordHandover {
  constructor(
    private readonly administrators: Administrators,
    private readonly users: Users,
    private readonly links: PasswordLinks,
  ) {}

  /**
   * Whoever has the link can set the password, and so could the administrator. Therefore not where an email does it, and
   * not for other administrators. Second factors stay.
   *
   * **Errors** `account_not_found`, `password_link_refused`. **Source** ASVS 5.0 6.4.6, which email meets in full.
   */
  make(me: { userId: number }, id: number, caller: Caller): Promise<PasswordLink> {
    return this.administrators.act(me, caller, async (tx, by) => {
      const user = await this.users.findById(id, tx);
      if (!user) throw new TokenjarError('account_not_found');
      if (user.email !== null || !user.isActive || user.roles.includes(ADMIN_ROLE))
        throw new TokenjarError('password_link_refused');
      return { link: await this.links.make(user, by, tx), expiresIn: PASSWORD_LINK_LIFETIME };
    });
  }
}
