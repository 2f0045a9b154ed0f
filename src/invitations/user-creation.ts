import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import type { CreatedUser, InvitationFacts, NewUser } from '../http/invitation-payloads.js';
import { Administrators } from '../users/administrators.js';
import { BoundEmails } from '../users/bound-emails.js';
import { NewAccounts } from '../users/new-accounts.js';
import { PASSWORD_LINK_LIFETIME, PasswordLinks } from '../users/password-links.js';
import { refuseRoles } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import type { User } from '../users/user.entity.js';
import { Inviting } from './inviting.js';

/** Makes accounts for others: whoever has an address is invited, and chooses a username; or the account is made with one. */
@Injectable()
export class UserCreation {
  constructor(
    private readonly inviting: Inviting,
    private readonly administrators: Administrators,
    private readonly accounts: NewAccounts,
    private readonly roles: RoleChanges,
    private readonly emails: BoundEmails,
    private readonly links: PasswordLinks,
  ) {}

  /**
   * Makes an account without a password. An email with which the user sets one is sent to the address; without an address,
   * the administrator gets the link and hands it on.
   *
   * **Errors** those of {@link Inviting.invite}; `username_taken`, `input_invalid`.
   */
  async create(
    { email, username, roles = [] }: NewUser,
    me: { userId: number },
    caller: Caller,
    languages: string | null,
  ): Promise<InvitationFacts | CreatedUser> {
    if (username === undefined)
      return this.inviting.invite({ email: email ?? '', roles }, me, caller, languages);
    refuseRoles(await this.roles.problemOf(roles));
    return this.administrators.act(me, caller, async (tx, by) => {
      const user = await this.accounts.add({ email: email ?? null, username, roles }, tx, by);
      return { user, ...(await this.wayIn(user, languages, tx, by)) };
    });
  }

  private async wayIn(
    user: User,
    languages: string | null,
    tx: Queries,
    by: Caller,
  ): Promise<Omit<CreatedUser, 'user'>> {
    if (user.email !== null) {
      await this.emails.queue({ to: user.email, languages }, 'reset_password', tx);
      return { passwordLink: null, expiresIn: null };
    }
    return { passwordLink: await this.links.make(user, by, tx), expiresIn: PASSWORD_LINK_LIFETIME };
  }
}
