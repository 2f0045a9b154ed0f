import { Injectable } from '@nestjs/common';
import { Passwords } from '../crypto/password.js';
import { Database } from '../database/database.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { Caller } from '../http/caller.js';
import type { Named } from '../http/payloads.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';

/** Passwords in a store of the host's, from which users move when they sign in. */
@Injectable()
export class ForeignPasswords {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly hooks: HookCalls,
  ) {}

  /**
   * Asks for a password that is wrong here.
   *
   * @param user the account that has the name, if there is one.
   * @returns the account, which has the password from now on; undefined if it is not right, or does not count: an account
   * with a password of its own has no other. **Errors** `hook_failed`, `server_busy`.
   */
  async adopt(
    { email, username }: Named,
    password: string,
    user: User | undefined,
    caller: Caller,
  ): Promise<User | undefined> {
    if (!this.hooks.has('verifyPassword')) return undefined;
    const { ip, userAgent } = caller;
    const names = { email: user?.email ?? email ?? null, username: user?.username ?? username ?? null };
    const found = await this.hooks.call('verifyPassword', { ...names, password, ip, userAgent });
    if (!found || (user && (user.passwordHash !== null || !user.isActive))) return undefined;
    if (!user && email === undefined) return undefined;
    const hash = await this.passwords.hash(password, caller);
    return user
      ? this.keep(user, hash, caller)
      : this.users.create(email ?? null, hash, this.db, caller, found.emailVerified);
  }

  private keep(user: User, hash: string, caller: Caller): Promise<User | undefined> {
    return this.db.transaction(async (tx) => {
      const isKept = await this.users.replacePasswordHash(user, hash, tx, caller);
      return isKept ? this.users.findById(user.id, tx) : undefined;
    });
  }
}
