import { Inject, Injectable, Logger } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Passwords } from '../crypto/password.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../database/unavailable.js';
import { normalAddress } from '../email-address.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import { foldedUsername } from '../username.js';
import type { Caller } from '../http/caller.js';
import type { Named } from '../http/payloads.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import { accountKeyOf, type User } from '../users/user.entity.js';
import { Usernames } from '../users/usernames.js';
import { Users } from '../users/users.js';
import { ForeignPasswords } from './foreign-passwords.js';
import type { Device } from './known-devices.js';
import { type LoginAttempt, LoginAttempts } from './login-attempts.js';

/** What waits for the time of {@link Passwords.refusalTime}. The others say nothing about an account. */
const REFUSALS: readonly ErrorCode[] = ['bad_credentials', 'email_not_verified'];

/** Identifies a user by email address or username, and password. It does not open a session: {@link SignIn.finish} does. */
@Injectable()
export class PasswordLogin {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly attempts: LoginAttempts,
    private readonly users: Users,
    private readonly registrations: PendingRegistrations,
    private readonly passwords: Passwords,
    private readonly usernames: Usernames,
    private readonly foreign: ForeignPasswords,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'emailVerification' | 'signInWith'>,
  ) {}

  /**
   * Finds the user with this address and password.
   *
   * Unknown, wrong and deactivated give the same response after the same work, so that nobody learns who has an
   * account. If the device has an entry for the address, the account is read before the limits are checked, because
   * only the account can tell whether it still knows the device.
   *
   * Hashes of other systems take longer than ours; where there are some, every refusal takes as long.
   *
   * **Errors** `bad_credentials`, `email_not_verified` for a registration or an account that is not verified,
   * `rate_limited`, `server_busy`, `hook_failed`. **Source** ASVS 5.0 6.3.1, 6.3.8.
   */
  identify(named: Named, password: string, caller: Caller, device: Device): Promise<User> {
    const { email, username } = named;
    if (email !== undefined) return this.byAddress(email, password, caller, device);
    return this.byUsername(username ?? '', password, caller, device);
  }

  private async byAddress(email: string, password: string, caller: Caller, device: Device): Promise<User> {
    const isReadFirst = device.entriesFor(email).length > 0;
    const known = isReadFirst ? await this.users.findByEmail(email) : undefined;
    const name = known && device.nameFor(known);
    return this.inEqualTime(password, () =>
      this.attempts.make({ account: email, caller, device: name }, async (attempt) => {
        const user = isReadFirst ? known : await this.users.findByEmail(email);
        return this.verify(user, password, attempt, { email });
      }),
    );
  }

  /**
   * The account is read before the limits: what is counted is its attempts, by whatever name, so that two names are not
   * twice as many.
   */
  private async byUsername(
    username: string,
    password: string,
    caller: Caller,
    device: Device,
  ): Promise<User> {
    // The only field of some frontends is called `username`, and takes both.
    const email = this.options.signInWith === 'both' ? normalAddress(username) : undefined;
    const user = await this.usernames.find({ email: email ?? null, username });
    const account = user ? accountKeyOf(user) : (email ?? `name ${foldedUsername(username)}`);
    return this.inEqualTime(password, () =>
      this.attempts.make({ account, caller, device: user && device.nameFor(user) }, (attempt) =>
        this.verify(user, password, { ...attempt, registered: email ?? { username } }, { email, username }),
      ),
    );
  }

  /**
   * The same for a user who is known already, under the same limits. **Errors** `bad_credentials`,
   * `email_not_verified`, `rate_limited`, `server_busy`.
   */
  prove(user: User, password: string, caller: Caller, device: Device): Promise<User> {
    return this.attempts.make(
      { account: accountKeyOf(user), caller, device: device.nameFor(user) },
      (attempt) => this.verify(user, password, attempt, { email: user.email ?? undefined }),
    );
  }

  private async inEqualTime(password: string, attempt: () => Promise<User>): Promise<User> {
    const until = performance.now() + this.passwords.refusalTime(password);
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof TokenjarError && REFUSALS.includes(error.code))
        await sleep(Math.max(0, until - performance.now()));
      throw error;
    }
  }

  private async verify(
    user: User | undefined,
    password: string,
    attempt: LoginAttempt,
    named: Named,
  ): Promise<User> {
    const matched = await this.passwords.match(password, user?.passwordHash, attempt.caller);
    const fits = matched !== undefined;
    if (user?.isActive && fits) return this.withCurrentHash(user, matched, attempt.caller);
    const adopted = fits ? undefined : await this.foreign.adopt(named, password, user, attempt.caller);
    if (adopted) return adopted;
    // Only the network limits these, so they are recorded in aggregate. Otherwise anyone could register somebody's
    // address and fill the owner's activity.
    if (await this.isRegistered(attempt, password))
      throw new TokenjarError('email_not_verified', { account: attempt.account });
    const reason = !user ? 'unknown_account' : fits ? 'user_inactive' : 'wrong_password';
    await this.attempts.recordFailure(attempt, reason, user?.id);
    throw new TokenjarError('bad_credentials');
  }

  /**
   * Whether the password was entered in a pending registration of the address, whether or not the address is taken. It
   * is checked after every failure, so that all failures take the same work.
   */
  private async isRegistered(
    { account, caller, registered = account }: LoginAttempt,
    password: string,
  ): Promise<boolean> {
    if (this.options.emailVerification !== 'mandatory') return false;
    try {
      const email =
        typeof registered === 'string' ? registered : await this.registrations.addressOf(registered.username);
      return await this.registrations.has(email, password, caller);
    } catch (error) {
      // A guess already found wrong counts, even if there is no time for the second hash.
      if (error instanceof TokenjarError && error.code === 'server_busy') return false;
      throw error;
    }
  }

  /** Replaces a hash of another system, or with outdated parameters. The login does not depend on it. */
  private async withCurrentHash(user: User, password: string, caller: Caller): Promise<User> {
    const { id, passwordHash } = user;
    if (passwordHash === null || !this.passwords.isOutdated(passwordHash)) return user;
    try {
      await this.users.renewHash(id, passwordHash, await this.passwords.hash(password, caller), caller);
    } catch (error) {
      if (!(error instanceof TokenjarError || isUnavailable(error))) throw error;
      this.logger.warn(`A password could not be rehashed: ${String(error)}`);
    }
    return user;
  }
}
