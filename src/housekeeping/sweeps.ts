import { addSeconds } from '../clock.js';
import type { Queries } from '../database/database.js';
import { type Statement, statement } from '../database/statement.js';

/** Rows a statement looks at: few enough to take some milliseconds. */
export const BATCH = 500;

/** What has expired a moment ago may be in somebody's hands: it is kept so long at least. **Unit** seconds. */
export const MARGIN = 3600;

/** Removes rows of one kind that have had their time, one batch a step; it yields how many rows went. */
export type Sweep = (db: Pick<Queries, 'run'>, now: Date) => AsyncGenerator<number>;

/** Where something expires, and how long it is kept after that. **Unit** seconds. */
interface Expiry {
  table: string;
  /** Indexed, else {@link pageOf}. */
  column: string;
  key?: string;
  keptFor: number;
}

/** Removes what has expired, the oldest first. What somebody has locked is left for the next time. */
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

/** Runs a statement until it removes less than a batch. */
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
  /** SQL for where the walk ends, with $3 and on. */
  end?: string;
}

/** How many of a page went, how many it saw, and the last key among them. */
interface SweptPage<Key> {
  gone: number;
  seen: number;
  last: Key | null;
}

/** One page of a walk in the order of keys, for a table without an index on its expiry. */
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

/** Walks a table page by page and removes what has expired. */
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
