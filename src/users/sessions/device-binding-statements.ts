import { type By, recorded } from '../../audit/audit.js';
import { statement } from '../../database/statement.js';

/** A live session, and the key that it is bound to. */
export interface BindingRow {
  id: string;
  bound_jwk: string | null;
  proven_at: Date | null;
}

export const FIND_BINDING = statement<[lookupId: string, userId: number, now: Date], BindingRow>(
  'session_find_binding',
  `SELECT id, bound_jwk, proven_at FROM tokenjar.sessions
    WHERE lookup_id = $1 AND user_id = $2 AND idle_expires_at > $3 AND absolute_expires_at > $3`,
);

/** Binds a session that is not bound yet: of two keys at once, one wins for good. */
export const BIND = statement<
  [lookupId: string, userId: number, now: Date, jwk: string, ...by: By],
  { session_id: string }
>(
  'session_bind',
  `WITH s AS (
      UPDATE tokenjar.sessions SET bound_jwk = $4, bound_at = $3
      WHERE lookup_id = $1 AND user_id = $2 AND bound_jwk IS NULL
        AND idle_expires_at > $3 AND absolute_expires_at > $3
      RETURNING id, user_id
    ), bound AS (
      ${recorded({ at: '$3', event: 'device_bound', userId: 's.user_id', sessionId: 's.id', by: 5 }, 's')}
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
