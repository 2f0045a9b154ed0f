import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { type ChangingSession, FactorChanges } from './factor-changes.js';
import { FactorResets } from './factor-resets.js';

/** Lets the user of an account keep the second factors that an operator is about to remove. */
@Injectable()
export class FactorResetCancelling {
  constructor(
    private readonly db: Database,
    private readonly changes: FactorChanges,
    private readonly resets: FactorResets,
  ) {}

  /** **Errors** `factor_reset_not_found`, `token_blacklisted`, `user_inactive`. */
  cancel(session: ChangingSession, caller: Caller): Promise<void> {
    return this.db.transaction(async (tx) => {
      const user = await this.changes.lock(session.userId, tx);
      await this.changes.demandLive(session, tx);
      if (!(await this.resets.cancel(user.id, tx))) throw new TokenjarError('factor_reset_not_found');
      await this.changes.tell('factor_reset_cancelled', user, undefined, session, tx, caller);
    });
  }
}
