/**
 * What an administrator waits for where there are a million users: the list, a page in its middle, searches; and the
 * memory of the server.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/users.ts --users 1000000 --requests 300
 *
 * The server is the built one (`npm run build`), and has a database of its own. Every response is checked.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { administrator } from './administrator.js';
import { connect, createDatabase } from './database.js';
import { type BenchServer, startServer } from './server.js';

const { values } = parseArgs({
  options: { users: { type: 'string', default: '1000000' }, requests: { type: 'string', default: '300' } },
});
const USERS = Number(values.users);
const REQUESTS = Number(values.requests);
const ROLE_OF_EVERY = 10_000;

interface Page {
  items: { id: number; email: string }[];
  next: string | null;
}

const database = await createDatabase('users');
try {
  const server = await startServer({ DATABASE_URL: database.url.href, RATE_LIMIT: 'off' });
  try {
    await run(server);
  } finally {
    await server.stop();
  }
} finally {
  await database.drop();
}

async function run(server: BenchServer): Promise<void> {
  const db = await connect(database.url);
  const token = await administrator(server, database.url);
  await db.query(`INSERT INTO tokenjar.roles (name) VALUES ('clerk') ON CONFLICT DO NOTHING`);
  await db.query(
    `INSERT INTO tokenjar.users (email, password_hash, created_at, roles)
     SELECT substr(md5(i::text), 1, 12) || '-' || i || '@example.com', NULL, now(),
       CASE WHEN i % ${ROLE_OF_EVERY} = 0 THEN '{clerk}'::text[] ELSE '{}' END
     FROM generate_series(1, $1::int) i`,
    [USERS],
  );
  await db.query('VACUUM ANALYZE tokenjar.users');
  await db.end();
  const page = async (query: string): Promise<Page> => {
    const response = await fetch(new URL(`/auth/admin/users?${query}`, server.url), {
      headers: { authorization: `Bearer ${token}` },
    });
    if (response.status !== 200) throw new Error(`${query}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Page;
  };
  const cursor = (i: number) => String(Math.floor((USERS / REQUESTS) * i) + 1);
  const hex = (i: number, length: number) =>
    (i * 2_654_435_761).toString(16).padStart(length, '0').slice(-length);
  console.log(`| ${USERS} users, ${REQUESTS} requests each | p50 | p99 | users |\n|---|---|---|---|`);
  const before = memoryOf(server);
  await measure('a page of 100, anywhere', (i) => page(`cursor=${cursor(i)}`));
  await measure('search by two characters', (i) => page(`search=${hex(i, 2)}`));
  await measure('search by eight characters', (i) => page(`search=${hex(i, 8)}`));
  await measure('search by ID', (i) => page(`search=${cursor(i)}`));
  await measure('one in ten thousand has the role', (i) => page(`role=clerk&cursor=${cursor(i)}`));
  await measure('nobody is deactivated', () => page('active=false'));
  console.log(`\nresident memory of the server: ${before} MB before, ${memoryOf(server)} MB after`);
}

async function measure(name: string, ask: (i: number) => Promise<Page>): Promise<void> {
  const times: number[] = [];
  let users = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const began = performance.now();
    users += (await ask(i)).items.length;
    times.push(performance.now() - began);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(1)} ms`;
  console.log(`| ${name} | ${at(0.5)} | ${at(0.99)} | ${users} |`);
}

/** **Unit** megabytes. */
function memoryOf({ child }: BenchServer): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
