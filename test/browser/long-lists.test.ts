import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { build } from '../support/server-process.js';
import { emailField, passwordField, signUp } from './account-page.js';

let app: TestApp;
let chromium: Browser;
let page: Page;
beforeAll(async () => {
  await build();
  app = await startApp({
    accountPage: true,
    rateLimit: true,
    limitLoginAccount: '3/15m',
    limitRegistrationNetwork: 'off',
    limitLoginNetwork: 'off',
    sessionLimit: 0,
  });
  chromium = await startChromium();
  page = await (await chromium.newContext({ locale: 'en-GB' })).newPage();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await app?.close();
});

const entries = (title: string) =>
  page
    .locator('section, .card')
    .filter({ has: page.getByRole('heading', { name: title }) })
    .locator('li');
const showMore = (title: string) =>
  page
    .locator('section, .card')
    .filter({ has: page.getByRole('heading', { name: title }) })
    .getByRole('button', { name: 'Show more' });

test('lists of more than a page are shown page by page', async () => {
  const email = await signUp(page, app.url);
  const [user] = await app.sql<{ id: string }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
  await app.sql(
    `INSERT INTO tokenjar.audit_events (at, event, outcome, user_id)
     SELECT now(), 'password_change', 'success', $1 FROM generate_series(1, 149)`,
    [user?.id],
  );
  for (let i = 0; i < 104; i++) await login(email);
  await page.reload();
  await page.getByRole('heading', { name: 'Account activity' }).waitFor();
  await expectCount('Account activity', 8);
  await showMore('Account activity').click();
  await expectCount('Account activity', 100);
  await showMore('Account activity').click();
  await expectCount('Account activity', 200);
  await showMore('Account activity').click();
  // The account and its first session are two.
  await expectCount('Account activity', 2 + 149 + 104);
  expect(await showMore('Account activity').count()).toBe(0);

  await expectCount('Your sessions', 100);
  await showMore('Your sessions').click();
  await expectCount('Your sessions', 105);
  expect(await showMore('Your sessions').count()).toBe(0);
}, 120_000);

test('a sign-in that is refused for too many attempts leads to the page that unlocks the account', async () => {
  await page.goto(app.url);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  for (let attempt = 0; attempt < 4; attempt++) {
    await emailField(page).fill('somebody@example.com');
    await passwordField(page).fill('not the password at all');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /Wrong|Too many/ })
      .waitFor();
  }
  await page.getByRole('alert').getByRole('link', { name: 'Locked out?' }).click();
  await page.getByRole('heading', { name: 'Unlock your account' }).waitFor();
  await page.getByRole('button', { name: 'Send the email' }).waitFor();
});

const expectCount = async (title: string, count: number): Promise<void> => {
  await entries(title)
    .nth(count - 1)
    .waitFor();
  expect(await entries(title).count()).toBe(count);
};

async function login(email: string): Promise<void> {
  const { status } = await app.browser().post('/auth/login', { email, password: PASSWORD });
  if (status !== 200) throw new Error(`login answered ${status}`);
}
