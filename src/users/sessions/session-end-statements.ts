import { type OrderedBy, recorded } from '../../audit/audit.js';
import { statement } from '../../database/statement.js';
import type { EndReason } from '../blacklist/blacklist-entry.entity.js';
import { BLACKLIST_COLUMNS, type BlacklistRow } from '../blacklist/blacklist-feed.js';

// SQL, because an end is one statement: the row, the blacklist, the user's record and the audit trail change together.

/** The maximum number of records per statement: nobody reads a longer list. */
const MOST_RECORDS = 100;

/**
 * SQL that records the rows of `ended` for the user and in the audit trail.
 *
 * @param by the first of three consecutive parameters: IP address, user agent, request ID.
 * @param actor for ends that an operator may cause.
 */
export const noteEnded = ({
  reason,
  at,
  by,
  actor,
}: {
  reason: string;
  at: string;
  by: number;
  actor?: string;
}): string => `recorded AS (
      INSERT INTO tokenjar.ended_sessions (id, lookup_id, user_id, reason, user_agent, ip, created_at, last_used_at,
        ended_at)
      SELECT id, lookup_id, user_id, ${reason}, user_agent, ip, created_at, last_used_at, ${at} FROM ended
      ORDER BY last_used_at DESC LIMIT ${MOST_RECORDS}
      ON CONFLICT DO NOTHING
    ), audited AS (
      ${recorded(
        {
          at,
          event: 'session_ended',
          reason,
          userId: 'user_id',
          sessionId: 'id',
          by,
          ...(actor && { actor }),
        },
        `(SELECT id, user_id FROM ended LIMIT ${MOST_RECORDS}) AS ended`,
      )}
    )`;

/** The columns common to all blacklist entries: $2 to $8 of each statement here that writes one. */
export type Entry = [reason: EndReason, now: Date, entryExpiry: Date, ...by: OrderedBy];

const RECORDED = noteEnded({ reason: '$2', at: '$3', by: 5, actor: '$8::text' });

const endWhere = <Values extends [unknown, ...Entry, ...unknown[]]>(name: string, condition: string) =>
  statement<Values, BlacklistRow>(
    name,
    `WITH ended AS (DELETE FROM tokenjar.sessions WHERE ${condition} RETURNING *), ${RECORDED}
    INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
    SELECT id, $2, $3, $4 FROM ended
    RETURNING ${BLACKLIST_COLUMNS}`,
  );

export const END_ONE = endWhere<[id: string, ...entry: Entry, userId: number]>(
  'session_end_one',
  'id = $1 AND user_id = $9',
);

export const END_BY_TOKEN = endWhere<[lookupId: string, ...entry: Entry, userId: number]>(
  'session_end_by_token',
  'lookup_id = $1 AND user_id = $9',
);

/** Those that were opened with a method. */
export const END_BY_METHOD = endWhere<[userId: number, ...entry: Entry, method: string]>(
  'session_end_by_method',
  'user_id = $1 AND $9 = ANY (auth_methods)',
);

/** A limit that was lowered may be exceeded by tens of thousands; the next sign-ins end the rest. */
export const MOST_ENDED_AT_ONCE = 1000;

/**
 * All except the most recently used ones and those that end anyway.
 *
 * @param most how many end, the least recently used ones first; null for all.
 */
export const END_OLDEST = endWhere<
  [userId: number, ...entry: Entry, stay: number, exceptLookupIds: readonly string[], most: number | null]
>(
  'session_end_oldest',
  `user_id = $1 AND id IN (
      SELECT id FROM tokenjar.sessions WHERE user_id = $1 AND id IN (
        SELECT id FROM (
          SELECT id, last_used_at FROM tokenjar.sessions
          WHERE user_id = $1 AND idle_expires_at > $3 AND absolute_expires_at > $3 AND lookup_id <> ALL ($10::uuid[])
          ORDER BY last_used_at DESC, id DESC OFFSET $9
        ) too_many ORDER BY last_used_at, id LIMIT $11::bigint
      ) ORDER BY last_used_at DESC, id DESC FOR UPDATE
    )`,
);

/**
 * Ends all sessions of a user except one, with one blacklist entry whatever their number. The user is locked.
 *
 * Sessions of the site that the user came from end with them, though they have no row before they go on here.
 *
 * The entry covers sessions up to the youngest one that ended: an instance whose clock is slightly ahead may have
 * opened one after our "now".
 */
export const END_OTHERS = statement<
  [userId: number, ...entry: Entry, exceptSessionId: string | null],
  BlacklistRow
>(
  'session_end_others',
  `WITH ended AS (
      DELETE FROM tokenjar.sessions WHERE user_id = $1 AND id IS DISTINCT FROM $9::uuid RETURNING *
    ), legacy AS (
      UPDATE tokenjar.django_users SET sessions_ended_at = $3 WHERE user_id = $1 AND sessions_ended_at IS NULL
    ), ${RECORDED}
    INSERT INTO tokenjar.blacklist (user_id, began_until, except_session_id, reason, created_at, expires_at)
    SELECT $1, greatest($3, max(created_at)), $9::uuid, $2, $3, $4 FROM ended HAVING count(*) > 0
    RETURNING ${BLACKLIST_COLUMNS}`,
);

export const DEACTIVATE = statement<[id: number, now: Date, ...by: OrderedBy]>(
  'user_deactivate',
  `WITH deactivated AS (
      UPDATE tokenjar.users SET is_active = false, credentials_epoch = credentials_epoch + 1 WHERE id = $1 AND is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$2', event: 'user_deactivated', userId: 'id', by: 3, actor: '$6::text' }, 'deactivated')}
    )
    SELECT id FROM deactivated`,
);

/** The sessions are deleted with the account, whose row is locked. */
export const DELETE_USER = statement<[userId: number, ...entry: Entry, epoch: number], BlacklistRow>(
  'user_delete',
  `WITH newest AS (
      SELECT max(created_at) AS created_at FROM tokenjar.sessions WHERE user_id = $1
    ), deleted AS (
      DELETE FROM tokenjar.users WHERE id = $1 AND credentials_epoch = $9::integer RETURNING id
    ), audited AS (
      ${recorded({ at: '$3', event: 'user_deleted', userId: 'id', by: 5, actor: '$8::text' }, 'deleted')}
    )
    INSERT INTO tokenjar.blacklist (user_id, began_until, reason, created_at, expires_at)
    SELECT deleted.id, greatest($3, newest.created_at), $2, $3, $4 FROM deleted, newest
    RETURNING ${BLACKLIST_COLUMNS}`,
);

export const REFUSE = statement<[id: string, reason: EndReason, now: Date, entryExpiry: Date], BlacklistRow>(
  'blacklist_refuse',
  `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at) VALUES ($1, $2, $3, $4)
    RETURNING ${BLACKLIST_COLUMNS}`,
);
