import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import pg from 'pg';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually, untilRefused } from '../support/eventually.js';
import { isLong, longTest } from '../support/long.js';
import { readPart } from '../support/jwt.js';
import { build, ROOT, type ServerProcess, startProcess } from '../support/server-process.js';
import { expectProblem } from '../support/problem.js';

const SKEW = pathToFileURL(join(ROOT, 'test/support/skew.mjs')).href;
const MINUTE = 60_000;

let database: TestDatabase;
let databaseUrl: string;
let direct: pg.Client;
beforeAll(async () => {
  await build();
  database = await createDatabase();
  ({ databaseUrl } = database.settings as { databaseUrl: string });
  direct = new pg.Client({ connectionString: databaseUrl });
  await direct.connect();
}, 120_000);
afterAll(async () => {
  await direct.end();
  await database.drop();
});

const running: ServerProcess[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.kill('SIGKILL');
    await server.ended;
  }
});

/** A server whose machine's clock is off. **Unit** milliseconds. */
async function start(skew = 0, more: Record<string, string> = {}): Promise<ServerProcess & { at: string }> {
  const server = startProcess({
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    SKEW_MS: String(skew),
    NODE_OPTIONS: `--import=${SKEW}`,
    ...more,
  });
  running.push(server);
  return Object.assign(server, { at: await server.url });
}

/** The same client at another instance: its cookies are of the host. */
async function moved(user: Browser, { at }: { at: string }): Promise<Browser> {
  const there = new Browser(at);
  await there.setRefreshCookie((await user.refreshCookie()) ?? '');
  there.accessToken = user.accessToken;
  return there;
}

async function signedUp({ at }: { at: string }): Promise<Browser> {
  const user = new Browser(at);
  const { status } = await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  expect(status).toBe(201);
  return user;
}

const issuedAt = ({ accessToken = '' }: Browser): number => Number(readPart(accessToken, 1).iat) * 1000;
const databaseTime = async (): Promise<number> => {
  const { rows } = await direct.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now.getTime() ?? Number.NaN;
};
const session = async (user: Browser) => {
  const { status, body } = await user.get('/auth/session');
  return status === 200 ? 'accepted' : body.code;
};

test.each([
  ...(isLong ? [['ahead', 5] as const, ['behind', -5] as const] : []),
  // By more than an access token lives.
  ['far ahead', 90] as const,
])(
  'an instance whose machine is %s, by %i minutes, means the same moment as the others',
  async (_what, minutes) => {
    const [honest, off] = await Promise.all([start(), start(minutes * MINUTE)]);
    for (const [from, to] of [
      [honest, off],
      [off, honest],
    ] as const) {
      const user = await signedUp(from);
      expect(Math.abs(issuedAt(user) - (await databaseTime()))).toBeLessThan(3000);
      const there = await moved(user, to);
      expect(await session(there)).toBe('accepted');
      expect((await there.refresh()).status).toBe(200);
      const back = await moved(there, from);
      expect(await session(back)).toBe('accepted');
      expect((await back.refresh()).status).toBe(200);

      expect((await back.post('/auth/logout')).status).toBe(204);
      const { refusal, acceptedFor } = await untilRefused(() => there.get('/auth/session'));
      expectProblem(refusal, 'token_blacklisted');
      expect(acceptedFor).toBeLessThan(1000);
    }
  },
);

test('a new instance reads everything unexpired, whatever its machine’s time', async () => {
  const honest = await start();
  const user = await signedUp(honest);
  await user.post('/auth/logout');
  const late = await start(90 * MINUTE);
  expect(await session(await moved(user, late))).toBe('token_blacklisted');
});

test('a token expires everywhere at the same second', async () => {
  const short = { ACCESS_TOKEN_LIFETIME: '2s', ACCESS_TOKEN_JITTER: '0', LEEWAY: '0' };
  const servers = await Promise.all([5 * MINUTE, -5 * MINUTE].map((skew) => start(skew, short)));
  const [ahead] = servers;
  if (!ahead) throw new TypeError('nothing was started');
  const user = await signedUp(ahead);
  const exp = Number(readPart(user.accessToken ?? '', 1).exp) * 1000;
  for (const server of servers) {
    const there = await moved(user, server);
    const { refusal } = await untilRefused(() => there.get('/auth/session'));
    expectProblem(refusal, 'token_expired');
    expect(await databaseTime()).toBeGreaterThanOrEqual(exp - 50);
  }
});

longTest('changing a machine’s time while it runs has no effect', async () => {
  const [honest, jumps] = await Promise.all([start(), start(0, { JUMP_MS: String(10 * MINUTE) })]);
  const before = await signedUp(jumps);
  jumps.kill('SIGUSR2');
  expect(
    await eventually(
      () => jumps.said(),
      (said) => said.includes('the clock jumped'),
    ),
  ).toContain('jumped');
  const after = await signedUp(jumps);
  expect(Math.abs(issuedAt(after) - (await databaseTime()))).toBeLessThan(3000);
  for (const user of [before, after]) {
    expect(await session(user)).toBe('accepted');
    expect(await session(await moved(user, honest))).toBe('accepted');
    expect((await (await moved(user, honest)).refresh()).status).toBe(200);
  }
  const there = await moved(before, honest);
  expect((await there.post('/auth/logout')).status).toBe(204);
  const { refusal, acceptedFor } = await untilRefused(() => before.get('/auth/session'));
  expectProblem(refusal, 'token_blacklisted');
  expect(acceptedFor).toBeLessThan(1000);
});
