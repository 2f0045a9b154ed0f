import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { untilRefused } from '../support/eventually.js';
import { type Pooler, startPgbouncer } from '../support/pgbouncer.js';
import { programOf } from '../support/programs.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';

beforeAll(build, 240_000);

const PROGRAM = programOf('pgbouncer');
/** From 1.21 on it knows named statements. */
const [, MINOR] = /PgBouncer 1\.(\d+)/.exec(PROGRAM ? execFileSync(PROGRAM, ['-V']).toString() : '') ?? [];

let database: TestDatabase;
let databaseUrl: string;
let pooler: Pooler | undefined;
let servers: ServerProcess[] = [];
beforeEach(async () => {
  database = await createEmptyDatabase();
  ({ databaseUrl } = database.settings as { databaseUrl: string });
  servers = [];
  // What docs/operations.md has for the role.
  const name = new URL(databaseUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const setting of [
    `default_transaction_isolation = 'read committed'`,
    `statement_timeout = '15s'`,
    'lock_timeout = 0',
    'search_path = pg_catalog',
  ])
    await client.query(`ALTER DATABASE ${name} SET ${setting}`);
  await client.end();
});
afterEach(async () => {
  for (const server of servers) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await pooler?.stop();
  pooler = undefined;
  await database.drop();
});

async function browserAt(url: string): Promise<Browser> {
  const server = startProcess({
    DATABASE_URL: url,
    SECRET_KEY,
    DOCS: 'off',
    RATE_LIMIT: 'off',
    REFRESH_ROTATE_AFTER: '1s',
  });
  servers.push(server);
  return new Browser(await server.url);
}

/** Migrations and keys under advisory locks, sign-in, rotations, a change in a transaction, a revocation. */
async function everythingWorks(url: string): Promise<void> {
  const here = await browserAt(url);
  const there = await browserAt(url);
  const email = uniqueEmail();
  expect((await here.post('/auth/registration', { email, password: PASSWORD })).status).toBe(201);
  expect((await here.login(email)).status).toBe(200);
  expect((await here.get('/health/ready')).status).toBe(200);
  let rotations = 0;
  while (rotations < 2) {
    const tabs = await Promise.all(Array.from({ length: 10 }, () => here.copy()));
    const answers = await Promise.all([here, ...tabs].map((tab) => tab.refresh()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    if (answers[0] && answers[0].setCookie.length > 0) rotations++;
  }
  const change = { old_password: PASSWORD, new_password: `${PASSWORD}q` };
  expect((await here.post('/auth/password/change', change)).status).toBe(200);
  there.accessToken = here.accessToken;
  expect((await there.get('/auth/session')).status).toBe(200);
  expect((await here.post('/auth/logout')).status).toBe(204);
  const { refusal, acceptedFor } = await untilRefused(() => there.get('/auth/session'));
  expect(refusal.body.code).toBe('token_blacklisted');
  expect(acceptedFor).toBeLessThan(900);
  for (const server of servers) expect(server.said()).not.toMatch(/prepared statement|ERROR/);
}

(PROGRAM ? test : test.skip)(
  'PgBouncer of any version in transaction mode, with pgbouncer=true: everything works, revocations by polling',
  async () => {
    pooler = await startPgbouncer(PROGRAM ?? '', databaseUrl);
    await everythingWorks(`${pooler.through(databaseUrl)}?pgbouncer=true`);
  },
  120_000,
);

(Number(MINOR) >= 21 ? test : test.skip)(
  'PgBouncer 1.21 in transaction mode, with max_prepared_statements: the same, with named statements',
  async () => {
    pooler = await startPgbouncer(PROGRAM ?? '', databaseUrl, ['max_prepared_statements = 200']);
    await everythingWorks(pooler.through(databaseUrl));
  },
  120_000,
);
