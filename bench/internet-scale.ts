/**
 * A simulation of 1, 10 and 100 instances at the scale of the internet: statements, commits, connections, the feed of
 * revocations, and rows that all write. No server and no database are needed, and every run prints the same.
 *
 *     npx tsx bench/internet-scale.ts
 *
 * The event loop of one process is simulated refresh by refresh (what arrives together shares a statement, as in
 * `src/users/sessions/gathering.ts`); the rest is arithmetic. Everything that is assumed stands here, with its reason.
 */
import assert from 'node:assert/strict';
import { quantile } from './refreshing.js';

/** Measured at 64 clients with ES256: 0.3 ms of a process for each refresh. **Unit** milliseconds. */
const READ_REQUEST = 0.1;
const ANSWER = 0.2;
/** A round trip on one network, and what PostgreSQL takes for a statement: 0.14 ms alone, 0.04 ms more for each row. */
const ROUND_TRIP = 0.5;
const STATEMENT = 0.1;
const EACH_ROW = 0.04;
/** A flush of a good disk. A commit waits for the flush under way and for its own: one to two of them. */
const FLUSH = 1.5;
/** As `LIMITS` and `LEAST` of the server. */
const ACTS = 4;
const ITEMS = 32;
const LEAST = 3;
/** CPU of PostgreSQL, measured: a refresh alone, and one of many. **Unit** milliseconds. */
const POSTGRES_ALONE = 0.14;
const POSTGRES_SHARED = 0.07;
/** One for each core of an instance. */
const PROCESSES = 8;
const POOL = 10;
/** Nobody plans for more of a core. */
const MOST_CPU = 0.7;
/** A page refreshes every 7.25 minutes, and one user in ten has one open in the busiest hour. */
const REFRESHES_A_USER = 0.1 / (7.25 * 60);
/** Once in 30 days, ten times as often in the busiest hour. Each is followed by a sign-out, one row of the feed. */
const SIGN_INS_A_USER = 10 / (30 * 86_400);
/** **Unit** bytes in each process, for a day. */
const FEED_ENTRY = 42;
/** The lock of a row is held from its update until its commit: round trips and one and a half flushes. */
const HOT_ROW_MOST = 1000 / (STATEMENT + 1.5 * FLUSH);

/** What one process does at a rate of refreshes. */
interface Simulated {
  statements: number;
  batch: number;
  p50: number;
  p99: number;
  /** The mean number of statements under way, which is the number of connections in use. */
  connections: number;
}

/** Numbers between 0 and 1, always the same ones. **Source** mulberry32, public domain. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param rate refreshes a second, which arrive independently. */
function simulate(rate: number, count = 20_000): Simulated {
  const random = seeded(1);
  const arrivals: number[] = [];
  for (let i = 0, at = 0; i < count; i++) arrivals.push((at -= (Math.log(1 - random()) * 1000) / rate));
  const latencies: number[] = [];
  let waiting: number[] = [];
  let underWay: { endsAt: number; items: number[] }[] = [];
  let statements = 0;
  let busy = 0;
  let now = 0;
  let next = 0;

  const send = (items: number[]) => {
    const took = ROUND_TRIP + STATEMENT + EACH_ROW * items.length + FLUSH * (1 + random());
    underWay.push({ endsAt: now + took, items });
    busy += took;
    statements++;
  };
  const begin = () => {
    while (waiting.length > 0 && underWay.length < ACTS) {
      const items = waiting.slice(0, ITEMS);
      waiting = waiting.slice(ITEMS);
      if (items.length >= LEAST) send(items);
      else for (const item of items) send([item]);
    }
  };

  while (latencies.length < count) {
    // One turn of the event loop: whatever is there when it begins.
    const ended = underWay.filter(({ endsAt }) => endsAt <= now);
    underWay = underWay.filter(({ endsAt }) => endsAt > now);
    const until = now;
    for (const { items } of ended) {
      for (const item of items) latencies.push((now += ANSWER) - item);
      begin();
    }
    for (; next < count && (arrivals[next] ?? 0) <= until; next++) {
      now += READ_REQUEST;
      waiting.push(arrivals[next] ?? 0);
    }
    begin();
    if (now > until) continue;
    now = Math.min(arrivals[next] ?? Infinity, ...underWay.map(({ endsAt }) => endsAt));
  }
  latencies.sort((a, b) => a - b);
  return {
    statements: statements / count,
    batch: count / statements,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    connections: busy / now,
  };
}

