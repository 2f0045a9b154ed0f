import { type By, recorded } from '../../audit/audit.js';
import { columnsOf } from '../../database/columns.js';
import { statement } from '../../database/statement.js';
import { SESSION_USER_FIELDS, type SessionUser } from '../user.entity.js';
import { noteEnded } from './session-end-statements.js';

/**
 * A session and its user, as every statement here returns them. SQL, because a refresh is one round trip, and the
 * query runner of TypeORM would add a third to what it costs this process.
 */
export interface SessionRow extends Omit<SessionUser, 'publicId'> {
  session_id: string;
  lookup_id: string;
  generation: number;
  parent_generation: number;
  rotated_at: Date;
  idle_expires_at: Date;
  absolute_expires_at: Date;
  /** Of {@link AUTHENTICATION}. */
  authentication: string;
  /** Only of {@link FIND_BOUND}. */
  is_bound?: boolean;
}

/** A session that was opened. */
export interface OpenedRow extends SessionRow {
  /** How many its user had before, with those that it replaces and without those that were opened at this moment. */
  others: number;
}

/** The same, once for each session that it replaced. */
export interface ReplacingRow extends OpenedRow {
  replaced_id: string | null;
  replaced_until: Date;
}

/** A session that is alive, and what the name that it comes under has to have. */
export interface LivingRow {
  id: string;
  user_id: number;
  lookup_id: string;
  cookie_protection: number;
}

/** What is known of a session that is gone. */
export interface LostRow {
  has_user: boolean;
  was_replaced: boolean;
}

/**
 * When the user proved who they are, whether the session outlives the browser, the epochs of the user and of all roles,
 * the public ID of the user, how the user proved it, and the scope if there is one, in one column. The roles are asked
 * only for users who have some.
 * **Shape** `1764184627 t 0 0 5b2c4a0e-… pwd otp |orders:read`.
 */
export const AUTHENTICATION = `concat_ws(' ', floor(extract(epoch FROM coalesce(s.authenticated_at, s.created_at))),
  s.remember, u.claims_epoch,
  CASE WHEN u.roles = '{}' THEN 0 ELSE (SELECT coalesce(max(epoch), 0) FROM tokenjar.roles) END,
  u.public_id, nullif(array_to_string(s.auth_methods, ' '), ''), '|' || s.scope) AS authentication`;

const SESSION_COLUMNS = `s.id AS session_id, s.lookup_id, s.generation, s.parent_generation, s.rotated_at,
  s.idle_expires_at, s.absolute_expires_at, ${columnsOf('u', SESSION_USER_FIELDS)}, ${AUTHENTICATION}`;

export const FIND = statement<[lookupId: string, userId: number], SessionRow>(
  'session_find',
  `SELECT ${SESSION_COLUMNS}
    FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
    WHERE s.lookup_id = $1 AND s.user_id = $2`,
);

/** The same where sessions may be bound to a device. */
export const FIND_BOUND = statement<[lookupId: string, userId: number], SessionRow>(
  'session_find_bound',
  `SELECT ${SESSION_COLUMNS}, s.bound_at IS NOT NULL AS is_bound
    FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
    WHERE s.lookup_id = $1 AND s.user_id = $2`,
);

export const FIND_OWN = statement<[id: string, userId: number, now: Date], SessionRow>(
  'session_find_own',
  `SELECT ${SESSION_COLUMNS}
    FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.idle_expires_at > $3 AND s.absolute_expires_at > $3`,
);

/**
 * Replaces the refresh token of a session that goes on while the others of its user end, if it is old enough: a
 * younger one's predecessor may still be under way in another tab, or in the jar after a lost answer.
 */
export const RENEW = statement<
  [id: string, userId: number, now: Date, idleExpiry: Date, rotatedUntil: Date, unrememberedExpiry: Date],
  SessionRow
>(
  'session_renew',
  `UPDATE tokenjar.sessions s
    SET generation = s.generation + 1, parent_generation = s.generation, rotated_at = $3, last_used_at = $3,
      idle_expires_at = CASE WHEN s.remember THEN $4::timestamptz ELSE $6 END
    FROM tokenjar.users u
    WHERE s.id = $1 AND s.user_id = $2 AND s.idle_expires_at > $3 AND s.absolute_expires_at > $3
      AND s.rotated_at <= $5 AND u.id = s.user_id AND u.is_active
    RETURNING ${SESSION_COLUMNS}`,
);

/** The parameters of every opening; those of {@link OPEN_REPLACING} follow them. */
export type OpenValues = [
  id: string,
  lookupId: string,
  userId: number,
  epoch: number,
  now: Date,
  idleExpiry: Date,
  absoluteExpiry: Date,
  userAgent: string | null,
  ip: string | null,
  authMethods: readonly string[],
  ...by: By,
  note: string | null,
  cookieProtection: number,
  remember: boolean,
  factorsEpoch: number,
  scope: string | null,
  authenticatedAt: Date,
];

