import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { withTotp } from '../support/factors.js';
import { isLong } from '../support/long.js';
import { startMailApp } from '../support/mail-app.js';
import { codeOf, readTotpUri } from '../support/totp.js';
import { card, enterPassword, saveCodes, signedIn, signOut, signUp } from './account-page.js';
import { violations } from './axe.js';
import { accountPage, onLocalhost } from './set-up.js';

const world = accountPage({ permissions: ['clipboard-write', 'clipboard-read'] });
let app: TestApp;
let url: string;
let chromium: Browser;
let context: BrowserContext;
let page: Page;
beforeEach(() => {
  ({ app, url, chromium, context, page } = world);
});

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const said = (text: string) => page.getByText(text).waitFor();
const focused = () =>
  page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.textContent);

/** Reads the key that an app is told. */
async function secretOf(at: Page): Promise<string> {
  await at.getByText('Can’t scan it?').click();
  return (await at.locator('.secret').textContent())?.replaceAll(' ', '') ?? '';
}

/** Signs up and sets up an authenticator app. @returns how it goes on. */
async function withApp(): Promise<{ email: string; codes: string[]; code: () => string }> {
  const email = await signUp(page, url);
  await press('Set up an authenticator app');
  const secret = await secretOf(page);
  // Each is accepted once.
  const code = () => {
    app.clock.advance(30);
    return codeOf(secret, app.clock.now());
  };
  await page.getByLabel('Code from your app').fill(code());
  await press('Turn on');
  const codes = await saveCodes(page);
  await signedIn(page);
  return { email, codes, code };
}

test('an authenticator app is set up with a picture or a key, and its codes are saved before all goes on', async () => {
  await signUp(page, url);
  const twoStep = card(page, 'Second factors');
  await twoStep.getByText('Off.').waitFor();
  await press('Set up an authenticator app');
  const picture = page.getByRole('img', { name: 'QR code for your authenticator app' });
  await picture.waitFor();
  const secret = await secretOf(page);
  const link = (await page.getByRole('link', { name: 'Open it in an app' }).getAttribute('href')) ?? '';
  expect(readTotpUri(link).secret).toBe(secret);
  // A picture of modules: finders in three corners, and a quiet zone around.
  expect(await picture.locator('path').getAttribute('d')).toMatch(/^M4 4h1v1h-1zM5 4h1v1h-1z/);

  await page.getByLabel('Code from your app').fill('000000');
  await press('Turn on');
  await said('This code is wrong');
  await page.locator('input[name=code]:focus').waitFor();

  // As apps show it.
  const shown = codeOf(secret, app.clock.now()).replace(/^.../, '$& ');
  await page.getByLabel('Code from your app').fill(shown);
  await press('Turn on');
  await page.locator('h1:focus', { hasText: 'Save your recovery codes' }).waitFor();
  const codes = await page.locator('.codes code').allTextContents();
  expect([codes.length, new Set(codes).size]).toEqual([10, 10]);
  await press('Copy');
  await said('Copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join('\n'));
  const [file] = await Promise.all([page.waitForEvent('download'), press('Download')]);
  const text = await readFile(await file.path(), 'utf8');
  expect(codes.every((code) => text.includes(code))).toBe(true);
  // On paper there are the codes, and nothing to press.
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByText(codes[0] ?? '').isVisible()).toBe(true);
  expect(await page.getByRole('button').count()).toBe(0);
  await page.emulateMedia({ media: 'screen' });

  // Not before they were saved.
  await press('Continue');
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await page.getByLabel('I have saved these codes').check();
  await press('Continue');
  await page.locator('h1:focus', { hasText: 'Hello' }).waitFor();
  await twoStep.getByText('10 recovery codes left').waitFor();
  for (const code of codes) expect(await page.content()).not.toContain(code);
});

test('signing in asks for a code, once each, and a recovery code will do', async () => {
  const { email, codes, code } = await withApp();
  await signOut(page);
  await enterPassword(page, url, email);
  await page.locator('h1:focus', { hasText: 'One more step' }).waitFor();
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('refresh_token');
  const used = code();
  await page.getByLabel('Code from your app').fill(used);
  await press('Continue');
  await signedIn(page);
  await page.locator('h1:focus', { hasText: 'Hello' }).waitFor();

  await signOut(page);
  await enterPassword(page, url, email);
  await page.getByLabel('Code from your app').fill(used);
  await press('Continue');
  await said('This code is wrong, or it was used already.');
  await page.locator('input[name=code]:focus').waitFor();
  await press('Use a recovery code');
  await page.locator('input[name=code]:focus').waitFor();
  await page.getByLabel('Recovery code').fill(codes[0] ?? '');
  await press('Continue');
  await signedIn(page);
  await said('9 recovery codes left');
});

