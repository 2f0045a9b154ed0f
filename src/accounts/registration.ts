import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Passwords } from '../crypto/password.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { NewAccount } from '../http/operations.js';
import { Limits } from '../limits/limits.js';
import { type Account, Users } from '../users/users.js';
import { NewPasswords } from './new-password.js';

/** Making an account. */
@Injectable()
export class Registration {
  constructor(
    private readonly limits: Limits,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly newPasswords: NewPasswords,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** **Errors** `registration_closed`, `rate_limited`, `input_invalid`, `password_*`, `email_taken`, `server_busy`. */
  async register({ email, password, confirmation, amiss }: NewAccount, caller: Caller): Promise<Account> {
    if (!this.options.registration) throw new TokenjarError('registration_closed');
    await this.limits.take('registration', { caller });
    this.newPasswords.check(password, { field: 'password', email, confirmation, amiss });
    // Hashed before the address is looked at: a taken one takes as long as a free one.
    const hash = await this.passwords.hash(password, caller);
    const user = await this.users.create(email, hash, caller);
    if (!user) throw new TokenjarError('email_taken');
    return user;
  }
}
