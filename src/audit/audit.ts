import { Inject, Injectable } from '@nestjs/common';
import { LessThan, MoreThan } from 'typeorm';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import type { EventName } from '../events.js';
import { AuditEvent } from './audit-event.entity.js';

const COLUMNS = 'at, event, outcome, reason, user_id, session_id, ip, user_agent, request_id, actor';

/** SQL for each column of an event. */
interface RecordedValues {
  at: string;
  event: EventName;
  reason?: string;
  userId?: string;
  sessionId?: string;
  /** First of three parameters after each other: address, user agent, id of the request. See {@link byOf}. */
  by: number;
  /** Where an operator may have given the order. See {@link orderedBy}. */
  actor?: string;
}

/**
 * SQL that records a success for each row of a relation, to stand in the statement that it is about: then what happened
 * and its record hold together, in one round trip.
 */
export const recorded = (values: RecordedValues, from: string): string =>
  `INSERT INTO tokenjar.audit_events (${COLUMNS})
   SELECT ${values.at}, '${values.event}', 'success', ${values.reason ?? 'NULL'}, ${values.userId ?? 'NULL'},
     ${values.sessionId ?? 'NULL'}, $${values.by}::inet, $${values.by + 1}::text, $${values.by + 2}::text,
     ${values.actor ?? 'NULL'}
   FROM ${from}`;

/** The parameters for `by` in {@link recorded}. */
export type By = [ip: string | null, userAgent: string | null, requestId: string | null];

export const byOf = (caller: Caller | undefined): By => [
  caller?.ip ?? null,
  caller?.userAgent ?? null,
  caller?.requestId ?? null,
];

/** The parameters for `by` and, after them, `actor` in {@link recorded}. */
export type OrderedBy = [...by: By, actor: string | null];

export const orderedBy = (caller: Caller | undefined): OrderedBy => [...byOf(caller), caller?.actor ?? null];

const RECORD = statement<
  [
    at: Date,
    event: EventName,
    outcome: AuditRecord['outcome'],
    reason: string | null,
    userId: number | null,
    sessionId: string | null,
    ...by: OrderedBy,
    email: string | null,
  ]
>(
  'audit_record',
  `INSERT INTO tokenjar.audit_events (${COLUMNS}) VALUES
    ($1, $2, $3, $4, coalesce($5, (SELECT id FROM tokenjar.users WHERE email = $11::text)), $6, $7, $8, $9, $10)`,
);

/** What anybody brings about who names the account. */
const BY_ANYBODY: ReadonlySet<EventName> = new Set([
  ...(['login', 'login_blocked', 'login_unlock_requested', 'rate_limited'] as const),
  ...(['password_reset_requested', 'email_verification_requested'] as const),
]);

const IS_VERIFIED = statement<[userId: number], { email_verified: boolean }>(
  'audit_owner_is_verified',
  'SELECT email_verified FROM tokenjar.users WHERE id = $1',
);

/** Something that happened. Never a secret, nor what somebody typed. */
export interface AuditRecord {
  event: EventName;
  outcome: 'success' | 'failure';
  reason?: string;
  userId?: number | undefined;
  /** Whose account it is where that is not known: found by the statement, and not recorded. */
  email?: string;
  sessionId?: string;
  /** Who asked for it. */
  caller?: Caller;
}

/**
 * The record of what happened to accounts: who, what, when, from where, and how it ended.
 *
 * **Source** ASVS 5.0 16.2.1, 16.3.1, 16.3.3.
 */
@Injectable()
export class Audit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'auditRetention' | 'emailVerification'>,
  ) {}

  /** Records an event, in the transaction of what it is about. A success is recorded by its own statement: {@link recorded}. */
  async record(entry: AuditRecord, queries: Queries = this.db): Promise<void> {
    const { event, outcome, reason, userId, email, sessionId, caller } = entry;
    await queries.run(RECORD, [
      this.clock.now(),
      event,
      outcome,
      reason ?? null,
      userId ?? null,
      sessionId ?? null,
      ...orderedBy(caller),
      email ?? null,
    ]);
  }

  /**
   * The events of an account, newest first. Which operator it was is for the operators. From where somebody merely named
   * the account is for its owner, and whoever has the account of an address that is not verified may be another one.
   *
   * @param before the id of the last one that was seen.
   */
  async list(userId: number, count: number, before?: number): Promise<AuditEvent[]> {
    const since = addSeconds(this.clock.now(), -this.options.auditRetention);
    const events = await this.db.repository(AuditEvent).find({
      where: { userId, at: MoreThan(since), ...(before !== undefined && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: count,
    });
    const needsOwner = ({ event, sessionId }: AuditEvent) => sessionId === null && BY_ANYBODY.has(event);
    const isOwner = !events.some(needsOwner) || (await this.isOwner(userId));
    for (const event of events)
      if (event.actor !== null || (!isOwner && needsOwner(event))) {
        event.ip = null;
        event.userAgent = null;
      }
    return events;
  }

  /** Where addresses need not be verified, whoever has the account counts as the owner. */
  private async isOwner(userId: number): Promise<boolean> {
    if (this.options.emailVerification === 'none') return true;
    return (await this.db.run(IS_VERIFIED, [userId]))[0]?.email_verified === true;
  }
}
