import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Passwords } from '../crypto/password.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { type SessionWithUser, Sessions } from '../users/sessions.js';
import { type Account, Users } from '../users/users.js';

/** Signing in: who is it, and then the one door through which a session opens. */
@Injectable()
export class SignIn {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly passwords: Passwords,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Finds the user whom an address and a password belong to.
   *
   * Unknown, wrong and deactivated are one answer after the same work, so that nobody learns who has an account.
   * **Errors** `bad_credentials`, `server_busy`. **Source** ASVS 5.0 6.3.8.
   */
  async identify(email: string, password: string): Promise<Account> {
    const user = await this.users.findByEmail(email);
    const fits = await this.passwords.fits(password, user?.passwordHash);
    if (!user || !fits || !user.isActive) throw new TokenjarError('bad_credentials');
    return user;
  }

  /**
   * Opens a session for somebody who has proved who they are. Every way to sign in ends here.
   *
   * @param password where one was typed, to renew a hash of outdated parameters.
   * **Errors** `email_not_verified`; `bad_credentials` when the account changed since it was checked.
   */
  async complete(user: Account, caller: Caller, password?: string): Promise<SessionWithUser> {
    if (this.options.emailVerification === 'mandatory' && !user.emailVerified)
      throw new TokenjarError('email_not_verified');
    const session =
      (await this.sessions.open(user, ['pwd'], caller)) ?? (await this.openOnceMore(user, caller, password));
    if (!session) throw new TokenjarError('bad_credentials');
    await this.noteLoginIfPossible(user, password);
    return session;
  }

  /** The hash is another one than was checked: the password was changed, or another login has just renewed the hash. */
  private async openOnceMore({ email }: Account, caller: Caller, password: string | undefined) {
    if (password === undefined) return undefined;
    return this.sessions.open(await this.identify(email, password), ['pwd'], caller);
  }

  /** The session is open: what comes after may fail without taking it back. */
  private async noteLoginIfPossible(user: Account, password: string | undefined): Promise<void> {
    try {
      await this.noteLogin(user, password);
    } catch (error) {
      if (!(error instanceof TokenjarError || isUnavailable(error))) throw error;
      this.logger.warn(`A login was not noted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async noteLogin({ id, passwordHash }: Account, password: string | undefined): Promise<void> {
    if (passwordHash === null) return;
    const hash =
      password !== undefined && this.passwords.isOutdated(passwordHash)
        ? await this.passwords.hash(password)
        : undefined;
    const at = this.options.updateLastLogin ? this.clock.now() : undefined;
    if (hash ?? at)
      await this.users.noteLogin(id, passwordHash, { ...(hash && { hash }), ...(at && { at }) });
  }
}
