import { Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { UserChange } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { newUsername } from '../username.js';
import { Renaming } from './renaming.js';
import { refuseRoles } from './roles/refused-roles.js';
import { RoleChanges } from './roles/role-changes.js';
import { SessionEnding } from './sessions/session-ending.js';
import { LOCK_USER } from './sessions/session-statements.js';
import type { User } from './user.entity.js';
import { Users } from './users.js';

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
  'user_set_details',
  `WITH changed AS (
      UPDATE tokenjar.users SET email_verified = coalesce($2, email_verified),
        locale = CASE WHEN $3::boolean THEN $4::text ELSE locale END
      WHERE id = $1 AND (email_verified <> coalesce($2, email_verified) OR $3 AND locale IS DISTINCT FROM $4)
      RETURNING id
    )
    ${recorded({ at: '$6', event: 'user_changed', reason: '$5::text', userId: 'id', by: 7, actor: '$10::text' }, 'changed')}`,
);

/** Changes accounts for somebody else: an administrator, or the app that Tokenjar is part of. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly users: Users,
    private readonly renaming: Renaming,
    private readonly roles: RoleChanges,
    private readonly ending: SessionEnding,
    private readonly clock: Clock,
  ) {}

  /** **Errors** `account_not_found`. */
  async find(id: number, queries?: Queries): Promise<User> {
    const user = await this.users.findById(id, queries);
    if (!user) throw new TokenjarError('account_not_found');
    return user;
  }

  /**
   * Changes an account, all of it or nothing.
   *
   * **Errors** `account_not_found`, `address_missing` if there is no address that could be verified, `input_invalid` for a
   * role that does not exist or a name that is not allowed, `username_taken`.
   */
  async update(id: number, change: UserChange, tx: Queries, by: Caller): Promise<void> {
    const { roles, isActive } = change;
    const found = await this.find(id, tx);
    if (found.email === null && change.emailVerified === true) throw new TokenjarError('address_missing');
    if (change.username !== undefined && found.username !== newUsername(change.username))
      await this.renaming.rename(found, change.username, by, null, tx);
    if (roles) refuseRoles(await this.roles.assign(id, roles, by, tx));
    if (isActive === true) await this.users.activate(id, by, tx);
    if (isActive === false) await this.ending.deactivateUser(id, by, tx);
    await this.setDetails(id, change, tx, by);
  }

  /** Deletes an account with everything of it. **Errors** `account_not_found`. */
  async delete(id: number, tx: Queries, by: Caller): Promise<void> {
    // The password is compared, as if they had entered it: it must not change in between.
    await tx.run(LOCK_USER, [id]);
    await this.ending.deleteUser(await this.find(id, tx), tx, by);
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
