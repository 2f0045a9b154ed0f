import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Auth } from '../../client/src/index.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { clientFiles, type Front, startFront } from '../support/front.js';
import { build } from '../support/server-process.js';

declare global {
  interface Window {
    auth: Auth;
    told: [string | null | undefined, string][];
    heard: unknown[];
  }
}

/** Longer than `REFRESH_ROTATE_AFTER`: the next refresh rotates. **Unit** seconds. */
const ROTATES = 121;

let app: TestApp;
let front: Front;
let chromium: Browser;
let context: BrowserContext;
beforeAll(async () => {
  await build();
  app = await startApp({ accountPage: false });
  front = await startFront(app.url, { files: await clientFiles() });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
});
beforeEach(async () => {
  context = await chromium.newContext();
  context.setDefaultTimeout(20_000);
});
afterEach(() => context.close());

/** A tab with the built client, and what it was told. */
async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${front.port}/blank`);
  await startClient(page);
  return page;
}

async function startClient(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const file: string = '/client.js';
    const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
    window.auth = createAuth();
    window.told = [];
    window.auth.onChange((user, reason) => window.told.push([user?.email, reason]));
  });
}

const register = (page: Page, email = uniqueEmail()) =>
  page.evaluate(([email, password]) => window.auth.register({ email, password }).then(() => email), [
    email,
    PASSWORD,
  ] as const);
const refresh = (page: Page) => page.evaluate(() => window.auth.refresh().then((user) => user?.email));
const told = (page: Page) => page.evaluate(() => window.told);
const userOf = (page: Page) => page.evaluate(() => window.auth.user?.email ?? null);

test('two tabs that refresh at once, a hundred times, are never signed out', async () => {
  const [a, b] = [await openTab(), await openTab()];
  const email = await register(a);
  await b.evaluate(() => window.auth.ready());
  for (let i = 0; i < 100; i++) {
    // Most rounds rotate; some come so soon that the token is kept, or repeated to the tab that lost.
    app.clock.advance(i % 5 === 4 ? 10 : ROTATES);
    expect([i, ...(await Promise.all([refresh(a), refresh(b)]))]).toEqual([i, email, email]);
  }
  const sessions = await app.sql<{ generation: number }>(
    `SELECT generation FROM tokenjar.sessions JOIN tokenjar.users ON users.id = user_id WHERE email = $1`,
    [email],
  );
  expect(sessions).toHaveLength(1);
  expect(Number(sessions[0]?.generation)).toBeGreaterThanOrEqual(80);
  expect((await told(b)).filter(([, reason]) => reason === 'expired')).toEqual([]);
});

test('signing in and out in one tab is known in the other, which fetches a token of its own', async () => {
  const [a, b] = [await openTab(), await openTab()];
  await b.evaluate(() => window.auth.ready());
  const email = await register(a);
  await b.waitForFunction(() => window.auth.user);
  expect((await told(b)).at(-1)).toEqual([email, 'other-tab']);
  const [ofA, ofB] = await Promise.all([a, b].map((tab) => tab.evaluate(() => window.auth.accessToken())));
  expect([typeof ofA, ofA === ofB]).toEqual(['string', false]);

  await a.evaluate(() => window.auth.logout());
  await b.waitForFunction(() => window.auth.user === null);
  expect((await told(b)).at(-1)).toEqual([undefined, 'other-tab']);
});

test('what tabs say to each other are four words, and no token', async () => {
  const a = await openTab();
  const listener = await openTab();
  await listener.evaluate(() => {
    window.heard = [];
    const channel = new BroadcastChannel(new URL('/auth', location.href).href);
    channel.onmessage = ({ data }) => window.heard.push(data);
  });
  await register(a);
  await a.evaluate(() => window.auth.refresh());
  await a.evaluate(() => window.auth.logout());
  await listener.waitForFunction(() => window.heard.includes('logout'));
  expect([...new Set(await listener.evaluate(() => window.heard))].sort()).toEqual([
    'hold',
    'login',
    'logout',
    'release',
  ]);
});

test('signing in calls off the refresh of another tab, whose late answer never wins', async () => {
  const [a, b] = [await openTab(), await openTab()];
  await register(a);
  await b.evaluate(() => window.auth.ready());
  let reached = () => undefined as void;
  const isUnderWay = new Promise<void>((resolve) => (reached = resolve));
  let isFirst = true;
  await a.route('**/token/refresh', async (route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    reached();
    await a.waitForEvent('requestfailed');
  });
  app.clock.advance(ROTATES);
  const refreshed = refresh(a);
  await isUnderWay;
  const other = await register(b);
  expect(await refreshed).toBe(other);
  expect(await userOf(a)).toBe(other);
  expect((await told(a)).at(-1)).toEqual([other, 'other-tab']);
});

test('a sign-in that fails lets the refresh of the other tab go on', async () => {
  const [a, b] = [await openTab(), await openTab()];
  const email = await register(a);
  await b.evaluate(() => window.auth.ready());
  const refused = b.evaluate(
    ([email]) =>
      window.auth.login({ email, password: 'wrong' }).catch((error: { code: string }) => error.code),
    [email] as const,
  );
  const [code, user] = await Promise.all([refused, refresh(a)]);
  expect([code, user]).toEqual(['bad_credentials', email]);
});

test('offline nobody is signed out, and back online the page goes on', async () => {
  const page = await openTab();
  const email = await register(page);
  await context.setOffline(true);
  expect(
    await page.evaluate(() => window.auth.refresh().catch((error: { code: string }) => error.code)),
  ).toBe('unreachable');
  expect(await userOf(page)).toBe(email);
  await context.setOffline(false);
  await page.waitForFunction(() => window.auth.refresh().then(Boolean, () => false));
  expect(await userOf(page)).toBe(email);
});

test('a page that nobody looks at renews only when somebody looks again', async () => {
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`http://127.0.0.1:${front.port}/blank`);
  await startClient(page);
  await register(page);
  const refreshes: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/token/refresh')) refreshes.push(request.url());
  });
  const turn = (isHidden: boolean) =>
    page.evaluate((isHidden) => {
      Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, isHidden);
  await turn(true);
  await page.clock.runFor(590_000);
  expect(refreshes).toEqual([]);
  const seen = page.waitForRequest('**/token/refresh');
  await turn(false);
  await seen;
});
