import { type OrderedBy, recorded } from '../audit/audit.js';
import { statement } from '../database/statement.js';
import type { EventName } from '../events.js';

// SQL, because changes and their records are one statement, and claims need SKIP LOCKED.

/** In place of an endpoint of another server. No list shows it, and nobody deletes it. */
export const HOST_ENDPOINT = '00000000-0000-0000-0000-000000000000';

/** Batches of the audit trail, and endpoints, of which one statement makes deliveries: at most 16,000. */
const BATCHES = 4;
const ENDPOINTS = 4;

/** It is told about what is committed from now on. */
export const ADD = statement<
  [id: string, url: string, events: readonly EventName[], sealed: Buffer, now: Date, ...by: OrderedBy]
>(
  'webhook_add',
  `WITH added AS (
      INSERT INTO tokenjar.webhook_endpoints (id, url, events, sealed_secret, created_at, after_batch)
      VALUES ($1, $2, $3, $4, $5, coalesce((SELECT max(number) FROM tokenjar.audit_batches), 0)) RETURNING id
    )
    ${recorded({ at: '$5', event: 'webhook_added', reason: 'id::text', by: 6, actor: '$9::text' }, 'added')}`,
);

/** It has no secret to speak of, and is not recorded: nobody added it. */
export const ADD_HOST = statement<[id: string, sealed: Buffer, now: Date]>(
  'webhook_add_host',
  `INSERT INTO tokenjar.webhook_endpoints (id, url, sealed_secret, created_at, after_batch)
    VALUES ($1, 'onEvent', $2, $3, coalesce((SELECT max(number) FROM tokenjar.audit_batches), 0))
    ON CONFLICT (id) DO NOTHING`,
);

export const DELETE = statement<[id: string, now: Date, ...by: OrderedBy]>(
  'webhook_delete',
  `WITH deleted AS (DELETE FROM tokenjar.webhook_endpoints WHERE id = $1 RETURNING id), audited AS (
      ${recorded({ at: '$2', event: 'webhook_deleted', reason: 'id::text', by: 3, actor: '$6::text' }, 'deleted')}
    )
    SELECT id FROM deleted`,
);

/** It is sent again with the same ID, and the schedule begins anew. One that is being sent has its outcome first. */
export const REPLAY = statement<[id: string, endpointId: string, now: Date, ...by: OrderedBy]>(
  'webhook_replay',
  `WITH replayed AS (
      UPDATE tokenjar.webhook_deliveries d
      SET due_at = $3, delivered_at = NULL, failed_at = NULL, attempts_before_replay = attempts
      FROM tokenjar.webhook_endpoints w
      WHERE d.id = $1 AND d.endpoint_id = $2 AND w.id = d.endpoint_id AND w.disabled_at IS NULL
      RETURNING d.id
    ), audited AS (
      ${recorded({ at: '$3', event: 'webhook_replayed', reason: 'id::text', by: 4, actor: '$7::text' }, 'replayed')}
    )
    SELECT id FROM replayed`,
);

/** The public ID of the account, also of one that is deleted by now. */
const PUBLIC_ID = `coalesce((SELECT public_id FROM tokenjar.users WHERE id = e.user_id),
    (SELECT public_id FROM tokenjar.deleted_users WHERE id = e.user_id))`;

/** What an endpoint is told: what happened, to whom, and no address, IP or secret. */
const PAYLOAD = `json_build_object(
    'type', e.event,
    'timestamp', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', json_build_object('id', e.id, 'outcome', e.outcome, 'reason', left(e.reason, 4000), 'user_id',
      CASE WHEN $2::boolean THEN to_json(${PUBLIC_ID}) ELSE to_json(e.user_id) END,
      'session_id', e.session_id, 'count', e.count)
  )::text`;

/**
 * Makes deliveries of the batches that an endpoint has not seen, and moves its position behind them, in one statement: a
 * process that dies loses nothing and repeats nothing.
 */
export const FAN_OUT = statement<
  [now: Date, arePublicIds: boolean, exceptEndpoints: readonly string[]],
  { more: boolean }
