import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { isLong } from '../support/long.js';
import { build } from '../support/server-process.js';
import { card, emailField, passwordField, signedIn, signIn, signUp } from './account-page.js';
import { violations } from './axe.js';

let app: TestApp;
let chromium: Browser;
beforeAll(async () => {
  await build();
  app = await startApp({ accountPage: true, showAccessToken: true, apiKeys: true });
  chromium = await startChromium();
}, 120_000);
afterAll(async () => {
  await chromium?.close();
  await app?.close();
});

let context: BrowserContext;
let page: Page;
let errors: string[];
beforeEach(async () => {
  context = await chromium.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
  errors = noteErrors(page);
});
afterEach(() => context.close());

test('signed out it shows the sign-in form with one password field, and sign-up one click away', async () => {
  await page.goto(app.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.locator('input[autocomplete^=username]').count()).toBe(1);
  expect(await page.locator('input[type=password]').count()).toBe(1);
  expect(await passwordField(page).getAttribute('autocomplete')).toBe('current-password');
  await page.getByRole('link', { name: 'Create an account' }).click();
  expect(await page.locator('input[type=password]').count()).toBe(1);
  expect(await passwordField(page).getAttribute('autocomplete')).toBe('new-password');
  expect(errors).toEqual([]);
});

test('a visitor who is not signed in sees nothing red in the console', async () => {
  const all = noteErrors(page, () => false);
  await page.goto(app.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(all).toEqual([]);
});

test('who signs up is still there after a reload, and gone after signing out', async () => {
  const email = await signUp(page, app.url);
  await page.reload();
  await signedIn(page);
  expect(await page.getByText(email).isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(errors).toEqual([]);
});

test('an API key is made with a permission, shown once, copied and revoked', async () => {
  const email = await signUp(page, app.url);
  const roles = app.app.get(RoleChanges);
  await roles.set({ name: 'clerk', permissions: ['orders:read', 'orders:write'] });
  const user = await app.app.get(Users).findByEmail(email);
  await roles.assign(user?.id ?? 0, ['clerk']);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.reload();
  const keys = card(page, 'API keys');
  await keys.getByText('You have none.').waitFor();
  await keys.getByText('Make a key…').click();
  await keys.getByLabel('Name').fill('Nightly export');
  await keys.getByLabel('orders:read').check();
  await keys.getByRole('button', { name: 'Make a key' }).click();
  const fresh = keys.getByLabel('New API key');
  const key = await fresh.inputValue();
  expect(await fresh.evaluate((input) => input === document.activeElement)).toBe(true);
  await keys.getByRole('button', { name: 'Copy', exact: true }).click();
  await keys.getByText('Copied.').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  expect(await violations(page)).toEqual([]);
  const program = Object.assign(app.browser(), { accessToken: key });
  expect((await program.get('/auth/session')).body.scope).toBe('orders:read');
  await page.reload();
  await keys.getByText('orders:read · expires on').waitFor();
  expect(await page.content()).not.toContain(key);
  await keys.getByRole('button', { name: 'Revoke Nightly export' }).click();
  await keys.getByText('The key does not work any more.').waitFor();
  expect((await program.get('/auth/session')).status).toBe(401);
  expect(errors).toEqual([]);
});

describe('what went wrong is said in plain words', () => {
  test('a wrong password', async () => {
    await page.goto(app.url);
    await emailField(page).fill(uniqueEmail());
    await passwordField(page).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('Wrong email address or password.').waitFor();
  });

  test('a password that is easily guessed, beside its field, which gets the focus', async () => {
    await page.goto(`${app.url}/#sign-up`);
    await emailField(page).fill(uniqueEmail());
    await passwordField(page).fill('aaaaaaaaaaaaaaaaaaaa');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByText('too easy to guess').waitFor();
    expect(await passwordField(page).getAttribute('aria-invalid')).toBe('true');
    expect(await passwordField(page).evaluate((field) => field === document.activeElement)).toBe(true);
    const described = await passwordField(page).evaluate(
      (field) => document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent,
    );
    expect(described).toContain('too easy to guess');
  });

  test('an address that is taken', async () => {
    const { email } = await app.signedUp();
    await page.goto(`${app.url}/#sign-up`);
    await emailField(page).fill(email);
    await passwordField(page).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByText('An account with this address already exists').waitFor();
  });
});

test('sessions: another one is listed and ended, and learns it at its next request', async () => {
  const email = await signUp(page, app.url);
  const elsewhere = await (await chromium.newContext({ locale: 'en-GB' })).newPage();
  await signIn(elsewhere, app.url, email);
  await page.reload();
  await signedIn(page);
  await page.getByRole('button', { name: /^End session/ }).click();
  await page.getByText('That session was ended.').waitFor();
  expect(await page.getByRole('button', { name: /^End session/ }).count()).toBe(0);

  // It looks at its list again when it gets the focus.
  await elsewhere.evaluate(() => window.dispatchEvent(new Event('focus')));
  await elsewhere.getByText('Your session has ended. Please sign in again.').waitFor();
  await elsewhere.context().close();
});

test('two tabs: signing out in one signs the other out, with a sentence', async () => {
  const email = await signUp(page, app.url);
  const other = await context.newPage();
  await other.goto(app.url);
  await signedIn(other);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await other.getByText('You were signed out in another tab.').waitFor();
  await signIn(page, app.url, email);
  await signedIn(other);
});

test('all other sessions are ended with one button', async () => {
  const { email } = await app.signedUp();
  await signIn(page, app.url, email);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await page.getByText('All other sessions were ended.').waitFor();
  expect(await page.getByRole('button', { name: 'Sign out everywhere else' }).count()).toBe(0);
});

test('the password is changed, and a wrong one is said', async () => {
  const next = 'a rather different set of words';
  const email = await signUp(page, app.url);
  const card = page.getByRole('region', { name: 'Change password' });
  await card.getByLabel('Current password').fill('not this one');
  await card.getByLabel('New password').fill(next);
  await card.getByRole('button', { name: 'Change password' }).click();
  await card.getByText('Wrong password.').waitFor();
  expect(await card.getByLabel('Current password').getAttribute('aria-invalid')).toBe('true');
  await card.getByLabel('Current password').fill(PASSWORD);
  await card.getByRole('button', { name: 'Change password' }).click();
  await card.getByText('Your password has been changed.').waitFor();
  expect(await card.getByLabel('New password').inputValue()).toBe('');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signIn(page, app.url, email, next);
});

test('the account is deleted, with the password', async () => {
  const email = await signUp(page, app.url);
  await page.getByText('Delete account…').click();
  const card = page.getByRole('region', { name: 'Delete account' });
  await card.getByLabel('Current password').fill(PASSWORD);
  await card.getByRole('button', { name: 'Delete permanently' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await app.sql('SELECT 1 FROM tokenjar.users WHERE email = $1', [email])).toEqual([]);
});

test('an expired session leads to the sign-in form, with a sentence', async () => {
  await signUp(page, app.url);
  app.clock.advance(40 * 86_400);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.getByText('Your session has ended. Please sign in again.').waitFor();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('refresh_token');
});

test('offline it says so and signs nobody out; back online it goes on', async () => {
  await signUp(page, app.url);
  await context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('banner').getByText('The server cannot be reached.').waitFor();
  await signedIn(page);
  await context.setOffline(false);
  await page.getByText('You are offline.').waitFor({ state: 'hidden' });
  await page.reload();
  await signedIn(page);
});

test('a page load while the server is away waits for it, and then knows', async () => {
  const email = await signUp(page, app.url);
  await page.route('**/token/refresh', (route) => route.fulfill({ status: 502, body: 'Bad gateway' }));
  await page.reload();
  await page.getByText('The server cannot be reached. Trying again…').waitFor();
  await page.unroute('**/token/refresh');
  await page.getByText(email).waitFor();
});

test('the countdown runs, by what the server said and not by the clock of this machine', async () => {
  await page.clock.install({ time: new Date('2001-01-01') });
  await signUp(page, app.url);
  const left = () => page.locator('.countdown').getAttribute('data-seconds').then(Number);
  const first = await left();
  expect(first).toBeGreaterThan(500);
  await page.clock.runFor(10_000);
  expect(first - (await left())).toBeGreaterThanOrEqual(9);
});

describe('accessible', () => {
  test.each([...(isLong ? [['light', 'en-GB'] as const] : []), ['dark', 'ko-KR'] as const])(
    'axe finds nothing in %s, %s',
    async (colorScheme, locale) => {
      const own = await chromium.newContext({ colorScheme, locale, bypassCSP: true });
      const page = await own.newPage();
      const { email } = await app.signedUp();
      await page.goto(app.url);
      await page.locator('input[type=password]').waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(locale.slice(0, 2));
      expect(await violations(page)).toEqual([]);
      await page.locator('input[type=email]').fill(email);
      await page.locator('input[type=password]').fill('wrong');
      await page.locator('button.primary').click();
      await page.getByRole('alert').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.locator('input[type=password]').fill(PASSWORD);
      await page.locator('button.primary').click();
      await page.locator('.sessions li').first().waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(await violations(page)).toEqual([]);
      await own.close();
    },
  );

  test('everything is reached and done by keyboard', async () => {
    const { email } = await app.signedUp();
    await page.goto(app.url);
    await emailField(page).waitFor();
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document;
        return activeElement?.getAttribute('name') ?? activeElement?.textContent;
      });
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('한국어');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('email');
    await page.keyboard.type(email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await signedIn(page);
    // The focus is not lost with the form.
    expect(await focused()).toMatch(/^Hello/);
  });

  test('the language is chosen and kept', async () => {
    await page.goto(app.url);
    await page.getByRole('button', { name: '한국어' }).click();
    await page.getByRole('heading', { name: '로그인' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '로그인' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko');
  });
});

const ELSEWHERE = [
  { dialect: 'django', pathPrefix: 'api/v1/auth' },
  { dialect: 'django-legacy' },
  { dialect: 'envelope', pathPrefix: '' },
] as const;
test.each(isLong ? ELSEWHERE : ELSEWHERE.slice(0, 1))('it works with %j', async (settings) => {
  const other = await startApp({ accountPage: true, ...settings });
  try {
    const email = await signUp(page, other.url);
    await page.reload();
    await signedIn(page);
    await page.getByText('this device').waitFor();
    const card = page.getByRole('region', { name: 'Change password' });
    await card.getByLabel('Current password').fill(PASSWORD);
    await card.getByLabel('New password').fill('Nine-quiet-herons-7');
    await card.getByRole('button', { name: 'Change password' }).click();
    await card.getByText('Your password has been changed.').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await signIn(page, other.url, email, 'Nine-quiet-herons-7');
    await page.getByText('Delete account…').click();
    const deletion = page.getByRole('region', { name: 'Delete account' });
    await deletion.getByLabel('Current password').fill('Nine-quiet-herons-7');
    await deletion.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  } finally {
    await other.close();
  }
});
