import type { INestApplicationContext } from '@nestjs/common';
import { readLinkEnvironment } from '../config/env.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { Usernames } from '../users/usernames.js';
import { UserIds } from '../users/user-ids.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { asJson, demandRoles, emailOf, linkFor, LinksModule, saidOf } from './links.js';
import { operatorAs } from './operator.js';
import { namesOf } from './show-user.js';

/** What the account is called. */
interface Names {
  email?: string | undefined;
  username?: string | undefined;
}

/** Makes an account without a password, and a link that sets one. */
export const createUser = (
  names: Names,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([LinksModule], async (application) => {
    const email = names.email === undefined ? null : emailOf(names.email);
    demandNames(email, names.username);
    const operator = operatorAs(as);
    await demandRoles(application, roles);
    const { user, link } = await application.get(Database).transaction(async (tx) => {
      const username = await usernameIn(names, email, application, tx);
      const created = await application.get(Users).create(email, null, tx, operator, false, username);
      if (!created)
        throw new CommandError(`There is a user with the address ${email ?? username ?? ''} already.`);
      await application.get(RoleChanges).grant(created.id, roles, tx, operator);
      return { user: created, link: await linkFor(created, application, tx, operator) };
    });
    const ids = application.get(UserIds);
    const facts = { ...namesOf(user, ids), roles: [...new Set(roles)].sort() };
    return isJson ? asJson(facts, link) : `The user ${ids.shown(user)} exists. ${saidOf(link)}`;
  });

/** Whoever could not sign in would be of no use. */
function demandNames(email: string | null, username: string | undefined): void {
  const { signInWith, emailVerification } = readLinkEnvironment();
  if (email !== null && (username !== undefined || signInWith !== 'username')) return;
  if (signInWith === 'username' && username === undefined)
    throw new CommandError('--username: is needed, as users sign in with one (SIGN_IN_WITH=username)');
  if (username === undefined) throw new CommandError('--email or --username: is needed');
  if (signInWith === 'email')
    throw new CommandError('--email: is needed, unless SIGN_IN_WITH says that users sign in with usernames');
  if (emailVerification === 'mandatory')
    throw new CommandError('--email: is needed, as addresses are verified (EMAIL_VERIFICATION=mandatory)');
}

async function usernameIn(
  { username }: Names,
  email: string | null,
  application: INestApplicationContext,
  tx: Queries,
): Promise<string | null> {
  if (username === undefined) return null;
  try {
    return await application.get(Usernames).demand(username, { email }, tx);
  } catch (error) {
    if (!(error instanceof TokenjarError)) throw error;
    if (error.code === 'username_taken')
      throw new CommandError(`There is a user called ${username} already, or something that looks like it.`);
    throw new CommandError(
      `--username: ${Object.values(error.errors ?? {})
        .flat()
        .join(' ')}`,
    );
  }
}
