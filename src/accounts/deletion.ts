import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { SessionEnding } from '../users/session-ending.js';
import { Users } from '../users/users.js';
import { PasswordProof } from './password-proof.js';

/** Deleting the own account. */
@Injectable()
export class Deletion {
  constructor(
    private readonly users: Users,
    private readonly proof: PasswordProof,
    private readonly ending: SessionEnding,
  ) {}

  /** Asks for the password again: a borrowed access token must not be enough. **Errors** `bad_credentials`, `rate_limited`. */
  async delete(userId: number, password: string, caller: Caller): Promise<void> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    const fits = await this.proof.fits(user, password, caller);
    if (!fits || !(await this.ending.deleteUser(userId, user.passwordHash, caller)))
      throw new TokenjarError('bad_credentials');
  }
}
