import { statement } from '../database/statement.js';

// SQL, because a claim needs SKIP LOCKED and a lease, and a notice is counted and queued in one statement.

/** A claimed email: reserved for one instance until its lease ends. */
export interface ClaimedRow {
  id: string;
  kind: string;
  sealed: Buffer;
  priority: number;
  domain: Buffer;
  recipient: Buffer;
  /** Including the attempt that the claim starts. */
  attempts: number;
  unconfirmed: number;
  expires_at: Date;
  /** Whether nothing arrives there for the time being. */
  is_suspended: boolean;
}

const COLUMNS = 'id, kind, sealed, created_at, due_at, expires_at, priority, domain, recipient';
const VALUES =
  '$1::uuid, $2, $3::bytea, $4::timestamptz, $4, $5::timestamptz, $6::smallint, $7::bytea, $8::bytea';

/** Domain and recipient are digests. */
export type QueueValues = [
  id: string,
  kind: string,
  sealed: Buffer,
  now: Date,
  givenUpAt: Date,
  priority: number,
  domain: Buffer,
  recipient: Buffer,
];

export const QUEUE = statement<QueueValues>(
  'outbox_queue',
  `INSERT INTO tokenjar.outbox (${COLUMNS}) VALUES (${VALUES})`,
);

const LEAKED =
  'greatest(0, l.count - $10::float8 / $11::float8 * greatest(0, extract(epoch FROM $4::timestamptz - l.counted_at)::float8))';
const FORGOTTEN_AT = '$4::timestamptz + make_interval(secs => $11::float8)';

/**
 * Queues a notice if its leaky bucket has room: one statement, so that the limit is shared by all instances and a
 * rollback restores it. **Unit** of the window: seconds.
 */
export const QUEUE_NOTICE = statement<[...QueueValues, countKey: Buffer, quota: number, window: number]>(
  'outbox_queue_notice',
  `WITH counted AS (
      INSERT INTO tokenjar.limits AS l (key, count, counted_at, blocked_until, passed, expires_at)
      VALUES ($9::bytea, 1, $4::timestamptz, NULL, true, ${FORGOTTEN_AT})
      ON CONFLICT (key) DO UPDATE SET count = ${LEAKED} + 1, counted_at = $4, expires_at = ${FORGOTTEN_AT}
        WHERE ${LEAKED} + 1 <= $10::float8 + 0.01
      RETURNING 1
    )
    INSERT INTO tokenjar.outbox (${COLUMNS}) SELECT ${VALUES} WHERE EXISTS (SELECT FROM counted)`,
);

/**
 * Claims the next email: the attempt is counted and the email postponed by a lease, visible to all instances, before the
 * mail server is contacted. The email of a killed instance is due again when its lease ends.
 */
export const CLAIM = statement<
  [now: Date, leaseEnd: Date, lowestPriority: number, exceptDomains: Buffer[], exceptRecipients: Buffer[]],
  ClaimedRow
>(
  'outbox_claim',
  `WITH next AS MATERIALIZED (
      SELECT id FROM tokenjar.outbox
      WHERE failed_at IS NULL AND due_at <= $1::timestamptz AND priority <= $3::smallint
        AND domain <> ALL($4::bytea[]) AND recipient <> ALL($5::bytea[])
      ORDER BY priority, due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE tokenjar.outbox o
    SET attempts = o.attempts + 1, unconfirmed = o.unconfirmed + 1, due_at = $2::timestamptz
    FROM next WHERE o.id = next.id
    RETURNING o.id, o.kind, o.sealed, o.priority, o.domain, o.recipient, o.attempts, o.unconfirmed, o.expires_at,
      EXISTS (SELECT FROM tokenjar.suspended_recipients s WHERE s.recipient = o.recipient AND s.is_suspended) AS is_suspended`,
);

/** Nothing if a newer report is known. */
export const HOLD = statement<[recipient: Buffer, isSuspended: boolean, at: Date]>(
  'outbox_hold',
  `INSERT INTO tokenjar.suspended_recipients AS s (recipient, is_suspended, changed_at) VALUES ($1, $2, $3)
    ON CONFLICT (recipient) DO UPDATE SET is_suspended = $2, changed_at = $3 WHERE s.changed_at < $3 RETURNING 1`,
);
/** What waits is due now. Beyond the lease, nobody is sending it. **Unit** of the lease: seconds. */
export const RESUME = statement<[recipient: Buffer, now: Date, lease: number]>(
  'outbox_resume',
  `UPDATE tokenjar.outbox SET due_at = $2::timestamptz
    WHERE recipient = $1 AND failed_at IS NULL AND due_at > $2::timestamptz + make_interval(secs => $3::float8)`,
);

export const REMOVE = statement<[id: string]>('outbox_remove', 'DELETE FROM tokenjar.outbox WHERE id = $1');

/** What follows a claim only applies while nobody has claimed the email again, as shown by its attempts. */
const OWN = 'id = $1 AND attempts = $2 AND failed_at IS NULL';

/** An attempt is unconfirmed where the mail server may have taken the email. */
export const POSTPONE = statement<
  [id: string, attempts: number, dueAt: Date, why: string, isUnconfirmed: boolean]
>(
  'outbox_postpone',
  `UPDATE tokenjar.outbox
    SET due_at = $3, last_error = $4, unconfirmed = unconfirmed - CASE WHEN $5::boolean THEN 0 ELSE 1 END
    WHERE ${OWN}`,
);

/** Puts back an email that no mail server has seen, as if it had not been claimed. */
export const RELEASE = statement<[id: string, attempts: number, dueAt: Date]>(
  'outbox_release',
  `UPDATE tokenjar.outbox SET attempts = attempts - 1, unconfirmed = unconfirmed - 1, due_at = $3
    WHERE ${OWN}`,
);

/** The content is deleted; the failure is kept for the operator. */
export const GIVE_UP = statement<[id: string, attempts: number, now: Date, why: string]>(
  'outbox_give_up',
  `UPDATE tokenjar.outbox SET failed_at = $3, last_error = $4, sealed = NULL WHERE ${OWN}`,
);
