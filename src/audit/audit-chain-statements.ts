import { columnsOf, fieldsOf } from '../database/columns.js';
import { statement } from '../database/statement.js';
import { AuditBatch } from './audit-batch.entity.js';

// SQL, because rows are found by PostgreSQL's snapshots, and digests are computed where the rows are.

/** Events in a batch. */
export const BATCH_SIZE = 1000;
/** No transaction is open for longer than it takes to seal as many batches. They are at least a second apart. */
export const OPEN_FOR_BATCHES = 1000;

/** The digest of an event. What is listed here must not change: columns that are added later need another list. */
export const DIGEST = `sha256(convert_to(json_build_array(e.id, round(extract(epoch FROM e.at) * 1000)::bigint, e.event,
  e.outcome, e.reason, e.user_id, e.session_id, host(e.ip), masklen(e.ip), e.user_agent, e.request_id, e.actor, e.methods,
  e.count, e.written_by)::text, 'UTF8'))`;

/** The last batch, and the snapshot up to which everything is sealed. */
const STATE = `
  head AS MATERIALIZED (
    SELECT number, hash, key_id, signature, max_event_id, complete_number
    FROM tokenjar.audit_batches ORDER BY number DESC LIMIT 1
  ), complete AS MATERIALIZED (
    SELECT number, snapshot::pg_snapshot FROM tokenjar.audit_batches
    WHERE number = (SELECT complete_number FROM head)
    UNION ALL SELECT 0, '1:1:'::pg_snapshot WHERE NOT coalesce((SELECT complete_number > 0 FROM head), false)
  ), passed AS MATERIALIZED (
    SELECT coalesce((SELECT max_event_id FROM tokenjar.audit_batches
      WHERE number = (SELECT number - ${OPEN_FOR_BATCHES} FROM head)), -9223372036854775808) AS id
  )`;

/**
 * Rows that became visible after others with higher IDs had been sealed. Both bounds keep out rows that another server
 * wrote before a dump was restored, whose transactions mean nothing here.
 */
const late = (isWrittenBy: string): string => `SELECT e.id FROM tokenjar.audit_events e
    WHERE ${isWrittenBy} AND e.id <= (SELECT max_event_id FROM head) AND e.id > (SELECT id FROM passed)
      AND e.id NOT IN (
        SELECT unnest(event_ids) FROM tokenjar.audit_batches WHERE number > (SELECT number FROM complete)
      )`;
/** Of transactions that the last snapshot could not see: they began later, or were in progress. */
const LATE = `(${late(`e.written_by >= pg_snapshot_xmax((SELECT snapshot FROM complete))::text::bigint
      AND e.written_by < pg_snapshot_xmax(pg_current_snapshot())::text::bigint`)})
    UNION ALL (${late(`e.written_by = ANY(ARRAY(SELECT xip::text::bigint
      FROM pg_snapshot_xip((SELECT snapshot FROM complete)) AS xip))`)})`;

/** Rows with IDs above all that are sealed. An ID that the sequence has not reached was chosen by somebody. */
const LATEST = `SELECT e.id FROM tokenjar.audit_events e
    WHERE e.id > coalesce((SELECT max_event_id FROM head), 0)
      AND e.id <= (SELECT last_value FROM tokenjar.audit_events_id_seq)`;

/** What is not sealed yet, and the batch before it. */
export interface UnsealedRow {
  number: number | null;
  hash: Buffer | null;
  key_id: Buffer | null;
  signature: Buffer | null;
  max_event_id: number | null;
  complete_number: number | null;
  snapshot: string;
  is_full: boolean;
  /** As text: pg reads arrays of bigint so. Null if there is nothing. */
  event_ids: string[] | null;
  digests: Buffer | null;
  last_at: Date | null;
}

export const READ_UNSEALED = statement<[], UnsealedRow>(
  'audit_read_unsealed',
  `WITH ${STATE}, late AS MATERIALIZED (${LATE} LIMIT ${BATCH_SIZE}
    ), latest AS MATERIALIZED (${LATEST} ORDER BY e.id LIMIT ${BATCH_SIZE}
    ), sealed AS MATERIALIZED (
      SELECT e.id, e.at, ${DIGEST} AS digest FROM tokenjar.audit_events e
      WHERE e.id IN (SELECT id FROM late UNION ALL SELECT id FROM latest)
    )
    SELECT (SELECT number FROM head) AS number, (SELECT hash FROM head) AS hash,
      (SELECT key_id FROM head) AS key_id, (SELECT signature FROM head) AS signature,
      (SELECT max_event_id FROM head) AS max_event_id, (SELECT complete_number FROM head) AS complete_number,
      pg_current_snapshot()::text AS snapshot,
      greatest((SELECT count(*) FROM late), (SELECT count(*) FROM latest)) >= ${BATCH_SIZE} AS is_full,
      (SELECT array_agg(id ORDER BY id)::text[] FROM sealed) AS event_ids,
      (SELECT string_agg(digest, '' ORDER BY id) FROM sealed) AS digests,
      (SELECT max(at) FROM sealed) AS last_at`,
);

