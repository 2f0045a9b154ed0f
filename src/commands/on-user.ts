import type { INestApplicationContext, Type } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { operatorAs } from './operator.js';

/** Runs a function for the user with an address. @throws {CommandError} if there is none. */
export const onUser = (
  email: string,
  as: string | undefined,
  act: (user: User, application: INestApplicationContext, operator: Caller) => Promise<string>,
  modules: Type[] = [],
): Promise<string> =>
  inApplication([UserRecordsModule, ...modules], async (application) => {
    const user = await application.get(Users).findByEmail(email);
    if (!user) throw new CommandError(`There is no user with the address ${email}.`);
    return act(user, application, operatorAs(as));
  });
