import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import { normalAddress } from '../email-address.js';
import { TokenjarError } from '../errors.js';
import type { User } from '../users/user.entity.js';
import { UserIds } from '../users/user-ids.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { type TokenjarUser, tokenjarUserOf, type UserRef } from './tokenjar-user.js';

/** Finds the users whom a host names. */
@Injectable()
export class UserLookup {
  constructor(
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly ids: UserIds,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'userId'>,
  ) {}

  async find(user: UserRef, queries?: Queries): Promise<User | undefined> {
    const id = await this.ids.keyOf(user);
    return id === undefined ? undefined : this.users.findById(id, queries);
  }

  async findByEmail(text: string): Promise<User | undefined> {
    const email = normalAddress(text);
    return email === undefined ? undefined : this.users.findByEmail(email);
  }

  findByUsername(username: string): Promise<User | undefined> {
    return this.usernames.find({ email: null, username });
  }

  /** **Errors** `account_not_found`. */
  async demand(user: UserRef, queries?: Queries): Promise<User> {
    const found = await this.find(user, queries);
    if (!found) throw new TokenjarError('account_not_found');
    return found;
  }

  shown(user: User): TokenjarUser {
    return tokenjarUserOf(user, this.options);
  }
}
