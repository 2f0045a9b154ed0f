import { Injectable } from '@nestjs/common';
import { GivenAddress } from '../accounts/given-address.js';
import { GivenPassword } from '../accounts/given-password.js';
import { Database } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { readFields } from '../http/input.js';
import { AccountChanges } from '../users/account-changes.js';
import { ResetEmails } from '../users/reset-emails.js';
import { hostCaller } from './host-caller.js';
import type { TokenjarUser, UserRef } from './tokenjar-user.js';
import { newPassword, type NewUser, type UserUpdate, userUpdate } from './user-input.js';
import { UserLookup } from './user-lookup.js';
import { UserMaking } from './user-making.js';

/**
 * The accounts, for the app that Tokenjar is part of. Who may do what is for the app to say: nothing here asks.
 *
 * Each change has the transaction, the emails and the events of the same one by an administrator. `by` is what `@From()`
 * gives: where the request came from, for the audit trail, which names the actor `host app`.
 */
@Injectable()
export class TokenjarUsers {
  constructor(
    private readonly db: Database,
    private readonly lookup: UserLookup,
    private readonly making: UserMaking,
    private readonly changes: AccountChanges,
    private readonly addresses: GivenAddress,
    private readonly passwords: GivenPassword,
    private readonly resets: ResetEmails,
  ) {}

  /** One, active or not; undefined for nobody. */
  async find(user: UserRef): Promise<TokenjarUser | undefined> {
    return this.shown(await this.lookup.find(user));
  }

  /** One by the address. @param email in any form. */
  async findByEmail(email: string): Promise<TokenjarUser | undefined> {
    return this.shown(await this.lookup.findByEmail(email));
  }

  /** One by the username. @param username as somebody types it to sign in. */
  async findByUsername(username: string): Promise<TokenjarUser | undefined> {
    return this.shown(await this.lookup.findByUsername(username));
  }

  /**
   * Makes an account. No email is sent. The hook `afterRegistration` is called, `beforeRegistration` is not.
   *
   * **Errors** `input_invalid`, `password_*`, `email_taken`, `username_taken`, `address_missing`, `server_busy`,
   * `hook_failed`.
   */
  async create(input: NewUser, by?: Caller): Promise<TokenjarUser> {
    return this.lookup.shown(await this.making.make(input, hostCaller(by)));
  }

  /**
   * Changes an account, all of it or nothing. A new address or username is told to its owner by email; other roles and a
   * deactivation take effect on every instance within a second.
   *
   * **Errors** `account_not_found`, `input_invalid`, `email_taken`, `username_taken`, `address_missing` if there is no
   * address that could be verified, `user_inactive` for another address of a deactivated user.
   */
  async update(user: UserRef, update: UserUpdate, by?: Caller): Promise<TokenjarUser> {
    const { email, ...change } = readFields(userUpdate, update);
    const caller = hostCaller(by);
    return this.db.transaction(async (tx) => {
      const { id } = await this.lookup.demand(user, tx);
      const isMoved = email !== undefined && (await this.addresses.set(id, email, caller, tx));
      const emailVerified = isMoved ? change.emailVerified === true : change.emailVerified;
      await this.changes.update(id, { ...change, emailVerified }, tx, caller);
      return this.lookup.shown(await this.lookup.demand(id, tx));
    });
  }

  /** Ends all sessions and lets the user sign in no more. **Errors** `account_not_found`. */
  deactivate(user: UserRef, by?: Caller): Promise<TokenjarUser> {
    return this.update(user, { isActive: false }, by);
  }

  /** Lets a deactivated user sign in again. **Errors** `account_not_found`. */
  activate(user: UserRef, by?: Caller): Promise<TokenjarUser> {
    return this.update(user, { isActive: true }, by);
  }

  /** Replaces the roles by existing ones, on every instance within a second. **Errors** `account_not_found`, `input_invalid`. */
  setRoles(user: UserRef, roles: readonly string[], by?: Caller): Promise<TokenjarUser> {
    return this.update(user, { roles }, by);
  }

  /** Deletes an account with everything of it, and ends all sessions. **Errors** `account_not_found`. */
  async delete(user: UserRef, by?: Caller): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { id } = await this.lookup.demand(user, tx);
      await this.changes.delete(id, tx, hostCaller(by));
    });
  }

  /**
   * Replaces the password by the rules of every new one, ends all sessions, and tells the user by email. Second factors
   * stay.
   *
   * **Errors** `account_not_found`, `user_inactive`, `input_invalid`, `password_*`, `server_busy`.
   */
  async setPassword(user: UserRef, password: string, by?: Caller): Promise<void> {
    readFields(newPassword, { password });
    const { id } = await this.lookup.demand(user);
    await this.passwords.set(id, password, hostCaller(by));
  }

  /** Sends an email with which the user sets a new password. **Errors** `account_not_found`, `address_missing`. */
  async sendPasswordReset(user: UserRef, by?: Caller): Promise<void> {
    await this.db.transaction(async (tx) =>
      this.resets.send(await this.lookup.demand(user, tx), hostCaller(by), tx),
    );
  }

  private shown(user: Parameters<UserLookup['shown']>[0] | undefined): TokenjarUser | undefined {
    return user && this.lookup.shown(user);
  }
}
