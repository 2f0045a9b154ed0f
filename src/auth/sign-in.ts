import { Inject, Injectable, Logger } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Passwords } from '../crypto/password.js';
import { isUnavailable } from '../database/unavailable.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Limits, type Taken } from '../limits/limits.js';
import { PendingRegistrations } from '../users/pending-registrations.js';
import type { SessionWithUser } from '../users/sessions/session-with-user.js';
import { Sessions } from '../users/sessions/sessions.js';
import type { SignedInBefore } from '../users/sessions/signed-in-before.js';
import { type Account, Users } from '../users/users.js';
import type { PresentedDevice } from './known-devices.js';
import { SignInEmails } from './sign-in-emails.js';

/** Why somebody with the right password does not get in. */
const REFUSED_AT_THE_DOOR: readonly ErrorCode[] = ['email_not_verified', 'session_limit_reached'];

/** Signing in: who is it, and then the one door through which a session opens. */
@Injectable()
export class SignIn {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly emails: SignInEmails,
    private readonly users: Users,
    private readonly registrations: PendingRegistrations,
    private readonly sessions: Sessions,
    private readonly passwords: Passwords,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Finds the user whom an address and a password belong to.
   *
   * Unknown, wrong and deactivated are one answer after the same work, so that nobody learns who has an account.
   *
   * @param device what the request shows of devices of the address: then the account is read before the limits are
   * asked, for only the account says whether it still knows the device.
   * **Errors** `bad_credentials`, `email_not_verified` for what was registered and not verified, `rate_limited`,
   * `server_busy`. **Source** ASVS 5.0 6.3.1, 6.3.8.
   */
  async identify(
    email: string,
    password: string,
    caller: Caller,
    device?: PresentedDevice,
  ): Promise<Account> {
    const seen = device && { user: await this.users.findByEmail(email) };
    const name = seen?.user && device?.nameFor(seen.user);
    const taken = await this.limits.take('login', { caller, account: email, device: name });
    try {
      const user = await this.check(email, password, caller, taken, seen);
      await taken.giveBack('success');
      return user;
    } catch (error) {
      const code = error instanceof TokenjarError ? error.code : undefined;
      // The password was right, though nothing came of it; for want of time or a database it was not looked at.
      if (code === 'email_not_verified') await taken.giveBack('refused');
      else if (code !== 'bad_credentials') await taken.giveBack('void');
      throw error;
    }
  }

  private async check(
    email: string,
    password: string,
    caller: Caller,
    taken?: Taken,
    seen?: { user: Account | undefined },
  ): Promise<Account> {
    const user = seen ? seen.user : await this.users.findByEmail(email);
    const fits = await this.passwords.fits(password, user?.passwordHash, caller);
    if (user?.isActive && fits) return user;
    if (await this.isRegistered(email, password, caller)) {
      await this.audit.record({
        event: 'login',
        outcome: 'failure',
        reason: 'email_not_verified',
        userId: user?.id,
        caller,
      });
      throw new TokenjarError('email_not_verified');
    }
    if (taken?.isFirstOfLock) await this.emails.locked(email);
    await this.audit.record({
      event: taken?.isLast ? 'login_blocked' : 'login',
      outcome: 'failure',
      reason: !user ? 'unknown_account' : fits ? 'user_inactive' : 'wrong_password',
      userId: user?.id,
      caller,
    });
    throw new TokenjarError('bad_credentials');
  }

  /**
   * Whether the password was typed in a registration of the address that waits to be verified, be the address taken or
   * free. It is looked up after every failure, so that each takes the same work.
   */
  private async isRegistered(email: string, password: string, caller: Caller): Promise<boolean> {
    if (this.options.emailVerification !== 'mandatory') return false;
    try {
      return await this.registrations.has(email, password, caller);
    } catch (error) {
      // A guess that was already found wrong counts, also while there is no time for the second hash.
      if (error instanceof TokenjarError && error.code === 'server_busy') return false;
      throw error;
    }
  }

  /**
   * Opens a session for somebody who has proved who they are. Every way to sign in ends here.
   *
   * @param password where one was typed, to renew a hash of outdated parameters.
   * @param isNewDevice whether the account does not know the device.
   * @param before what the browser was signed in to: that ends.
   * **Errors** `email_not_verified`; `bad_credentials` when the account changed since it was checked.
   */
  async complete(
    user: Account,
    caller: Caller,
    password?: string,
    isNewDevice = false,
    before?: SignedInBefore,
  ): Promise<SessionWithUser> {
    try {
      return await this.enter(user, caller, password, isNewDevice, before);
    } catch (error) {
      if (error instanceof TokenjarError && REFUSED_AT_THE_DOOR.includes(error.code))
        await this.audit.record({
          event: 'login',
          outcome: 'failure',
          reason: error.code,
          userId: user.id,
          caller,
        });
      throw error;
    }
  }

  private async enter(
    user: Account,
    caller: Caller,
    password: string | undefined,
    isNewDevice: boolean,
    before: SignedInBefore | undefined,
  ): Promise<SessionWithUser> {
    if (this.options.emailVerification === 'mandatory' && !user.emailVerified)
      throw new TokenjarError('email_not_verified');
    const note = isNewDevice ? 'new_device' : undefined;
    const session =
      (await this.sessions.open(user, ['pwd'], caller, note, before)) ??
      (await this.openOnceMore(user, caller, password, note, before));
    if (!session) throw new TokenjarError('bad_credentials');
    if (isNewDevice) await this.emails.newDevice(user, caller);
    await this.noteLoginIfPossible(user, caller, password);
    return session;
  }

  /** The hash is another one than was checked: the password was changed, or another login has just renewed the hash. */
  private async openOnceMore(
    { email }: Account,
    caller: Caller,
    password: string | undefined,
    note: string | undefined,
    before: SignedInBefore | undefined,
  ) {
    if (password === undefined) return undefined;
    return this.sessions.open(await this.check(email, password, caller), ['pwd'], caller, note, before);
  }

  /** The session is open: what comes after may fail without taking it back. */
  private async noteLoginIfPossible(
    user: Account,
    caller: Caller,
    password: string | undefined,
  ): Promise<void> {
    try {
      await this.noteLogin(user, caller, password);
    } catch (error) {
      if (!(error instanceof TokenjarError || isUnavailable(error))) throw error;
      this.logger.warn(`A login was not noted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async noteLogin(
    { id, passwordHash }: Account,
    caller: Caller,
    password: string | undefined,
  ): Promise<void> {
    if (passwordHash === null) return;
    const hash =
      password !== undefined && this.passwords.isOutdated(passwordHash)
        ? await this.passwords.hash(password, caller)
        : undefined;
    const at = this.options.updateLastLogin ? this.clock.now() : undefined;
    if (hash ?? at)
      await this.users.noteLogin(id, passwordHash, { ...(hash && { hash }), ...(at && { at }) });
  }
}
