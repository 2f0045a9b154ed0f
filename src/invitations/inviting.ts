import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { InvitationInput } from '../http/invitation-payloads.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { Administrators } from '../users/administrators.js';
import { refuseRoles } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { Users } from '../users/users.js';
import { INVITATION_LIFETIME, type InvitationRow, Invitations } from './invitations.js';

/** Invites somebody by email. */
@Injectable()
export class Inviting {
  constructor(
    private readonly administrators: Administrators,
    private readonly invitations: Invitations,
    private readonly roles: RoleChanges,
    private readonly users: Users,
    private readonly outbox: Outbox,
    private readonly limits: Limits,
  ) {}

  /**
   * Invites an address without an account. Admins can list the accounts, so the refusal tells them nothing new.
   *
   * @param languages those of the admin, because nobody knows those of the reader.
   * **Errors** `email_taken`, `input_invalid` for roles that do not exist or do not fit in a token, `rate_limited`; `insufficient_scope` if the
   * admin is none any more.
   */
  async invite(
    { email, roles = [] }: InvitationInput,
    me: { userId: number },
    caller: Caller,
    languages: string | null,
  ): Promise<InvitationRow> {
    refuseRoles(await this.roles.problemOf(roles));
    if (await this.users.findByEmail(email)) throw new TokenjarError('email_taken');
    await this.limits.consume('invitation', { caller, account: email });
    return this.administrators.act(me, caller, async (tx, by) => {
      const invitation = {
        email,
        roles,
        invitedBy: me.userId,
        lifetime: INVITATION_LIFETIME,
        isQueued: true,
      };
      const made = await this.invitations.add(invitation, tx, by);
      const values = { invitation: made.id };
      await this.outbox.queue({ kind: 'invitation', to: email, languages, values }, tx);
      return made;
    });
  }
}
