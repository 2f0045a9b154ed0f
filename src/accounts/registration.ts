import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { missingField, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { Profile } from '../hooks/hooks.js';
import type { NewAccount } from '../http/payloads.js';
import { foldedUsername } from '../username.js';
import { Limits } from '../limits/limits.js';
import { BoundEmails } from '../users/bound-emails.js';
import { PendingRegistrations, type Registered } from '../users/pending-registrations.js';
import { Profiles } from '../users/profiles.js';
import type { User } from '../users/user.entity.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';

/** Creates accounts. */
@Injectable()
export class Registration {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly users: Users,
    private readonly usernames: Usernames,
    private readonly registrations: PendingRegistrations,
    private readonly newPasswords: NewPasswords,
    private readonly emails: BoundEmails,
    private readonly hooks: HookCalls,
    private readonly profiles: Profiles,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Registers an account.
   *
   * @returns undefined if the address has to be verified first; no account is created until then. The response and the
   * work are the same for an address that is taken, whose owner is notified by email.
   *
   * **Errors** `registration_closed`, `invalid_scope`, `rate_limited`, `input_invalid`, `password_*`, `email_taken`,
   * `username_taken`, `server_busy`, `hook_failed`.
   */
  async register(input: NewAccount, caller: Caller, languages: string | null): Promise<User | undefined> {
    if (!this.options.registration) throw new TokenjarError('registration_closed');
    // Before an account is made: a new one has no permissions.
    if (input.scope !== undefined) throw new TokenjarError('invalid_scope');
    try {
      return await this.admit(input, caller, languages);
    } catch (error) {
      // This may have been the owner, so a click in an earlier email must no longer verify somebody else's password.
      if (error instanceof TokenjarError && error.code !== 'email_taken' && input.email !== undefined)
        await this.registrations.contestUnseen(input.email);
      throw error;
    }
  }

  private async admit(
    input: NewAccount,
    caller: Caller,
    languages: string | null,
  ): Promise<User | undefined> {
    const { email = null, password, confirmation, fieldErrors } = input;
    const account = email ?? `name ${foldedUsername(input.username ?? '')}`;
    const attempt = await this.limits.consume('registration', { caller, account });
    // Before the password is hashed: who has which name is public.
    const { username, profile } = await this.admitted(input, caller).catch(async (error: unknown) => {
      await attempt.settle(wasRefused(error) ? 'refused' : 'void');
      throw error;
    });
    const salt = email === null ? undefined : this.registrations.saltFor(email);
    const choice = { field: 'password', email, username, confirmation, fieldErrors, ...(salt && { salt }) };
    // Hash before looking up the address, so that taken and free addresses take the same time.
    const hash = await this.newPasswords.hash(password, choice, caller).catch(async (error: unknown) => {
      await attempt.settle(wasRefused(error) ? 'refused' : 'void');
      throw error;
    });
    if (this.options.emailVerification === 'mandatory') {
      if (email === null) throw missingField('email');
      return this.await({ email, username, profile }, hash, languages);
    }
    const user = await this.create({ email, username, profile }, hash, caller, languages);
    if (user) return user;
    if (username !== null && (await this.usernames.isTaken(username, { email })))
      throw new TokenjarError('username_taken');
    if (email !== null) await this.registrations.contest(email, hash);
    throw new TokenjarError('email_taken');
  }

  /** Its names and fields. The host is asked before anybody has looked whether the address is taken. */
  private async admitted(input: NewAccount, { ip, userAgent }: Caller): Promise<Names> {
    const username = await this.nameIn(input);
    const { email = null } = input;
    const profile = await this.profiles.begun(input.profile);
    const errors = await this.hooks.call('beforeRegistration', {
      email,
      username,
      provider: null,
      profile,
      ip,
      userAgent,
    });
    if (errors) throw new TokenjarError('input_invalid', { errors });
    return { email, username, profile };
  }

  /** **Errors** `input_invalid`, `username_taken`. */
  private async nameIn({ username, email, fieldErrors }: NewAccount): Promise<string | null> {
    if (username === undefined || fieldErrors?.username) return null;
    return await this.usernames.demand(username, { email: email ?? null });
  }

  private create(
    { email, username, profile }: Names,
    hash: string,
    caller: Caller,
    languages: string | null,
  ) {
    if (email === null || this.options.emailVerification === 'none')
      return this.users.create(email, hash, this.db, caller, false, username, profile);
    return this.db.transaction(async (tx) => {
      const user = await this.users.create(email, hash, tx, caller, false, username, profile);
      if (user) await this.emails.queue({ to: email, languages }, 'verify_email', tx);
      return user;
    });
  }

  /** The email says what to do next: verify the address, choose a password, or sign in to the existing account. */
  private async await(registered: Registered, hash: string, languages: string | null): Promise<undefined> {
    await this.db.transaction(async (tx) => {
      await this.registrations.add(registered, hash, tx);
      const kind = ({ account }: { account: unknown }) => (account ? 'account_exists' : 'verify_email');
      await this.emails.queue({ to: registered.email, languages }, kind, tx);
    });
  }
}

/** What a new account is called, and has of the host. */
interface Names {
  email: string | null;
  username: string | null;
  profile: Profile | null;
}

/** Whether the input itself was refused, rather than the server being too busy. */
const wasRefused = (error: unknown): boolean => error instanceof TokenjarError && error.status < 500;