test('a login that waits for too long begins anew', async () => {
  const { email, code } = await withApp();
  await signOut(page);
  await enterPassword(page, url, email);
  await page.getByLabel('Code from your app').waitFor();
  app.clock.advance(300);
  await page.getByLabel('Code from your app').fill(code());
  await press('Continue');
  await said('That took too long. Please sign in again.');
  await page.locator('h1:focus', { hasText: 'Sign in' }).waitFor();
});

test('a browser that is trusted is not asked, until it is trusted no longer', async () => {
  const { email, code } = await withApp();
  await signOut(page);
  await enterPassword(page, url, email);
  await page.getByLabel('Do not ask again on this device').check();
  await page.getByLabel('Code from your app').fill(code());
  await press('Continue');
  await signedIn(page);
  await signOut(page);
  await enterPassword(page, url, email);
  await signedIn(page);
  await page.getByRole('button', { name: /^Stop trusting: / }).click();
  await confirmWith(code);
  await said('That device will be asked again.');
  await signOut(page);
  await enterPassword(page, url, email);
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
});

/** Proves again who it is, if the server asks. */
async function confirmWith(code: () => string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  const asks = await Promise.race([
    dialog.waitFor().then(() => true),
    page
      .getByRole('status')
      .filter({ hasText: /\S/ })
      .first()
      .waitFor()
      .then(() => false),
  ]);
  if (!asks) return;
  await dialog.getByLabel('Code from your app').fill(code());
  await dialog.getByRole('button', { name: 'Confirm' }).click();
}

test('what is sensitive asks for a fresh proof, and goes on by itself', async () => {
  const { code } = await withApp();
  app.clock.advance(16 * 60);
  await page.getByText('Get new recovery codes…').click();
  await press('Get new recovery codes');
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.waitFor();
  await dialog.locator('input[name=code]:focus').waitFor();

  await page.keyboard.press('Escape');
  await said('Nothing was changed: you did not confirm that it is you.');
  // The dialog gives it back after the answer is shown.
  expect(await eventually(focused, (now) => now === 'Get new recovery codes')).toBe('Get new recovery codes');

  await press('Get new recovery codes');
  await dialog.getByLabel('Code from your app').fill('000000');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.getByText('This code is wrong').waitFor();
  await dialog.getByLabel('Code from your app').fill(code());
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  expect(await saveCodes(page)).toHaveLength(10);
});

test('the app is removed after a question, and the password is enough again', async () => {
  const { email } = await withApp();
  await press('Remove: Authenticator app');
  const dialog = page.getByRole('dialog', { name: 'Remove “Authenticator app”?' });
  await dialog.getByText('your recovery codes no longer work').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await page.getByRole('dialog').count()).toBe(0);
  await press('Remove: Authenticator app');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await said('It was removed.');
  await card(page, 'Second factors').getByText('Off.').waitFor();
  await signOut(page);
  await enterPassword(page, url, email);
  await signedIn(page);
});

test('an account that has to have a second step sets it up while it signs in, in another dialect too', async () => {
  const strict = await startApp({ accountPage: true, secondFactor: 'required', dialect: 'envelope' });
  try {
    await page.goto(`${onLocalhost(strict)}/#sign-up`);
    await page.getByLabel('Email address', { exact: true }).fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await press('Create an account');
    await page.locator('h1:focus', { hasText: 'Set up a second factor' }).waitFor();
    await press('Set up an authenticator app');
    const secret = await secretOf(page);
    await page.getByLabel('Code from your app').fill(codeOf(secret, strict.clock.now()));
    await press('Turn on');
    expect(await saveCodes(page)).toHaveLength(10);
    await signedIn(page);
    await said('Your account has to have a second factor.');
    await page.goto('about:blank');
  } finally {
    await strict.close();
  }
});

