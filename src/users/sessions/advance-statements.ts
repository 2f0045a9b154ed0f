import { columnsOf } from '../../database/columns.js';
import { statement } from '../../database/statement.js';
import { ACTIVE_USER_FIELDS, type ActiveUser } from '../user.entity.js';
import { AUTHENTICATION, type SessionRow } from './session-statements.js';

/** What the writer of a moved row does not know of it. */
export type AdvancedRow = Pick<SessionRow, 'session_id' | 'absolute_expires_at' | 'authentication'> &
  ActiveUser;

export type AdvanceValues = [
  lookupId: string,
  generation: number,
  rotatedFrom: Date,
  rotatedBefore: Date,
  next: number,
  parent: number,
  now: Date,
  idleExpiry: Date,
  userAgent: string | null,
  ip: string | null,
  aliveAfter: Date,
  userId: number,
  unrememberedExpiry: Date,
];

const advance = <Values extends unknown[]>(name: string, condition: string) =>
  statement<Values, AdvancedRow>(
    name,
    `UPDATE tokenjar.sessions s
    SET generation = $5, parent_generation = $6, rotated_at = $7, last_used_at = $7,
      idle_expires_at = CASE WHEN s.remember THEN $8::timestamptz ELSE $13 END, user_agent = $9, ip = $10
    FROM tokenjar.users u
    WHERE s.lookup_id = $1 AND s.user_id = $12 AND s.generation = $2 AND s.rotated_at >= $3 AND s.rotated_at < $4
      AND s.idle_expires_at > $11 AND s.absolute_expires_at > $11
      AND u.id = s.user_id AND u.is_active${condition}
    RETURNING s.id AS session_id, s.absolute_expires_at, ${columnsOf('u', ACTIVE_USER_FIELDS)},
      ${AUTHENTICATION}`,
  );

/**
 * The compare-and-swap of a refresh: it moves the session on only if its row is the one that was judged, and one of its
 * expiries is not yet over at `aliveAfter`.
 *
 * It returns what is not among these: of what the statement costs this process, each column is a twenty-fifth.
 */
export const ADVANCE = advance<AdvanceValues>('session_advance', '');

/** The same where sessions may be bound: one that is does not move without a proof of its device. */
export const ADVANCE_PROVEN = advance<[...AdvanceValues, isProven: boolean]>(
  'session_advance_proven',
  ' AND (s.bound_at IS NULL OR $14)',
);

export type AdvanceManyValues = [
  lookupIds: string,
  userIds: string,
  generations: string,
  issuedAt: string,
  userAgents: readonly (string | null)[],
  ips: readonly (string | null)[],
  now: Date,
  idleExpiry: Date,
  unrememberedExpiry: Date,
  aliveAfter: Date,
];

const advanceMany = <Values extends unknown[]>(
  name: string,
  { array, column, condition }: Record<'array' | 'column' | 'condition', string>,
) =>
  statement<Values, AdvancedRow & { place: number }>(
    name,
    `WITH g AS (
      SELECT s.id, s.user_id, g.generation, g.user_agent, g.ip, g.place
      FROM unnest((SELECT $1::uuid[]), $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::inet[]${array})
        WITH ORDINALITY AS g (lookup_id, user_id, generation, issued_at, user_agent, ip${column}, place)
        JOIN tokenjar.sessions s ON s.lookup_id = g.lookup_id AND s.user_id = g.user_id
      WHERE s.generation = g.generation
        AND s.rotated_at >= to_timestamp(g.issued_at) AND s.rotated_at < to_timestamp(g.issued_at + 1)
        AND s.idle_expires_at > $10 AND s.absolute_expires_at > $10${condition}
      FOR NO KEY UPDATE OF s SKIP LOCKED
    )
    UPDATE tokenjar.sessions s
    SET generation = g.generation + 1, parent_generation = g.generation, rotated_at = $7, last_used_at = $7,
      idle_expires_at = CASE WHEN s.remember THEN $8::timestamptz ELSE $9 END, user_agent = g.user_agent, ip = g.ip
    FROM g JOIN tokenjar.users u ON u.id = g.user_id
    WHERE s.id = g.id AND s.user_id = g.user_id AND s.generation = g.generation AND u.is_active
    RETURNING g.place::int AS place, s.id AS session_id, s.absolute_expires_at,
      ${columnsOf('u', ACTIVE_USER_FIELDS)}, ${AUTHENTICATION}`,
  );

/**
 * The same for several sessions that are alike: each moves to the next generation, and `place` is its place among those
 * given, from 1. The columns of the sessions come as arrays, written as PostgreSQL reads them.
 *
 * Rows that somebody else has locked are left out, so that it waits for none: one slow row would delay all others, and
 * two such statements could wait for each other. The SELECT around the first array hides its length: for few rows
 * PostgreSQL would plan anew each time, which takes as long as the statement itself.
 */
export const ADVANCE_MANY = advanceMany<AdvanceManyValues>('session_advance_many', {
  array: '',
  column: '',
  condition: '',
});

/** The same where sessions may be bound, as {@link ADVANCE_PROVEN}. */
export const ADVANCE_MANY_PROVEN = advanceMany<[...AdvanceManyValues, areProven: string]>(
  'session_advance_many_proven',
  { array: ', $11::boolean[]', column: ', proven', condition: ' AND (s.bound_at IS NULL OR g.proven)' },
);
