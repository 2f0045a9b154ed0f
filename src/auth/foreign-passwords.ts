import { Injectable } from '@nestjs/common';
import { Passwords } from '../crypto/password.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { Caller } from '../http/caller.js';
import type { Named } from '../http/payloads.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { UnprovenAccounts } from './unproven-accounts.js';

/** Passwords in a store of the host's, from which users move when they sign in. */
@Injectable()
export class ForeignPasswords {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly unproven: UnprovenAccounts,
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
    // Whoever has registered the address in the store may be somebody else than whose account this is.
    if (user && user.email !== null && !found.emailVerified) return undefined;
    if (!user && email === undefined) return undefined;
    const hash = await this.passwords.hash(password, caller);
    if (user) return this.keep(user, hash, caller);
    const created = await this.users.create(email ?? null, hash, this.db, caller, found.emailVerified);
    return created ?? this.justMade(email ?? '', password, caller);
  }

  /** Whoever registered the address here has not proven that it is theirs; the store's user has. */
  private keep(user: User, hash: string, caller: Caller): Promise<User | undefined> {
    return this.db.transaction(async (tx) => {
      const isProven = user.email === null || user.emailVerified;
      const owned = isProven ? user : await this.taken(user, tx, caller);
      if (!owned) return undefined;
      const isKept = await this.users.replacePasswordHash(owned, hash, tx, caller);
      return isKept ? this.users.findById(user.id, tx) : undefined;
    });
  }

  /** Undefined if the account has changed meanwhile. */
  private async taken(user: User, tx: Queries, caller: Caller): Promise<User | undefined> {
    try {
      return await this.unproven.take(user, tx, caller);
    } catch (error) {
      if (error instanceof TokenjarError && error.code === 'login_expired') return undefined;
      throw error;
    }
  }

  /** Two first sign-ins at the same moment are of the same account, which has the password of one of them. */
  private async justMade(email: string, password: string, caller: Caller): Promise<User | undefined> {
    const user = await this.users.findByEmail(email);
    const matched = await this.passwords.match(password, user?.passwordHash, caller);
    return user?.isActive && matched !== undefined ? user : undefined;
  }
}
