import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { build } from '../support/server-process.js';
import { emailField, passwordField, signedIn, signIn, signUp } from './account-page.js';

let app: TestApp;
let chromium: Browser;
beforeAll(async () => {
  await build();
  app = await startApp({ accountPage: true });
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
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  errors = noteErrors(page);
});
afterEach(() => context.close());

test('signed out it shows the sign-in form with one password field, and sign-up one click away', async () => {
  await page.goto(app.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.locator('input[autocomplete=username]').count()).toBe(1);
  expect(await page.locator('input[type=password]').count()).toBe(1);
  expect(await passwordField(page).getAttribute('autocomplete')).toBe('current-password');
  await page.getByRole('link', { name: 'Create an account' }).click();
  expect(await page.locator('input[type=password]').count()).toBe(1);
  expect(await passwordField(page).getAttribute('autocomplete')).toBe('new-password');
  expect(errors).toEqual([]);
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

describe('what went wrong is said in plain words', () => {
  test('a wrong password', async () => {
    await page.goto(app.url);
    await emailField(page).fill(uniqueEmail());
    await passwordField(page).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('E-mail address or password is wrong.').waitFor();
  });

  test('a password that is easily guessed, beside its field, which gets the focus', async () => {
    await page.goto(`${app.url}/#sign-up`);
    await emailField(page).fill(uniqueEmail());
    await passwordField(page).fill('aaaaaaaaaaaaaaaaaaaa');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByText('too easily guessed').waitFor();
    expect(await passwordField(page).getAttribute('aria-invalid')).toBe('true');
    expect(await passwordField(page).evaluate((field) => field === document.activeElement)).toBe(true);
    const described = await passwordField(page).evaluate(
      (field) => document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent,
    );
    expect(described).toContain('too easily guessed');
  });

  test('an address that is taken', async () => {
    const { email } = await app.signedUp();
    await page.goto(`${app.url}/#sign-up`);
    await emailField(page).fill(email);
    await passwordField(page).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByText('There is an account with this address already').waitFor();
  });
});

test('sessions: another one is listed and ended, and learns it at its next request', async () => {
  const email = await signUp(page, app.url);
  const elsewhere = await (await chromium.newContext({ locale: 'en-GB' })).newPage();
  await signIn(elsewhere, app.url, email);
  await page.reload();
  await signedIn(page);
  await page.getByRole('button', { name: /^Sign out there/ }).click();
  await page.getByText('That session has ended.').waitFor();
  expect(await page.getByRole('button', { name: /^Sign out there/ }).count()).toBe(0);

  // It looks at its list again when it gets the focus.
  await elsewhere.evaluate(() => window.dispatchEvent(new Event('focus')));
  await elsewhere.getByText('Your session has ended. Please sign in again.').waitFor();
  await elsewhere.context().close();
});
