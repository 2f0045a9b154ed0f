import { Database } from '../database/database.js';
import { INVITATION_LIFETIME, Invitations } from '../invitations/invitations.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { demandRoles, emailOf, LinksModule } from './links.js';
import { operatorAs } from './operator.js';

/** Invites an address; a running server sends the email. */
export const inviteUser = (
  address: string,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([LinksModule], async (application) => {
    const email = emailOf(address);
    await demandRoles(application, roles);
    if (await application.get(Users).findByEmail(email))
      throw new CommandError(`There is a user with the address ${email} already.`);
    const invitation = {
      email,
      roles,
      invitedBy: null,
      lifetime: INVITATION_LIFETIME,
      isQueued: false,
    };
    const made = await application
      .get(Database)
      .transaction((tx) => application.get(Invitations).add(invitation, tx, operatorAs(as)));
    const facts = { id: made.id, email, roles: made.roles, expires_at: made.expiresAt.toISOString() };
    return isJson
      ? JSON.stringify(facts)
      : `${email} is invited. A running server that sends emails will send the link within a minute; it works once, within 7 days.`;
  });
