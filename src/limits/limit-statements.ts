import { statement } from '../database/statement.js';

/** A row of an answer: what one limit said to a try, in the order they were asked. */
export interface TakenRow {
  level: number;
  passed: boolean;
  count: number;
  blocked_until: Date | null;
  /** How much the attempt added: nothing at the ceiling. */
  added: number;
}

/** What a limit of the statement below is asked with. */
export type LevelValues = [
  key: Buffer,
  leak: number,
  burst: number,
  strictBurst: number,
  delay: number,
  growth: number,
  most: number,
  ceiling: number,
];

/** $1 to $4 are of them all, then come those of each level. */
type TakeValues = [
  now: Date,
  moodKey: Buffer | null,
  moodLeak: number,
  moodThreshold: number,
  ...levels: LevelValues[number][],
];

const FIRST = 5;
const PER_LEVEL = 8;

/** What leaks away while somebody types is no room for one more. */
const NEARLY = 0.5;

const seconds = (sql: string) => `make_interval(secs => ${sql})`;
const age = (moment: string) => `greatest(0, extract(epoch FROM $1::timestamptz - ${moment})::float8)`;

/** One limit: it counts a try unless it is blocked, and says when it is blocked from now on. */
function level(at: number): string {
  const own = FIRST + at * PER_LEVEL;
  const [key, leak, burst, strictBurst, delay, growth, most, ceiling] = Array.from(
    { length: PER_LEVEL },
    (_, i) => `$${own + i}`,
  );
  const isStrict = `(SELECT strict FROM mood) AND ${strictBurst}::float8 < ${burst}::float8`;
  const blockAfter = (count: string) =>
    `CASE WHEN ${isStrict} AND ${count} >= ${strictBurst}::float8
        THEN $1::timestamptz + ${seconds(`${most}::float8`)}
      WHEN ${count} >= ${burst}::float8 - ${NEARLY} THEN $1::timestamptz + ${seconds(
        `least(${most}::float8, ${delay}::float8 * ${growth}::float8 ^ least(64, ceil(${count} - ${burst}::float8)))`,
      )} END`;
  const expiryAfter = (count: string) =>
    `$1::timestamptz + ${seconds(`${count} / ${leak}::float8`)} + ${seconds(`${most}::float8`)}`;
  const passes = `coalesce(l.blocked_until <= $1, true)`;
  const left = `greatest(0, l.count - ${leak}::float8 * ${age('l.counted_at')})`;
  const added = `CASE WHEN ${left} + 1 <= ${ceiling}::float8 THEN 1 ELSE 0 END`;
  const counted = `(${left} + ${added})`;
  const ifPasses = (then: string, column: string) =>
    `${column} = CASE WHEN ${passes} THEN ${then} ELSE l.${column} END`;
  return `l${at} AS (
    INSERT INTO tokenjar.limits AS l (key, count, counted_at, blocked_until, passed, added, expires_at)
    SELECT ${key}::bytea, 1, $1, ${blockAfter('1')}, true, 1, ${expiryAfter('1')}
    ${at === 0 ? '' : `WHERE (SELECT passed FROM l${at - 1})`}
    ON CONFLICT (key) DO UPDATE SET
      ${ifPasses(counted, 'count')},
      ${ifPasses('$1', 'counted_at')},
      ${ifPasses(blockAfter(counted), 'blocked_until')},
      ${ifPasses(expiryAfter(counted), 'expires_at')},
      added = CASE WHEN ${passes} THEN ${added} ELSE 0 END,
      passed = ${passes}
    RETURNING passed, count, blocked_until, added
  )`;
}

/**
 * Asks some limits about one attempt, in one statement. Each is asked only if the one before let it pass, so an attempt
 * that one refuses is not counted by the next, and locks are always taken in the same order.
 */
export const TAKE = Array.from({ length: 12 }, (_, last) => {
  const levels = last + 1;
  const all = Array.from({ length: levels }, (_, at) => at);
  return statement<TakeValues, TakenRow>(
    `limits_take_${levels}`,
    `WITH mood AS MATERIALIZED (
      SELECT coalesce((
        SELECT count - $3::float8 * ${age('counted_at')} >= $4::float8 FROM tokenjar.limits WHERE key = $2::bytea
      ), false) AS strict
    ), ${all.map(level).join(', ')}
    ${all.map((at) => `SELECT ${at} AS level, passed, count, blocked_until, added FROM l${at}`).join(' UNION ALL ')}
    ORDER BY level`,
  );
});

