import { Inject, Injectable } from '@nestjs/common';
import { LessThan, MoreThan } from 'typeorm';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import type { EventName } from '../events.js';
import { AuditEvent } from './audit-event.entity.js';

const COLUMNS = 'at, event, outcome, reason, user_id, session_id, ip, user_agent, request_id, actor, methods';

/** SQL for each column of an event. */
interface RecordedValues {
  at: string;
  event: EventName;
  reason?: string;
  userId?: string;
  sessionId?: string;
  /** The first of three consecutive parameters: IP address, user agent, request ID. See {@link byOf}. */
  by: number;
  /** For events that an operator may cause. See {@link orderedBy}. */
  actor?: string;
  methods?: string;
}

/**
 * SQL that records a success for each row of a relation. It is part of the statement that makes the change, so the
 * change and its record are atomic and need one round trip.
 */
export const recorded = (values: RecordedValues, from: string): string =>
  `INSERT INTO tokenjar.audit_events (${COLUMNS})
   SELECT ${values.at}, '${values.event}', 'success', ${values.reason ?? 'NULL'}, ${values.userId ?? 'NULL'},
     ${values.sessionId ?? 'NULL'}, $${values.by}::inet, $${values.by + 1}::text, $${values.by + 2}::text,
     ${values.actor ?? 'NULL'}, ${values.methods ?? 'NULL'}
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
    ($1, $2, $3, $4, coalesce($5, (SELECT id FROM tokenjar.users WHERE email = $11::text)), $6, $7, $8, $9, $10, NULL)`,
);

/** Events that anybody can cause who knows the address of an account. */
const BY_ANYBODY: ReadonlySet<EventName> = new Set([
  ...(['login', 'login_blocked', 'login_unlock_requested', 'login_code_requested', 'rate_limited'] as const),
  ...(['password_reset_requested', 'email_verification_requested'] as const),
]);

const IS_VERIFIED = statement<[userId: number], { email_verified: boolean }>(
  'audit_owner_is_verified',
  'SELECT email_verified FROM tokenjar.users WHERE id = $1',
);

/** An entry of the audit trail. It never contains secrets or user input. */
export interface AuditRecord {
  event: EventName;
  outcome: 'success' | 'failure';
  reason?: string;
  userId?: number | undefined;
  /** The address of the account if its ID is not known; it is used to look up the ID and is not stored. */
  email?: string;
  sessionId?: string;
  /** The source of the request. */
  caller?: Caller;
}

/** Records an event, also on a connection outside the app. */
export async function recordIn(queries: Pick<Queries, 'run'>, at: Date, entry: AuditRecord): Promise<void> {
  const { event, outcome, reason, userId, email, sessionId, caller } = entry;
  await queries.run(RECORD, [
    at,
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
 * The audit trail: who did what, when, from where, and with which outcome.
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

  /**
   * Records an event in the transaction of the change. A success is usually recorded by the statement itself: {@link
   * recorded}.
   */
  record(entry: AuditRecord, queries: Queries = this.db): Promise<void> {
    return recordIn(queries, this.clock.now(), entry);
  }

  /**
   * The events of an account, newest first. Operators' names are omitted. The origin of an event that anybody can cause
   * is only shown to the verified owner: an unverified account may belong to somebody else.
   *
   * @param before the ID of the last event of the previous page.
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

  /** If verification is not required, the account holder counts as the owner. */
  private async isOwner(userId: number): Promise<boolean> {
    if (this.options.emailVerification === 'none') return true;
    return (await this.db.run(IS_VERIFIED, [userId]))[0]?.email_verified === true;
  }
}
