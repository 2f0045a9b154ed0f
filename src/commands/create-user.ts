import { Database } from '../database/database.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { asJson, demandRoles, emailOf, LinksModule, passwordLinkFor, saidOf } from './links.js';
import { operatorAs } from './operator.js';

/** Makes an account without a password, and a link that sets one. */
export const createUser = (
  address: string,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([LinksModule], async (application) => {
    const email = emailOf(address);
    const operator = operatorAs(as);
    await demandRoles(application, roles);
    const { user, link } = await application.get(Database).transaction(async (tx) => {
      const created = await application.get(Users).create(email, null, tx, operator);
      if (!created) throw new CommandError(`There is a user with the address ${email} already.`);
      await application.get(RoleChanges).grant(created.id, roles, tx, operator);
      return { user: created, link: await passwordLinkFor(created, application, tx, operator) };
    });
    const facts = { id: user.id, email, roles: [...new Set(roles)].sort() };
    return isJson ? asJson(facts, link) : `The user ${user.id} exists. ${saidOf(link)}`;
  });
