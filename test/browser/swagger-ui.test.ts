import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';

let app: TestApp;
let chromium: Browser;
beforeAll(async () => {
  app = await startApp({ accessTokenLifetime: '10s', accessTokenJitter: 0 });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await app?.close();
});

/** An operation of the page, opened. */
async function opened(page: Page, method: string, path: string): Promise<Locator> {
  const block = page
    .locator(`.opblock-${method}`)
    .filter({ has: page.locator(`.opblock-summary-path[data-path="${path}"]`) });
  await block.locator('.opblock-summary-control').click();
  await block.locator('button.execute').waitFor();
  return block;
}

/** Presses Execute. @returns what the page shows of the answer. */
async function execute(block: Locator, body?: object): Promise<{ status: number; text: string }> {
  const clear = block.locator('.btn-clear');
  if (await clear.isVisible()) await clear.click();
  if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
  await block.locator('button.execute').click();
  const shown = block.locator('.live-responses-table .response').first();
  await shown.waitFor();
  return {
    status: parseInt(await shown.locator('.response-col_status').innerText(), 10),
    text: await shown.locator('.response-col_description').innerText(),
  };
}

test('log in, authorize, expire, refresh, sign out: all by hand in Swagger UI', async () => {
  const { email } = await app.signedUp();
  const context = await chromium.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const errors = noteErrors(page);
  await page.goto(`${app.url}/docs`);

  const login = await execute(await opened(page, 'post', '/auth/login'), { email, password: PASSWORD });
  expect(login.status).toBe(200);
  const [, token = ''] = /"access_token": "([^"]+)"/.exec(login.text) ?? [];
  expect(token).toMatch(/^eyJ/);
  // The refresh token is in the cookie, and script on the page does not see it.
  expect(await context.cookies()).toMatchObject([{ name: 'refresh_token', httpOnly: true }]);
  expect(await page.evaluate(() => document.cookie)).toBe('');

  await page.locator('.btn.authorize').first().click();
  const dialog = page.locator('.modal-ux');
  await dialog.locator('input[type=text]').first().fill(token);
  await dialog.locator('.auth-btn-wrapper .authorize').first().click();
  await dialog.locator('.btn-done').first().click();

  const user = await opened(page, 'get', '/auth/user');
  expect(await execute(user)).toMatchObject({ status: 200, text: expect.stringContaining(email) });
  app.clock.advance(11);
  expect(await execute(user)).toMatchObject({ status: 401, text: expect.stringContaining('token_expired') });

  const refresh = await opened(page, 'post', '/auth/token/refresh');
  const refreshed = await execute(refresh);
  expect(refreshed).toMatchObject({ status: 200, text: expect.stringContaining('access_token') });
  expect(refreshed.text).not.toContain('"refresh_token"');

  const logout = await opened(page, 'post', '/auth/logout');
  expect((await execute(logout)).status).toBe(204);
  expect(await context.cookies()).toEqual([]);
  expect(await execute(refresh)).toMatchObject({
    status: 401,
    text: expect.stringContaining('refresh_missing'),
  });
  expect(errors).toEqual([]);
  await context.close();
}, 90_000);
