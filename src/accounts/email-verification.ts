import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { Outbox } from '../mail/outbox.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import { Users } from '../users/users.js';
import { verificationState } from './account-letters.js';

/** Verifying the address of an account. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: Outbox,
  ) {}

  /** Sends the letter, if the address has an account that is not verified: the same work for any address. */
  async ask(email: string, languages: string | null): Promise<void> {
    await this.outbox.queue({ kind: 'verify_email', to: email, languages, values: {} }, this.db);
  }

  /** Verifies the address that the letter went to. **Errors** `link_invalid`. */
  async confirm(key: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const found = await this.tokens.consume('verify_email', key, tx);
      const user = found && (await this.users.findById(found.userId, tx));
      if (
        !found ||
        !user?.isActive ||
        !isSameState(found.boundTo, verificationState(user)) ||
        !(await this.users.setVerified(user.id, user.email, tx))
      )
        throw new TokenjarError('link_invalid');
    });
  }
}