const OPENED = `u AS (
      SELECT * FROM tokenjar.users
      WHERE id = $3 AND is_active AND credentials_epoch = $4 AND factors_epoch = $17
      FOR SHARE
    ), s AS (
      INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
        last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods,
        authenticated_at, cookie_protection, remember, scope)
      SELECT $1, $2, u.id, 1, 0, $5, $5, $5, $6, $7, $8, $9, $10, $19, $15, $16, $18 FROM u
      RETURNING *
    ), entered AS (
      ${recorded({ at: '$5', event: 'login', reason: '$14::text', userId: 's.user_id', sessionId: 's.id', methods: 's.auth_methods', by: 11 }, 's')}
    )`;

const OTHERS = `(
      SELECT count(*)::int FROM tokenjar.sessions x
      WHERE x.user_id = $3 AND x.idle_expires_at > $5 AND x.absolute_expires_at > $5
    ) AS others`;

/**
 * Opens a session for a user who is active and whose password, address and factors are those of when they were checked:
 * the epochs count their changes, and not a new hash of the same password.
 *
 * The lock makes it wait for a change of the password under way and look again: else a login with the old password
 * could slip in between that change and the end of the other sessions.
 */
export const OPEN = statement<OpenValues, OpenedRow>(
  'session_open',
  `WITH ${OPENED} SELECT ${SESSION_COLUMNS}, ${OTHERS} FROM s JOIN u ON u.id = s.user_id`,
);

/**
 * The same in a browser that had sessions, which end with it.
 *
 * They may be another user's. One row, or one for each session that was replaced. Their users are locked before their
 * rows: whoever deletes an account takes these locks in the same order.
 *
 * PostgreSQL plans it anew each time, which takes three times as long as {@link OPEN}: for the arrays that it is given, and
 * not for any, it finds out which partitions have them.
 */
export const OPEN_REPLACING = statement<
  [...OpenValues, replaces: readonly string[], entryExpiry: Date, replacesOf: readonly number[]],
  ReplacingRow
>(
  'session_open_replacing',
  `WITH ${OPENED}, owners AS (
      SELECT id FROM tokenjar.users
      WHERE id = ANY ($22::bigint[]) AND id IN (
        SELECT user_id FROM tokenjar.sessions WHERE lookup_id = ANY ($20::uuid[]) AND user_id = ANY ($22)
      )
      ORDER BY id FOR KEY SHARE
    ), ended AS (
      DELETE FROM tokenjar.sessions old USING owners
      WHERE old.user_id = owners.id AND old.user_id = ANY ($22) AND old.lookup_id = ANY ($20)
        AND EXISTS (SELECT FROM s)
      RETURNING old.*
    ), ${noteEnded({ reason: `'replaced'`, at: '$5', by: 11 })}, listed AS (
      INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
      SELECT id, 'replaced', $5, $21 FROM ended
      RETURNING session_id, expires_at
    )
    SELECT ${SESSION_COLUMNS}, ${OTHERS}, listed.session_id AS replaced_id, listed.expires_at AS replaced_until
    FROM s JOIN u ON u.id = s.user_id LEFT JOIN listed ON true`,
);

/** Records that the user of a session has proven more. */
export const RAISE = statement<[id: string, userId: number, now: Date, methods: readonly string[]]>(
  'session_raise',
  `UPDATE tokenjar.sessions SET auth_methods = auth_methods || ARRAY(SELECT proven FROM unnest($4::text[]) proven WHERE proven <> ALL (auth_methods))
    WHERE id = $1 AND user_id = $2 AND idle_expires_at > $3 AND absolute_expires_at > $3 RETURNING 1`,
);

export const LIVING = statement<
  [lookupIds: readonly string[], now: Date, userIds: readonly number[]],
  LivingRow
>(
  'session_living',
  `SELECT id, user_id, lookup_id, cookie_protection FROM tokenjar.sessions
    WHERE lookup_id = ANY ($1::uuid[]) AND user_id = ANY ($3::bigint[])
      AND idle_expires_at > $2 AND absolute_expires_at > $2`,
);

/**
 * Why a user has no such session. Where it is somebody else's, the token names a user who is not its owner: in
 * simplejwt's format others hold the key.
 */
export const LOST = statement<[lookupId: string, userId: number], LostRow>(
  'session_lost',
  `SELECT EXISTS (SELECT FROM tokenjar.users WHERE id = $2)
      AND NOT EXISTS (SELECT FROM tokenjar.sessions WHERE lookup_id = $1 AND user_id <> $2) AS has_user,
    EXISTS (
      SELECT FROM tokenjar.ended_sessions WHERE lookup_id = $1 AND user_id = $2 AND reason = 'replaced'
    ) AS was_replaced`,
);

/**
 * Waits for the sign-ins of a user that are under way and keeps out others until the transaction ends. What comes after
 * it sees what they opened.
 */
export const LOCK_USER = statement<[userId: number]>(
  'session_lock_user',
  'SELECT 1 FROM tokenjar.users WHERE id = $1 FOR NO KEY UPDATE',
);

/** Those that end anyway do not count. */
export const COUNT = statement<[userId: number, now: Date, except: readonly string[]], { count: number }>(
  'session_count',
  `SELECT count(*)::int AS count FROM tokenjar.sessions
    WHERE user_id = $1 AND idle_expires_at > $2 AND absolute_expires_at > $2 AND lookup_id <> ALL ($3::uuid[])`,
);
