import { addSeconds } from '../clock.js';
import type { Queries } from '../database/database.js';
import { type Statement, statement } from '../database/statement.js';

/** Rows per statement: few enough to take some milliseconds. */
export const BATCH = 500;

/** Rows that have just expired may still be in use, so they are kept at least this long. **Unit** seconds. */
export const MARGIN = 3600;

/** Deletes expired rows of one kind, one batch per step; yields the number of deleted rows. */
export type Sweep = (db: Pick<Queries, 'run'>, now: Date) => AsyncGenerator<number>;

/** Where rows have their expiry, and how long they are kept after it. **Unit** seconds. */
interface Expiry {
  table: string;
  /** Requires an index; otherwise use {@link pageOf}. */
  column: string;
  key?: string;
  keptFor: number;
}

/** Deletes expired rows, oldest first. Locked rows are left for the next run. */
export function expired({ table, column, key = 'id', keptFor }: Expiry): Sweep {
  const remove = statement<[until: Date]>(
    `purge_${table}`,
    `DELETE FROM tokenjar.${table} WHERE ${key} IN (
      SELECT ${key} FROM tokenjar.${table} WHERE ${column} <= $1 ORDER BY ${column} LIMIT ${BATCH}
      FOR UPDATE SKIP LOCKED
    ) RETURNING ${key}`,
  );
  return (db, now) => repeat(db, remove, addSeconds(now, -keptFor));
}

/** Repeats a statement until it deletes less than a batch. */
export async function* repeat(
  db: Pick<Queries, 'run'>,
  remove: Statement<[until: Date], unknown>,
  until: Date,
): AsyncGenerator<number> {
  for (;;) {
    const { length } = await db.run(remove, [until]);
    yield length;
    if (length < BATCH) return;
  }
}

interface Walk {
  table: string;
  key: string;
  /** SQL: when a row expires. */
  expiry: string;
  /** SQL for the end of the walk, with parameters from $3 on. */
  end?: string;
}

/** How many rows of a page were deleted, how many were read, and the last key. */
interface SweptPage<Key> {
  gone: number;
  seen: number;
  last: Key | null;
}

/** One page of a walk in key order, for a table without an index on its expiry. */
export const pageOf = <Key, End extends unknown[] = []>({ table, key, expiry, end = 'true' }: Walk) =>
  statement<[after: Key, until: Date, ...end: End], SweptPage<Key>>(
    `purge_${table}`,
    `WITH page AS MATERIALIZED (
      SELECT ${key}, ${expiry} AS expires_at FROM tokenjar.${table}
      WHERE ${key} > $1 AND ${end} ORDER BY ${key} LIMIT ${BATCH}
    ), gone AS (
      DELETE FROM tokenjar.${table} WHERE ${key} IN (
        SELECT ${key} FROM tokenjar.${table}
        WHERE ${key} IN (SELECT ${key} FROM page WHERE expires_at <= $2) AND ${expiry} <= $2
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS gone, (SELECT count(*)::int FROM page) AS seen,
      (SELECT ${key} FROM page ORDER BY ${key} DESC LIMIT 1) AS last`,
  );

/** Walks a table page by page and deletes what has expired. */
export async function* walk<Key, End extends unknown[]>(
  db: Pick<Queries, 'run'>,
  page: Statement<[after: Key, until: Date, ...end: End], SweptPage<Key>>,
  first: Key,
  until: Date,
  ...end: End
): AsyncGenerator<number> {
  for (let after = first; ;) {
    const [swept] = await db.run(page, [after, until, ...end]);
    if (!swept) return;
    yield swept.gone;
    if (swept.last === null || swept.seen < BATCH) return;
    after = swept.last;
  }
}
