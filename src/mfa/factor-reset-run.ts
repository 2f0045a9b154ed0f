import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { RecurringWork } from '../housekeeping/recurring-work.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import { shownIdOf } from '../user-id.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Users } from '../users/users.js';
import { FactorResets } from './factor-resets.js';
import { Factors } from './factors.js';

const LOOK_EVERY_MS = 30_000;

/** Announces and carries out the removals of {@link FactorResets}. The operator's command has no secret to write emails with. */
@Injectable()
export class FactorResetRun implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly removing = new RecurringWork('Second factors could not be removed', () => this.run());

  constructor(
    private readonly db: Database,
    private readonly resets: FactorResets,
    private readonly factors: Factors,
    private readonly users: Users,
    private readonly ending: SessionEnding,
    private readonly outbox: Outbox,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'factorResetWait' | 'userId'>,
  ) {}

  onModuleInit(): void {
    this.removing.start(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.removing.stop();
  }

  /** Does all there is to do now. One that fails is tried again the next time, and does not keep the others waiting. */
  async run(): Promise<void> {
    await this.each(await this.resets.findNew(), (userId, tx) => this.announce(userId, tx));
    await this.each(await this.resets.findDue(), (userId, tx) => this.carryOut(userId, tx));
  }

  private async each(
    userIds: readonly number[],
    one: (userId: number, tx: Queries) => Promise<void>,
  ): Promise<void> {
    for (const userId of userIds) {
      try {
        await this.db.transaction((tx) => one(userId, tx));
      } catch (error) {
        if (isUnavailable(error)) throw error;
        const user = await this.users.findById(userId);
        const shown = user && shownIdOf(user, this.options);
        this.logger.error(`The second factors of user ${shown} could not be removed: ${String(error)}`);
      }
    }
  }

  private async announce(userId: number, tx: Queries): Promise<void> {
    const type = await this.resets.announce(userId, tx);
    const user = type === undefined ? undefined : await this.users.findById(userId, tx);
    if (!user) return;
    const lifetime = String(this.options.factorResetWait);
    if (type)
      await this.outbox.notify('factor_removal_requested', user, null, tx, { factor: type, lifetime });
    else await this.outbox.notify('factor_reset_requested', user, null, tx, { lifetime });
  }

  /** The sessions end with the factors: who holds one may be who talked the operator into it. */
  private async carryOut(userId: number, tx: Queries): Promise<void> {
    // First, as whatever ends all sessions of a user: a sign-in that is under way waits, and is ended or refused.
    await tx.run(LOCK_USER, [userId]);
    const due = await this.resets.takeDue(userId, tx);
    if (!due) return;
    const by: Caller = {
      ip: null,
      userAgent: null,
      requestId: null,
      ...(due.actor !== null && { actor: due.actor }),
      isConnected: () => true,
    };
    const type = due.factorId === null ? undefined : await this.factors.removeOne(userId, due.factorId, tx);
    const user = await this.users.findById(userId, tx);
    // The recovery codes go with the last one.
    if (!type || user?.secondFactors.length === 0) await this.factors.removeAll(userId, tx);
    await this.ending.endAll(userId, 'factor_change', tx, by);
    const event = type ? 'factor_removed' : 'factors_reset';
    const facts = { outcome: 'success', userId, caller: by, ...(type && { reason: type }) } as const;
    await this.audit.record({ event, ...facts }, tx);
    if (user) await this.outbox.notify(event, user, null, tx, type && { factor: type });
  }
}
