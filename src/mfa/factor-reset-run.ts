import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Users } from '../users/users.js';
import { FactorResets } from './factor-resets.js';
import { Factors } from './factors.js';

const LOOK_EVERY_MS = 30_000;

/** Announces and carries out the removals of {@link FactorResets}. The operator's command has no secret to write emails with. */
@Injectable()
export class FactorResetRun implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly resets: FactorResets,
    private readonly factors: Factors,
    private readonly users: Users,
    private readonly ending: SessionEnding,
    private readonly outbox: Outbox,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'factorResetWait'>,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void (this.running ??= this.runIfPossible()), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Does all there is to do now. */
  async run(): Promise<void> {
    while (await this.announceOne());
    while (await this.carryOutOne());
  }

  private announceOne(): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const userId = await this.resets.announceOne(tx);
      const user = userId === undefined ? undefined : await this.users.findById(userId, tx);
      const lifetime = String(this.options.factorResetWait);
      if (user) await this.outbox.notify('factor_reset_requested', user, null, tx, { lifetime });
      return userId !== undefined;
    });
  }

  /** The sessions end with the factors: who holds one may be who talked the operator into it. */
  private carryOutOne(): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const due = await this.resets.takeDue(tx);
      if (!due) return false;
      const { userId, actor } = due;
      const by: Caller = {
        ip: null,
        userAgent: null,
        requestId: null,
        ...(actor !== null && { actor }),
        isConnected: () => true,
      };
      await this.factors.removeAll(userId, tx);
      await this.ending.endAll(userId, 'factor_change', tx, by);
      await this.audit.record({ event: 'factors_reset', outcome: 'success', userId, caller: by }, tx);
      const user = await this.users.findById(userId, tx);
      if (user) await this.outbox.notify('factors_reset', user, null, tx);
      return true;
    });
  }

  private async runIfPossible(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`Second factors could not be removed: ${String(error)}`);
    } finally {
      this.running = undefined;
    }
  }
}
