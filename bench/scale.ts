/**
 * Rates of refresh and login as the tables grow.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/scale.ts --sizes 50000,500000,5000000 --seconds 15
 *
 * Each refresh uses a different session, spread over the whole table, and rotates. Rounds of different sizes cannot
 * alternate, so each size is measured three times and the median counts.
 */
import { parseArgs } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { hash } from '@node-rs/argon2';
import type pg from 'pg';
import { ARGON2, PASSWORD } from './contenders.js';
import { connect, createDatabase } from './database.js';
import { run } from './load.js';
import { quantile, Refreshing, tokensOf } from './refreshing.js';
import { startServer } from './server.js';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '50000,500000,5000000' },
    seconds: { type: 'string', default: '15' },
  },
});
const SIZES = values.sizes.split(',').map(Number);
const SECONDS = Number(values.seconds);
const SESSIONS_A_USER = 5;
const CLIENTS = 8;

const { url, drop } = await createDatabase('scale');
const server = await startServer({
  DATABASE_URL: url.href,
  WEB_CONCURRENCY: '2',
  REFRESH_ROTATE_AFTER: '0s',
  RATE_LIMIT: 'off',
});
const db = await connect(url);
try {
  console.log(
    '| sessions | users | refreshes/s | p99 | logins/s | bytes a session | bytes of its indexes | bytes a user |\n|---|---|---|---|---|---|---|---|',
  );
  for (const size of SIZES) {
    await grow(db, size);
    const rounds = [];
    for (let i = 0; i < 3; i++) rounds.push(await refreshes(db));
    const rate = quantile(
      rounds.map((round) => round.perSecond).sort((a, b) => a - b),
      0.5,
    );
    const p99 = quantile(
      rounds.map((round) => round.p99).sort((a, b) => a - b),
      0.5,
    );
    const users = size / SESSIONS_A_USER;
    const logins = await run({
      url: server.url,
      kind: 'login',
      path: '/auth/login',
      clients: CLIENTS,
      seconds: SECONDS,
      body: JSON.stringify({ email: 'u%d@example.com', password: PASSWORD }),
      more: { USERS: `${users}` },
    });
    const bytes = await bytesOf(db);
    console.log(
      `| ${size} | ${users} | ${rate.toFixed(0)} | ${p99.toFixed(1)} ms | ${logins.perSecond.toFixed(0)} | ${bytes.session} | ${bytes.sessionIndexes} | ${bytes.user} |`,
    );
  }
} finally {
  await db.end();
  await server.stop();
  await drop();
}

/** Adds users and sessions, begun over the last days, until there are this many. */
async function grow(client: pg.Client, size: number): Promise<void> {
  const hashed = await hash(PASSWORD, ARGON2);
  await client.query(
    `INSERT INTO tokenjar.users (email, password_hash, created_at)
     SELECT 'u' || i || '@example.com', $2, now() FROM generate_series((SELECT count(*) FROM tokenjar.users) + 1, $1) i`,
    [size / SESSIONS_A_USER, hashed],
  );
  await client.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM began) * 1000)::bigint), 12, '0') || '7000' || '8000' ||
         lpad(to_hex(i), 12, '0'))::uuid, gen_random_uuid(), 1 + i % $2::int, 1, 0, now(), began, now(),
       now() + interval '14 d', began + interval '30 d',
       'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1', '{pwd}'
     FROM generate_series((SELECT count(*) FROM tokenjar.sessions), $1::bigint - 1) i,
       LATERAL (SELECT now() - i % 1000000 * interval '1 s' AS began) b`,
    [size, size / SESSIONS_A_USER],
  );
  await client.query('VACUUM ANALYZE tokenjar.users, tokenjar.sessions');
  await client.query('CHECKPOINT');
}

async function refreshes(client: pg.Client): Promise<{ perSecond: number; p99: number }> {
  const cookies = await tokensOf(client, 'ORDER BY random() LIMIT 20000');
  const refreshing = new Refreshing(server.url, cookies, CLIENTS);
  const running = refreshing.run();
  await wait(2000);
  const before = refreshing.done;
  await wait(SECONDS * 1000);
  const latencies = refreshing.latencies.slice(before).sort((a, b) => a - b);
  refreshing.stop();
  await running;
  return { perSecond: latencies.length / SECONDS, p99: quantile(latencies, 0.99) };
}

async function bytesOf(
  client: pg.Client,
): Promise<{ session: number; sessionIndexes: number; user: number }> {
  const { rows } = await client.query<{ session: number; sessionIndexes: number; user: number }>(
    `SELECT (pg_relation_size('tokenjar.sessions') / (SELECT count(*) FROM tokenjar.sessions))::int AS session,
       (pg_indexes_size('tokenjar.sessions') / (SELECT count(*) FROM tokenjar.sessions))::int AS "sessionIndexes",
       (pg_total_relation_size('tokenjar.users') / (SELECT count(*) FROM tokenjar.users))::int AS "user"`,
  );
  const [row] = rows;
  if (!row) throw new Error('the tables are not there');
  return row;
}
