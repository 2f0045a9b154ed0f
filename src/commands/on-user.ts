import type { INestApplicationContext, Type } from '@nestjs/common';
import { normalAddress } from '../email-address.js';
import type { Caller } from '../http/caller.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import type { User } from '../users/user.entity.js';
import { UserIds } from '../users/user-ids.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { operatorAs } from './operator.js';

/**
 * Runs a function for a user.
 *
 * @param name the address, the username or the ID that is shown. @throws {CommandError} if there is none, or if it may be two.
 */
export const onUser = (
  name: string,
  as: string | undefined,
  act: (user: User, application: INestApplicationContext, operator: Caller) => Promise<string>,
  modules: Type[] = [],
): Promise<string> =>
  inApplication([UserRecordsModule, ...modules], async (application) =>
    act(await userCalled(name, application), application, operatorAs(as)),
  );

/** `id=` where what follows is not to be a username. */
const ONLY_ID = 'id=';

async function userCalled(name: string, application: INestApplicationContext): Promise<User> {
  const email = normalAddress(name) ?? null;
  const ids = application.get(UserIds);
  const isOnlyId = name.startsWith(ONLY_ID) && ids.isOne(name.slice(ONLY_ID.length));
  const id = await ids.find(isOnlyId ? name.slice(ONLY_ID.length) : name);
  const byId = id === undefined ? undefined : await application.get(Users).findById(id);
  const byName = isOnlyId ? undefined : await application.get(Usernames).find({ email, username: name });
  if (byId && byName && byId.id !== byName.id)
    throw new CommandError(
      `${name} is the ID of one user and the username of another: write id=${ids.shown(byId)} or id=${ids.shown(byName)}.`,
    );
  const user = byName ?? byId;
  if (user) return user;
  throw new CommandError(
    email === null ? `There is no user called ${name}.` : `There is no user with the address ${name}.`,
  );
}
