import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { NewAccount } from '../http/operations.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { type Account, Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';

/** Making an account. */
@Injectable()
export class Registration {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly users: Users,
    private readonly newPasswords: NewPasswords,
    private readonly outbox: Outbox,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Makes an account.
   *
   * @returns undefined where its address has to be verified first. Then a taken address is answered in the same way,
   * after the same work, and its owner is told by a letter: also one who has not verified it, and whose password
   * somebody else may have chosen, for the letter's link sets a new one.
   *
   * **Errors** `registration_closed`, `rate_limited`, `input_invalid`, `password_*`, `email_taken`, `server_busy`.
   */
  async register(input: NewAccount, caller: Caller, languages: string | null): Promise<Account | undefined> {
    const { email, password, confirmation, amiss } = input;
    const { registration, emailVerification } = this.options;
    if (!registration) throw new TokenjarError('registration_closed');
    await this.limits.take('registration', { caller });
    const choice = { field: 'password', email, confirmation, amiss };
    // Hashed before the address is looked at: a taken one takes as long as a free one.
    const hash = await this.newPasswords.hash(password, choice, caller);
    if (emailVerification === 'none') return taken(await this.users.create(email, hash, this.db, caller));
    return this.db.transaction(async (tx) => {
      const user = await this.users.create(email, hash, tx, caller);
      if (!user && emailVerification === 'optional') throw new TokenjarError('email_taken');
      const kind = user ? 'verify_email' : 'account_exists';
      await this.outbox.queue({ kind, to: email, languages, values: {} }, tx);
      return emailVerification === 'optional' ? user : undefined;
    });
  }
}

function taken(user: Account | undefined): Account {
  if (!user) throw new TokenjarError('email_taken');
  return user;
}
