import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { profileDirectory, startChromium, startWithProfile } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { type Front, startFront } from '../support/front.js';
import { build } from '../support/server-process.js';
import { startProxy } from '../support/tcp-proxy.js';
import { signedIn, signUp } from './account-page.js';

let chromium: Browser;
beforeAll(async () => {
  await build();
  chromium = await startChromium();
}, 240_000);
afterAll(() => chromium?.close());

/** Of another site: the requests a page can make without being asked, with the cookie if the browser gives it. */
const ATTACK = `<!doctype html><title>Other site</title><iframe name="hidden"></iframe>`;

describe.each([
  ['strict', {}],
  // Without the help of SameSite: the check of the origin has to do.
  ['none', { cookieSamesite: 'none', cookieSecure: true }],
] as const)('over https, SameSite=%s', (sameSite, settings) => {
  let app: TestApp;
  let front: Front;
  let context: BrowserContext;
  let page: Page;
  let home: string;
  beforeAll(async () => {
    app = await startApp({ accountPage: true, trustedProxies: ['127.0.0.1'], ...settings });
    front = await startFront(app.url, {
      isSecure: true,
      files: { '/attack': { type: 'text/html', body: ATTACK } },
    });
    home = `https://id.example.test:${front.port}`;
    context = await chromium.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    await signUp(page, home);
  });
  afterAll(async () => {
    await context?.close();
    await front?.close();
    await app?.close();
  });

  test('the cookie is HttpOnly, Secure, has the __Host- prefix, and script does not see it', async () => {
    expect(await context.cookies()).toMatchObject([
      {
        name: '__Host-refresh_token',
        domain: 'id.example.test',
        path: '/',
        httpOnly: true,
        secure: true,
        sameSite: sameSite === 'strict' ? 'Strict' : 'None',
      },
    ]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    expect(await page.evaluate(() => cookieStore.getAll())).toEqual([]);
  });

  test('a page of another site can neither refresh, nor sign out, nor sign somebody in', async () => {
    const before = front.exchanges.length;
    const evil = await context.newPage();
    await evil.goto(`https://other-site.test:${front.port}/attack`);
    const paths = ['/auth/token/refresh', '/auth/logout', '/auth/token/blacklist'];
    for (const path of paths) {
      const read = await evil.evaluate(async (url) => {
        const tries: RequestInit[] = [
          { method: 'POST', credentials: 'include' },
          { method: 'POST', credentials: 'include', mode: 'no-cors' },
          { method: 'POST', credentials: 'include', mode: 'no-cors', body: new URLSearchParams({ a: 'b' }) },
        ];
        const answers = [];
        for (const init of tries)
          answers.push(
            await fetch(url, init).then(
              (response) => response.text(),
              () => '',
            ),
          );
        navigator.sendBeacon(url);
        return answers.join('');
      }, home + path);
      expect(read).toBe('');
      for (const target of ['hidden', '_blank']) {
        const posted = evil.context().waitForEvent('response', (response) => response.url() === home + path);
        await evil.evaluate(
          ([action, target]) => {
            const form = document.createElement('form');
            Object.assign(form, { action, target, method: 'post' });
            document.body.append(form);
            form.submit();
          },
          [home + path, target] as const,
        );
        await posted;
      }
    }
    const login = await evil.evaluate(
      (url) =>
        fetch(url, {
          method: 'POST',
          credentials: 'include',
          mode: 'no-cors',
          body: new URLSearchParams({ email: 'thief@example.com', password: 'marble cactus orbit lantern' }),
        }).then(
          ({ type }) => type,
          () => 'not even seen',
        ),
      `${home}/auth/registration`,
    );
    expect(login).toBe('not even seen');

    const got = front.exchanges.slice(before).filter(({ method }) => method === 'POST');
    expect(got.length).toBeGreaterThanOrEqual(paths.length * 5);
    expect([...new Set(got.map(({ status }) => status))]).toEqual([403]);
    expect(got.flatMap(({ setCookie }) => setCookie)).toEqual([]);
    // With SameSite=None the browser did give the cookie away, so it was the origin that was refused.
    if (sameSite === 'none') expect(got.some(({ cookie }) => cookie?.includes('refresh_token'))).toBe(true);
    else expect(got.every(({ cookie }) => cookie === undefined)).toBe(true);

    await page.reload();
    await signedIn(page);
  });

  test('a script on the very page cannot read the refresh token', async () => {
    const [cookie] = await context.cookies();
    const loot = await page.evaluate(async () => {
      const response = await fetch('/auth/token/refresh', { method: 'POST' });
      const request = new XMLHttpRequest();
      const headers = await new Promise<string>((done) => {
        request.onloadend = () => done(request.getAllResponseHeaders() + request.responseText);
        request.open('POST', '/auth/token/refresh');
        request.send();
      });
      return [
        document.cookie,
        JSON.stringify([...response.headers]),
        await response.text(),
        headers,
        JSON.stringify(await cookieStore.getAll()),
      ].join('\n');
    });
    expect(loot).toContain('access_token');
    expect(loot).not.toContain(cookie?.value.split('.')[1]);
    expect(loot.toLowerCase()).not.toContain('set-cookie');
  });
});

test('without a prefix: what a sibling sub-domain plants is expired, and its victim stays signed in', async () => {
  const app = await startApp({ accountPage: true, trustedProxies: ['127.0.0.1'], cookiePrefix: 'none' });
  const front = await startFront(app.url, {
    isSecure: true,
    files: { '/attack': { type: 'text/html', body: ATTACK } },
  });
  const context = await chromium.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  try {
    const page = await context.newPage();
    const email = await signUp(page, `https://id.example.test:${front.port}`);
    const attacker = await app.signedUp();
    const token = (await attacker.refreshCookie()) ?? '';
    const sibling = await context.newPage();
    await sibling.goto(`https://evil.example.test:${front.port}/attack`);
    await sibling.evaluate((value) => {
      for (const path of ['/', '/auth/token', '/auth/token/refresh'])
        document.cookie = `refresh_token=${value}; Domain=example.test; Path=${path}; Secure`;
    }, token);
    const refresh = () =>
      page.evaluate(async () => {
        const response = await fetch('/auth/token/refresh', { method: 'POST' });
        return [response.status, ((await response.json()) as { user?: { email: string } }).user?.email];
      });
    expect((await refresh())[0]).toBe(400);
    expect(await refresh()).toEqual([200, email]);
    expect((await context.cookies()).filter(({ name }) => name === 'refresh_token')).toHaveLength(1);
  } finally {
    await context.close();
    await front.close();
    await app.close();
  }
});

test('the browser is killed in the middle of a rotation, and starts again signed in', async () => {
  const app = await startApp({ accountPage: true });
  const profile = await profileDirectory();
  const proxy = await startProxy(app.url);
  const url = proxy.through(app.url);
  let browser = await startWithProfile(profile.path);
  try {
    const page = await browser.context.newPage();
    const email = await signUp(page, url);
    // Chromium writes its jar after 30 s, or once there is much to write.
    await browser.context.addCookies(
      Array.from({ length: 600 }, (_, i) => ({
        name: `filler-${i}`,
        value: 'x',
        url: `http://filler-${Math.floor(i / 50)}.test`,
        expires: Date.now() / 1000 + 3600,
      })),
    );
    const isWritten = await eventually(
      async () => {
        await new Promise((wake) => setTimeout(wake, 200));
        return (await readFile(join(profile.path, 'Default/Cookies'))).includes('refresh_token');
      },
      Boolean,
      40_000,
    );
    expect(isWritten).toBe(true);

    const generation = async () =>
      (await app.sql<{ generation: string }>('SELECT generation FROM tokenjar.sessions'))[0]?.generation;
    const before = await generation();
    app.clock.advance(200);
    // The answer is on its way, and does not come in time.
    proxy.delay(1500);
    void page.reload().catch(() => undefined);
    const after = await eventually(generation, (now) => now !== before, 15_000);
    expect(after).not.toBe(before);
    await browser.kill();
    proxy.delay(0);

    app.clock.advance(200);
    browser = await startWithProfile(profile.path);
    const again = await browser.context.newPage();
    await again.goto(url);
    await signedIn(again);
    expect(await again.getByText(email).isVisible()).toBe(true);
  } finally {
    await browser.kill();
    await proxy.cut();
    await profile.remove();
    await app.close();
  }
}, 90_000);
