import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { RecurringWork } from '../housekeeping/recurring-work.js';
import { KeyChanges } from './key-changes.js';
import { isDue } from './key-states.js';
import { KeyWatch } from './key-watch.js';

const LOOK_EVERY_MS = 60_000;

/** Rotates the signing keys as often as `KEY_ROTATION` says. */
@Injectable()
export class KeyRotation implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly looking = new RecurringWork('The signing key could not be rotated', () => this.runIfDue());

  constructor(
    private readonly watch: KeyWatch,
    private readonly changes: KeyChanges,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'keyRotation'>,
  ) {}

  onModuleInit(): void {
    if (this.options.keyRotation > 0) this.looking.start(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.looking.stop();
  }

  /** Costs no statement unless it is due. @returns whether it was. */
  async runIfDue(): Promise<boolean> {
    const { keyRotation } = this.options;
    if (!isDue(this.watch.times, this.clock.now(), keyRotation)) return false;
    this.watch.take(await this.changes.rotateIfDue(keyRotation));
    this.logger.log('The next signing key takes its turn, as KEY_ROTATION says');
    return true;
  }
}
