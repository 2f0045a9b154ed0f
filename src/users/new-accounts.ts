import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Profile } from '../hooks/hooks.js';
import type { Caller } from '../http/caller.js';
import { RoleChanges } from './roles/role-changes.js';
import type { User } from './user.entity.js';
import { Usernames } from './usernames.js';
import { Users } from './users.js';

/** An account that somebody else makes. */
export interface NewAccountFacts {
  email: string | null;
  /** As it was typed. */
  username: string | undefined;
  roles: readonly string[];
  passwordHash?: string | null;
  /** Whether the address is known to be theirs. */
  isVerified?: boolean;
  profile?: Profile | null;
}

/** Makes accounts for somebody else: an administrator, or the app that Tokenjar is part of. */
@Injectable()
export class NewAccounts {
  constructor(
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly roles: RoleChanges,
  ) {}

  /**
   * Roles that do not exist are left out: whoever asks refuses them beforehand.
   *
   * **Errors** `input_invalid`, `username_taken`, `email_taken`, `hook_failed`.
   */
  async add(
    { email, username, roles, passwordHash = null, isVerified = false, profile = null }: NewAccountFacts,
    tx: Queries,
    by: Caller,
  ): Promise<User> {
    const name = username === undefined ? null : await this.usernames.demand(username, { email }, tx);
    const user = await this.users.create(email, passwordHash, tx, by, isVerified, name, profile);
    if (!user) {
      const isNameTaken = name !== null && (await this.usernames.isTaken(name, { email }, tx));
      throw new TokenjarError(isNameTaken ? 'username_taken' : 'email_taken');
    }
    await this.roles.grant(user.id, roles, tx, by);
    return { ...user, roles: [...new Set(roles)].sort() };
  }
}
