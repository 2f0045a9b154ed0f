import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { clientFiles, type Front, startFront } from '../support/front.js';
import { build } from '../support/server-process.js';
import { signedIn, signUp } from './account-page.js';

let app: TestApp;
let front: Front;
let chromium: Browser;
beforeAll(async () => {
  await build();
  app = await startApp({ accountPage: true });
  front = await startFront(app.url, { files: await clientFiles() });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
});

/** Everything that a script on the page can read: storage, and every property that can be reached from the window. */
const readEverything = (page: Page) =>
  page.evaluate(async () => {
    const texts: string[] = [document.cookie, document.documentElement.outerHTML];
    for (const storage of [localStorage, sessionStorage])
      for (let i = 0; i < storage.length; i++) texts.push(storage.getItem(storage.key(i) ?? '') ?? '');
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    const cookies = 'cookieStore' in window ? await cookieStore.getAll() : [];
    texts.push(...performance.getEntries().map(({ name }) => name));

    const seen = new Set<object>();
    const queue: object[] = [window];
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (next instanceof Map || next instanceof Set) queue.push([...next]);
      for (const key of Reflect.ownKeys(next)) {
        texts.push(String(key));
        let value: unknown;
        try {
          value = (next as Record<PropertyKey, unknown>)[key];
        } catch {
          continue;
        }
        if (typeof value === 'string') texts.push(value);
        if (typeof value === 'function') texts.push(Function.prototype.toString.call(value));
        if ((typeof value === 'object' && value !== null) || typeof value === 'function') queue.push(value);
      }
      const prototype: unknown = Object.getPrototypeOf(next);
      if (prototype) queue.push(prototype);
    }
    return { all: texts.join('\n'), objects: seen.size, databases, caches, cookies };
  });

test('on the account page no token can be read from anywhere', async () => {
  const context = await chromium.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const bodies: Promise<string>[] = [];
  page.on('response', (response) => {
    // A visitor who is not signed in is told so without a body.
    if (/registration|refresh|login/.test(response.url()) && response.status() !== 204)
      bodies.push(response.text());
  });
  const email = await signUp(page, app.url);
  await page.reload();
  await signedIn(page);
  const accessTokens = (await Promise.all(bodies)).flatMap(
    (body) => (JSON.parse(body) as { access_token?: string }).access_token ?? [],
  );
  expect(accessTokens).toHaveLength(2);
  const [refreshCookie] = await context.cookies();
  expect(refreshCookie?.value).toMatch(/^eyJ/);

  const { all, objects, databases, caches, cookies } = await readEverything(page);
  // It did look: the page, and what stands in a variable of the window.
  expect([objects > 1000, all.includes(email)]).toEqual([true, true]);
  for (const secret of [...accessTokens, refreshCookie?.value ?? ''])
    // The signature alone would do for a search.
    for (const part of [secret, secret.split('.')[2] ?? '']) expect(all.includes(part)).toBe(false);
  expect([databases, caches, cookies]).toEqual([[], [], []]);
  await context.close();
});

test('the client keeps the token out of every property of itself', async () => {
  const page = await chromium.newPage();
  await page.goto(`http://127.0.0.1:${front.port}/blank`);
  const token = await page.evaluate(
    async ([email, password]) => {
      const file: string = '/client.js';
      const { createAuth } = (await import(file)) as typeof import('../../client/src/index.js');
      const auth = createAuth();
      Object.assign(window, { auth });
      await auth.register({ email, password });
      return auth.accessToken();
    },
    ['ada@example.com', 'marble cactus orbit lantern'] as const,
  );
  expect(token).toMatch(/^eyJ/);
  const { all } = await readEverything(page);
  expect([all.includes('ada@example.com'), all.includes(token ?? '')]).toEqual([true, false]);
  // A token that is kept where others can reach it is found.
  await page.evaluate((token) => Object.assign(window, { careless: { nested: [{ token }] } }), token);
  expect((await readEverything(page)).all.includes(token ?? '')).toBe(true);
});
