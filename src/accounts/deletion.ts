import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Principal } from '../http/principal.js';
import { Outbox } from '../mail/outbox.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { PasswordProof } from '../auth/password-proof.js';

/** Deletes the user's own account. */
@Injectable()
export class Deletion {
  constructor(
    private readonly db: Database,
    private readonly proof: PasswordProof,
    private readonly ending: SessionEnding,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Deletes the account and confirms it by email.
   *
   * Requires the password, or a recent sign-in if the account has none: a stolen access token must not be enough.
   * **Errors** `insufficient_user_authentication`, `bad_credentials`, `rate_limited`.
   */
  async delete(
    me: Principal,
    password: string | undefined,
    caller: Caller,
    languages: string | null,
  ): Promise<void> {
    const user = await this.proof.verifyForChange(me, password, caller);
    if (!user) throw new TokenjarError('bad_credentials');
    await this.db.transaction(async (tx) => {
      if (!(await this.ending.deleteUser(user, tx, caller))) throw new TokenjarError('bad_credentials');
      await this.outbox.notify('account_deleted', user, languages, tx);
    });
  }
}
