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
  /** Indexed, else {@link walk}. */
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

/** What a statement that walks a table says: how many of a page went, how many it saw, and the last key among them. */
export interface SweptPage<Key> {
  gone: number;
  seen: number;
  last: Key | null;
}

/** Walks a table in the order of its keys, where no index stands on its expiry. */
export async function* walk<Key, More extends unknown[]>(
  db: Pick<Queries, 'run'>,
  page: Statement<[after: Key, ...more: More], SweptPage<Key>>,
  first: Key,
  ...more: More
): AsyncGenerator<number> {
  for (let after = first; ;) {
    const [swept] = await db.run(page, [after, ...more]);
    if (!swept) return;
    yield swept.gone;
    if (swept.last === null || swept.seen < BATCH) return;
    after = swept.last;
  }
}
