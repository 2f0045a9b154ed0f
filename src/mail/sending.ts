import { setTimeout as wait } from 'node:timers/promises';
import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, type Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { delayOf, MOST_UNCONFIRMED } from './delays.js';
import { describeFailure, judgeFailure, type Verdict } from './failure.js';
import { type Draft, isEmailKind, type Email, type EmailKind, type Preparation } from './email.js';
import type { EmailSeal } from './email-seal.js';
import type { EmailWriter } from './email-writer.js';
import type { Mailer } from './mailer.js';
import type { Outbox } from './outbox.js';
import * as sql from './outbox-statements.js';
import { type Blame, Shares } from './shares.js';

/** How often an instance looks for what others left, or what is due again. */
const LOOK_EVERY_MS = 1000;
/** An email takes longer than this only where the mail server hangs. */
const LONGEST_SENDING_MS = 18_000;
/** How long what an instance has in hand is left to it: it looks at an email, sends it and says so within that time. **Unit** seconds. */
const LEASE = 30;
/** **Unit** milliseconds. */
const LONGEST_PREPARATION_MS = 1000 * LEASE - LONGEST_SENDING_MS - 2000;
/** A stop gives emails that are under way so long to arrive, lest they are sent twice. */
const STOP_PATIENCE_MS = 1000;

/** Of notices; see `priorityOf`. */
const LOWEST_PRIORITY = 2;

/** What an email goes through on its way out. */
interface Way {
  db: Pick<Queries, 'run'>;
  close(): Promise<void>;
  seal: EmailSeal;
  writer: EmailWriter;
  mailer: Mailer;
}

/** What became of an attempt. */
type Fate =
  | { is: 'sent' }
  | { is: 'unneeded' }
  | { is: 'untried' }
  | { is: 'failed'; why: string; verdict: Verdict | undefined; isFinal: boolean };

/**
 * Sends what waits in the outbox, at least once, and not without end.
 *
 * An attempt is claimed and counted in the database before the mail server is spoken to, and no transaction is open
 * meanwhile. What an instance had in hand when it was killed another takes up when the claim ends. A failure is tried
 * again after 1, 5 and 15 seconds, then slower, for three days.
 */
