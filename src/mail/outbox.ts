import { v7 as uuidv7 } from 'uuid';
import { addSeconds, type Clock } from '../clock.js';
import type { Limit } from '../config/setting.js';
import type { Queries } from '../database/database.js';
import { isNotice, type Email, type EmailValues, type Notice, priorityOf } from './email.js';
import type { EmailSeal } from './email-seal.js';
import * as sql from './outbox-statements.js';

/** An email that could not be sent for so long is given up. **Unit** seconds. */
const LONGEST_WAIT = 3 * 86_400;
/** The first byte of a key in the table of limits, by which its rows are locked in one order: after those of tries. */
const NOTICE_RANK = 4;

/** Whom a notice is for. */
interface Owner {
  email: string;
  emailVerified: boolean;
  locale: string | null;
}

/**
 * Where emails wait to be sent.
 *
 * A slice queues an email in the transaction of what the email tells; it goes out after the commit, or not at all.
 */
export class Outbox {
  private readonly listeners: (() => void)[] = [];

  /**
   * @param isOpen false where no emails are sent: then none is kept.
   * @param noticeLimit how many notices of one kind one address is sent.
   */
  constructor(
    private readonly clock: Clock,
    private readonly seal: EmailSeal,
    readonly isOpen: boolean,
    private readonly noticeLimit: Limit | null,
  ) {}

  /**
   * Queues an email: one statement, whoever it goes to. A mail server that is slow or down delays nobody. A notice that
   * is one too many is left out.
   *
   * @param queries the transaction that the email tells of, or the database itself.
   */
  async queue(email: Email, queries: Queries): Promise<void> {
    if (!this.isOpen) return;
    const { kind, to } = email;
    const now = this.clock.now();
    const id = uuidv7({ msecs: now.getTime() });
    const values: sql.QueueValues = [
      id,
      kind,
      this.seal.seal(id, email),
      now,
      addSeconds(now, LONGEST_WAIT),
      priorityOf(kind),
      this.seal.digest('domain', to.slice(to.lastIndexOf('@') + 1).toLowerCase()),
      this.seal.digest('recipient', to),
    ];
    const { noticeLimit } = this;
    if (noticeLimit && isNotice(kind)) {
      const key = this.seal.digest(`notice ${kind}`, to);
      key[0] = NOTICE_RANK;
      await queries.run(sql.QUEUE_NOTICE, [...values, key, noticeLimit.quota, noticeLimit.window]);
    } else await queries.run(sql.QUEUE, values);
    queries.afterCommit(() => {
      for (const tell of this.listeners) tell();
    });
  }

  /**
   * Tells an owner what has just happened to the account: where the address was verified, for nobody else has shown that
   * they want to hear of it.
   *
   * @param languages where the account has none of its own.
   * @param values what the words need beside the time.
   */
  async tell(
    kind: Notice,
    { email, emailVerified, locale }: Owner,
    languages: string | null,
    queries: Queries,
    values: EmailValues = {},
  ): Promise<void> {
    if (!emailVerified) return;
    const time = this.clock.now().toISOString();
    await this.queue(
      { kind, to: email, languages: locale ?? languages, values: { ...values, time } },
      queries,
    );
  }

  /** Calls back whenever this instance has queued an email that holds. */
  whenQueued(tell: () => void): void {
    this.listeners.push(tell);
  }
}
