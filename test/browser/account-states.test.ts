import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { build } from '../support/server-process.js';
import { emailField, passwordField, signedIn, signIn, signUp } from './account-page.js';

let app: TestApp;
let chromium: Browser;
beforeAll(async () => {
  await build();
  app = await startApp({
    accountPage: true,
    siteName: 'Salt & Pepper',
    emailVerification: 'optional',
    deviceBoundSessions: true,
  });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await app?.close();
});

let context: BrowserContext;
let page: Page;
beforeEach(() => open({ locale: 'en-GB' }));
afterEach(() => context.close());
async function open(options: BrowserContextOptions): Promise<void> {
  await context?.close();
  context = await chromium.newContext(options);
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
}
const overflow = () =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('every page has a title of its own, and the name of the site', async () => {
  const titles: Record<string, string> = {
    '/': 'Sign in',
    '/#sign-up': 'Create an account',
    '/verify-email': 'Verify your email address',
    '/change-email': 'Confirm your new email address',
    '/reset-password': 'Set a new password',
    '/forgot-password': 'Forgot your password?',
    '/resend-email': 'Didn’t get the email?',
  };
  for (const [path, title] of Object.entries(titles)) {
    await page.goto('about:blank');
    await page.goto(app.url + path);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.waitForFunction((title) => document.title === title, `${title} · Salt & Pepper`);
    expect(await page.getByRole('banner').textContent()).toContain('Salt & Pepper');
  }
});

test('a link without its secret says so, offers another one, and has nothing to send', async () => {
  for (const [path, again] of [
    ['/verify-email', '/resend-email'],
    ['/reset-password', '/forgot-password'],
    ['/change-email', '/'],
  ] as const) {
    await page.goto(app.url + path);
    await page.getByRole('alert').getByText('This link is incomplete.').waitFor();
    expect(await page.locator('form').count()).toBe(0);
    const link = page.getByRole('link', { name: 'Request another email' });
    expect(await link.getAttribute('href')).toBe(again);
  }
});

test('a link that is dead leads to where another one is asked for', async () => {
  await page.goto(`${app.url}/verify-email#key=AAAA`);
  await page.getByLabel('The email address to which this link was sent').fill(uniqueEmail());
  await page.getByRole('button', { name: 'Verify your email address' }).click();
  await page.getByText('This link was not sent to that address').waitFor();
  await page.getByRole('alert').getByRole('link', { name: 'Request another email' }).click();
  await page.getByRole('heading', { name: 'Didn’t get the email?' }).waitFor();
});

test('an address that is not verified is asked for again with one button', async () => {
  const email = await signUp(page, app.url);
  await page.getByText('not verified').waitFor();
  await page.getByRole('button', { name: 'Send the email again' }).click();
  await page.getByText('An email is on its way.').waitFor();
  const [{ count } = { count: 0 }] = await app.sql<{ count: number }>(
    `SELECT count(*)::int FROM tokenjar.users WHERE email = $1 AND NOT email_verified`,
    [email],
  );
  expect(count).toBe(1);
});

test('a refusal that names a time says it in minutes', async () => {
  await page.route('**/login', (route) =>
    route.fulfill({
      status: 429,
      headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '900' },
      body: JSON.stringify({ status: 429, code: 'rate_limited', detail: 'Too many.' }),
    }),
  );
  await page.goto(app.url);
  await emailField(page).fill(uniqueEmail());
  await passwordField(page).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').getByText('Too many attempts. Try again in 15 minutes.').waitFor();
});

test('after signing out the heading has the focus, and what was said goes with the next attempt', async () => {
  await signUp(page, app.url);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.locator('h1:focus', { hasText: 'Sign in' }).waitFor();
  await emailField(page).fill(uniqueEmail());
  await passwordField(page).fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Wrong email address or password.').waitFor();
  expect(await page.getByText('You are signed out.').isVisible()).toBe(false);
});

test('password managers reach the form, before and after signing in', async () => {
  const { email } = await app.signedUp();
  await page.goto(`${app.url}/.well-known/change-password`);
  await emailField(page).fill(email);
  await passwordField(page).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Change password' }).waitFor();
  await page.getByLabel('Current password').waitFor();
});

test('the language is kept in the account, and is there in another browser', async () => {
  const email = await signUp(page, app.url);
  await page.getByRole('button', { name: '한국어' }).click();
  await page.getByRole('heading', { name: '로그인한 기기' }).waitFor();
  const locale = async () =>
    (
      await app.sql<{ locale: string | null }>('SELECT locale FROM tokenjar.users WHERE email = $1', [email])
    )[0]?.locale;
  expect(await eventually(locale, (kept) => kept === 'ko')).toBe('ko');
  await open({ locale: 'en-GB' });
  await page.goto(app.url);
  await emailField(page).fill(email);
  await passwordField(page).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: '로그인한 기기' }).waitFor();
});

