import { Inject, Injectable } from '@nestjs/common';
import { NewPasswords } from '../accounts/new-password.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { readFields } from '../http/input.js';
import { NewAccounts } from '../users/new-accounts.js';
import { Profiles } from '../users/profiles.js';
import { refuseRoles } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import type { User } from '../users/user.entity.js';
import { type NewUser, newUser } from './user-input.js';

/** Makes the accounts that a host asks for. */
@Injectable()
export class UserMaking {
  constructor(
    private readonly db: Database,
    private readonly accounts: NewAccounts,
    private readonly roles: RoleChanges,
    private readonly newPasswords: NewPasswords,
    private readonly profiles: Profiles,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'signInWith'>,
  ) {}

  /** **Errors** `input_invalid`, `password_*`, `email_taken`, `username_taken`, `server_busy`, `hook_failed`. */
  async make(input: NewUser, by: Caller): Promise<User> {
    const {
      password,
      roles = [],
      emailVerified = false,
      profile: sent,
      ...names
    } = readFields(newUser, input);
    const email = names.email ?? null;
    const { username } = names;
    demandName({ email, username }, this.options);
    if (email === null && emailVerified) throw new TokenjarError('address_missing');
    const choice = { field: 'password', email, username };
    const passwordHash = password === undefined ? null : await this.newPasswords.hash(password, choice, by);
    const profile = await this.profiles.begun(sent);
    return this.db.transaction(async (tx) => {
      refuseRoles(await this.roles.problemOf(roles, tx));
      const facts = { email, username, roles, passwordHash, isVerified: emailVerified, profile };
      return this.accounts.add(facts, tx, by);
    });
  }
}

/** Whoever could not sign in would be of no use. **Errors** `input_invalid`. */
function demandName(
  { email, username }: { email: string | null; username: string | undefined },
  { signInWith }: Pick<Options, 'signInWith'>,
): void {
  if (signInWith !== 'username' && email !== null) return;
  if (signInWith !== 'email' && username !== undefined) return;
  const field = signInWith === 'username' ? 'username' : 'email';
  throw new TokenjarError('input_invalid', { errors: { [field]: ['This field is required.'] } });
}