>(
  'webhook_fan_out',
  `WITH latest AS MATERIALIZED (
      SELECT number FROM tokenjar.audit_batches ORDER BY number DESC LIMIT 1
    ), behind AS MATERIALIZED (
      SELECT id, after_batch, events, created_at FROM tokenjar.webhook_endpoints
      WHERE disabled_at IS NULL AND after_batch < (SELECT number FROM latest) AND id <> ALL ($3::uuid[])
      ORDER BY after_batch LIMIT ${ENDPOINTS} FOR UPDATE SKIP LOCKED
    ), moved AS (
      UPDATE tokenjar.webhook_endpoints w SET after_batch = least(behind.after_batch + ${BATCHES}, latest.number)
      FROM behind, latest WHERE w.id = behind.id
      RETURNING w.id, w.after_batch
    ), delivered AS (
      INSERT INTO tokenjar.webhook_deliveries (id, endpoint_id, event_id, event, payload, created_at, due_at)
      SELECT gen_random_uuid(), behind.id, e.id, e.event, ${PAYLOAD}, $1, $1
      FROM behind JOIN moved ON moved.id = behind.id
        JOIN tokenjar.audit_batches b ON b.number > behind.after_batch AND b.number <= moved.after_batch
        CROSS JOIN LATERAL unnest(b.event_ids) AS sealed (id)
        JOIN tokenjar.audit_events e ON e.id = sealed.id
      WHERE (behind.events = '{}' OR e.event = ANY (behind.events)) AND e.at > behind.created_at
      ON CONFLICT (endpoint_id, event_id) DO NOTHING
    )
    SELECT true AS more FROM moved LIMIT 1`,
);

/** A claimed delivery: reserved for one instance until its lease ends. */
export interface ClaimedDelivery {
  id: string;
  endpoint_id: string;
  payload: string;
  attempts: number;
  attempts_before_replay: number;
  url: string;
  sealed_secret: Buffer;
}

/** Claims one delivery for each endpoint that has room, oldest first; the attempt is counted before it is made. */
export const CLAIM = statement<
  [now: Date, leaseEnd: Date, exceptEndpoints: readonly string[], limit: number],
  ClaimedDelivery
>(
  'webhook_claim',
  `WITH next AS MATERIALIZED (
      SELECT due.id, w.url, w.sealed_secret FROM tokenjar.webhook_endpoints w CROSS JOIN LATERAL (
        SELECT d.id FROM tokenjar.webhook_deliveries d
        WHERE d.endpoint_id = w.id AND d.delivered_at IS NULL AND d.failed_at IS NULL AND d.due_at <= $1
        ORDER BY d.due_at LIMIT 1 FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE w.disabled_at IS NULL AND w.id <> ALL ($3::uuid[]) LIMIT $4
    )
    UPDATE tokenjar.webhook_deliveries d SET attempts = d.attempts + 1, due_at = $2
    FROM next WHERE d.id = next.id
    RETURNING d.id, d.endpoint_id, d.payload, d.attempts, d.attempts_before_replay, next.url, next.sealed_secret`,
);

/** Since when the oldest that is to be sent yet waits. */
export const OLDEST = statement<[], { since: Date | null }>(
  'webhook_oldest',
  `SELECT min(created_at) AS since FROM tokenjar.webhook_deliveries WHERE delivered_at IS NULL AND failed_at IS NULL`,
);

/** What follows a claim only applies while nobody has claimed the delivery again. */
const OWN = 'id = $1 AND attempts = $2';

export const DELIVERED = statement<[id: string, attempts: number, now: Date, status: number]>(
  'webhook_delivered',
  `UPDATE tokenjar.webhook_deliveries
    SET delivered_at = $3, failed_at = NULL, response_status = $4, last_error = NULL WHERE ${OWN}`,
);

export const POSTPONE = statement<
  [id: string, attempts: number, dueAt: Date, status: number | null, why: string]
>(
  'webhook_postpone',
  `UPDATE tokenjar.webhook_deliveries SET due_at = $3, response_status = $4, last_error = $5
    WHERE ${OWN} AND attempts_before_replay < attempts`,
);

export const GIVE_UP = statement<
  [id: string, attempts: number, now: Date, status: number | null, why: string]
>(
  'webhook_give_up',
  `UPDATE tokenjar.webhook_deliveries SET failed_at = $3, response_status = $4, last_error = $5
    WHERE ${OWN} AND attempts_before_replay < attempts`,
);

/** Puts back what no endpoint has seen, because the server is stopping. */
export const RELEASE = statement<[id: string, attempts: number, now: Date]>(
  'webhook_release',
  `UPDATE tokenjar.webhook_deliveries SET attempts = attempts - 1, due_at = $3
    WHERE ${OWN} AND attempts_before_replay < attempts`,
);

/** An endpoint that wants no more. */
export const DISABLE = statement<[id: string, now: Date]>(
  'webhook_disable',
  `WITH disabled AS (
      UPDATE tokenjar.webhook_endpoints SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL RETURNING id
    ), dropped AS (
      UPDATE tokenjar.webhook_deliveries SET failed_at = $2, last_error = 'the endpoint answered 410 Gone'
      WHERE endpoint_id IN (SELECT id FROM disabled) AND delivered_at IS NULL AND failed_at IS NULL
    )
    INSERT INTO tokenjar.audit_events (at, event, outcome, reason) SELECT $2, 'webhook_disabled', 'success', id::text
    FROM disabled`,
);
