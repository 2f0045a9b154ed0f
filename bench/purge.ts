/**
 * The effect of purging expired sessions on refreshes.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/purge.ts --expired 200000
 *
 * Rounds with and without `tokenjar purge` alternate. Load, purge and server share one machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openSessions, quantile, Refreshing } from './refreshing.js';
import { databaseUrl, startServer } from './server.js';

const { values } = parseArgs({
  options: { expired: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '3' } },
});
const EXPIRED = Number(values.expired);
const SECONDS_ALONE = 10;

const db = new pg.Client({ connectionString: databaseUrl() });
await db.connect();
const server = await startServer({ REFRESH_ROTATE_AFTER: '0s' });
try {
  const cookies = await openSessions(db, 2000);
  console.log('| round | purge | refreshes/s | p50 | p99 |\n|---|---|---|---|---|');
  for (let round = 1; round <= Number(values.rounds); round++) {
    await measure(`${round} | none`, cookies, () => wait(SECONDS_ALONE * 1000));
    await expire();
    await measure(`${round} | ${EXPIRED} rows`, cookies, purge);
  }
} finally {
  await server.stop();
  await db.end();
}

async function measure(name: string, cookies: string[], during: () => Promise<unknown>): Promise<void> {
  const refreshing = new Refreshing(server.url, cookies, 8);
  const running = refreshing.run();
  await wait(500);
  const before = refreshing.done;
  const began = performance.now();
  await during();
  const seconds = (performance.now() - began) / 1000;
  const sorted = refreshing.latencies.slice(before).sort((a, b) => a - b);
  refreshing.stop();
  await running;
  const ms = (part: number) => `${quantile(sorted, part).toFixed(1)} ms`;
  console.log(
    `| ${name} in ${seconds.toFixed(0)} s | ${(sorted.length / seconds).toFixed(0)} | ${ms(0.5)} | ${ms(0.99)} |`,
  );
}

/** Rows of expired sessions. */
async function expire(): Promise<void> {
  await db.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM now() - interval '40 d') * 1000)::bigint + i), 12, '0') || '70008000' ||
         substr(md5(i::text), 1, 12))::uuid, gen_random_uuid(), u.id, 1, 0, now() - interval '40 d',
       now() - interval '40 d', now() - interval '40 d', now() - interval '26 d', now() - interval '10 d', '{pwd}'
     FROM generate_series(1, $1) i, LATERAL (SELECT min(id) + i % 2000 AS id FROM tokenjar.users) u`,
    [EXPIRED],
  );
}

async function purge(): Promise<void> {
  const child = spawn(process.execPath, ['dist/cli.js', 'purge'], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  await once(child, 'close');
  if (!said.includes(`Purged ${EXPIRED} expired sessions`)) throw new Error(`the purge said: ${said}`);
}
