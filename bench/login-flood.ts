/**
 * The effect of a login flood on refreshes, and how many logins succeed.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/login-flood.ts --processes 2 --flood 200 --rate 100
 *
 * The database has to be empty. The server is the built one (`npm run build`); every refresh rotates. Refreshes are
 * sent at a constant rate, independent of responses, from this process; logins as fast as they are answered, each on one
 * of `--flood` connections, from another process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hash, verify } from '@node-rs/argon2';
import pg from 'pg';
import { openSessions, quantile } from './refreshing.js';
import { databaseUrl, startServer } from './server.js';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2' },
    flood: { type: 'string', default: '200' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    limits: { type: 'boolean', default: false },
    url: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const FLOOD = Number(values.flood);
const RATE = Number(values.rate);
const PASSWORD = 'marble cactus orbit lantern';

if (values.url === undefined) await measure();
else await flood(new URL(values.url));

async function measure(): Promise<void> {
  const db = new pg.Client({ connectionString: databaseUrl() });
  await db.connect();
  const raw = await rawRate();
  const server = await startServer({
    WEB_CONCURRENCY: values.processes,
    REFRESH_ROTATE_AFTER: '0s',
    RATE_LIMIT: values.limits ? 'on' : 'off',
    ...(process.env.NO ? { NODE_OPTIONS: process.env.NO } : {}),
  });
  try {
    const cookies = await openSessions(db, 2000);
    await db.query('UPDATE tokenjar.users SET password_hash = $1', [await argon(PASSWORD)]);
    await db.query('VACUUM ANALYZE');
    const idle = await memory(server.child.pid ?? 0);
    await refreshes(server.url, cookies, 2);
    const quiet = await refreshes(server.url, cookies, SECONDS);
    const flooding = spawn(
      process.execPath,
      [
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        '--url',
        server.url.href,
        ...process.argv.slice(2),
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    await wait(5000);
    const flooded = await refreshes(server.url, cookies, SECONDS);
    const busy = await memory(server.child.pid ?? 0);
    await once(flooding, 'exit');
    const part = (ms: number) => ms.toFixed(1);
    console.log(`raw argon2: ${raw.toFixed(0)}/s`);
    for (const [name, times] of Object.entries({ quiet, flooded }))
      console.log(
        `refresh, ${name}: p50 ${part(quantile(times, 0.5))} p95 ${part(quantile(times, 0.95))} p99 ${part(quantile(times, 0.99))} max ${part(quantile(times, 1))} ms (${times.length})`,
      );
    console.log(`p99 ratio: ${(quantile(flooded, 0.99) / quantile(quiet, 0.99)).toFixed(2)}`);
    console.log(`memory a process, MiB: idle ${idle.join(' ')}, flooded ${busy.join(' ')}`);
  } finally {
    await server.stop();
    await db.end();
  }
}

function argon(password: string): Promise<string> {
  return hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
}

/** Hashes per second, with one thread per core and nothing else running. */
async function rawRate(): Promise<number> {
  const hashed = await argon(PASSWORD);
  let done = 0;
  const began = performance.now();
  const thread = async () => {
    while (performance.now() - began < 1500) {
      await verify(hashed, PASSWORD);
      done++;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
  return done / ((performance.now() - began) / 1000);
}

/** Resident memory of the server's processes. **Unit** MiB. */
async function memory(parent: number): Promise<number[]> {
  const { execFileSync } = await import('node:child_process');
  const lines = execFileSync('ps', ['-o', 'rss=', '--ppid', String(parent), '-p', String(parent)]).toString();
  return lines
    .trim()
    .split('\n')
    .map((kib) => Math.round(Number(kib) / 1024));
}

/** Latencies, sorted. **Unit** milliseconds. */
async function refreshes(url: URL, cookies: string[], seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const latencies: number[] = [];
  const under: Promise<void>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < seconds * RATE; sent++) {
    const due = began + (sent / RATE) * 1000;
    const pause = due - performance.now();
    if (pause > 0) await wait(pause);
    const i = Math.floor(Math.random() * cookies.length);
    const cookie = cookies[i];
    if (!cookie) continue;
    cookies[i] = '';
    // Counted from when it was due: a stalled server must not slow the measurement down.
    under.push(
      refresh(agent, url, cookie).then((next) => {
        latencies.push(performance.now() - Math.max(due, 0));
        cookies[i] = next;
      }),
    );
  }
  await Promise.all(under);
  agent.destroy();
  return latencies.sort((a, b) => a - b);
}

function refresh(agent: Agent, { hostname: host, port }: URL, cookie: string): Promise<string> {
  return new Promise((done, failed) => {
    const headers = { Cookie: `refresh_token=${cookie}` };
    const sent = request(
      { agent, host, port, path: '/auth/token/refresh', method: 'POST', headers },
      (answer) => {
        const [, next] = /^refresh_token=([^;]+)/.exec(answer.headers['set-cookie']?.[0] ?? '') ?? [];
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200 && next ? done(next) : failed(new Error(`refresh: ${answer.statusCode}`)),
        );
      },
    );
    sent.on('error', failed);
    sent.end();
  });
}

async function flood({ hostname: host, port }: URL): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: FLOOD });
  const ends = performance.now() + (SECONDS + 4.5) * 1000;
  const counts = new Map<number, number>();
  const login = (i: number) =>
    new Promise<number>((done, failed) => {
      const body = JSON.stringify({ email: `u${(i % 2000) + 1}@example.com`, password: PASSWORD });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
      const sent = request({ agent, host, port, path: '/auth/login', method: 'POST', headers }, (answer) => {
        answer.resume();
        answer.on('end', () => done(answer.statusCode ?? 0));
      });
      sent.on('error', failed);
      sent.end(body);
    });
  let next = 0;
  const began = performance.now();
  const client = async () => {
    while (performance.now() < ends) {
      const status = await login(next++);
      counts.set(status, (counts.get(status) ?? 0) + 1);
      // A client that retries immediately after a refusal would measure its own loop.
      if (status !== 200) await wait(100);
    }
  };
  await Promise.all(Array.from({ length: FLOOD }, client));
  const seconds = (performance.now() - began) / 1000;
  for (const [status, count] of counts) console.log(`logins ${status}: ${(count / seconds).toFixed(0)}/s`);
  agent.destroy();
}
