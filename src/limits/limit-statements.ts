import { statement } from '../database/statement.js';

// SQL, because all limits of an attempt are counted and judged in one statement, which locks their rows in one order.

/** The result of one limit for an attempt, in the order of the checks. */
export interface ConsumedRow {
  level: number;
  passed: boolean;
  count: number;
  blocked_until: Date | null;
  /** How much the attempt added to the counter: nothing at the ceiling. */
  added: number;
  /** Until when the outcome of the attempt that caused the block is awaited; null when it is known. */
  in_flight_until: Date | null;
}

/** The parameters of one limit in the statement below. */
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

/** $1 to $4 apply to all limits; then follow those of each limit. */
type ConsumeValues = [
  now: Date,
  thresholdKey: Buffer | null,
  thresholdLeak: number,
  thresholdQuota: number,
  ...levels: LevelValues[number][],
];

const FIRST = 5;
const PER_LEVEL = 8;

/** A counter this close to its quota is full: what drains while a user types leaves no room for another attempt. */
const NEARLY = 0.5;

/** How long an attempt that caused a block is expected to take at most. **Unit** seconds. */
const IN_FLIGHT = 5;

const seconds = (sql: string) => `make_interval(secs => ${sql})`;
const age = (moment: string) => `greatest(0, extract(epoch FROM $1::timestamptz - ${moment})::float8)`;

/** The CTE of one limit: it counts an attempt unless it is blocked, and returns until when it is blocked afterwards. */
function level(at: number): string {
  const own = FIRST + at * PER_LEVEL;
  const [key, leak, burst, strictBurst, delay, growth, most, ceiling] = Array.from(
    { length: PER_LEVEL },
    (_, i) => `$${own + i}`,
  );
  const isStrict = `(SELECT strict FROM threshold) AND ${strictBurst}::float8 < ${burst}::float8`;
  const blockAfter = (count: string) =>
    `CASE WHEN ${isStrict} AND ${count} >= ${strictBurst}::float8
        THEN $1::timestamptz + ${seconds(`${most}::float8`)}
      WHEN ${count} >= ${burst}::float8 - ${NEARLY} THEN $1::timestamptz + ${seconds(
        `least(${most}::float8, ${delay}::float8 * ${growth}::float8 ^ least(64, ceil(${count} - ${burst}::float8)))`,
      )} END`;
  const expiryAfter = (count: string) =>
    `$1::timestamptz + ${seconds(`${count} / ${leak}::float8`)} + ${seconds(`${most}::float8`)}`;
  const inFlightAfter = (count: string) =>
    `CASE WHEN ${blockAfter(count)} IS NOT NULL THEN $1::timestamptz + ${seconds(String(IN_FLIGHT))} END`;
  const passes = `coalesce(l.blocked_until <= $1, true)`;
  const left = `greatest(0, l.count - ${leak}::float8 * ${age('l.counted_at')})`;
  const added = `CASE WHEN ${left} + 1 <= ${ceiling}::float8 THEN 1 ELSE 0 END`;
  const counted = `(${left} + ${added})`;
  const ifPasses = (then: string, column: string) =>
    `${column} = CASE WHEN ${passes} THEN ${then} ELSE l.${column} END`;
  return `l${at} AS (
    INSERT INTO tokenjar.limits AS l (key, count, counted_at, blocked_until, in_flight_until, passed, added, expires_at)
    SELECT ${key}::bytea, 1, $1, ${blockAfter('1')}, ${inFlightAfter('1')}, true, 1, ${expiryAfter('1')}
    ${at === 0 ? '' : `WHERE (SELECT passed FROM l${at - 1})`}
    ON CONFLICT (key) DO UPDATE SET
      ${ifPasses(counted, 'count')},
      ${ifPasses('$1', 'counted_at')},
      ${ifPasses(blockAfter(counted), 'blocked_until')},
      ${ifPasses(inFlightAfter(counted), 'in_flight_until')},
      ${ifPasses(expiryAfter(counted), 'expires_at')},
      added = CASE WHEN ${passes} THEN ${added} ELSE 0 END,
      passed = ${passes}
    RETURNING passed, count, blocked_until, added, in_flight_until
  )`;
}

/**
 * Checks the limits of one attempt in one statement. Each is only checked if the one before let the attempt pass, so an
 * attempt refused by one is not counted by the next, and rows are always locked in the same order.
 */
