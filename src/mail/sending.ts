import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, type Clock } from '../clock.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Claims, Run } from './claims.js';
import { type Draft, isLetterKind, type Letter, type LetterKind, type Preparation } from './letter.js';
import type { LetterSeal } from './letter-seal.js';
import type { LetterWriter } from './letter-writer.js';
import { describeFailure, isRefused, type Mailer } from './mailer.js';
import type { Outbox } from './outbox.js';
import * as sql from './outbox-statements.js';

/** After how long a letter is tried again, the last step over and over. **Unit** seconds. */
const DELAYS = [1, 5, 15, 60, 300] as const;
/** Letters that are under way at once. */
const BATCH = 5;
/** How often an instance looks for what others left, or what is due again. */
const LOOK_EVERY_MS = 1000;
/** A letter takes longer than this only where the mail server hangs. */
const LONGEST_SENDING_MS = 20_000;

/** What a letter goes through on its way out. */
interface Way {
  claims: Claims;
  seal: LetterSeal;
  writer: LetterWriter;
  mailer: Mailer;
}

/** What became of a letter. */
type Fate = { is: 'sent' | 'unneeded' } | { is: 'failed'; why: string; isFinal: boolean };

/**
 * Sends what waits in the outbox, at least once.
 *
 * Every instance does; a letter is in the hands of one at a time. A failure is tried again after 1, 5 and 15 seconds,
 * then slower, for three days.
 */
export class Sending implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly preparations = new Map<LetterKind, Preparation>();
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;

  /** @param way undefined where no letters are sent. */
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly way: Way | undefined,
  ) {}

  /** Has letters of a kind looked at before they go out. One function a kind. */
  prepare(kind: LetterKind, preparation: Preparation): void {
    this.preparations.set(kind, preparation);
  }

  onModuleInit(): void {
    if (!this.way) return;
    this.outbox.whenQueued(() => void this.run());
    this.timer = setInterval(() => void this.run(), LOOK_EVERY_MS).unref();
  }

  /** What is under way is broken off, and is sent by the next instance: a stop does not wait for a mail server. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort();
    await this.running;
    await this.way?.claims.close();
  }

  /** Sends everything that is due. Asked again meanwhile, it looks once more. */
  async run(): Promise<void> {
    this.isWanted = true;
    this.running ??= this.untilDone();
    await this.running;
  }

  private async untilDone(): Promise<void> {
    try {
      while (this.isWanted && !this.stop.signal.aborted) {
        this.isWanted = false;
        // After a failure the rest can wait for the next look: the mail server may be down.
        while (!this.stop.signal.aborted && (await this.sendBatch()));
      }
    } catch (error) {
      if (!isUnavailable(error) && !this.stop.signal.aborted)
        this.logger.error(`Letters cannot be sent: ${describeFailure(error)}`);
    } finally {
      this.running = undefined;
    }
  }

  /** @returns whether there may be more that can be sent. */
  private async sendBatch(): Promise<boolean> {
    const { way } = this;
    if (!way) return false;
    let hasFailed = false;
    const count = await way.claims.take(this.clock.now(), BATCH, async (rows, run) => {
      const fates = await Promise.all(rows.map((row) => this.attempt(row, way)));
      for (const [i, row] of rows.entries()) {
        const fate = fates[i];
        if (fate?.is === 'failed') hasFailed = true;
        if (fate) await this.settle(row, fate, run);
      }
    });
    return count === BATCH && !hasFailed;
  }

  private async attempt(row: sql.WaitingRow, way: Way): Promise<Fate> {
    const { id, kind, sealed } = row;
    const failed = (why: string, isFinal = false): Fate => ({ is: 'failed', why, isFinal });
    if (!isLetterKind(kind)) return failed('a kind that this version does not know');
    const letter = way.seal.open(id, kind, sealed);
    if (!letter) return failed('sealed with another SECRET_KEY', true);
    try {
      const draft = await this.prepared({ ...letter, id });
      if (!draft) return { is: 'unneeded' };
      const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(LONGEST_SENDING_MS)]);
      await way.mailer.send(draft, way.writer.write(draft), signal);
      return { is: 'sent' };
    } catch (error) {
      return failed(describeFailure(error), isRefused(error));
    }
  }

  private async prepared(draft: Draft): Promise<Draft | undefined> {
    const prepare = this.preparations.get(draft.kind);
    const letter: Letter | undefined = prepare ? await prepare(draft) : draft;
    return letter && { ...letter, id: draft.id };
  }

  private async settle(
    { id, kind, attempts, expires_at }: sql.WaitingRow,
    fate: Fate,
    run: Run,
  ): Promise<void> {
    if (fate.is !== 'failed') return void (await run(sql.REMOVE, [id]));
    // Broken off by our own stop: it stays as it was.
    if (this.stop.signal.aborted) return;
    const now = this.clock.now();
    const delay = DELAYS[Math.min(attempts, DELAYS.length - 1)] ?? 300;
    const next = addSeconds(now, delay);
    if (fate.isFinal || next >= expires_at) {
      this.logger.error(`Letter ${id} (${kind}) is given up: ${fate.why}`);
      await run(sql.GIVE_UP, [id, now, fate.why]);
    } else {
      this.logger.warn(`Letter ${id} (${kind}) was not sent, again in ${delay} s: ${fate.why}`);
      await run(sql.POSTPONE, [id, next, fate.why]);
    }
  }
}
