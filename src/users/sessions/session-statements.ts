import { recorded } from '../../audit/audit.js';
import { noteEnded } from './session-end-statements.js';

/** A session and its user, as every statement here returns them. */
export interface SessionRow {
  id: string;
  lookup_id: string;
  generation: number;
  parent_generation: number;
  rotated_at: Date;
  idle_expires_at: Date;
  absolute_expires_at: Date;
  user_id: string;
  email: string;
  email_verified: boolean;
  is_active: boolean;
  roles: string[];
  locale: string | null;
  user_created_at: Date;
}

/** What the writer of a moved row does not know of it. */
export type AdvancedRow = Pick<
  SessionRow,
  | 'id'
  | 'absolute_expires_at'
  | 'user_id'
  | 'email'
  | 'email_verified'
  | 'roles'
  | 'locale'
  | 'user_created_at'
>;

/** A session that was opened, once for each that it replaced. */
export interface OpenedRow extends SessionRow {
  replaced_id: string | null;
  replaced_until: Date;
  /** How many its user had before, with those that it replaces and without those that were opened at this moment. */
  others: number;
}

/** A session that is alive, and what the name that it comes under has to have. */
export type LivingRow = Pick<SessionRow, 'id' | 'user_id' | 'lookup_id'> & { cookie_protection: number };

/** What is known of a session that is gone. */
export interface LostRow {
  has_user: boolean;
  was_replaced: boolean;
}

/** A row of a list. */
export interface ListedRow {
  id: string;
  user_agent: string | null;
  ip: string | null;
  created_at: Date;
  last_used_at: Date;
}

const SESSION_COLUMNS = `s.id, s.lookup_id, s.generation, s.parent_generation, s.rotated_at,
  s.idle_expires_at, s.absolute_expires_at, u.id AS user_id, u.email, u.email_verified, u.is_active, u.roles,
  u.locale, u.created_at AS user_created_at`;

/** $1 lookup id */
export const FIND = {
  name: 'session_find',
  text: `SELECT ${SESSION_COLUMNS}
    FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
    WHERE s.lookup_id = $1`,
};

/** $1 session id, $2 user id, $3 now */
export const FIND_OWN = {
  name: 'session_find_own',
  text: `SELECT ${SESSION_COLUMNS}
    FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.idle_expires_at > $3 AND s.absolute_expires_at > $3`,
};

/**
 * The compare-and-swap of a refresh: it moves the session on only if its row is the one that was judged.
 *
 * $1 lookup id, $2 generation and [$3, $4) rotated_at as judged, $5 and $6 the new generation and its parent, $7 now,
 * $8 the new idle expiry, $9 user agent, $10 address, $11 earliest expiry that is still alive
 *
 * It returns what is not among these: of what the statement costs this process, each column is a twenty-fifth.
 */
export const ADVANCE = {
  name: 'session_advance',
  text: `UPDATE tokenjar.sessions s
    SET generation = $5, parent_generation = $6, rotated_at = $7, last_used_at = $7, idle_expires_at = $8,
      user_agent = $9, ip = $10
    FROM tokenjar.users u
    WHERE s.lookup_id = $1 AND s.generation = $2 AND s.rotated_at >= $3 AND s.rotated_at < $4
      AND s.idle_expires_at > $11 AND s.absolute_expires_at > $11
      AND u.id = s.user_id AND u.is_active
    RETURNING s.id, s.absolute_expires_at, s.user_id, u.email, u.email_verified, u.roles, u.locale,
      u.created_at AS user_created_at`,
};

/**
 * Replaces the refresh token of a session that goes on while the others of its user end, if it is old enough: a
 * younger one's predecessor may still be under way in another tab, or in the jar after a lost answer.
 *
 * $1 session id, $2 user id, $3 now, $4 the new idle expiry, $5 rotated at this moment or before
 */
export const RENEW = {
  name: 'session_renew',
  text: `UPDATE tokenjar.sessions s
    SET generation = s.generation + 1, parent_generation = s.generation, rotated_at = $3, last_used_at = $3,
      idle_expires_at = $4
    FROM tokenjar.users u
    WHERE s.id = $1 AND s.user_id = $2 AND s.idle_expires_at > $3 AND s.absolute_expires_at > $3
      AND s.rotated_at <= $5 AND u.id = s.user_id AND u.is_active
    RETURNING ${SESSION_COLUMNS}`,
};

