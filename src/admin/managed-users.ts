import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { ManagedUser, UserChange } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { AccountChanges } from '../users/account-changes.js';
import { Administrators } from '../users/administrators.js';
import { UserSearch } from './user-search.js';

/** The accounts of others, as administrators change them. */
@Injectable()
export class ManagedUsers {
  constructor(
    private readonly administrators: Administrators,
    private readonly search: UserSearch,
    private readonly changes: AccountChanges,
  ) {}

  /** **Errors** `account_not_found`. */
  async find(id: number, queries?: Queries): Promise<ManagedUser> {
    const user = await this.search.find(id, queries);
    if (!user) throw new TokenjarError('account_not_found');
    return user;
  }

  /**
   * Changes an account. There is always an administrator left: the one who does it, who cannot stop being one here.
   *
   * **Errors** those of {@link AccountChanges.update}, `own_account`.
   */
  update(me: { userId: number }, id: number, change: UserChange, caller: Caller): Promise<ManagedUser> {
    const { roles, isActive } = change;
    if (id === me.userId && (isActive === false || roles?.includes(ADMIN_ROLE) === false))
      throw new TokenjarError('own_account');
    return this.administrators.act(me, caller, async (tx, by) => {
      await this.changes.update(id, change, tx, by);
      return this.find(id, tx);
    });
  }

  /** Deletes an account with everything of it. **Errors** `account_not_found`, `own_account`. */
  async delete(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    if (id === me.userId) throw new TokenjarError('own_account');
    await this.administrators.act(me, caller, (tx, by) => this.changes.delete(id, tx, by));
  }
}
