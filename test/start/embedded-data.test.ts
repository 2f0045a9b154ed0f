import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect } from '@jest/globals';
import pg from 'pg';
import { Browser, PASSWORD } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { isLong, longTest } from '../support/long.js';
import { build, ROOT, startProcess } from '../support/server-process.js';

/** Too long for the path of a socket, which then lies elsewhere. */
const LONG = 'a-directory-whose-name-is-longer-than-what-the-path-of-a-unix-socket-may-have-at-most';

/** Each starts a database. */
const LENGTHY = ['short', 'garbled', 'lacks a table'];

/** An embedded database takes seconds to start, each time. */
const LONGEST = 240_000;

let directory: string;
let dataDir: string;
let target: TestDatabase;
let url: string;
const browsers = new Map<string, Browser>();

beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-data-'));
  dataDir = join(directory, LONG);
  await mkdir(dataDir);
  target = await createEmptyDatabase();
  url = (target.settings as { databaseUrl: string }).databaseUrl;
}, 300_000);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await target.drop();
});

async function tokenjar(args: string[], environment: Record<string, string> = { DATA_DIR: dataDir }) {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, stdout, stderr: stderr.trim() };
}

/** Signs a user up, or goes on with their cookie, at a server that is started for it. */
async function withServer(environment: Record<string, string>, act: (url: string) => Promise<void>) {
  const server = startProcess({ ACCOUNT_PAGE: 'off', RATE_LIMIT: 'off', ...environment });
  try {
    await act(await server.url);
  } finally {
    server.kill('SIGTERM');
    await server.ended;
  }
}

async function register(at: string, email: string): Promise<void> {
  const browser = new Browser(at);
  expect((await browser.post('/auth/registration', { email, password: PASSWORD })).status).toBe(201);
  browsers.set(email, browser);
}

/** With the cookie that the browser has, at a server on another port. */
async function expectSession(at: string, email: string): Promise<void> {
  const browser = browsers.get(email);
  if (!browser) throw new Error(`${email} has no browser`);
  const moved = new Browser(at);
  await moved.setRefreshCookie((await browser.refreshCookie()) ?? '');
  const { status, body } = await moved.refresh();
  expect([status, (body.user as { email?: string }).email]).toEqual([200, email]);
  browsers.set(email, moved);
}

longTest(
  'a backup is made while the server runs, and a restored one goes on with accounts and sessions',
  async () => {
    const file = join(directory, 'backup.gz');
    await withServer({ DATA_DIR: dataDir, API_KEYS: 'on' }, async (at) => {
      await register(at, 'ada@example.com');
      // Some take these for the end of a line.
      const name = { name: 'line\u2028paragraph\u2029\u0085next', scopes: [] };
      expect((await browsers.get('ada@example.com')?.post('/auth/keys', name))?.status).toBe(201);
      for (const i of [0, 1]) await register(at, `user-${i}@example.com`);
      // Others sign up meanwhile: a backup is of one moment.
      const another = { email: 'meanwhile@example.com', password: PASSWORD };
      const [made] = await Promise.all([
        tokenjar(['backup', file]),
        new Browser(at).post('/auth/registration', another),
      ]);
      expect(made).toEqual({
        status: 0,
        stdout: expect.stringMatching(/backup\.gz: \d+ rows, \d+ bytes\. The SECRET_KEY is not in it/),
        stderr: '',
      });
      expect(await tokenjar(['backup', file])).toMatchObject({
        status: 1,
        stderr: `${file} exists already; nothing was written`,
      });
      // All accounts as lines of JSON go through the socket, too.
      const { stdout, stderr } = await tokenjar(['--as', 'ada', 'export', '-', '--with-sessions']);
      expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\{"end":true,"users":[34]\}$/);
      expect([stdout, stderr]).toEqual([
        expect.stringContaining('"email":"ada@example.com"'),
        expect.stringMatching(/^[34] users\./),
      ]);
    });
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const secret = await readFile(join(dataDir, 'secret.key'), 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(gunzipSync(await readFile(file)).toString()).not.toContain(secret);

    const restored = join(directory, 'restored');
    expect((await tokenjar(['restore', file], { DATA_DIR: restored })).stdout).toMatch(
      /^Restored \d+ rows of /,
    );
    expect(await tokenjar(['restore', file], { DATA_DIR: restored })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has users already; nothing was changed'),
    });
    await writeFile(join(restored, 'secret.key'), secret, { mode: 0o600 });
    await withServer({ DATA_DIR: restored }, async (at) => {
      await expectSession(at, 'ada@example.com');
      await register(at, 'later@example.com');
    });
    // Triggers work again, and no number is given out twice.
    const ids = (await tokenjar(['users', 'list'], { DATA_DIR: restored })).stdout.trim().split('\n');
    expect(new Set(ids.map((line) => line.split('\t')[0])).size).toBe(ids.length);
  },
  LONGEST,
);

