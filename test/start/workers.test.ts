import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SECRET_KEY, uniqueEmail, PASSWORD } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { longTest } from '../support/long.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';

beforeAll(build, 120_000);

let database: TestDatabase;
let running: ServerProcess[];
beforeEach(async () => {
  database = await createEmptyDatabase();
  running = [];
});
afterEach(async () => {
  for (const server of running) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await database.drop();
});

function start(environment: Record<string, string> = {}): ServerProcess {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const server = startProcess({
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    WEB_CONCURRENCY: '2',
    ...environment,
  });
  running.push(server);
  return server;
}

/** Pids of the processes that answer requests. */
function workersOf({ pid }: ServerProcess): number[] {
  const children = `/proc/${pid}/task/${pid}/children`;
  const list = existsSync(children)
    ? readFileSync(children, 'utf8')
    : spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)]).stdout.toString();
  return list.split(/\s+/).filter(Boolean).map(Number);
}

/** @throws when it is not so within 20 seconds. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await eventually(isSo, Boolean, 20_000))) throw new Error(`it was never so: ${isSo.toString()}`);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The rest of the processes have started by then as well. */
async function started(server: ServerProcess, count = 2): Promise<Browser> {
  const browser = new Browser(await server.url);
  await until(() => workersOf(server).length === count);
  return browser;
}

test('several processes answer on one port, and all refuse what one has revoked', async () => {
  const server = start();
  const user = await started(server);
  expect(workersOf(server)).toHaveLength(2);
  await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  // A new connection each time, so that the processes take turns.
  const ask = () => user.get('/auth/session', { headers: { connection: 'close' } });
  for (let i = 0; i < 6; i++) expect((await ask()).status).toBe(200);
  expect((await user.post('/auth/logout')).status).toBe(204);
  const revokedAt = performance.now();
  await until(async () => (await ask()).status === 401 && (await ask()).status === 401);
  expect(performance.now() - revokedAt).toBeLessThan(1000);
  for (let i = 0; i < 6; i++) expect((await ask()).status).toBe(401);
  expect(server.said().match(/listens on/g)).toHaveLength(1);
  expect(server.said()).toContain('with 2 processes');
});

longTest('a worker that dies is replaced, and the others go on', async () => {
  const server = start();
  const browser = await started(server);
  const [victim, other] = workersOf(server) as [number, number];
  process.kill(victim, 'SIGKILL');
  await until(() => !isAlive(victim));
  for (let i = 0; i < 5; i++)
    expect((await browser.get('/health/live', { headers: { connection: 'close' } })).status).toBe(200);
  await until(() => workersOf(server).length === 2);
  expect(workersOf(server)).toContain(other);
  expect(server.said()).toContain(`Process ${victim} ended (SIGKILL) and will be replaced`);
});

test('all exit with 0 when stopped', async () => {
  const server = start();
  await started(server);
  const workers = workersOf(server);
  server.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(workers.filter(isAlive)).toEqual([]);
});

longTest('they exit with the process that started them', async () => {
  const server = start();
  await started(server);
  const workers = workersOf(server);
  server.kill('SIGKILL');
  await until(() => workers.filter(isAlive).length === 0);
});

longTest('a startup error is reported once', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { code, stderr } = await start({ PORT: String(port) }).ended;
  taken.close();
  expect(code).toBe(1);
  expect(stderr.match(/another program listens there/g)).toHaveLength(1);
});
