import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { withTotp } from '../support/factors.js';
import { build, ROOT } from '../support/server-process.js';

let app: TestApp;
let target: TestDatabase;
let directory: string;
beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-export-'));
  app = await startApp();
  // Sessions are alive or not by the clock of the machine, which the command has.
  app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000);
  await withTotp(app, await app.signedUp('ada@example.com'));
  await app.signedUp('ben@example.com');
  target = await createDatabase();
}, 120_000);
afterAll(async () => {
  await app.close();
  await target.drop();
  await rm(directory, { recursive: true, force: true });
});

const urlOf = ({ settings }: TestDatabase) => (settings as { databaseUrl: string }).databaseUrl;

function run(at: TestDatabase, args: string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, DATABASE_URL: urlOf(at), SECRET_KEY, ...environment },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const partsLeft = async () => (await readdir(directory)).filter((name) => name.endsWith('.part'));

test('an export is a file for its owner alone, replaces none, and is recorded with the operator', async () => {
  const file = join(directory, 'users.ndjson');
  const made = run(app.database, ['--as', 'ada', 'export', file, '--with-sessions']);
  expect(made).toEqual({
    status: 0,
    stdout: '',
    stderr: expect.stringMatching(
      /users\.ndjson: \d+ bytes, 2 users\..* Sessions go on with the same SECRET_KEY/,
    ),
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  const [header, ...rest] = text.trimEnd().split('\n');
  expect(JSON.parse(header ?? '')).toEqual({
    ...{ format: 'tokenjar-export', version: 1, with_sessions: true, last_id: 2 },
    key: expect.stringMatching(/^[\w-]{22}$/),
  });
  expect(rest.at(-1)).toBe('{"end":true,"users":2}');
  expect(text).not.toContain(SECRET_KEY);
  expect(run(app.database, ['export', file])).toMatchObject({
    status: 1,
    stderr: `${file} exists already; nothing was written\n`,
  });
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(run(app.database, ['export', join(directory, 'none/users')])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^.*none\/users cannot be written \(.*ENOENT.*\)\n$/),
  });
  expect(await partsLeft()).toEqual([]);
  const events = await app.sql<object>(
    `SELECT outcome, reason, actor LIKE 'ada, %' AS "isNamed" FROM tokenjar.audit_events WHERE event = 'users_exported' ORDER BY id`,
  );
  expect(events.slice(0, 2)).toEqual([
    { outcome: 'success', reason: 'tokenjar with sessions begun', isNamed: true },
    { outcome: 'success', reason: 'tokenjar with sessions ended: 2 users', isNamed: true },
  ]);
});

test('standard output gets the same, and nothing else', () => {
  const { stdout, stderr } = run(app.database, ['export', '-']);
  expect(stdout.split('\n').slice(-2)).toEqual(['{"end":true,"users":2}', '']);
  expect(stderr).toMatch(/^2 users\. Password hashes/);
});

test('a secret that cannot be opened stops the export, and leaves no file', async () => {
  const file = join(directory, 'unopened');
  const made = run(app.database, ['export', file], {
    SECRET_KEY: 'another key of this test, thirty-two bytes',
  });
  expect(made).toMatchObject({
    status: 1,
    stderr:
      'The authenticator app of user 1 was sealed with an unknown SECRET_KEY: add that one to SECRET_KEY_FALLBACKS\n',
  });
  expect((await readdir(directory)).filter((name) => name.startsWith('unopened'))).toEqual([]);
  const [last] = await app.sql(
    `SELECT outcome FROM tokenjar.audit_events WHERE event = 'users_exported' ORDER BY id DESC LIMIT 1`,
  );
  expect(last).toEqual({ outcome: 'failure' });
});

test('who interrupts an export leaves no part of it', async () => {
  const file = join(directory, 'interrupted');
  // It waits in the middle.
  const holder = new pg.Client({ connectionString: urlOf(app.database) });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE tokenjar.roles IN ACCESS EXCLUSIVE MODE');
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'export', file], {
    env: { PATH: process.env.PATH, DATABASE_URL: urlOf(app.database), SECRET_KEY },
  });
  const ended = new Promise((done) => child.once('close', done));
  while ((await partsLeft()).length === 0 && child.exitCode === null) await new Promise(setImmediate);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await ended;
  await holder.end();
  expect(await partsLeft()).toEqual([]);
});

describe('an import', () => {
  let text: string;
  beforeAll(() => {
    text = run(app.database, ['export', '-', '--with-sessions']).stdout;
  });

  async function imported(content: string, ...flags: string[]) {
    const file = join(directory, 'import.ndjson');
    await writeFile(file, content);
    return run(target, ['import', file, '--from', 'tokenjar', ...flags]);
  }

  test('of a file that was cut off writes nothing', async () => {
    const { status, stdout, stderr } = await imported(text.slice(0, text.lastIndexOf('{"end"')));
    expect([status, stdout, stderr.trim()]).toEqual([
      1,
      '',
      expect.stringMatching(/import\.ndjson: has no end: it was cut off\. Nothing was imported$/),
    ]);
  });

  test('dry, then for good, gives the same file', async () => {
    expect(await imported(text, '--dry-run')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Dry run: 2 users: 2 would be added'),
    });
    expect((await imported(text)).stdout).toMatch(/^2 users: 2 added, 0 changed, 0 unchanged; 0 entries/m);
    expect((await imported(text)).stdout).toMatch(/^2 users: 0 added, 0 changed, 2 unchanged; 0 entries/m);
    expect(run(target, ['export', '-', '--with-sessions']).stdout).toBe(text);
  });

  test('of a file that is not there says so', () => {
    expect(run(target, ['import', 'nothing.csv', '--from', 'csv'])).toMatchObject({
      status: 1,
      stderr: 'nothing.csv: there is no such file\n',
    });
  });
});

test('an export for Django has to be named so that Django reads it', () => {
  expect(run(app.database, ['export', 'django', join(directory, 'users.json')])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has to end with .jsonl'),
  });
  const { stdout, stderr } = run(app.database, ['export', 'django', '-', '--superuser-role', 'admin']);
  expect(stdout.trim().split('\n')).toHaveLength(2);
  expect(stderr).toMatch(/^2 users\..*\n2 have no username.*\n1 have second factors/);
});
