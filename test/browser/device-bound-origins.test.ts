import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Browser as Chromium, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { chromiumOptions, startChromium } from '../support/chromium.js';
import { type Front, startFront } from '../support/front.js';
import { longTest as test } from '../support/long.js';
import { ROOT } from '../support/server-process.js';

/** As in device-bound-sessions.test.ts: it takes a whole Chromium in `CHROMIUM`. */
const FEATURES = 'DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting';
const PROOF = '/auth/token/device/proof';
const blank = { type: 'text/html', body: '<!doctype html><html lang="en"><title>Blank</title>' };

let on: TestApp;
let off: TestApp;
let api: Front;
let pages: Front;
let chromium: Chromium;
let target = '';
const urlOf = ({ port }: Front) => `https://app.test:${port}`;

beforeAll(async () => {
  pages = await startFront('http://127.0.0.1:9', { isSecure: true, files: { '/blank': blank } });
  api = await startFront(() => target, { isSecure: true, files: { '/blank': blank } });
  const settings = { trustedProxies: ['loopback'], trustedOrigins: [urlOf(pages)] };
  on = await startApp({ ...settings, deviceBoundSessions: true });
  off = await startApp({ ...settings, clock: on.clock }, on.database);
  target = on.url;
  const certificate = new X509Certificate(await readFile(join(ROOT, 'test/support/tls/cert.pem')));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(key).digest('base64');
  const { args = [] } = await chromiumOptions();
  const own = [...args, `--enable-features=${FEATURES}`, `--ignore-certificate-errors-spki-list=${pin}`];
  chromium = await startChromium({ args: own });
}, 120_000);
afterAll(async () => {
  await chromium?.close();
  for (const front of [api, pages]) await front?.close();
  for (const app of [off, on]) await app?.close();
});

const send = (page: Page, path: string, json: object = {}): Promise<number> =>
  page.evaluate(
    async ([to, body]) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(to, { method: 'POST', credentials: 'include', headers, body })).status;
    },
    [urlOf(api) + path, JSON.stringify(json)] as const,
  );
const refresh = (page: Page) => {
  on.clock.advance(480);
  return send(page, '/auth/token/refresh');
};
const proofs = () => api.exchanges.filter(({ path, status }) => path === PROOF && status === 200).length;
const isBound = async () =>
  (await on.sql('SELECT 1 FROM tokenjar.sessions WHERE bound_at IS NOT NULL')).length === 1;

test('pages of a trusted origin refresh a bound session, and a server that is off releases it', async () => {
  const context = await chromium.newContext();
  const [page, own] = [await context.newPage(), await context.newPage()];
  await page.goto(`${urlOf(pages)}/blank`);
  await own.goto(`${urlOf(api)}/blank`);
  expect(await send(page, '/auth/registration', { email: uniqueEmail(), password: PASSWORD })).toBe(201);
  for (let i = 0; i < 30 && !api.exchanges.some(({ path }) => path === '/auth/token/device'); i++)
    await page.waitForTimeout(100);
  if (!api.exchanges.some(({ path }) => path === '/auth/token/device'))
    return console.warn('This Chromium has no bound sessions: set CHROMIUM to a whole one.');
  expect([await refresh(page), proofs(), await isBound()]).toEqual([200, 1, true]);
  expect([await refresh(own), await refresh(page), proofs()]).toEqual([200, 200, 3]);

  target = off.url;
  expect([await refresh(page), await isBound()]).toEqual([200, false]);
  const after = proofs();
  target = on.url;
  // The browser has forgotten its key, and the server too.
  expect([await refresh(page), await refresh(own), proofs()]).toEqual([200, 200, after]);
}, 120_000);
