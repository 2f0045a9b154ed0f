import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { isUnavailable } from '../database/unavailable.js';
import { KeyChanges } from './key-changes.js';
import { isDue } from './key-states.js';
import { KeyWatch } from './key-watch.js';

const LOOK_EVERY_MS = 60_000;

/** Rotates the signing keys as often as `KEY_ROTATION` says. */
@Injectable()
export class KeyRotation implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly watch: KeyWatch,
    private readonly changes: KeyChanges,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'keyRotation'>,
  ) {}

  onModuleInit(): void {
    if (this.options.keyRotation === 0) return;
    this.timer = setInterval(() => void (this.running ??= this.runIfPossible()), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Costs no statement unless it is due. @returns whether it was. */
  async runIfDue(): Promise<boolean> {
    const { keyRotation } = this.options;
    if (!isDue(this.watch.times, this.clock.now(), keyRotation)) return false;
    this.watch.take(await this.changes.rotateIfDue(keyRotation));
    return true;
  }

  private async runIfPossible(): Promise<void> {
    try {
      if (await this.runIfDue()) this.logger.log('The signing key is rotated, as KEY_ROTATION says');
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`The signing key could not be rotated: ${String(error)}`);
    } finally {
      this.running = undefined;
    }
  }
}
