import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { withTotp } from '../support/factors.js';
import { type Front, startFront } from '../support/front.js';
import { startMailApp } from '../support/mail-app.js';
import { CLIENT, type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.js';
import { build } from '../support/server-process.js';
import type { MailServer } from '../support/smtp.js';
import { codeOf } from '../support/totp.js';
import { card, emailField, passwordField, signedIn } from './account-page.js';
import { violations } from './axe.js';

/** The account page, an app and a provider on three sites, and a person who clicks at the provider. */
let chromium: Browser;
let provider: OpenIdProvider;
let app: TestApp;
let mail: MailServer;
let front: Front;
let shop: Front;
let close: () => Promise<void>;
let site: string;
let shopUrl: string;
beforeAll(async () => {
  await build();
  let inside = '';
  front = await startFront(() => inside, { isSecure: true });
  site = `https://accounts.test:${front.port}`;
  const files = {
    '/orders': { type: 'text/html', body: '<!doctype html><title>Orders</title><h1>Orders</h1>' },
  };
  shop = await startFront('http://127.0.0.1:9', { isSecure: true, files });
  shopUrl = `https://shop.test:${shop.port}`;
  provider = await startOpenIdProvider([`${site}/auth/providers/corp/callback`]);
  ({ app, mail, close } = await startMailApp({
    accountPage: true,
    publicUrl: site,
    frontendUrl: site,
    trustedOrigins: [shopUrl],
    trustedProxies: ['127.0.0.1'],
    providers: [
      { id: 'corp', name: 'Corp', issuer: provider.issuer, ...CLIENT },
      ...['google', 'github', 'kakao', 'naver', 'microsoft'].map((id) => ({
        id,
        clientId: 'x',
        clientSecret: 'x',
      })),
    ],
  }));
  inside = app.url;
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await close?.();
  await Promise.all([front, shop, provider].map((each) => each?.close()));
});

let context: BrowserContext;
let page: Page;
let errors: string[];
let email: string;
let subject: string;
beforeEach(async () => {
  await open();
  email = uniqueEmail();
  subject = email.split('@')[0] ?? '';
  provider.accounts.set(subject, { email, email_verified: true });
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});
async function open(options: BrowserContextOptions = {}): Promise<void> {
  await context?.close();
  context = await chromium.newContext({ locale: 'en-GB', ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  // The pages of the provider ask for fonts elsewhere.
  errors = noteErrors(page, (text) => /status of 40[0-9]|ERR_NAME_NOT_RESOLVED/.test(text));
}

const press = (name: string, at = page) => at.getByRole('button', { name, exact: true }).click();
const said = (text: string) => page.getByText(text).waitFor();
/** Signs in at the provider, and consents there unless the account has before. */
async function atProvider(login = subject, at = page): Promise<void> {
  await at.locator('input[name=login]').fill(login);
  await at.locator('input[name=password]').fill('anything');
  await at.locator('button[type=submit]').click();
  const consent = at.getByText('Continue', { exact: true });
  const isBack = at.waitForURL(({ origin }) => origin !== provider.issuer).then(() => true);
  const isAsked = consent.waitFor().then(() => false);
  isAsked.catch(() => {});
  if (await Promise.race([isBack, isAsked])) return;
  await consent.click();
  await isBack;
}
async function password(address = email): Promise<void> {
  await emailField(page).fill(address);
  await passwordField(page).fill(PASSWORD);
  await press('Sign in');
}

test('signs up, and leads back to the app that asked; the only way in stays', async () => {
  await page.goto(`${site}/?return_to=${encodeURIComponent(`${shopUrl}/orders?a=b`)}`);
  await press('Sign in with Corp');
  await atProvider();
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
  expect(page.url()).toBe(`${shopUrl}/orders?a=b`);
  // Somebody who is signed in already goes back at once.
  await page.goto(`${site}/?return_to=${encodeURIComponent(`${shopUrl}/orders`)}`);
  await page.getByRole('heading', { name: 'Orders' }).waitFor();

  await page.goto(site);
  await signedIn(page);
  const accounts = card(page, 'Linked accounts');
  await accounts.getByText(email).waitFor();
  await accounts.getByRole('button', { name: `Unlink: Corp, ${email}` }).click();
  await said('This is your only way to sign in.');
  // There is no password to change, but one to set.
  await card(page, 'Set a new password').getByRole('button', { name: 'Send the email' }).click();
  await said('Open the link in it to set a password.');
  expect(await page.getByLabel('Current password').count()).toBe(0);

  // What needs a recent sign-in asks for one at the provider, and goes through afterwards.
  app.clock.advance(16 * 60);
  await page.reload();
  const deletion = card(page, 'Delete account');
  await deletion.locator('summary').click();
  await deletion.getByRole('button', { name: 'Delete permanently' }).click();
  await press('Confirm with Corp');
  await atProvider();
  await said('You have confirmed that it is you.');
  expect(page.url()).toBe(`${site}/`);
  await deletion.locator('summary').click();
  await deletion.getByRole('button', { name: 'Delete permanently' }).click();
  await page.locator('h1', { hasText: 'Sign in' }).waitFor();
});

test('leads back after a password, a sign-up, and nowhere that is not allowed', async () => {
  await app.verified(email);
  const asking = `${site}/?return_to=${encodeURIComponent(`${shopUrl}/orders`)}`;
  await page.goto(asking);
  await password();
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
  await context.clearCookies();
  await page.goto(`${asking}#sign-up`);
  await emailField(page).fill(uniqueEmail());
  await passwordField(page).fill(PASSWORD);
  await press('Create an account');
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
  await context.clearCookies();
  await page.goto(`${site}/?return_to=https%3A%2F%2Fevil.test%2F`);
  await said('You cannot be sent back to where you came from');
  expect(page.url()).toBe(`${site}/`);
  await password();
  await signedIn(page);
});

test('a denial and the back button change nothing, and two tabs do not disturb each other', async () => {
  await page.goto(site);
  await press('Sign in with Corp');
  await page.getByText('Cancel').click();
  await said('You cancelled there');
  expect(page.url()).toBe(`${site}/`);

  await press('Sign in with Corp');
  await page.locator('input[name=login]').waitFor();
  await page.goBack();
  const other = await context.newPage();
  await other.goto(site);
  await press('Sign in with Corp', other);
  await press('Sign in with Corp');
  await atProvider();
  await signedIn(page);
  await atProvider(subject, other);
  await signedIn(other);
  // The way back that was gone already.
  await page.goto(`${site}/auth/providers/corp/callback?code=x&state=y`);
  await said('This sign-in took too long');
});

test('an account that exists is linked by signing in to it, with its second factor, and unlinked', async () => {
  const { secret } = await withTotp(app, await app.verified(email));
  const enter = async () => {
    app.clock.advance(30);
    await page.getByLabel('Code from your app').fill(codeOf(secret, app.clock.now()));
  };
  await page.goto(site);
  await press('Sign in with Corp');
  await atProvider();
  await said('There is an account with this email address already.');
  await password();
  await enter();
  await press('Continue');
  await signedIn(page);
  const accounts = card(page, 'Linked accounts');
  await accounts.getByText(email).waitFor();
  await press('Sign out');
  await press('Sign in with Corp');
  await page.locator('h1:focus', { hasText: 'One more step' }).waitFor();
  await enter();
  await press('Continue');
  await signedIn(page);

  app.clock.advance(16 * 60);
  await accounts.getByRole('button', { name: `Unlink: Corp, ${email}` }).click();
  await enter();
  await press('Confirm');
  await said('It is no longer linked.');
  await press('Link Corp');
  await said('The account is linked.');
  await accounts.getByText(email).waitFor();
});

test('an address that the provider does not give is asked for and confirmed', async () => {
  provider.accounts.set(subject, {});
  await page.goto(`${site}/?return_to=${encodeURIComponent(`${shopUrl}/orders`)}`);
  await press('Sign in with Corp');
  await atProvider();
  await page.locator('h1:focus', { hasText: 'Your email address' }).waitFor();
  await emailField(page).fill(email);
  await press('Send the code');
  const sent = await eventually(
    () => mail.to(email).filter((each) => each.subject.endsWith('is your code')),
    ({ length }) => length > 0,
  );
  await page.getByLabel('Code from the email').fill(/ (\d{8}) is/.exec(sent[0]?.subject ?? '')?.[1] ?? '');
  await press('Sign in');
  await page.getByRole('heading', { name: 'Orders' }).waitFor();
});

describe.each([
  ['light', 'en-GB', ['Sign in with Corp', 'Sign in with Google', 'Sign in with GitHub', 'Login with Kakao']],
  [
    'dark',
    'ko-KR',
    ['Corp 계정으로 로그인', 'Google 계정으로 로그인', 'GitHub 계정으로 로그인', '카카오 로그인'],
  ],
] as const)('in %s, %s', (colorScheme, locale, labels) => {
  test('the buttons are in order, axe finds nothing, and a keyboard and a phone reach all of it', async () => {
    await open({ colorScheme, locale, viewport: { width: 320, height: 640 }, bypassCSP: true });
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.goto(site);
    await page.locator('.provider').nth(5).waitFor();
    expect((await page.locator('.provider').allTextContents()).slice(0, 4)).toEqual(labels);
    expect([await violations(page), await overflow()]).toEqual([[], 0]);
    await page.locator('.provider').first().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await atProvider();
    await page.locator('.linked').waitFor();
    expect([await violations(page), await overflow()]).toEqual([[], 0]);
  });
});
