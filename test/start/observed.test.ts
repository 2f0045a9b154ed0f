import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';

beforeAll(build, 120_000);

let database: TestDatabase;
let server: ServerProcess | undefined;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(async () => {
  server?.kill('SIGKILL');
  await server?.ended;
  await database.drop();
});

function start(environment: Record<string, string>): ServerProcess {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  server = startProcess({ DATABASE_URL: databaseUrl, SECRET_KEY, METRICS_PORT: '0', ...environment });
  return server;
}

/** Where the metrics are, as the log says. */
const metricsOf = async (running: ServerProcess): Promise<string> => {
  await running.url;
  return /Metrics are at (http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(running.said())?.[1] ?? '';
};

const valueOf = async (url: string, sample: string): Promise<number> => {
  const line = (await (await fetch(url)).text()).split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};

test('the metrics of several processes are added up, and stay when one of them dies', async () => {
  const running = start({ WEB_CONCURRENCY: '2', LOG_REQUESTS: 'on', LOG_FORMAT: 'json' });
  const browser = new Browser(await running.url);
  const url = await metricsOf(running);
  const asked = 20;
  const pids = new Set<number>();
  const live = 'tokenjar_requests_total{operation="live",status="200"}';
  for (let i = 0; i < asked; i++) await browser.get('/health/live', { headers: { connection: 'close' } });
  expect(
    await eventually(
      () => valueOf(url, live),
      (value) => value >= asked,
    ),
  ).toBe(asked);
  expect(await valueOf(url, 'tokenjar_database_connections')).toBeGreaterThanOrEqual(2);

  for (const [, pid] of running.said().matchAll(/"pid":(\d+)/g)) pids.add(Number(pid));
  const answer = await fetch(url, { method: 'POST' });
  expect([answer.status, (await fetch(url.replace('/metrics', '/other'))).status]).toEqual([405, 404]);
  const { spawnSync } = await import('node:child_process');
  const [victim] = spawnSync('pgrep', ['-P', String(running.pid)], { encoding: 'utf8' }).stdout.split('\n');
  process.kill(Number(victim), 'SIGKILL');
  await eventually(
    () => running.said(),
    (said) => said.includes('will be replaced'),
  );
  expect(await valueOf(url, live)).toBe(asked);

  // More than each process writes at once.
  const keys = Array.from({ length: 100 }, () =>
    browser.get('/.well-known/jwks.json', { headers: { connection: 'close' } }),
  );
  await Promise.all(keys);
  running.kill('SIGTERM');
  const lines = (await running.ended).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ operation }) => operation === 'jwks')).toHaveLength(keys.length);
}, 60_000);

test('in production each request is one line of JSON, without any secret, address or link', async () => {
  const running = start({
    NODE_ENV: 'production',
    COOKIE_SECURE: 'false',
    MAIL_DIR: '/tmp',
    FRONTEND_URL: 'https://app.example.com',
    MAIL_FROM: 'auth@example.com',
  });
  const browser = new Browser(await running.url);
  const email = uniqueEmail();
  const wrong = 'a password with a tpyo in it';
  await browser.post('/auth/registration', { email, password: PASSWORD });
  const secrets = [PASSWORD, wrong, email, SECRET_KEY];
  const keep = async () => {
    const cookie = await browser.refreshCookie();
    if (cookie === undefined || browser.accessToken === undefined) throw new Error('nobody is signed in');
    secrets.push(cookie, browser.accessToken);
  };
  await keep();
  await browser.refresh();
  await keep();
  await browser.get(`/auth/user?token=${browser.accessToken}`);
  await browser.login(email, wrong);
  await browser.post(`/auth/login?password=${encodeURIComponent(wrong)}&email=${email}`, {
    email,
    password: wrong,
  });
  await browser.get(`/${email}/${encodeURIComponent(wrong)}`);
  await browser.get(`/auth/%ff${email}`);
  await browser.post('/auth/password/reset', { email });
  await browser.post('/auth/password/reset/confirm', { key: `${email}.${wrong}`, new_password: wrong });
  await browser.post('/auth/logout');
  await eventually(
    () => running.said(),
    (said) => said.includes('"operation":"logout"'),
  );
  running.kill('SIGTERM');
  const { code, stdout, stderr } = await running.ended;

  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines)
    expect(line).toMatchObject({
      level: expect.any(String),
      time: expect.stringMatching(/^20\d\d-.*Z$/),
      pid: running.pid,
    });
  const requests = lines.filter((line) => 'operation' in line);
  expect(requests).toContainEqual({
    level: 'info',
    time: expect.any(String),
    pid: running.pid,
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    operation: 'refreshToken',
    status: 200,
    duration_ms: expect.any(Number),
    user_id: 1,
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(requests).toContainEqual(
    expect.objectContaining({ operation: 'login', status: 401, code: 'bad_credentials' }),
  );
  expect(requests.filter(({ operation }) => operation === 'none').map(({ status }) => status)).toEqual([
    404, 400,
  ]);
  for (const secret of secrets) {
    expect(stdout).not.toContain(secret);
    expect(stdout).not.toContain(encodeURIComponent(secret));
  }
});