test('the link of an emailed code leads to the second step, and from there to the account', async () => {
  const settings = { accountPage: true, emailCodeLogin: true, frontendUrl: 'http://localhost:3000' };
  const { app: own, mail, close } = await startMailApp(settings);
  try {
    const { email, secret } = await withTotp(own, await own.verified());
    await page.goto(`${onLocalhost(own)}/#code`);
    await page.getByLabel('Email address', { exact: true }).fill(email);
    await press('Send the code');
    const codes = () => mail.to(email).filter(({ subject }) => subject.endsWith('is your code'));
    const [sent] = await eventually(codes, ({ length }) => length > 0);
    const { pathname, hash } = new URL(sent?.link ?? '');
    await page.goto(onLocalhost(own) + pathname + hash);
    await press('Sign in');
    await page.locator('h1:focus', { hasText: 'One more step' }).waitFor();
    await page.getByLabel('Code from your app').fill(codeOf(secret, own.clock.now()));
    await press('Continue');
    await signedIn(page);
    expect(page.url()).toBe(`${onLocalhost(own)}/`);
    await page.goto('about:blank');
  } finally {
    await close();
  }
});

test('who is not to be remembered is gone with the browser', async () => {
  const email = await signUp(page, url);
  const expiry = async () =>
    (await context.cookies()).find(({ name }) => name === 'refresh_token')?.expires ?? 0;
  expect(await expiry()).toBeGreaterThan(0);
  await signOut(page);
  await page.getByLabel('Keep me signed in').uncheck();
  await page.getByLabel('Email address', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await press('Sign in');
  await signedIn(page);
  expect(await expiry()).toBe(-1);
});

describe.each([...(isLong ? [['light', 'en-GB'] as const] : []), ['dark', 'ko-KR'] as const])(
  'in %s, %s',
  (colorScheme, locale) => {
    test('axe finds nothing, and nothing scrolls sideways on a phone', async () => {
      const viewport = { width: 320, height: 640 };
      const own = await chromium.newContext({ colorScheme, locale, viewport, bypassCSP: true });
      own.setDefaultTimeout(15_000);
      const at = await own.newPage();
      const look = async (screen: string) => {
        expect([screen, await violations(at)]).toEqual([screen, []]);
        const overflow = await at.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect([screen, overflow]).toEqual([screen, 0]);
        await shoot(at, `${screen}-${colorScheme}-${locale}`);
      };
      const { email } = await app.signedUp();
      const enter = async () => {
        await at.locator('input[type=email]').fill(email);
        await at.locator('input[name=password]').fill(PASSWORD);
        await at.locator('button.primary').click();
      };
      await at.goto(url);
      await at.locator('input[type=email]').waitFor();
      await look('sign-in');
      await enter();
      await at.getByRole('button', { name: /Set up an authenticator app|인증 앱 설정/ }).click();
      await at.locator('svg.qr').waitFor();
      await at.getByText(/Can’t scan it|스캔할 수 없나요/).click();
      await look('set-up');
      const secret = (await at.locator('.secret').textContent())?.replaceAll(' ', '') ?? '';
      await at.locator('input[name=code]').fill(codeOf(secret, app.clock.now()));
      await at.getByRole('button', { name: /^(Turn on|켜기)$/ }).click();
      await at.locator('.codes').waitFor();
      await look('codes');
      await at.locator('input[name=saved]').check();
      await at.locator('button.primary').click();
      await at.getByRole('button', { name: /^(Remove|삭제): / }).waitFor();
      for (const summary of await at.locator('summary').all()) await summary.click();
      await look('signed-in');
      await at.getByRole('button', { name: /^(Remove|삭제): / }).click();
      await at.getByRole('dialog').waitFor();
      await look('remove');
      await at.keyboard.press('Escape');
      app.clock.advance(16 * 60);
      await at.locator('details[open] .below button').first().click();
      await at.locator('dialog input[name=code]').waitFor();
      await look('confirm');
      await at.keyboard.press('Escape');
      await at.locator('.bar button:not(.plain)').click();
      await at.locator('main > .notice').waitFor();
      await enter();
      await at.locator('input[name=code]').waitFor();
      await look('second-step');
      await own.close();
    });
  },
);

/** For looking at, where `SCREENSHOTS` names a directory. */
async function shoot(at: Page, name: string): Promise<void> {
  const directory = process.env.SCREENSHOTS;
  if (directory !== undefined)
    await at.screenshot({ path: `${directory}/${name}.png`, fullPage: true, animations: 'disabled' });
}
