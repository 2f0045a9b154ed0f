import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Limits } from '../limits/limits.js';
import { Outbox } from '../mail/outbox.js';
import { isSameState, OneTimeTokens } from '../users/one-time-tokens.js';
import { Users } from '../users/users.js';
import { verificationState } from './account-letters.js';

/** Verifying the address of an account. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly db: Database,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly users: Users,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: Outbox,
  ) {}

  /** Sends the letter, if the address has an account that is not verified: the same work for any address. **Errors** `rate_limited`. */
  async ask(email: string, caller: Caller, languages: string | null): Promise<void> {
    await this.limits.take('verification', { caller, account: email });
    await this.outbox.queue({ kind: 'verify_email', to: email, languages, values: {} }, this.db);
  }

  /** Verifies the address that the letter went to. **Errors** `link_invalid`. */
  async confirm(key: string, caller: Caller): Promise<void> {
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
      await this.audit.record(
        { event: 'email_verification', outcome: 'success', userId: user.id, caller },
        tx,
      );
    });
  }
}
