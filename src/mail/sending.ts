import { setTimeout as wait } from 'node:timers/promises';
import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { addSeconds, type Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { Metrics } from '../measures.js';
import { outside, tracedAlone } from '../tracing.js';
import { delayOf, MOST_UNCONFIRMED } from './delays.js';
import { describeFailure, judgeFailure } from './failure.js';
import { type Draft, isEmailKind, type EmailKind, type Preparation } from './email.js';
import type { EmailSeal } from './email-seal.js';
import type { WrittenEmail } from './email-writer.js';
import type { EmailWording } from './host-texts.js';
import type { Mailer } from './mailer.js';
import type { Outbox } from './outbox.js';
import * as sql from './outbox-statements.js';
import { blameOf, type SendResult } from './send-result.js';
import { sendUntil } from './send-until.js';
import { Shares } from './shares.js';

/** How often an instance polls for emails of other instances and for retries. */
const POLL_EVERY_MS = 1000;
/** Sending only takes longer than this if the mail server hangs. */
const LONGEST_SENDING_MS = 18_000;
/** How long a claim lasts: an instance prepares an email, sends it and records the outcome within this time. **Unit** seconds. */
const LEASE = 30;
/** **Unit** milliseconds. */
const LONGEST_PREPARATION_MS = 1000 * LEASE - LONGEST_SENDING_MS - 2000;
/** How long a shutdown waits for emails being sent, so that they are not sent twice. */
const SHUTDOWN_WAIT_MS = 1000;

/** The priority of notices; see `priorityOf`. */
const LOWEST_PRIORITY = 2;

/** What is needed to send emails. */
interface Delivery {
  db: Pick<Queries, 'run'>;
  close(): Promise<void>;
  seal: EmailSeal;
  writer: EmailWording;
  mailer: Mailer;
}

/**
 * Sends the emails in the outbox at least once, with a limited number of attempts.
 *
 * An attempt is claimed and counted in the database before the mail server is contacted, and no transaction is open
 * meanwhile. Emails of a killed instance are sent by another one when their claims expire. Failures are retried after
 * 1, 5 and 15 seconds, then more slowly, for three days.
 */
export class Sending implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly preparations = new Map<EmailKind, Preparation>();
  private readonly shares = new Shares();
  private readonly stop = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  /** Emails that were sent, but could not be deleted because the database was unavailable: they are not sent again. */
  private readonly sent = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private isWanted = false;
  private isStopping = false;

  /** @param delivery undefined if no emails are sent. */
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly delivery: Delivery | undefined,
    private readonly metrics: Metrics,
  ) {}

  /** Registers the preparation of a kind of email. One function per kind. */
  prepare(kind: EmailKind, preparation: Preparation): void {
    this.preparations.set(kind, preparation);
  }

  onModuleInit(): void {
    if (!this.delivery) return;
    this.outbox.whenQueued(() => void outside(() => this.startDue()));
    this.timer = setInterval(() => void this.startDue(), POLL_EVERY_MS).unref();
  }

  /** Aborts attempts that take longer than a moment; another instance sends these emails. A shutdown does not wait for a mail server. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.starting;
    const all = Promise.all(this.inFlight);
    await Promise.race([all, wait(SHUTDOWN_WAIT_MS, undefined, { ref: false })]);
    this.stop.abort();
    await all;
    await this.delivery?.close();
  }

  /** Sends everything that is due, and returns when no attempt is in progress. */
  async run(): Promise<void> {
    await this.startDue();
    while (this.inFlight.size > 0) {
      await Promise.race(this.inFlight);
      await this.startDue();
    }
  }

  /** Starts to send what is due, as far as the shares allow. If called again meanwhile, it polls once more. */
  private async startDue(): Promise<void> {
    this.isWanted = true;
    this.starting ??= this.startWanted();
    await this.starting;
  }

  private async startWanted(): Promise<void> {
    try {
      while (this.isWanted) {
        this.isWanted = false;
        while (this.delivery && !this.isStopping && (await this.startNext(this.delivery)));
      }
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`Emails cannot be sent: ${describeFailure(error)}`);
    } finally {
      this.starting = undefined;
    }
  }

  /** @returns whether an email was found. */
  private async startNext(delivery: Delivery): Promise<boolean> {
    for (const id of this.sent) {
      await this.remove(id, delivery);
      this.sent.delete(id);
    }
    const now = this.clock.now();
    const openings = this.shares.openings(now.getTime());
    if (!openings) return false;
    const [row] = await delivery.db.run(sql.CLAIM, [
      now,
      addSeconds(now, LEASE),
      openings.withNotices ? LOWEST_PRIORITY : LOWEST_PRIORITY - 1,
      openings.exceptDomains.map(fromHex),
      openings.exceptRecipients.map(fromHex),
    ]);
    if (!row) return false;
    const attempt = this.handle(row, delivery).finally(() => {
      this.inFlight.delete(attempt);
      void this.startDue();
    });
    this.inFlight.add(attempt);
    return true;
  }

  private async handle(row: sql.ClaimedRow, delivery: Delivery): Promise<void> {
    const claim = {
      domain: row.domain.toString('hex'),
      recipient: row.recipient.toString('hex'),
      isNotice: row.priority >= LOWEST_PRIORITY,
    };
    this.shares.begin(row.id, claim, this.clock.now().getTime());
    try {
      const result = await this.attempt(row, delivery);
      this.shares.end(row.id, blameOf(result), this.clock.now().getTime());
      await this.settle(row, result, delivery);
    } catch (error) {
      this.shares.end(row.id, 'unknown', this.clock.now().getTime());
      // The claim expires, and the attempt stays counted.
      if (!isUnavailable(error))
        this.logger.error(`The outcome of email ${row.id} could not be recorded: ${describeFailure(error)}`);
    }
  }

  private async attempt(row: sql.ClaimedRow, delivery: Delivery): Promise<SendResult> {
    const { id, kind, sealed, unconfirmed } = row;
    const failed = (why: string, isFinal = false): SendResult => {
      return { is: 'failed', why, isFinal, verdict: undefined };
    };
    if (!isEmailKind(kind)) return failed('unknown kind of email in this version');
    if (unconfirmed > MOST_UNCONFIRMED)
      return failed(`sent ${unconfirmed - 1} times without a confirmation`, true);
    if (row.is_suspended) return failed('its mailbox takes none at present');
    const email = delivery.seal.open(id, kind, sealed);
    if (!email) return failed('encrypted with another SECRET_KEY', true);
    try {
      const began = this.clock.machine();
      const draft = await this.prepared({ ...email, id });
      const written = draft && (await delivery.writer.write(draft));
      if (!written) return { is: 'not_needed' };
      // After this time another instance may claim the email before this one has sent it.
      const isLate = this.clock.machine() - began > LONGEST_PREPARATION_MS;
      return this.isStopping || isLate ? { is: 'not_attempted' } : await this.send(draft, written, delivery);
    } catch (error) {
      return isUnavailable(error) ? { is: 'not_attempted' } : failed(describeFailure(error));
    }
  }

  private async send(draft: Draft, written: WrittenEmail, { mailer }: Delivery): Promise<SendResult> {
    const { id, kind, to, values } = draft;
    const email = { ...written, id, kind, to, link: values.link };
    try {
      const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(LONGEST_SENDING_MS)]);
      await tracedAlone(`email ${kind}`, {}, () => sendUntil(signal, mailer, email));
      return { is: 'sent' };
    } catch (error) {
      const verdict = judgeFailure(error);
      // Aborted by our own shutdown before the mail server had it.
      if (this.stop.signal.aborted && !verdict.isUnconfirmed) return { is: 'not_attempted' };
      return { is: 'failed', why: describeFailure(error), verdict, isFinal: verdict.isFinal };
    }
  }

  private async prepared(draft: Draft): Promise<Draft | undefined> {
    const email = await (this.preparations.get(draft.kind)?.(draft) ?? draft);
    return email && { ...email, id: draft.id };
  }

  private async settle(row: sql.ClaimedRow, result: SendResult, delivery: Delivery): Promise<void> {
    const { id, kind, attempts, expires_at } = row;
    const now = this.clock.now();
    const count = (outcome: string) =>
      this.metrics.add('tokenjar_emails_total', 1, isEmailKind(kind) ? kind : 'unknown', outcome);
    if (result.is === 'sent' || result.is === 'not_needed') {
      count(result.is);
      return this.remove(id, delivery);
    }
    if (result.is === 'not_attempted') {
      count('released');
      const next = this.isStopping ? now : addSeconds(now, 1);
      return void (await delivery.db.run(sql.RELEASE, [id, attempts, next]));
    }
    const delay = delayOf(row, result.verdict, this.shares.relayPause(now.getTime()));
    const next = addSeconds(now, delay);
    if (result.isFinal || next >= expires_at) {
      count('given_up');
      this.logger.error(`Email ${id} (${kind}) was given up: ${result.why}`);
      await delivery.db.run(sql.GIVE_UP, [id, attempts, now, result.why]);
    } else {
      count('postponed');
      this.logger.warn(`Email ${id} (${kind}) was not sent, next attempt in ${delay} s: ${result.why}`);
      const isUnconfirmed = result.verdict?.isUnconfirmed ?? false;
      await delivery.db.run(sql.POSTPONE, [id, attempts, next, result.why, isUnconfirmed]);
    }
  }

  private async remove(id: string, delivery: Delivery): Promise<void> {
    try {
      await delivery.db.run(sql.REMOVE, [id]);
    } catch (error) {
      this.sent.add(id);
      throw error;
    }
  }
}

const fromHex = (digest: string): Buffer => Buffer.from(digest, 'hex');
