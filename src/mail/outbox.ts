import { v7 as uuidv7 } from 'uuid';
import { addSeconds, type Clock } from '../clock.js';
import type { Limit } from '../config/setting.js';
import type { Queries } from '../database/database.js';
import { isNotice, type Email, type EmailValues, type Notice, priorityOf } from './email.js';
import type { EmailSeal } from './email-seal.js';
import * as sql from './outbox-statements.js';

/** After this time an unsent email is given up. **Unit** seconds. */
const LONGEST_WAIT = 3 * 86_400;
/** No claim of an email is longer. **Unit** seconds. */
const LONGEST_LEASE = 30;
/** The first byte of keys in the table of limits determines the order in which rows are locked: after those of attempts. */
const NOTICE_RANK = 4;

/** The recipient of a notice. */
interface Owner {
  /** Null if there is no mailbox to write to. */
  email: string | null;
  emailVerified: boolean;
  locale: string | null;
}

/**
 * The queue of emails.
 *
 * A slice queues an email in the transaction of the change that it is about; it is sent after the commit, or not at all.
 */
export class Outbox {
  private readonly listeners: (() => void)[] = [];

  /**
   * @param isOpen false if no emails are sent; then none is stored.
   * @param noticeLimit the limit for notices of one kind to one address.
   */
  constructor(
    private readonly clock: Clock,
    private readonly seal: EmailSeal,
    readonly isOpen: boolean,
    private readonly noticeLimit: Limit | null,
  ) {}

  /**
   * Queues an email with one statement, whoever the recipient is. A slow or unavailable mail server delays no request.
   * Notices above the limit are dropped.
   *
   * @param queries the transaction of the change, or the database itself.
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
      this.seal.digest('domain', organizationalDomainOf(to)),
      this.seal.digest('recipient', to),
    ];
    const { noticeLimit } = this;
    if (noticeLimit && isNotice(kind)) {
      const key = this.seal.digest(`notice ${kind}`, to);
      key[0] = NOTICE_RANK;
      await queries.run(sql.QUEUE_NOTICE, [...values, key, noticeLimit.quota, noticeLimit.window]);
    } else await queries.run(sql.QUEUE, values);
    queries.afterCommit(() => {
      for (const listener of this.listeners) listener();
    });
  }

  /**
   * Notifies the owner of an account about what has just happened to it, if the address is verified: other addresses may
   * belong to somebody else.
   *
   * @param languages used if the account has no language of its own.
   * @param values the values for the text, besides the time.
   */
  async notify(
    kind: Notice,
    { email, emailVerified, locale }: Owner,
    languages: string | null,
    queries: Queries,
    values: EmailValues = {},
  ): Promise<void> {
    if (!emailVerified || email === null) return;
    const time = this.clock.now().toISOString();
    await this.queue(
      { kind, to: email, languages: locale ?? languages, values: { ...values, time } },
      queries,
    );
  }

  /**
   * Sends no emails to a recipient, or sends them again with those that wait. What waits is given up after three days.
   *
   * @param at when that was decided. @returns false if something newer is known. After a change of `SECRET_KEY`, a
   * suspension is forgotten: its emails then bounce.
   */
  async hold(to: string, isSuspended: boolean, at: Date, queries: Queries): Promise<boolean> {
    const recipient = this.seal.digest('recipient', to);
    if ((await queries.run(sql.HOLD, [recipient, isSuspended, at])).length === 0) return false;
    if (!isSuspended) await queries.run(sql.RESUME, [recipient, this.clock.now(), LONGEST_LEASE]);
    return true;
  }

  /** Calls back whenever this instance has queued an email and the transaction was committed. */
  whenQueued(listener: () => void): void {
    this.listeners.push(listener);
  }
}

/**
 * Approximately the registered domain: subdomains are free, and each would have a share of its own. Where a list of
 * public suffixes would be more precise, a share is slightly too wide or too narrow.
 *
 * **Source** of the term: RFC 7489 §3.2.
 */
function organizationalDomainOf(address: string): string {
  const labels = address
    .slice(address.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  // Such as co.uk or ac.kr.
  const isBelowSuffix = labels.at(-1)?.length === 2 && (labels.at(-2)?.length ?? 0) <= 3;
  return labels.slice(isBelowSuffix ? -3 : -2).join('.');
}
