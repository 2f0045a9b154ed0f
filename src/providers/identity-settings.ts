import { Injectable } from '@nestjs/common';
import { PendingLogins } from '../auth/pending-logins.js';
import { WaysIn } from '../auth/ways-in.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { Users } from '../users/users.js';
import { IdentityLinks } from './identity-links.js';

/** Unlinks identities of a signed-in user. */
@Injectable()
export class IdentitySettings {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly links: IdentityLinks,
    private readonly waysIn: WaysIn,
    private readonly pendingLogins: PendingLogins,
  ) {}

  /**
   * Unlinks one, but never the last way in. Sign-ins with providers that lack a step end.
   *
   * **Errors** `identity_not_found`, `last_sign_in_method`, `user_inactive`.
   */
  async remove(userId: number, id: string, caller: Caller): Promise<void> {
    await this.db.transaction(async (tx) => {
      // Two requests at once must not each leave the other one's way in.
      await tx.run(LOCK_USER, [userId]);
      const user = await this.users.findById(userId, tx);
      if (!user?.isActive) throw new TokenjarError('user_inactive');
      await this.links.unlink(user, id, tx, caller);
      await this.waysIn.demandOne(user, tx);
      await this.pendingLogins.removeBy(userId, 'fed', tx);
    });
  }
}