check();
console.log(
  '| refreshes/s of a process | a statement is for | p50 | p99 | connections in use |\n|---|---|---|---|---|',
);
for (const rate of [10, 100, 500, 1000, 1500, 2000, 2500, 3000]) {
  const { batch, p50, p99, connections } = simulate(rate);
  console.log(
    `| ${rate} | ${batch.toFixed(1)} | ${p50.toFixed(1)} ms | ${p99.toFixed(1)} ms | ${connections.toFixed(1)} |`,
  );
}
console.log(
  '\n| users | instances | refreshes/s, of a process | a statement is for | commits/s | cores of PostgreSQL | connections open, in use | feed: rows/s to each process, deliveries/s, MB each | sign-ins/s on one row |\n|---|---|---|---|---|---|---|---|---|',
);
for (const users of [1e7, 1e8, 1e9])
  for (const instances of [1, 10, 100]) console.log(line(users, instances));
console.log(`\nOne row takes ${HOT_ROW_MOST.toFixed(0)} updates a second.`);

function line(users: number, instances: number): string {
  const processes = instances * PROCESSES;
  const refreshes = users * REFRESHES_A_USER;
  const each = refreshes / processes;
  const signIns = users * SIGN_INS_A_USER;
  const head = `| ${users / 1e6} M | ${instances} | ${refreshes.toFixed(0)}, ${each.toFixed(each < 10 ? 1 : 0)} |`;
  if ((each * (READ_REQUEST + ANSWER)) / 1000 > MOST_CPU) return `${head} too few instances | | | | | |`;
  const { statements, batch, connections } = simulate(each);
  const postgres =
    POSTGRES_SHARED +
    (POSTGRES_ALONE - POSTGRES_SHARED) * Math.max(0, (statements - 1 / LEAST) / (1 - 1 / LEAST));
  // A login commits once for the session; its sign-out once more.
  const commits = refreshes * statements + 2 * signIns;
  const megabytes = ((users / 30) * FEED_ENTRY) / 1e6;
  return `${head} ${[
    batch.toFixed(1),
    commits.toFixed(0),
    ((refreshes * postgres) / 1000).toFixed(1),
    `${processes * POOL}, ${(connections * processes).toFixed(0)}`,
    `${signIns.toFixed(0)}, ${(signIns * processes).toFixed(0)}, ${megabytes.toFixed(0)}`,
    `${signIns.toFixed(0)} (${((100 * signIns) / HOT_ROW_MOST).toFixed(0)} %)`,
  ].join(' | ')} |`;
}

/** The simulation is of use only while these hold. */
function check(): void {
  const [quiet, busy] = [simulate(1, 2000), simulate(2500, 5000)];
  assert.deepEqual(simulate(2500, 5000), busy, 'the same each time');
  assert.ok(quiet.batch < 1.01, 'who is alone shares nothing');
  const alone = READ_REQUEST + ANSWER + ROUND_TRIP + STATEMENT + EACH_ROW + 1.5 * FLUSH;
  assert.ok(Math.abs(quiet.p50 - alone) < 0.2, 'who is alone waits for nobody');
  assert.ok(busy.batch > 1.5 && busy.batch <= ITEMS, 'who is not alone shares');
  assert.ok(busy.connections <= ACTS + LEAST, 'statements at once are limited');
}