describe('on a phone, with names as long as they get', () => {
  const email = () => `${'a-very-long-name-without-end'.repeat(2)}-${uniqueEmail()}`;
  test.each(['en-GB', 'ko-KR'])('nothing scrolls sideways at 320 CSS px, in %s', async (locale) => {
    const userAgent = 'X'.repeat(120);
    await open({ locale, viewport: { width: 320, height: 640 }, userAgent });
    for (const path of ['/', '/#sign-up', '/reset-password', '/forgot-password']) {
      await page.goto(app.url + path);
      await page.locator('h1').waitFor();
      expect([path, await overflow()]).toEqual([path, 0]);
    }
    await page.goto('about:blank');
    await page.goto(`${app.url}/#sign-up`);
    await page.locator('input[type=email]').fill(email());
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('button.primary').click();
    await page.locator('.sessions li').nth(1).waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await overflow()).toBe(0);
    const korean = await page.evaluate(() => getComputedStyle(document.body).wordBreak);
    expect(korean).toBe(locale === 'ko-KR' ? 'keep-all' : 'normal');
  });
});

test('a moment in Korean says 오전 or 오후', async () => {
  await open({ locale: 'ko-KR', timezoneId: 'Asia/Seoul' });
  await page.goto(`${app.url}/#sign-up`);
  await page.locator('input[type=email]').fill(uniqueEmail());
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button.primary').click();
  const time = page.locator('.sessions time').first();
  expect(await time.textContent()).toMatch(/^\d{4}년 \d+월 \d+일 (오전|오후) \d+:\d\d$/);
});

test('no card changes its column when another one grows', async () => {
  await open({ locale: 'en-GB', viewport: { width: 1120, height: 760 } });
  await signUp(page, app.url);
  await page.locator('.sessions li').nth(1).waitFor();
  const places = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.card')].map((card) => Math.round(card.getBoundingClientRect().left)),
    );
  const before = await places();
  expect(new Set(before).size).toBe(2);
  for (const summary of await page.locator('summary').all()) {
    await summary.click();
    expect(await places()).toEqual(before);
  }
});

test('in forced colours the progress of the token is the system’s own', async () => {
  const other = await startApp({ accountPage: true, showAccessToken: true });
  try {
    await open({ locale: 'en-GB', forcedColors: 'active' });
    await signUp(page, other.url);
    expect(await page.locator('progress').evaluate((bar) => getComputedStyle(bar).appearance)).toBe('auto');
  } finally {
    await other.close();
  }
});

test('the access token is shown only where that is set', async () => {
  await signUp(page, app.url);
  expect(await page.locator('.countdown').count()).toBe(0);
});

test('where no mail goes out, nothing that needs it is offered', async () => {
  const other = await startApp({
    accountPage: true,
    production: true,
    rateLimit: false,
    docs: false,
  });
  try {
    await page.goto(other.url);
    await emailField(page).waitFor();
    expect(await page.getByRole('link', { name: /Forgot|lost/ }).count()).toBe(0);
    const { email } = await other.signedUp();
    await signIn(page, other.url, email);
    await signedIn(page);
    expect(await page.getByRole('button', { name: 'Send the email again' }).count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Change email address' }).count()).toBe(0);
  } finally {
    await other.close();
  }
});

test('a password is judged for what is wrong with it', async () => {
  const other = await startApp({ accountPage: true, passwordMinLength: 8 });
  try {
    await page.goto(`${other.url}/#sign-up`);
    await passwordField(page).fill('password');
    await page.getByText('A few unrelated words are better.').waitFor();
    await passwordField(page).fill('abababab');
    await page.getByText('it repeats characters or follows a sequence').waitFor();
    await passwordField(page).fill('abcdefgh');
    await page.getByText('it repeats characters or follows a sequence').waitFor();
  } finally {
    await other.close();
  }
});

test('a bound session whose key is lost shows the sign-in on page load, and says why', async () => {
  const email = await signUp(page, app.url);
  await app.sql(
    `UPDATE tokenjar.sessions s SET bound_jwk = '{}', bound_at = now(), proven_at = now() FROM tokenjar.users u
      WHERE u.id = s.user_id AND u.email = $1`,
    [email],
  );
  await page.reload();
  await page.getByText('This browser could not prove that it is the one you signed in with.').waitFor();
  await signIn(page, app.url, email);
});
