import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { chromiumOptions, startChromium } from '../support/chromium.js';
import { type Front, startFront } from '../support/front.js';
import { longTest as test } from '../support/long.js';
import { ROOT } from '../support/server-process.js';

/**
 * The browser itself, with keys in software. It takes a whole Chromium, such as Debian's in `CHROMIUM`: a headless shell
 * has no bound sessions. It does not take certificates that it was told to ignore, but it takes one key.
 */
const FEATURES = 'DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting';

let app: TestApp;
let front: Front;
let chromium: Chromium;
let url: string;
beforeAll(async () => {
  app = await startApp({ deviceBoundSessions: true, trustedProxies: ['loopback'] });
  const blank = { type: 'text/html', body: '<!doctype html><html lang="en"><title>Blank</title>' };
  front = await startFront(app.url, { isSecure: true, files: { '/blank': blank } });
  url = `https://app.test:${front.port}`;
  const certificate = new X509Certificate(await readFile(join(ROOT, 'test/support/tls/cert.pem')));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(key).digest('base64');
  const { args = [] } = await chromiumOptions();
  const own = [...args, `--enable-features=${FEATURES}`, `--ignore-certificate-errors-spki-list=${pin}`];
  chromium = await startChromium({ args: own });
}, 120_000);
afterAll(async () => {
  await chromium?.close();
  await front?.close();
  await app?.close();
});

const send = (page: Page, path: string, json?: object): Promise<number> =>
  page.evaluate(
    async ([to, body]) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(to, { method: 'POST', headers, body })).status;
    },
    [path, JSON.stringify(json ?? {})] as const,
  );
const refresh = (page: Page) => send(page, '/auth/token/refresh');

const boundCount = async () =>
  (await app.sql('SELECT 1 FROM tokenjar.sessions WHERE bound_jwk IS NOT NULL')).length;

/** A page whose session is bound; undefined where this browser cannot. */
async function signedIn(): Promise<{ page: Page; context: BrowserContext } | undefined> {
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/blank`);
  const before = await boundCount();
  expect(await send(page, '/auth/registration', { email: uniqueEmail(), password: PASSWORD })).toBe(201);
  for (let i = 0; i < 30; i++) {
    if ((await boundCount()) > before) return { page, context };
    await page.waitForTimeout(100);
  }
  return undefined;
}

test('pages may be reloaded more often than Chrome signs', async () => {
  const user = await signedIn();
  for (let i = 0; user && i < 12; i++) expect(await refresh(user.page)).toBe(200);
}, 60_000);

test('a browser binds its session, goes on, and a copy of its jar does not', async () => {
  const user = await signedIn();
  if (!user) return console.warn('This Chromium has no bound sessions: set CHROMIUM to a whole one.');
  const { page, context } = user;
  // Not more: its quota is of real time.
  for (let i = 0; i < 4; i++) {
    app.clock.advance(480);
    expect(await refresh(page)).toBe(200);
  }
  const jar = await context.cookies();
  expect(jar.map(({ name }) => name)).not.toContain('__Host-device_proof');
  const cookie = jar.map(({ name, value }) => `${name}=${value}`).join('; ');
  const stolen = await fetch(`${app.url}/auth/token/refresh`, {
    method: 'POST',
    headers: { cookie, 'x-forwarded-proto': 'https' },
  });
  expect([stolen.status, ((await stolen.json()) as { code: string }).code]).toEqual([
    403,
    'device_proof_required',
  ]);
  const other = await chromium.newContext();
  await other.addCookies(jar);
  const thief = await other.newPage();
  await thief.goto(`${url}/blank`);
  expect(await refresh(thief)).toBe(403);
}, 120_000);

test('two tabs go on, and a sign-out ends the binding', async () => {
  const user = await signedIn();
  if (!user) return;
  const { page, context } = user;
  // Two tabs.
  const second = await context.newPage();
  await second.goto(`${url}/blank`);
  for (let i = 0; i < 3; i++) {
    app.clock.advance(480);
    const both = await Promise.all([refresh(page), refresh(second)]);
    expect(both).toContain(200);
    for (const status of both) if (status !== 200) expect(await refresh(page)).toBe(200);
  }
  expect(await send(page, '/auth/logout')).toBe(204);
  expect(await refresh(page)).toBe(401);
}, 120_000);
