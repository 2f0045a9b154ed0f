/**
 * What refreshes do to the table of sessions: rows, size, HOT updates.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/session-table.ts --refreshes 1000000 --sessions 10000
 *
 * The database has to be empty. The server is the built one (`npm run build`), every refresh rotates, and every answer
 * is checked: one that is not 200 with a new cookie ends the run.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { JwtService } from '@nestjs/jwt';
import pg from 'pg';
import { deriveKey } from '../src/crypto/derive.js';
import { RefreshTokens } from '../src/tokens/refresh-token.js';
import { lineChart } from './plot.js';

const { values } = parseArgs({
  options: {
    refreshes: { type: 'string', default: '1000000' },
    sessions: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '16' },
    plot: { type: 'string', default: 'docs/images/session-table.svg' },
  },
});
const REFRESHES = Number(values.refreshes);
const SESSIONS = Number(values.sessions);
const CLIENTS = Number(values.clients);
const SECRET_KEY = randomBytes(48).toString('base64');
const { DATABASE_URL } = process.env;
if (!DATABASE_URL) throw new Error('DATABASE_URL: an empty PostgreSQL database is needed');

interface Sample {
  refreshes: number;
  rows: number;
  bytes: number;
  indexBytes: number;
  updates: number;
  hot: number;
}

const db = new pg.Client({ connectionString: DATABASE_URL });
await db.connect();
const server = spawn(process.execPath, ['dist/main.js'], {
  env: {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL,
    SECRET_KEY,
    REFRESH_ROTATE_AFTER: '0s',
    PURGE_INTERVAL: '0',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const address = await new Promise<URL>((found, failed) => {
  server.stdout.on('data', (data: Buffer) => {
    const [, url] = /listens on (http:\/\/[^\s"]+)/.exec(data.toString()) ?? [];
    if (url) found(new URL(url.replace('localhost', '127.0.0.1')));
  });
  server.once('exit', () => failed(new Error('the server ended')));
});

try {
  await run();
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  await db.end();
}

async function run(): Promise<void> {
  const cookies = await openSessions();
  await db.query('VACUUM ANALYZE tokenjar.sessions');
  const samples = [await sample(0)];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const began = performance.now();
  let done = 0;
  let nextSample = REFRESHES / 40;
  const client = async (own: number) => {
    for (let i = own; done < REFRESHES; i = (i + CLIENTS) % SESSIONS) {
      cookies[i] = await refresh(agent, cookies[i] ?? '');
      if (++done >= nextSample) {
        nextSample += REFRESHES / 40;
        samples.push(await sample(done));
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, own) => client(own)));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  await db.query('VACUUM tokenjar.sessions');
  samples.push(await sample(done));
  await report(samples, seconds, done);
}

/** Rows as sign-ins would leave them, and the cookies for them. */
async function openSessions(): Promise<string[]> {
  await db.query(
    `INSERT INTO tokenjar.users (email, created_at) SELECT 'u' || i || '@example.com', now() FROM generate_series(1, $1) i`,
    [SESSIONS],
  );
  const { rows } = await db.query<{ lookup_id: string; user_id: string; rotated_at: Date; idle: Date }>(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000' || '8000' ||
         lpad(to_hex(id), 12, '0'))::uuid, gen_random_uuid(), id, 1, 0, now(), now(), now(), now() + interval '14 d',
       now() + interval '30 d', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1',
       '{pwd}' FROM tokenjar.users
     RETURNING lookup_id, user_id, rotated_at, idle_expires_at AS idle`,
  );
  const tokens = new RefreshTokens(
    new JwtService({}),
    { key: deriveKey(SECRET_KEY, 'refresh token'), algorithm: 'HS256' },
    { leeway: 0, userIdClaim: 'sub', tokenFormat: 'standard' },
  );
  const seconds = (moment: Date) => Math.floor(moment.getTime() / 1000);
  return rows.map((row) =>
    tokens.encode({
      userId: Number(row.user_id),
      lookupId: row.lookup_id.replaceAll('-', ''),
      generation: 1,
      issuedAt: seconds(row.rotated_at),
      expiresAt: seconds(row.idle),
    }),
  );
}

function refresh(agent: Agent, cookie: string): Promise<string> {
  return new Promise((done, failed) => {
    const sent = request(
      { agent, host: address.hostname, port: address.port, path: '/auth/token/refresh', method: 'POST' },
      (answer) => {
        const [line = ''] = answer.headers['set-cookie'] ?? [];
        const [, next] = /^refresh_token=([^;]+)/.exec(line) ?? [];
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200 && next !== undefined && next !== cookie
            ? done(next)
            : failed(new Error(`a refresh answered ${answer.statusCode}`)),
        );
      },
    );
    sent.on('error', failed);
    sent.setHeader('Cookie', `refresh_token=${cookie}`);
    sent.end();
  });
}

async function sample(refreshes: number): Promise<Sample> {
  await db.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await db.query<Omit<Sample, 'refreshes'>>(
    `SELECT (SELECT count(*)::int FROM tokenjar.sessions) AS rows,
       pg_relation_size('tokenjar.sessions')::int AS bytes, pg_indexes_size('tokenjar.sessions')::int AS "indexBytes",
       n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot
     FROM pg_stat_user_tables WHERE schemaname = 'tokenjar' AND relname = 'sessions'`,
  );
  const [row] = rows;
  if (!row) throw new Error('the table of sessions is not there');
  return { refreshes, ...row };
}

async function report(samples: Sample[], seconds: number, done: number): Promise<void> {
  const [first] = samples;
  // Statistics arrive late; those of the last update are there after the vacuum.
  const last = samples.at(-1);
  if (!first || !last) return;
  const show = (name: string, from: number, to: number) => console.log(`| ${name} | ${from} | ${to} |`);
  console.log(
    `${done} refreshes of ${SESSIONS} sessions in ${seconds.toFixed(0)} s, each with a new cookie\n`,
  );
  console.log('| | before | after, vacuumed |\n|---|---|---|');
  show('rows', first.rows, last.rows);
  show('bytes of the table', first.bytes, last.bytes);
  show('bytes of its indexes', first.indexBytes, last.indexBytes);
  console.log(
    `\nHOT: ${((100 * last.hot) / last.updates).toFixed(2)} % of ${last.updates} updates counted by PostgreSQL`,
  );
  await mkdir('docs/images', { recursive: true });
  await writeFile(
    values.plot,
    lineChart('The table of sessions while it is refreshed', 'refreshes', 'bytes', [
      { name: 'table', points: samples.map((each) => [each.refreshes, each.bytes]) },
      { name: 'indexes', points: samples.map((each) => [each.refreshes, each.indexBytes]) },
    ]),
  );
}
