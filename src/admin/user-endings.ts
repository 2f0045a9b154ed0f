import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { FactorResets } from '../mfa/factor-resets.js';
import { Factors } from '../mfa/factors.js';
import { Administrators } from '../users/administrators.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { ManagedUsers } from './managed-users.js';

/** Ends sessions of others, and requests the removal of second factors. Each **Errors** `account_not_found`. */
@Injectable()
export class UserEndings {
  constructor(
    private readonly administrators: Administrators,
    private readonly users: ManagedUsers,
    private readonly ending: SessionEnding,
    private readonly resets: FactorResets,
    private readonly factors: Factors,
  ) {}

  async endSessions(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) => {
      await this.users.find(id, tx);
      await tx.run(LOCK_USER, [id]);
      await this.ending.endAll(id, 'ended_by_operator', tx, by);
    });
  }

  /** **Errors** `session_not_found`, also for a session of another user. */
  async endSession(me: { userId: number }, id: number, sessionId: string, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) => {
      await this.users.find(id, tx);
      const isOne =
        z.uuid().safeParse(sessionId).success &&
        (await this.ending.endOne(id, sessionId, 'ended_by_operator', by, tx));
      if (!isOne) throw new TokenjarError('session_not_found');
    });
  }

  /** **Errors** `factor_reset_pending`. */
  async resetFactors(me: { userId: number }, id: number, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) => {
      await this.users.find(id, tx);
      if (!(await this.resets.request(id, by, tx))) throw new TokenjarError('factor_reset_pending');
    });
  }

  /** **Errors** `factor_not_found`, also for a factor of another user; `factor_reset_pending`. */
  async removeFactor(me: { userId: number }, id: number, factorId: string, caller: Caller): Promise<void> {
    await this.administrators.act(me, caller, async (tx, by) => {
      await this.users.find(id, tx);
      if (!z.uuid().safeParse(factorId).success || !(await this.factors.hold(id, factorId, tx)))
        throw new TokenjarError('factor_not_found');
      if (!(await this.resets.request(id, by, tx, factorId))) throw new TokenjarError('factor_reset_pending');
    });
  }
}
