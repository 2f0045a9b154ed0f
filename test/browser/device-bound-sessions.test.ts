import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test as anyTest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { Browser as Chromium } from 'playwright-core';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { clientFiles, type Fault, type Front, startFront } from '../support/front.js';
import { longTest } from '../support/long.js';
import { build } from '../support/server-process.js';
import { BoundUser, startBoundChromium } from './bound-chromium.js';

/**
 * The browser itself. It takes a whole Chromium, such as Debian's: a headless shell has no bound sessions. With another
 * one in `CHROMIUM` these tests fail.
 */
const test = process.env.CHROMIUM === undefined ? anyTest.skip : longTest;

const REFRESH = '/auth/token/refresh';
const BIND = '/auth/token/device';
const PROVE = '/auth/token/device/proof';
const REQUIRED = [403, 'device_proof_required'];

const clock = new TestClock();
let database: TestDatabase;
let app: TestApp;
let front: Front;
let chromium: Chromium;
let fault: (incoming: IncomingMessage) => Fault | undefined = () => undefined;
let url: string;
let opened: BoundUser[] = [];

const start = () => startApp({ deviceBoundSessions: true, trustedProxies: ['loopback'], clock }, database);
const restart = async () => {
  await app.close();
  app = await start();
};

beforeAll(async () => {
  await build();
  database = await createDatabase();
  app = await start();
  const settings = {
    isSecure: true,
    files: await clientFiles(),
    fault: (each: IncomingMessage) => fault(each),
  };
  front = await startFront(() => app.url, settings);
  url = `https://app.test:${front.port}`;
  chromium = await startBoundChromium(false);
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
  await database?.drop();
});
beforeEach(() => {
  fault = () => undefined;
});
afterEach(async () => {
  for (const { context } of opened) await context.close();
  opened = [];
});

async function open(browser = chromium): Promise<BoundUser> {
  const user = await BoundUser.open(browser, url);
  opened.push(user);
  return user;
}

/** A user with a session that is bound. */
async function bound(): Promise<{ user: BoundUser; id: string }> {
  const user = await open();
  const id = await user.signUp();
  expect(await user.refresh()).toBe(200);
  expect(await rowOf(id)).toMatchObject({ isBound: true });
  return { user, id };
}

const rowOf = async (id: string) =>
  (
    await app.sql<{ isBound: boolean; generation: number }>(
      'SELECT bound_at IS NOT NULL AS "isBound", generation FROM tokenjar.sessions WHERE id = $1',
      [id],
    )
  )[0];

/** Backs off for seconds after errors, as the browser does, and then has to go on. */
const goesOn = async (user: BoundUser) =>
  expect(
    await eventually(
      () => user.refresh(),
      (status) => status === 200,
      20_000,
    ),
  ).toBe(200);

/** A plain HTTP client with a copy of the cookies. */
async function copied(cookie: string): Promise<[number, unknown]> {
  const headers = { cookie, 'x-forwarded-proto': 'https' };
  const answer = await fetch(app.url + REFRESH, { method: 'POST', headers });
  return [answer.status, ((await answer.json()) as { code: unknown }).code];
}

const jarOf = async ({ context }: BoundUser) => {
  const jar = await context.cookies();
  return { jar, cookie: jar.map(({ name, value }) => `${name}=${value}`).join('; ') };
};