/**
 * Opens a session for a user who is active and whose password and address are those of when they were checked: the epoch
 * counts their changes, and not a new hash of the same password.
 *
 * The lock makes it wait for a change of the password under way and look again: else a login with the old password
 * could slip in between that change and the end of the other sessions.
 *
 * $1 id, $2 lookup id, $3 user id, $4 epoch, $5 now, $6 idle and $7 absolute expiry, $8 user agent,
 * $9 address, $10 authentication methods, $11 to $13 by whom, $14 what is said of the login, $15 what the name of its
 * cookie has, $16 lookup ids of sessions that it replaces, whosever they are, $17 expiry of their blacklist entries
 *
 * One row, or one for each session that was replaced. Their users are locked before their rows: whoever deletes an
 * account takes these locks in the same order.
 */
export const OPEN = {
  name: 'session_open',
  text: `WITH u AS (
      SELECT id, email, email_verified, is_active, roles, locale, created_at FROM tokenjar.users
      WHERE id = $3 AND is_active AND credentials_epoch = $4
      FOR SHARE
    ), s AS (
      INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
        last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods,
        cookie_protection)
      SELECT $1, $2, u.id, 1, 0, $5, $5, $5, $6, $7, $8, $9, $10, $15 FROM u
      RETURNING *
    ), entered AS (
      ${recorded({ at: '$5', event: 'login', reason: '$14::text', userId: 's.user_id', sessionId: 's.id', by: 11 }, 's')}
    ), owners AS (
      SELECT id FROM tokenjar.users
      WHERE id IN (SELECT user_id FROM tokenjar.sessions WHERE lookup_id = ANY ($16::uuid[]))
      ORDER BY id FOR KEY SHARE
    ), ended AS (
      DELETE FROM tokenjar.sessions old USING owners
      WHERE old.user_id = owners.id AND old.lookup_id = ANY ($16::uuid[]) AND EXISTS (SELECT FROM s)
      RETURNING old.*
    ), ${noteEnded({ reason: `'replaced'`, at: '$5', by: 11 })}, listed AS (
      INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
      SELECT id, 'replaced', $5, $17 FROM ended
      RETURNING session_id, expires_at
    )
    SELECT ${SESSION_COLUMNS}, listed.session_id AS replaced_id, listed.expires_at AS replaced_until, (
      SELECT count(*)::int FROM tokenjar.sessions x
      WHERE x.user_id = $3 AND x.idle_expires_at > $5 AND x.absolute_expires_at > $5
    ) AS others
    FROM s JOIN u ON u.id = s.user_id LEFT JOIN listed ON true`,
};

/** $1 lookup ids, $2 now */
export const LIVING = {
  name: 'session_living',
  text: `SELECT id, user_id, lookup_id, cookie_protection FROM tokenjar.sessions
    WHERE lookup_id = ANY ($1::uuid[]) AND idle_expires_at > $2 AND absolute_expires_at > $2`,
};

/** Why a session is not there. $1 lookup id, $2 user id */
export const LOST = {
  name: 'session_lost',
  text: `SELECT EXISTS (SELECT FROM tokenjar.users WHERE id = $2) AS has_user,
    EXISTS (SELECT FROM tokenjar.ended_sessions WHERE lookup_id = $1 AND reason = 'replaced') AS was_replaced`,
};

/**
 * Waits for the sign-ins of a user that are under way and keeps out others until the transaction ends. What comes after
 * it sees what they opened. $1 user id
 */
export const LOCK_USER = {
  name: 'session_lock_user',
  text: 'SELECT 1 FROM tokenjar.users WHERE id = $1 FOR NO KEY UPDATE',
};

/** $1 user id, $2 now, $3 lookup ids of those that end anyway */
export const COUNT = {
  name: 'session_count',
  text: `SELECT count(*)::int AS count FROM tokenjar.sessions
    WHERE user_id = $1 AND idle_expires_at > $2 AND absolute_expires_at > $2 AND lookup_id <> ALL ($3::uuid[])`,
};

/** Newest first. $1 user id, $2 now, $3 how many, $4 and $5 when the last one that was seen began and its id, or null */
export const LIST = {
  name: 'session_list',
  text: `SELECT id, user_agent, host(ip) AS ip, created_at, last_used_at FROM tokenjar.sessions
    WHERE user_id = $1 AND idle_expires_at > $2 AND absolute_expires_at > $2
      AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
    ORDER BY created_at DESC, id DESC LIMIT $3`,
};

/** Newest first. $1 user id, $2 ended after, $3 how many, $4 and $5 when the last one that was seen ended and its id, or null */
export const LIST_ENDED = {
  name: 'session_list_ended',
  text: `SELECT id, user_agent, host(ip) AS ip, created_at, last_used_at, ended_at, reason
    FROM tokenjar.ended_sessions
    WHERE user_id = $1 AND ended_at > $2 AND ($4::timestamptz IS NULL OR (ended_at, id) < ($4, $5::uuid))
    ORDER BY ended_at DESC, id DESC LIMIT $3`,
};
