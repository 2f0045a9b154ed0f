import { type By, recorded } from '../../audit/audit.js';
import { statement } from '../../database/statement.js';

/** A live session, and the key that its device has shown. */
export interface BindingRow {
  id: string;
  bound_jwk: string | null;
  bound_at: Date | null;
  proven_at: Date | null;
}

export const FIND_BINDING = statement<[lookupId: string, userId: number, now: Date], BindingRow>(
  'session_find_binding',
  `SELECT id, bound_jwk, bound_at, proven_at FROM tokenjar.sessions
    WHERE lookup_id = $1 AND user_id = $2 AND idle_expires_at > $3 AND absolute_expires_at > $3`,
);

/** Keeps the key of a session that has none yet: of two keys at once, one wins for good. */
export const KEEP_KEY = statement<
  [lookupId: string, userId: number, now: Date, jwk: string],
  { session_id: string }
>(
  'session_keep_key',
  `UPDATE tokenjar.sessions SET bound_jwk = $4
    WHERE lookup_id = $1 AND user_id = $2 AND bound_jwk IS NULL
      AND idle_expires_at > $3 AND absolute_expires_at > $3
    RETURNING id AS session_id`,
);

/** Binds a session to the key that its device has shown, with the first challenge that it has signed. */
export const BIND = statement<
  [lookupId: string, userId: number, now: Date, jwk: string, challengedAt: Date, ...by: By],
  { session_id: string }
>(
  'session_bind',
  `WITH s AS (
      UPDATE tokenjar.sessions SET bound_at = $3, proven_at = $5
      WHERE lookup_id = $1 AND user_id = $2 AND bound_jwk = $4 AND bound_at IS NULL
      RETURNING id, user_id
    ), bound AS (
      ${recorded({ at: '$3', event: 'device_bound', userId: 's.user_id', sessionId: 's.id', by: 6 }, 's')}
    )
    SELECT id AS session_id FROM s`,
);

/**
 * Ends the binding of a session, which goes on without; of no other than the one that the browser has named. An expired
 * one may be in its leeway.
 */
export const RELEASE = statement<
  [lookupId: string, userId: number, now: Date, namedId: string | null, ...by: By],
  { session_id: string }
>(
  'session_release',
  `WITH s AS (
      UPDATE tokenjar.sessions SET bound_jwk = NULL, bound_at = NULL, proven_at = NULL
      WHERE lookup_id = $1 AND user_id = $2 AND bound_jwk IS NOT NULL AND ($4::text IS NULL OR id::text = $4)
      RETURNING id, user_id
    ), released AS (
      ${recorded({ at: '$3', event: 'device_released', userId: 's.user_id', sessionId: 's.id', by: 5 }, 's')}
    )
    SELECT id AS session_id FROM s`,
);

/** Notes the newest challenge that a device has signed; nothing where a newer one is noted already. */
export const PROVE = statement<[lookupId: string, userId: number, jwk: string, challengedAt: Date]>(
  'session_prove',
  `UPDATE tokenjar.sessions SET proven_at = $4
    WHERE lookup_id = $1 AND user_id = $2 AND bound_jwk = $3 AND (proven_at IS NULL OR proven_at <= $4)
    RETURNING 1`,
);