/** How many rows are not sealed yet, among them those with IDs below sealed ones. */
export const COUNT_UNSEALED = statement<[], { late: string[]; latest: number; forged: string[] }>(
  'audit_count_unsealed',
  `WITH ${STATE}
    SELECT ARRAY(${LATE})::text[] AS late, (SELECT count(*) FROM (${LATEST}) AS latest) AS latest,
      ARRAY(SELECT e.id FROM tokenjar.audit_events e
        WHERE e.id > (SELECT last_value FROM tokenjar.audit_events_id_seq) ORDER BY e.id LIMIT 1)::text[] AS forged`,
);

/** Of instances that have read the same, one appends its batch. */
export const APPEND = statement<
  [
    number: number,
    eventIds: readonly number[],
    digests: Buffer,
    maxEventId: number,
    snapshot: string | null,
    completeNumber: number,
    lastAt: Date,
    sealedAt: Date,
    hash: Buffer,
    keyId: Buffer,
    signature: Buffer,
  ]
>(
  'audit_append_batch',
  `INSERT INTO tokenjar.audit_batches (number, event_ids, digests, max_event_id, snapshot, complete_number, last_at,
      sealed_at, hash, key_id, signature)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (number) DO NOTHING RETURNING number`,
);

/** The last batch of which everything has expired, as it says itself; the last one, and the anchor. */
export const FIND_EXPIRED = statement<
  [until: Date],
  { number: number | null; head: number } & {
    anchor: number | null;
    anchor_hash: Buffer | null;
    set_at: Date | null;
    key_id: Buffer | null;
    signature: Buffer | null;
  }
>(
  'audit_find_expired',
  `WITH anchor AS MATERIALIZED (SELECT * FROM tokenjar.audit_anchors WHERE name = 'retention'), kept AS (
      SELECT number FROM tokenjar.audit_batches
      WHERE number > coalesce((SELECT number FROM anchor), 0) AND least(last_at, sealed_at) > $1
      ORDER BY number LIMIT 1
    ), expired AS (
      SELECT number FROM tokenjar.audit_batches
      WHERE number > coalesce((SELECT number FROM anchor), 0)
        AND number < coalesce((SELECT number FROM kept), 9223372036854775807)
      ORDER BY number DESC LIMIT 1
    )
    SELECT expired.number, coalesce((SELECT max(number) FROM tokenjar.audit_batches), 0) AS head, anchor.number AS anchor, anchor.hash AS anchor_hash, anchor.set_at,
      anchor.key_id, anchor.signature
    FROM (SELECT 1) AS always LEFT JOIN anchor ON true LEFT JOIN expired ON true`,
);

/** Batches read at once, and the same by their events. */
const PAGE = 1000;
const EVENTS = 10_000;
export const READ_BATCHES = statement<[after: number], AuditBatch>(
  '',
  `SELECT ${columnsOf('b', fieldsOf(AuditBatch))} FROM (
      SELECT *, sum(cardinality(event_ids)) OVER (ORDER BY number) - cardinality(event_ids) AS before
      FROM tokenjar.audit_batches WHERE number > $1 ORDER BY number LIMIT ${PAGE}
    ) AS b WHERE b.before < ${EVENTS} ORDER BY b.number`,
);

/** It never moves back. */
export const SET_ANCHOR = statement<
  [number: number, hash: Buffer, setAt: Date, keyId: Buffer, signature: Buffer]
>(
  'audit_set_anchor',
  `INSERT INTO tokenjar.audit_anchors AS a (name, number, hash, set_at, key_id, signature)
    VALUES ('retention', $1, $2, $3, $4, $5)
    ON CONFLICT (name) DO UPDATE SET number = $1, hash = $2, set_at = $3, key_id = $4, signature = $5
      WHERE a.number <= $1`,
);
