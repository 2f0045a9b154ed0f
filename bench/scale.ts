/**
 * What the operations take as the tables grow: refresh, login, guarded request, list of sessions, purge; the size of the
 * tables, and how many of the updates are HOT.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/scale.ts --sizes 50000,500000,5000000 --seconds 15 --clients 8
 *
 * Each refresh uses a different session, spread over the whole table, and rotates. Rounds of different sizes cannot
 * alternate, so refreshes are measured three times at each size and the median counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { hash } from '@node-rs/argon2';
import type pg from 'pg';
import { ARGON2, PASSWORD, post } from './contenders.js';
import { connect, createDatabase } from './database.js';
import { type Load, run } from './load.js';
import { cpuOf, cpuOfPostgres, familyOf } from './processes.js';
import { quantile, Refreshing, tokensOf } from './refreshing.js';
import { startServer } from './server.js';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '50000,500000,5000000' },
    seconds: { type: 'string', default: '15' },
    clients: { type: 'string', default: '8' },
  },
});
const SIZES = values.sizes.split(',').map(Number);
const SECONDS = Number(values.seconds);
const SESSIONS_A_USER = 5;
const CLIENTS = Number(values.clients);
/** Of all sessions, those that expire before the purge: what one day leaves of sessions that last a few weeks. */
const EXPIRED_SHARE = 1 / 50;

interface Refreshes {
  perSecond: number;
  p99: number;
  /** **Unit** microseconds per refresh. */
  serverCpu: number;
  postgresCpu: number;
}

const { url, drop } = await createDatabase('scale');
const server = await startServer({
  DATABASE_URL: url.href,
  WEB_CONCURRENCY: '2',
  REFRESH_ROTATE_AFTER: '0s',
  RATE_LIMIT: 'off',
});
const db = await connect(url);
try {
  for (const size of SIZES) {
    const began = performance.now();
    await grow(db, size);
    console.error(`${size} sessions after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    await measure(size);
  }
} finally {
  await db.end();
  await server.stop();
  await drop();
}

async function measure(size: number): Promise<void> {
  const users = size / SESSIONS_A_USER;
  const show = (what: string, figure: string) => console.log(`| ${size} sessions | ${what} | ${figure} |`);
  const updatesBefore = await updates();
  const rounds: Refreshes[] = [];
  for (let i = 0; i < 3; i++) rounds.push(await refreshes(db));
  const median = (of: (round: Refreshes) => number) =>
    quantile(
      rounds.map(of).sort((a, b) => a - b),
      0.5,
    );
  show('refreshes/s', median(({ perSecond }) => perSecond).toFixed(0));
  show('p99', `${median(({ p99 }) => p99).toFixed(1)} ms`);
  show('CPU of the server, each', `${median(({ serverCpu }) => serverCpu).toFixed(0)} µs`);
  show('CPU of PostgreSQL, each', `${median(({ postgresCpu }) => postgresCpu).toFixed(0)} µs`);
  const updatesAfter = await updates();
  const hot = (updatesAfter.hot - updatesBefore.hot) / (updatesAfter.all - updatesBefore.all);
  show('HOT updates', `${(100 * hot).toFixed(2)} %`);
  const body = JSON.stringify({ email: 'u%d@example.com', password: PASSWORD });
  const logins = await load({ kind: 'login', path: '/auth/login', body, more: { USERS: `${users}` } });
  show('logins/s', logins.toFixed(0));
  const headers = { Authorization: `Bearer ${await accessToken()}` };
  const guarded = await load({ kind: 'fixed', method: 'GET', path: '/auth/session', headers });
  show('guarded requests/s', guarded.toFixed(0));
  show(
    'lists of sessions/s',
    (await load({ kind: 'fixed', method: 'GET', path: '/auth/sessions', headers })).toFixed(0),
  );
  for (const [what, bytes] of Object.entries(await sizes())) show(what, bytes);
  show('purge', await purge(Math.round(size * EXPIRED_SHARE)));
}

async function load(what: Omit<Load, 'url' | 'clients' | 'seconds'>): Promise<number> {
  return (await run({ ...what, url: server.url, clients: CLIENTS, seconds: SECONDS })).perSecond;
}

async function accessToken(): Promise<string> {
  const [token = ''] = await tokensOf(db, 'ORDER BY id DESC LIMIT 1');
  const answer = await post(server.url, '/auth/token/refresh', {}, { cookie: `refresh_token=${token}` });
  const { access_token: found } = (await answer.json()) as { access_token?: string };
  if (found === undefined) throw new Error(`a refresh answered ${answer.status}`);
  return found;
}

async function updates(): Promise<{ all: number; hot: number }> {
  // Backends report what they did at most once a second.
  await wait(1500);
  await db.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await db.query<{ all: string; hot: string }>(
    `SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables
     WHERE schemaname = 'tokenjar' AND relname = 'sessions'`,
  );
  return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) };
}

/** Adds sessions that have expired, and purges them. */
async function purge(count: number): Promise<string> {
  await db.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM began) * 1000)::bigint + i), 12, '0') || '70008000' ||
         substr(md5(i::text), 1, 12))::uuid, gen_random_uuid(), i, 1, 0, began, began, began,
       began + interval '14 d', began + interval '30 d', '{pwd}'
     FROM generate_series(1, $1) i, LATERAL (SELECT now() - interval '40 d' AS began) b`,
    [count],
  );
  const began = performance.now();
  const child = spawn(process.execPath, ['dist/cli.js', 'purge'], {
    env: { PATH: process.env.PATH, DATABASE_URL: url.href },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  await once(child, 'close');
  const seconds = (performance.now() - began) / 1000;
  if (!said.includes(`Purged ${count} expired sessions`)) throw new Error(`the purge said: ${said}`);
  return `${count} sessions in ${seconds.toFixed(1)} s, with the start of the command`;
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

async function refreshes(client: pg.Client): Promise<Refreshes> {
  const cookies = await tokensOf(client, 'ORDER BY random() LIMIT 20000');
  const refreshing = new Refreshing(server.url, cookies, CLIENTS);
  const running = refreshing.run();
  await wait(2000);
  const before = refreshing.done;
  const cpu = async () => [
    familyOf(server.child.pid).reduce((sum, each) => sum + cpuOf(each), 0),
    await cpuOfPostgres(client),
  ];
  const cpuBefore = await cpu();
  await wait(SECONDS * 1000);
  const latencies = refreshing.latencies.slice(before).sort((a, b) => a - b);
  const cpuAfter = await cpu();
  refreshing.stop();
  await running;
  const each = (i: number) => (((cpuAfter[i] ?? 0) - (cpuBefore[i] ?? 0)) * 1000) / latencies.length;
  return {
    perSecond: latencies.length / SECONDS,
    p99: quantile(latencies, 0.99),
    serverCpu: each(0),
    postgresCpu: each(1),
  };
}

async function sizes(): Promise<Record<string, string>> {
  const { rows } = await db.query<Record<string, string>>(
    `SELECT pg_size_pretty(pg_relation_size('tokenjar.sessions')) AS "table of sessions",
       pg_size_pretty(pg_indexes_size('tokenjar.sessions')) AS "its indexes",
       pg_relation_size('tokenjar.sessions') / (SELECT count(*) FROM tokenjar.sessions) AS "bytes a session",
       pg_indexes_size('tokenjar.sessions') / (SELECT count(*) FROM tokenjar.sessions) AS "bytes of its indexes",
       pg_total_relation_size('tokenjar.users') / (SELECT count(*) FROM tokenjar.users) AS "bytes a user"`,
  );
  return rows[0] ?? {};
}
