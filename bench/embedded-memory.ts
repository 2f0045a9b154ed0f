/**
 * The memory of a server with the embedded database: idle, during and after refreshes, during and after logins.
 *
 *     npx tsx bench/embedded-memory.ts [refreshes logins] [--before ../before] [--with NODE_FLAGS=…] --seconds 20
 *
 * The built server (`npm run build`), from an empty directory, with 8 clients. What is resident, in MiB; of a load the
 * largest, looked at ten times a second.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { ARGON2, PASSWORD } from './contenders.js';
import { type Load, run } from './load.js';
import { cpuOf, memoryOf } from './processes.js';
import { openSessions } from './refreshing.js';
import { startServer } from './server.js';

const CLIENTS = 8;
const USERS = 100;
/** Threads that hash end after half a minute without work. **Unit** milliseconds. */
const REST = 40_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    before: { type: 'string' },
    with: { type: 'string', multiple: true, default: [] },
    seconds: { type: 'string', default: '20' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'tokenjar-memory-'));
const server = await startServer(
  {
    DATABASE_URL: '',
    DATA_DIR: join(directory, 'data'),
    RATE_LIMIT: 'off',
    REFRESH_ROTATE_AFTER: '0s',
    ...Object.fromEntries(values.with.map((each) => each.split(/=(.*)/s, 2) as [string, string])),
  },
  values.before,
);
try {
  const pid = server.child.pid ?? 0;
  await wait(5000);
  report('idle', memoryOf(pid));
  const cookies = join(directory, 'cookies');
  writeFileSync(cookies, (await fill()).map((token) => `refresh_token=${token}\n`).join(''));
  const loads: Record<string, Omit<Load, 'url' | 'seconds' | 'clients'>> = {
    refreshes: { kind: 'chain', path: '/auth/token/refresh', more: { COOKIES: cookies } },
    logins: {
      kind: 'login',
      path: '/auth/login',
      body: JSON.stringify({ email: 'u%d@example.com', password: PASSWORD }),
      more: { USERS: `${USERS}` },
    },
  };
  for (const name of positionals.length > 0 ? positionals : Object.keys(loads)) {
    const load = loads[name];
    if (!load) throw new Error(`${name} is none of ${Object.keys(loads).join(', ')}`);
    await watched(name, pid, { ...load, url: server.url, clients: CLIENTS, seconds: Number(values.seconds) });
    await wait(REST);
    report(`after ${name}`, memoryOf(pid));
  }
} finally {
  await server.stop();
  rmSync(directory, { recursive: true });
}

/** Users with a password and a session each. @returns the refresh tokens. */
async function fill(): Promise<string[]> {
  const db = new pg.Client({ host: join(directory, 'data'), user: 'postgres', database: 'postgres' });
  await db.connect();
  const tokens = await openSessions(db, USERS);
  await db.query('UPDATE tokenjar.users SET password_hash = $1', [await hash(PASSWORD, ARGON2)]);
  await db.end();
  return tokens;
}

async function watched(name: string, pid: number, load: Load): Promise<void> {
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, memoryOf(pid))), 100);
  const before = cpuOf(pid);
  const { perSecond, ok } = await run(load).finally(() => clearInterval(look));
  const each = (cpuOf(pid) - before) / ok;
  report(`during ${name}`, most, `${perSecond.toFixed(1)} a second, ${each.toFixed(2)} ms of CPU time each`);
}

function report(when: string, mib: number, more = ''): void {
  console.log(`| ${when} | ${mib.toFixed(0)} MiB | ${more} |`);
}
