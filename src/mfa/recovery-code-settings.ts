import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { type ChangingSession, FactorChanges } from './factor-changes.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorPolicy } from './second-factor-policy.js';

/** Replacing recovery codes while signed in. */
@Injectable()
export class RecoveryCodeSettings {
  constructor(
    private readonly db: Database,
    private readonly changes: FactorChanges,
    private readonly codes: RecoveryCodes,
    private readonly policy: SecondFactorPolicy,
  ) {}

  left(userId: number): Promise<number> {
    return this.codes.left(userId);
  }

  /** @returns the new ones, to be shown once. **Errors** `factor_missing`, `token_blacklisted`; `method_not_available` while second factors are off. */
  replace(session: ChangingSession, caller: Caller): Promise<string[]> {
    return this.db.transaction(async (tx) => {
      const user = await this.changes.lock(session.userId, tx);
      await this.changes.demandLive(session, tx);
      if (!this.policy.isOn) throw new TokenjarError('method_not_available');
      if (user.secondFactors.length === 0) throw new TokenjarError('factor_missing');
      const codes = await this.codes.replace(user.id, tx);
      await this.changes.tell('recovery_codes_replaced', user, undefined, session, tx, caller);
      return codes;
    });
  }
}