/** What is given back, a row for each limit: how much, and the blocks that the attempt itself brought about. */
export type GiveBackValues = [
  keys: Buffer[],
  points: number[],
  bursts: number[],
  strictBursts: number[],
  blocks: (Date | null)[],
];

const BACK = `back AS (
      SELECT * FROM unnest($1::bytea[], $2::float8[], $3::float8[], $4::float8[], $5::timestamptz[])
        AS back (key, points, burst, strict_burst, block)
    )`;
const lockedWhen = (condition: string) => `locked AS MATERIALIZED (
      SELECT l.key FROM tokenjar.limits l WHERE l.key IN (SELECT key FROM back) AND ${condition}
      ORDER BY l.key FOR UPDATE
    )`;
/** A block goes with the attempt that brought it about, and where the count is now below what it stood for. */
const giveBack = (points: string) => `UPDATE tokenjar.limits l
    SET count = greatest(0, l.count - ${points}),
      blocked_until = CASE WHEN l.blocked_until = back.block
        OR l.count - back.points < back.strict_burst - ${NEARLY}
        OR (l.count >= back.burst - ${NEARLY} AND l.count - back.points < back.burst - ${NEARLY})
        THEN NULL ELSE l.blocked_until END
    FROM back, locked WHERE locked.key = back.key AND l.key = back.key`;

/** Gives back what an attempt took, and no more. Locked in the order of {@link TAKE}, which the first byte of the keys says. */
export const GIVE_BACK = statement<GiveBackValues>(
  'limits_give_back',
  `WITH ${BACK}, ${lockedWhen('true')} ${giveBack('back.points')}`,
);

/**
 * The same after a success, which makes up for one failure besides, but once a while for each of what it is credited
 * to, and only where it is new for all of these. The failure is taken from the count of the mood.
 */
export const GIVE_BACK_WITH_CREDIT = statement<
  [...GiveBackValues, creditKeys: Buffer[], now: Date, again: Date, moodKey: Buffer]
>(
  'limits_give_back_with_credit',
  `WITH credited AS (
      INSERT INTO tokenjar.limits AS l (key, count, counted_at, passed, added, expires_at)
      SELECT key, 0, $7, true, 0, $8 FROM unnest($6::bytea[]) AS fresh (key) ORDER BY key
      ON CONFLICT (key) DO UPDATE SET counted_at = $7, expires_at = $8 WHERE l.expires_at <= $7
      RETURNING 1
    ), credit AS MATERIALIZED (
      SELECT CASE WHEN count(*) = cardinality($6::bytea[]) THEN 1 ELSE 0 END AS points FROM credited
    ), ${BACK}, ${lockedWhen('(SELECT points FROM credit) >= 0')}
    ${giveBack('back.points - CASE WHEN l.key = $9::bytea THEN (SELECT points FROM credit) ELSE 0 END')}`,
);

export const FORGET = statement<[keys: Buffer[]]>(
  'limits_forget',
  'DELETE FROM tokenjar.limits WHERE key = ANY($1::bytea[])',
);

/** Walked in the order of the keys, for no index stands on what a try changes. */
export const PURGE_LIMITS = statement<
  [after: Buffer, now: Date],
  { gone: number; seen: number; last: Buffer | null }
>(
  'purge_limits',
  `WITH page AS MATERIALIZED (
      SELECT key, expires_at FROM tokenjar.limits WHERE key > $1::bytea ORDER BY key LIMIT 500
    ), gone AS (
      DELETE FROM tokenjar.limits WHERE key IN (
        SELECT l.key FROM tokenjar.limits l
        WHERE l.key IN (SELECT key FROM page WHERE expires_at <= $2) AND l.expires_at <= $2
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS gone, (SELECT count(*)::int FROM page) AS seen,
      (SELECT key FROM page ORDER BY key DESC LIMIT 1) AS last`,
);
