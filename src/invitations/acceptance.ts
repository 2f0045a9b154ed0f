import { Injectable } from '@nestjs/common';
import { NewPasswords } from '../accounts/new-password.js';
import { PasswordReplacement, type PasswordSetting } from '../accounts/password-replacement.js';
import { Audit } from '../audit/audit.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { InvitationAcceptance } from '../http/invitation-payloads.js';
import { Limits } from '../limits/limits.js';
import { BoundEmails } from '../users/bound-emails.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { ChosenNames } from './chosen-names.js';
import { type InvitationRow, Invitations } from './invitations.js';

/** Whoever has accepted. */
export interface Accepted {
  account: User;
  isNew: boolean;
}

/** Makes an account of an invitation. */
@Injectable()
export class Acceptance {
  constructor(
    private readonly db: Database,
    private readonly invitations: Invitations,
    private readonly newPasswords: NewPasswords,
    private readonly replacement: PasswordReplacement,
    private readonly users: Users,
    private readonly chosen: ChosenNames,
    private readonly emails: BoundEmails,
    private readonly registrations: PendingRegistrations,
    private readonly roles: RoleChanges,
    private readonly limits: Limits,
    private readonly audit: Audit,
  ) {}

  /**
   * Accepts an invitation with a password. The link was sent to the address, which is verified by that.
   *
   * If the address has an account by now, its owner is the one who has the link: the password is replaced as by a
   * password reset, and the roles are added; a username it keeps. The response is the same, so it does not tell.
   *
   * Whatever is refused does not use up the link. **Errors** `link_invalid`, `email_taken` if the address was chosen,
   * `username_taken`, `password_*`, those of `admit`, `input_invalid`, `server_busy`.
   */
  async accept(
    input: InvitationAcceptance,
    setting: PasswordSetting,
    admit: (account: User) => void,
  ): Promise<Accepted> {
    const { key, password, confirmation, fieldErrors } = input;
    const found = await this.invitations.find(key);
    if (!found) throw new TokenjarError('link_invalid');
    const email = addressOf(found, input.email);
    const username = await this.chosen.nameIn(input, email);
    const choice = { field: 'password', email, username, confirmation, fieldErrors };
    const hash = await this.newPasswords.hash(password, choice, setting.caller);
    return this.db.transaction(async (tx) => {
      const invitation = await this.invitations.take(found, tx);
      if (!invitation) throw new TokenjarError('link_invalid');
      await this.limits.forget('login', email, tx);
      const { account, registration } = await this.emails.stateOf(email, tx);
      if (account && invitation.email === '') throw new TokenjarError('email_taken');
      if (registration) await this.registrations.settle(email, registration.id, tx);
      const user = account
        ? await this.chosen.give(
            (await this.replacement.replace({ ...account, email }, hash, setting, tx)).after,
            username,
            setting.caller,
            tx,
          )
        : await this.users.create(email, hash, tx, setting.caller, true, username);
      if (!user) throw await this.chosen.refusal(username, email, tx);
      const welcome = await this.welcome(user, invitation, tx, setting.caller);
      admit(welcome);
      return { account: welcome, isNew: !account };
    });
  }

  /**
   * Gives a user what the invitation says. It has to be taken in the same transaction.
   *
   * @returns the user as they are then.
   */
  async welcome(user: User, { roles }: InvitationRow, tx: Queries, caller: Caller): Promise<User> {
    await this.roles.grant(user.id, roles, tx, caller);
    const reason = roles.length > 0 ? { reason: roles.join(' ') } : {};
    const accepted = { event: 'invitation_accepted', outcome: 'success', userId: user.id, caller } as const;
    await this.audit.record({ ...accepted, ...reason }, tx);
    return (await this.users.findById(user.id, tx)) ?? user;
  }
}

/** The address that the account has. @param typed see decision 25. */
function addressOf({ email }: InvitationRow, typed: string | undefined): string {
  if (email === '' && typed === undefined)
    throw new TokenjarError('input_invalid', { errors: { email: ['This field is required.'] } });
  if (email !== '' && typed !== undefined && typed !== email) throw new TokenjarError('link_invalid');
  return email === '' ? String(typed) : email;
}