export const CONSUME = Array.from({ length: 12 }, (_, last) => {
  const levels = last + 1;
  const all = Array.from({ length: levels }, (_, at) => at);
  return statement<ConsumeValues, ConsumedRow>(
    `limits_consume_${levels}`,
    `WITH threshold AS MATERIALIZED (
      SELECT coalesce((
        SELECT count - $3::float8 * ${age('counted_at')} >= $4::float8 FROM tokenjar.limits WHERE key = $2::bytea
      ), false) AS strict
    ), ${all.map(level).join(', ')}
    ${all.map((at) => `SELECT ${at} AS level, passed, count, blocked_until, added, in_flight_until FROM l${at}`).join(' UNION ALL ')}
    ORDER BY level`,
  );
});

/** What is refunded, a row for each limit: how much, and the blocks that the attempt itself caused. */
export type RefundValues = [
  keys: Buffer[],
  points: number[],
  bursts: number[],
  strictBursts: number[],
  blocks: (Date | null)[],
];

const REFUNDED = `refund AS (
      SELECT * FROM unnest($1::bytea[], $2::float8[], $3::float8[], $4::float8[], $5::timestamptz[])
        AS refund (key, points, burst, strict_burst, block)
    )`;
const lockedWhen = (condition: string) => `locked AS MATERIALIZED (
      SELECT l.key FROM tokenjar.limits l WHERE l.key IN (SELECT key FROM refund) AND ${condition}
      ORDER BY l.key FOR UPDATE
    )`;
/** A block is removed with the attempt that caused it, and if the counter is now below the quota that it was for. */
const refund = (points: string) => `UPDATE tokenjar.limits l
    SET count = greatest(0, l.count - ${points}),
      blocked_until = CASE WHEN l.blocked_until = refund.block
        OR l.count - refund.points < refund.strict_burst - ${NEARLY}
        OR (l.count >= refund.burst - ${NEARLY} AND l.count - refund.points < refund.burst - ${NEARLY})
        THEN NULL ELSE l.blocked_until END,
      in_flight_until = CASE WHEN l.blocked_until = refund.block THEN NULL ELSE l.in_flight_until END
    FROM refund, locked WHERE locked.key = refund.key AND l.key = refund.key`;

/** Refunds what an attempt consumed, and no more. Rows are locked in the order of {@link CONSUME}, given by the first byte of the keys. */
export const REFUND = statement<RefundValues>(
  'limits_refund',
  `WITH ${REFUNDED}, ${lockedWhen('true')} ${refund('refund.points')}`,
);

/**
 * The same after a success, which also offsets one failure, but only once per period for each key that it is credited
 * to, and only if no key has been credited in the period. The failure is subtracted from the global threshold's counter.
 */
export const REFUND_WITH_CREDIT = statement<
  [...RefundValues, creditKeys: Buffer[], now: Date, again: Date, thresholdKey: Buffer]
>(
  'limits_refund_with_credit',
  `WITH credited AS (
      INSERT INTO tokenjar.limits AS l (key, count, counted_at, passed, added, expires_at)
      SELECT key, 0, $7, true, 0, $8 FROM unnest($6::bytea[]) AS fresh (key) ORDER BY key
      ON CONFLICT (key) DO UPDATE SET counted_at = $7, expires_at = $8 WHERE l.expires_at <= $7
      RETURNING 1
    ), credit AS MATERIALIZED (
      SELECT CASE WHEN count(*) = cardinality($6::bytea[]) THEN 1 ELSE 0 END AS points FROM credited
    ), ${REFUNDED}, ${lockedWhen('(SELECT points FROM credit) >= 0')}
    ${refund('refund.points - CASE WHEN l.key = $9::bytea THEN (SELECT points FROM credit) ELSE 0 END')}`,
);

/** The attempt that caused a block has failed: nobody waits for its outcome any more. Rows are locked in the same order. */
export const SETTLE = statement<[keys: Buffer[], blocks: (Date | null)[]]>(
  'limits_settle',
  `WITH settled AS (
      SELECT * FROM unnest($1::bytea[], $2::timestamptz[]) AS settled (key, block)
    ), locked AS MATERIALIZED (
      SELECT l.key FROM tokenjar.limits l WHERE l.key IN (SELECT key FROM settled) ORDER BY l.key FOR UPDATE
    )
    UPDATE tokenjar.limits l SET in_flight_until = NULL
    FROM settled, locked WHERE locked.key = settled.key AND l.key = settled.key AND l.blocked_until = settled.block`,
);

/** The block of a limit, if there is one, and whether the outcome of the attempt that caused it is awaited. */
export const BLOCK = statement<[key: Buffer, now: Date], { isInFlight: boolean }>(
  'limits_block',
  `SELECT coalesce(in_flight_until > $2, false) AS "isInFlight"
    FROM tokenjar.limits WHERE key = $1 AND blocked_until > $2`,
);

export const FORGET = statement<[keys: Buffer[]]>(
  'limits_forget',
  'DELETE FROM tokenjar.limits WHERE key = ANY($1::bytea[])',
);
