import { Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { ManagedUser, UserChange } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { newUsername } from '../username.js';
import { Administrators } from '../users/administrators.js';
import { refuseRoles } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { Renaming } from '../users/renaming.js';
import { Users } from '../users/users.js';
import { UserSearch } from './user-search.js';

/** Nothing if it is so already. */
const SET_DETAILS = statement<
  [
    id: number,
    emailVerified: boolean | null,
    isLocale: boolean,
    locale: string | null,
    what: string,
    now: Date,
    ...by: OrderedBy,
  ]
>(
  'managed_user_set_details',
  `WITH changed AS (
      UPDATE tokenjar.users SET email_verified = coalesce($2, email_verified),
        locale = CASE WHEN $3::boolean THEN $4::text ELSE locale END
      WHERE id = $1 AND (email_verified <> coalesce($2, email_verified) OR $3 AND locale IS DISTINCT FROM $4)
      RETURNING id
    )
    ${recorded({ at: '$6', event: 'user_changed', reason: '$5::text', userId: 'id', by: 7, actor: '$10::text' }, 'changed')}`,
);

/** The accounts of others, as administrators change them. */
@Injectable()
export class ManagedUsers {
  constructor(
    private readonly administrators: Administrators,
    private readonly search: UserSearch,
    private readonly users: Users,
    private readonly renaming: Renaming,
    private readonly roles: RoleChanges,
    private readonly ending: SessionEnding,
    private readonly clock: Clock,
  ) {}

  /** **Errors** `account_not_found`. */
  async find(id: number, queries?: Queries): Promise<ManagedUser> {
    const user = await this.search.find(id, queries);
    if (!user) throw new TokenjarError('account_not_found');
    return user;
  }

  /**
   * Changes an account, all of it or nothing. There is always an administrator left: the one who does it, who cannot
   * stop being one here.
   *
   * **Errors** `account_not_found`, `own_account`, `address_missing` if there is no address that could be verified,
   * `input_invalid` for a role that does not exist or a name that is not allowed, `username_taken`.
   */
  update(me: { userId: number }, id: number, change: UserChange, caller: Caller): Promise<ManagedUser> {
    const { roles, isActive } = change;
    if (id === me.userId && (isActive === false || roles?.includes(ADMIN_ROLE) === false))
      throw new TokenjarError('own_account');
    return this.administrators.act(me, caller, async (tx, by) => {
      const found = await this.find(id, tx);
      if (found.email === null && change.emailVerified === true) throw new TokenjarError('address_missing');
      if (change.username !== undefined && found.username !== newUsername(change.username))
        await this.renaming.rename(found, change.username, by, null, tx);
      if (roles) await this.setRoles(id, roles, tx, by);
      if (isActive === true) await this.users.activate(id, by, tx);
      if (isActive === false) await this.ending.deactivateUser(id, by, tx);
      await this.setDetails(id, change, tx, by);
      return this.find(id, tx);
    });
  }

  /** Deletes an account with everything of it. **Errors** `account_not_found`, `own_account`. */
  async delete(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    if (id === me.userId) throw new TokenjarError('own_account');
    await this.administrators.act(me, caller, async (tx, by) => {
      // The password is compared, as if they had entered it: it must not change in between.
      await tx.run(LOCK_USER, [id]);
      const user = await this.users.findById(id, tx);
      if (!user) throw new TokenjarError('account_not_found');
      await this.ending.deleteUser(user, tx, by);
    });
  }

  private async setRoles(id: number, roles: readonly string[], tx: Queries, by: Caller): Promise<void> {
    refuseRoles(await this.roles.assign(id, roles, by, tx));
  }

  private async setDetails(
    id: number,
    { emailVerified, locale }: UserChange,
    tx: Queries,
    by: Caller,
  ): Promise<void> {
    const what = [
      ...(emailVerified === undefined ? [] : [`email_verified=${emailVerified}`]),
      ...(locale === undefined ? [] : [`locale=${locale ?? ''}`]),
    ].join(' ');
    if (what === '') return;
    const details = [emailVerified ?? null, locale !== undefined, locale ?? null] as const;
    await tx.run(SET_DETAILS, [id, ...details, what, this.clock.now(), ...orderedBy(by)]);
  }
}