describe('a browser that binds its sessions', () => {
  test('refreshes for a day, through restarts and errors of the server and lost answers', async () => {
    const { user, id } = await bound();
    const troubles: [path: string, what: Fault][] = [
      [PROVE, 500],
      [PROVE, 503],
      [REFRESH, 503],
      [PROVE, 'lost'],
      [REFRESH, 'lost'],
    ];
    for (let i = 0; i < 180; i++) {
      clock.advance(480);
      if (i % 45 === 44) await restart();
      const [path, what] = troubles[(i / 10) % troubles.length] ?? [];
      if (path !== undefined && what !== undefined) {
        fault = (incoming) => (incoming.url === path ? what : undefined);
        expect([path, what, await user.refresh()]).toEqual([path, what, expect.any(Number)]);
        expect(await user.refresh()).not.toBe(401);
        fault = () => undefined;
        await goesOn(user);
      } else expect([i, await user.refresh()]).toEqual([i, 200]);
    }
    // Every refresh has rotated, and nothing has ended.
    expect((await rowOf(id))?.generation).toBeGreaterThan(180);
    expect(user.events.filter(({ terminationEventDetails }) => terminationEventDetails)).toEqual([]);
  }, 240_000);

  test('goes on unbound if the answer to its registration is lost', async () => {
    const user = await open();
    fault = ({ url: path }) => (path === BIND ? 'lost' : undefined);
    expect(await user.send('/auth/registration', { email: user.email, password: PASSWORD })).toBe(201);
    const event = await user.event(({ creationEventDetails }) => creationEventDetails !== undefined);
    expect(event.succeeded).toBe(false);
    fault = () => undefined;
    for (let i = 0; i < 3; i++) {
      clock.advance(480);
      expect(await user.refresh()).toBe(200);
    }
    const [row] = await app.sql(
      `SELECT s.bound_jwk IS NOT NULL AS "hasKey", s.bound_at AS "boundAt" FROM tokenjar.sessions s
       JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
      [user.email],
    );
    expect(row).toEqual({ hasKey: true, boundAt: null });
  }, 60_000);

  test.each([0, 31, 90, 290])(
    'goes on %s s after a lost answer to the first proof',
    async (age) => {
      const user = await open();
      const id = await user.signUp();
      fault = ({ url: path, headers }) =>
        path === PROVE && headers['secure-session-response'] !== undefined ? 'lost' : undefined;
      expect(await user.refresh()).toBe(403);
      expect(await rowOf(id)).toMatchObject({ isBound: true });
      fault = () => undefined;
      clock.advance(age);
      await goesOn(user);
    },
    60_000,
  );

  test.each([0, 31, 101, 480])(
    'goes on %s s after a lost answer to a refresh',
    async (age) => {
      const { user, id } = await bound();
      clock.advance(480);
      fault = ({ url: path }) => (path === REFRESH ? 'lost' : undefined);
      expect(await user.refresh()).toBe(0);
      expect(await rowOf(id)).toMatchObject({ generation: 2 });
      fault = () => undefined;
      clock.advance(age);
      // Its parent may have to wait for up to 100 s.
      if (age === 31) {
        expect(await user.refresh()).toBe(503);
        clock.advance(70);
      }
      await goesOn(user);
    },
    60_000,
  );

  test('has two tabs that refresh at once', async () => {
    const { user } = await bound();
    const second = await user.tab();
    for (let i = 0; i < 20; i++) {
      clock.advance(480);
      const both = await Promise.all([user.refresh(), user.refresh(second)]);
      expect(both).toContain(200);
      // The proof of the first may be used up: it asks again.
      for (const status of both) if (status !== 200) expect(await user.refresh(second)).toBe(200);
    }
  }, 60_000);
});

describe('a copy of the whole jar', () => {
  test('is refused at once, in another browser and outside of one, and the first goes on', async () => {
    const { user } = await bound();
    for (const age of [0, 31, 121, 480, 86_400]) {
      const { jar, cookie } = await jarOf(user);
      expect(jar.map(({ name }) => name)).toContain('__Host-refresh_token');
      expect(jar.map(({ name }) => name)).not.toContain('__Host-device_proof');
      clock.advance(age);
      expect([age, ...(await copied(cookie))]).toEqual([age, ...REQUIRED]);
      const thief = await open();
      await thief.context.addCookies(jar);
      expect([age, await thief.refresh()]).toEqual([age, 403]);
      expect([age, await user.refresh()]).toEqual([age, 200]);
      expect([age, ...(await copied(cookie))]).toEqual([age, ...REQUIRED]);
    }
  }, 60_000);
});

describe('the end', () => {
  test('of a session ends its binding', async () => {
    const { user, id } = await bound();
    const before = user.events.length;
    expect(await user.send('/auth/logout')).toBe(204);
    expect(await user.refresh()).toBe(401);
    const event = await user.event(
      ({ terminationEventDetails }) => terminationEventDetails !== undefined,
      before,
    );
    expect(event.sessionId).toBe(id);
    // It asks for proofs no more, and binds the next.
    const asked = front.exchanges.length;
    expect(await user.refresh()).toBe(401);
    expect(front.exchanges.slice(asked).map(({ path }) => path)).toEqual([REFRESH]);
    const again = user.events.length;
    expect(await user.send('/auth/login', { email: user.email, password: PASSWORD })).toBe(200);
    expect(await user.bound(again)).not.toBe(id);
    expect(await user.refresh()).toBe(200);
  }, 60_000);

  test('of a key shows the sign-in, which binds again', async () => {
    const { user, id } = await bound();
    const { page } = user;
    await page.clock.install();
    await user.startClient();
    expect((await page.evaluate(() => window.auth.ready()))?.email).toBe(user.email);
    await user.loseKey(id);
    const reasons = async () => (await user.told()).map(([, reason]) => reason);
    /** Time passes until the next refresh was answered. */
    const next = async () => {
      const answer = page.waitForResponse((response) => response.url().endsWith(REFRESH));
      // It fires what is due once: the time that the client waits for the answer does not pass with it.
      await page.clock.fastForward(61_000);
      await (await answer).finished();
      return (await answer).status();
    };
    await page.clock.fastForward(480_000);
    for (let i = 0; i < 8; i++) expect(await next()).toBe(403);
    expect(await reasons()).toEqual(['restored']);
    for (let i = 0; i < 40 && (await reasons()).length < 2; i++) await next();
    expect(await user.told()).toEqual([
      [user.email, 'restored'],
      [undefined, 'unproven'],
    ]);
    expect(await rowOf(id)).toMatchObject({ isBound: true });
    // In another tab.
    const second = await user.tab();
    await user.startClient(second);
    const before = user.events.length;
    await second.evaluate(([email, password]) => window.auth.login({ email, password }), [
      user.email,
      PASSWORD,
    ] as const);
    expect(await user.bound(before)).not.toBe(id);
    await page.waitForFunction(() => window.auth.user !== null, undefined, { polling: 50 });
    expect((await reasons()).at(-1)).toBe('other-tab');
    clock.advance(480);
    expect(await user.refresh(second)).toBe(200);
  }, 120_000);
});

describe('with the quota of users', () => {
  let limited: Chromium;
  beforeAll(async () => {
    limited = await startBoundChromium(true);
  }, 60_000);
  afterAll(() => limited?.close());

  test('pages may be reloaded more often than Chrome signs', async () => {
    const user = await open(limited);
    await user.signUp();
    for (let i = 0; i < 12; i++) expect(await user.refresh()).toBe(200);
  }, 60_000);

  test('a browser that may not sign says so, keeps its session, and is not signed out', async () => {
    const user = await open(limited);
    let id = await user.signUp();
    const skipped: unknown[] = [];
    fault = ({ headers }) => void skipped.push(headers['secure-session-skipped']);
    // A binding and a proof for each.
    for (let signIns = 0; signIns < 2; signIns++) {
      expect(await user.refresh()).toBe(200);
      const before = user.events.length;
      expect(await user.send('/auth/login', { email: user.email, password: PASSWORD })).toBe(200);
      id = await user.bound(before);
    }
    expect(await user.refresh()).toBe(200);
    clock.advance(480);
    expect(await user.refresh()).toBe(403);
    expect(skipped.at(-1)).toBe(`quota_exceeded;session_identifier="${id}"`);
    await user.event(({ refreshEventDetails: each }) => each?.refreshResult === 'SigningQuotaExceeded');
    expect(await rowOf(id)).toMatchObject({ isBound: true });
    expect((await jarOf(user)).cookie).toContain('__Host-refresh_token');
  }, 60_000);
});