longTest(
  'what is no backup, not whole, changed, or of another version restores nothing',
  async () => {
    const file = join(directory, 'whole.gz');
    await tokenjar(['backup', file]);
    const content = gunzipSync(await readFile(file)).toString();
    const place = join(directory, 'nothing');
    const cases: [string, Buffer | string, RegExp][] = [
      ['text', 'hello', /is not a backup, or is damaged/],
      ['other', gzipSync('{}\n'), /is not a backup of "tokenjar backup"/],
      ['cut', (await readFile(file)).subarray(0, 1500), /damaged|too early/],
      ['short', gzipSync(content.split('\n').slice(0, -2).join('\n')), /ends too early/],
      ['changed', gzipSync(content.replace('ada@example.com', 'eve@example.com')), /the copy of \w+ differs/],
      [
        'garbled',
        gzipSync(content.replace(/"lookup_id":"[^"]*"/, '"lookup_id":"x"')),
        /^The file is damaged/,
      ],
      ['no JSON', gzipSync(content.replace('{"end":"users"', '{"end":"users')), /^The file is damaged/],
      [
        'lacks a table',
        gzipSync(content.replace(/\{"table":"sessions"[^]*?\{"end":"sessions".*\n/, '')),
        /^The file is damaged/,
      ],
      ['older', gzipSync(content.replace(/,"[A-Za-z]+\d{13}"\]\}/, ']}')), /restore it with that version/],
    ];
    // The others are refused before a database is opened.
    for (const [name, bytes, said] of cases.filter(([each]) => isLong || !LENGTHY.includes(each))) {
      const path = join(directory, `${name}.gz`);
      await writeFile(path, bytes);
      const { status, stderr } = await tokenjar(['restore', path], { DATA_DIR: place });
      expect([name, status, stderr]).toEqual([name, 1, expect.stringMatching(said)]);
      expect([name, stderr.split('\n').length]).toEqual([name, 1]);
    }
    expect((await tokenjar(['restore', join(directory, 'none')], { DATA_DIR: place })).stderr).toMatch(
      /^ENOENT/,
    );
    expect((await tokenjar(['users', 'list'], { DATA_DIR: place })).stdout).toBe('');
  },
  LONGEST,
);

longTest(
  'a trial moves to PostgreSQL, and its sessions go on with the same cookies',
  async () => {
    const move = (environment = { DATA_DIR: dataDir }) => tokenjar(['move-to-postgres', url], environment);
    await withServer({ DATA_DIR: dataDir }, async () => {
      expect(await move()).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^DATA_DIR: .+ is in use by/),
      });
    });
    const moved = await move();
    expect(moved).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Moved \d{2,} rows\. .*SECRET_KEY_FILE=/),
      stderr: '',
    });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<{ off: string }>(
        `SELECT count(*) AS off FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'`,
      );
      expect(rows[0]?.off).toBe('0');
    } finally {
      await client.end();
    }
    const onPostgres = { DATABASE_URL: url, SECRET_KEY_FILE: join(dataDir, 'secret.key') };
    await withServer(onPostgres, async (at) => {
      for (const email of ['user-0@example.com', 'user-1@example.com']) await expectSession(at, email);
      expect((await new Browser(at).login('ada@example.com')).status).toBe(200);
      await register(at, 'on-postgres@example.com');
    });
    expect(await tokenjar(['audit', 'verify'], onPostgres)).toMatchObject({ status: 0 });
    expect(await move()).toMatchObject({
      status: 1,
      stderr: 'The target has users already; nothing was changed. Use an empty one.',
    });
    expect((await tokenjar(['move-to-postgres', url], onPostgres)).stderr).toMatch(/^DATABASE_URL: is set/);
    expect((await move({ DATA_DIR: join(directory, 'no-data') })).stderr).toMatch(
      /^DATA_DIR: there is no embedded/,
    );
  },
  LONGEST,
);

longTest(
  'the database of another server is left as it is, also by a move that its first user overtakes',
  async () => {
    const other = await createEmptyDatabase();
    const { databaseUrl } = other.settings as { databaseUrl: string };
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const move = () => tokenjar(['move-to-postgres', databaseUrl]);
    const refused = {
      status: 1,
      stderr: 'The target has users already; nothing was changed. Use an empty one.',
    };
    try {
      // Of a version that has other tables.
      await client.query('CREATE SCHEMA tokenjar; CREATE TABLE tokenjar.users AS SELECT 1 AS id');
      expect(await move()).toMatchObject(refused);
      const { rows } = await client.query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'tokenjar'::regnamespace`,
      );
      expect(rows).toEqual([{ relname: 'users' }]);
      if (!isLong) return;
      await client.query('DROP SCHEMA tokenjar CASCADE');
      await tokenjar(['migrate'], { DATABASE_URL: databaseUrl });
      await client.query(
        `BEGIN; INSERT INTO tokenjar.users (email, created_at) VALUES ('first@example.com', now())`,
      );
      const moving = move();
      await eventually(
        () => client.query(`SELECT FROM pg_locks WHERE NOT granted`),
        ({ rowCount }) => rowCount !== 0,
        60_000,
      );
      await client.query('COMMIT');
      expect(await moving).toMatchObject(refused);
      expect((await client.query('SELECT email FROM tokenjar.users')).rows).toEqual([
        { email: 'first@example.com' },
      ]);
    } finally {
      await client.end();
      await other.drop();
    }
  },
  LONGEST,
);