export class Sending implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly preparations = new Map<EmailKind, Preparation>();
  private readonly shares = new Shares();
  private readonly stop = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  /** Emails that are sent and still in the database, which was away: they are not sent again. */
  private readonly sent = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private isWanted = false;
  private isStopping = false;

  /** @param way undefined where no emails are sent. */
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly way: Way | undefined,
  ) {}

  /** Has emails of a kind looked at before they go out. One function a kind. */
  prepare(kind: EmailKind, preparation: Preparation): void {
    this.preparations.set(kind, preparation);
  }

  onModuleInit(): void {
    if (!this.way) return;
    this.outbox.whenQueued(() => void this.startDue());
    this.timer = setInterval(() => void this.startDue(), LOOK_EVERY_MS).unref();
  }

  /** What is still under way after a moment is broken off, and is sent by another instance: a stop does not wait for a mail server. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.starting;
    const all = Promise.all(this.underWay);
    await Promise.race([all, wait(STOP_PATIENCE_MS, undefined, { ref: false })]);
    this.stop.abort();
    await all;
    await this.way?.close();
  }

  /** Sends everything that is due, and returns when nothing is under way. */
  async run(): Promise<void> {
    await this.startDue();
    while (this.underWay.size > 0) {
      await Promise.race(this.underWay);
      await this.startDue();
    }
  }

  /** Begins to send what is due, as much as may be under way. Asked again meanwhile, it looks once more. */
  private async startDue(): Promise<void> {
    this.isWanted = true;
    this.starting ??= this.startWanted();
    await this.starting;
  }

  private async startWanted(): Promise<void> {
    try {
      while (this.isWanted) {
        this.isWanted = false;
        while (this.way && !this.isStopping && (await this.startNext(this.way)));
      }
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`Emails cannot be sent: ${describeFailure(error)}`);
    } finally {
      this.starting = undefined;
    }
  }

  /** @returns whether there was one that may be sent. */
  private async startNext(way: Way): Promise<boolean> {
    for (const id of this.sent) {
      await this.remove(id, way);
      this.sent.delete(id);
    }
    const now = this.clock.now();
    const openings = this.shares.openings(now.getTime());
    if (!openings) return false;
    const [row] = await way.db.run(sql.CLAIM, [
      now,
      addSeconds(now, LEASE),
      openings.withNotices ? LOWEST_PRIORITY : LOWEST_PRIORITY - 1,
      openings.exceptDomains.map(fromHex),
      openings.exceptRecipients.map(fromHex),
    ]);
    if (!row) return false;
    const attempt = this.handle(row, way).finally(() => {
      this.underWay.delete(attempt);
      void this.startDue();
    });
    this.underWay.add(attempt);
    return true;
  }

  private async handle(row: sql.ClaimedRow, way: Way): Promise<void> {
    const claim = {
      domain: row.domain.toString('hex'),
      recipient: row.recipient.toString('hex'),
      isNotice: row.priority >= LOWEST_PRIORITY,
    };
    this.shares.begin(row.id, claim, this.clock.now().getTime());
    try {
      const fate = await this.attempt(row, way);
      this.shares.end(row.id, blameOf(fate), this.clock.now().getTime());
      await this.settle(row, fate, way);
    } catch (error) {
      this.shares.end(row.id, 'unknown', this.clock.now().getTime());
      // The claim ends by itself, and the attempt is counted.
      if (!isUnavailable(error))
        this.logger.error(`Email ${row.id} is not settled: ${describeFailure(error)}`);
    }
  }

  private async attempt(row: sql.ClaimedRow, way: Way): Promise<Fate> {
    const { id, kind, sealed, unconfirmed } = row;
    const failed = (why: string, isFinal = false): Fate => ({
      is: 'failed',
      why,
      isFinal,
      verdict: undefined,
    });
    if (!isEmailKind(kind)) return failed('a kind that this version does not know');
    if (unconfirmed > MOST_UNCONFIRMED)
      return failed(`sent ${unconfirmed - 1} times, and nobody said whether it was taken`, true);
    const email = way.seal.open(id, kind, sealed);
    if (!email) return failed('sealed with another SECRET_KEY', true);
    try {
      const began = this.clock.machine();
      const draft = await this.prepared({ ...email, id });
      if (!draft) return { is: 'unneeded' };
      // After so long another instance may have it before this one has sent it.
      const isLate = this.clock.machine() - began > LONGEST_PREPARATION_MS;
      return this.isStopping || isLate ? { is: 'untried' } : await this.send(draft, way);
    } catch (error) {
      return isUnavailable(error) ? { is: 'untried' } : failed(describeFailure(error));
    }
  }

  private async send(draft: Draft, { writer, mailer }: Way): Promise<Fate> {
    const written = writer.write(draft);
    try {
      const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(LONGEST_SENDING_MS)]);
      await mailer.send(draft, written, signal);
      return { is: 'sent' };
    } catch (error) {
      const verdict = judgeFailure(error);
      // Broken off by our own stop before the mail server had it.
      if (this.stop.signal.aborted && !verdict.isUnconfirmed) return { is: 'untried' };
      return { is: 'failed', why: describeFailure(error), verdict, isFinal: verdict.isFinal };
    }
  }

  private async prepared(draft: Draft): Promise<Draft | undefined> {
    const prepare = this.preparations.get(draft.kind);
    const email: Email | undefined = prepare ? await prepare(draft) : draft;
    return email && { ...email, id: draft.id };
  }

  private async settle(row: sql.ClaimedRow, fate: Fate, way: Way): Promise<void> {
    const { id, kind, attempts, expires_at } = row;
    const now = this.clock.now();
    if (fate.is === 'sent' || fate.is === 'unneeded') return this.remove(id, way);
    if (fate.is === 'untried') {
      const next = this.isStopping ? now : addSeconds(now, 1);
      return void (await way.db.run(sql.RELEASE, [id, attempts, next]));
    }
    const delay = delayOf(row, fate.verdict, this.shares.relayPause(now.getTime()));
    const next = addSeconds(now, delay);
    if (fate.isFinal || next >= expires_at) {
      this.logger.error(`Email ${id} (${kind}) is given up: ${fate.why}`);
      await way.db.run(sql.GIVE_UP, [id, attempts, now, fate.why]);
    } else {
      this.logger.warn(`Email ${id} (${kind}) was not sent, again in ${delay} s: ${fate.why}`);
      await way.db.run(sql.POSTPONE, [id, attempts, next, fate.why, fate.verdict?.isUnconfirmed ?? false]);
    }
  }

  private async remove(id: string, way: Way): Promise<void> {
    try {
      await way.db.run(sql.REMOVE, [id]);
    } catch (error) {
      this.sent.add(id);
      throw error;
    }
  }
}

const fromHex = (digest: string): Buffer => Buffer.from(digest, 'hex');

function blameOf(fate: Fate): Blame {
  if (fate.is === 'sent') return 'nobody';
  return fate.is === 'failed' && fate.verdict ? fate.verdict.about : 'unknown';
}
