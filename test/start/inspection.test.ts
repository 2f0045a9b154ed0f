import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { hmac, unsigned } from '../support/jwt.js';
import { build, ROOT } from '../support/server-process.js';

/** Without a comma, which separates fallbacks. */
const SECRET_KEY = 'a secret of these tests that is long enough';

let app: TestApp;
let database: TestDatabase;
let directory: string;
let environment: Record<string, string>;

beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-inspection-'));
  database = await createEmptyDatabase();
  app = await startApp({ secretKey: SECRET_KEY }, database);
  app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000);
  const { databaseUrl } = database.settings as { databaseUrl: string };
  environment = { DATABASE_URL: databaseUrl, SECRET_KEY };
}, 300_000);
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

function run(args: string[], more: Record<string, string> = {}, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment, ...more },
    encoding: 'utf8',
    input,
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const inspect = (token: string, more: Record<string, string> = {}): Record<string, unknown> => {
  const { status, stdout, stderr } = run(['token', 'inspect', '--json'], more, `${token}\n`);
  expect([status, stderr]).toEqual([0, '']);
  if (token !== '') expect(stdout).not.toContain(token);
  return JSON.parse(stdout) as Record<string, unknown>;
};

test('settings are shown with where they come from, and no secret is', async () => {
  const file = join(directory, 'smtp');
  await writeFile(file, 'smtp://user:hunter2@mail.example.com\n');
  const set = {
    SMTP_URL_FILE: file,
    FRONTEND_URL: 'https://app.example',
    DIALECT: 'django',
    REFRESH_GRACE: '45s',
  };
  const { status, stdout, stderr } = run(['settings'], set);
  expect([status, stderr]).toEqual([0, '']);
  for (const line of [
    /^SMTP_URL +\(secret\) {2}\[file\]$/m,
    /^SECRET_KEY +\(secret\) {2}\[environment\]$/m,
    /^DATABASE_URL +\(secret\) {2}\[environment\]$/m,
    /^REFRESH_GRACE +45s {2}\[environment\]$/m,
    /^COOKIE_SAMESITE +lax {2}\[dialect\]$/m,
    /^PORT +3000$/m,
  ])
    expect(stdout).toMatch(line);
  const { settings } = JSON.parse(run(['settings', '--json'], set).stdout) as { settings: object[] };
  expect(settings).toContainEqual({ name: 'SMTP_URL', value: null, from: 'file', secret: true });
  for (const secret of ['hunter2', SECRET_KEY, environment.DATABASE_URL ?? ''])
    expect(stdout + JSON.stringify(settings)).not.toContain(secret);
  const refused = run(['settings'], { FRONTEND_URL: 'https://user:hunter2@app.example' });
  expect([refused.status, refused.stdout + refused.stderr]).toEqual([
    1,
    expect.stringContaining('https://user:…@app.example'),
  ]);
  expect(refused.stdout + refused.stderr).not.toContain('hunter2');
  expect(run(['settings'], { PORT: 'http' })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^PORT: must/),
  });
});

test('a token is told apart, with its claims, its key, and whether it is accepted', async () => {
  const user = await app.signedUp();
  const [access, refresh] = [user.accessToken ?? '', (await user.refreshCookie()) ?? ''];
  expect(inspect(access)).toMatchObject({
    type: 'access',
    algorithm: 'ES256',
    kid: expect.any(String),
    signature: 'valid',
    signed_by: 'current',
    state: 'accepted',
    claims: { token_type: 'access', iss: 'tokenjar' },
    expires_at: expect.stringMatching(/^20.+Z$/),
  });
  expect(inspect(`Bearer ${refresh}`)).toMatchObject({
    type: 'refresh',
    signature: 'valid',
    state: 'accepted',
  });
  // Under another key, with this one as the former.
  const changed = {
    SECRET_KEY: 'another secret of the tests, long enough to count',
    SECRET_KEY_FALLBACKS: SECRET_KEY,
  };
  expect(inspect(refresh, changed)).toMatchObject({ signature: 'valid', signed_by: 'former' });
  const [head = '', body = '', signature = ''] = access.split('.');
  const forged = `${head}.${body}.${signature.split('').reverse().join('').replace(/.$/, 'A')}`;
  expect(inspect(forged)).toMatchObject({ type: 'access', signature: 'invalid', signed_by: null });
  expect(inspect('hello')).toMatchObject({ type: 'unknown', signature: 'none', claims: {} });
  expect(inspect(`tjk_${'a'.repeat(49)}`)).toMatchObject({
    type: 'api_key',
    state: expect.stringContaining('checksum'),
  });

  await user.post('/auth/logout');
  const state = await eventually(
    () => inspect(access).state,
    (said) => said !== 'accepted',
  );
  expect(state).toBe('refused: token_blacklisted');
  expect(inspect(refresh).state).toBe('refused: its session has ended');
});

test('a token of a Django site that has our key is told apart, whatever it is called there', () => {
  const times = { exp: 4e9, iat: 1e9, jti: 'an id of the site', user_id: 7 };
  const token = hmac(unsigned({ alg: 'HS256', typ: 'JWT' }, { ...times, token_type: 'refresh' }), SECRET_KEY);
  expect(inspect(token, { DIALECT: 'django' })).toMatchObject({
    type: 'refresh',
    signature: 'valid',
    state: expect.stringMatching(/^made by others with our key/),
  });
});

test('what a token says writes no line of the report', () => {
  const kid = 'x\nsignature   valid\u001b[2J\u202e';
  const token = hmac(unsigned({ alg: 'HS256', typ: 'JWT', kid }, { token_type: 'access' }), 'any key');
  const { stdout } = run(['token', 'inspect'], {}, token);
  expect(stdout).toMatch(/^signature +invalid$/m);
  expect(stdout).not.toMatch(/^signature +valid/m);
  expect(stdout).not.toMatch(/[^\P{C}\n]/u);
});

test('a token in an argument is warned of, in text it is not repeated, and none is asked for', async () => {
  const { accessToken = '' } = await app.signedUp();
  const { status, stdout, stderr } = run(['token', 'inspect', accessToken]);
  expect([status, stderr]).toEqual([0, expect.stringContaining('list of processes')]);
  expect(stdout).toMatch(/^type +access$/m);
  expect(stdout + stderr).not.toContain(accessToken);
  expect(run(['token', 'inspect'])).toMatchObject({ status: 1, stderr: expect.stringContaining('no token') });
});
