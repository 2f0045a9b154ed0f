import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { Usernames } from '../../src/users/usernames.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { addVirtualAuthenticator } from '../support/authenticator.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { startMailApp } from '../support/mail-app.js';
import { build } from '../support/server-process.js';
import type { MailServer } from '../support/smtp.js';
import { card, passwordField, saveCodes, signedIn, signOut } from './account-page.js';
import { violations } from './axe.js';
import { onLocalhost } from './set-up.js';

let mail: MailServer;
let app: TestApp;
let url: string;
let close: () => Promise<void>;
let chromium: Chromium;
beforeAll(async () => {
  await build();
  // Links lead to this page.
  const publicUrl = 'http://localhost:3000';
  ({ mail, app, close } = await startMailApp({
    signInWith: 'both',
    accountPage: true,
    frontendUrl: publicUrl,
  }));
  url = onLocalhost(app);
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await close?.();
});

let context: BrowserContext;
let page: Page;
let errors: string[];
beforeEach(openPage);
async function openPage(): Promise<void> {
  context = await chromium.newContext({ locale: 'en-GB', bypassCSP: true });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  errors = noteErrors(page);
}
afterEach(async () => {
  await context.close();
  expect(errors.filter((line) => !line.includes('status of 4'))).toEqual([]);
});

/** A test may run twice. */
const uniqueName = (name: string) => name + randomBytes(4).toString('hex');
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const nameField = () => page.getByLabel('Email address or username', { exact: true });
async function signUp(username: string): Promise<void> {
  await page.goto(`${url}/#sign-up`);
  await page.getByLabel('Username', { exact: true }).fill(username);
  await passwordField(page).fill(PASSWORD);
  await press('Create an account');
  await signedIn(page);
}
async function signIn(name: string, password = PASSWORD): Promise<void> {
  await nameField().fill(name);
  await passwordField(page).fill(password);
  await press('Sign in');
}

test('an account without an address: made, renamed, signed in to by its name', async () => {
  const [name, next] = [uniqueName('Ada'), uniqueName('Augusta')];
  await signUp(name);
  const account = page.getByRole('region', { name: 'Account', exact: true });
  expect(await account.textContent()).toMatch(new RegExp(`Username.*${name}.*Email address.*none`));
  expect(await page.getByRole('button', { name: 'Send the email again' }).count()).toBe(0);
  expect(await card(page, 'Add an email address').count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  const change = card(page, 'Change username');
  await change.getByText('Change username…').click();
  await change.getByLabel('New username').fill('a b');
  await press('Change username');
  await change.getByText('A username consists of').waitFor();
  await change.getByLabel('New username').fill(next);
  await press('Change username');
  await change.getByText('Your username is changed.').waitFor();
  await account.getByText(next).waitFor();
  await signOut(page);

  const field = nameField();
  expect([await field.getAttribute('type'), await field.getAttribute('name')]).toEqual(['text', 'username']);
  expect(await field.getAttribute('autocomplete')).toMatch(/^username\b/);
  await signIn(name.toLowerCase());
  await page.getByText('Wrong name or password.').waitFor();
  await signIn(next.toUpperCase());
  await signedIn(page);
});

test('a forgotten password is asked for by either name', async () => {
  const email = uniqueEmail();
  const username = uniqueName('Barbara');
  await app.browser().post('/auth/registration', { username, email, password: PASSWORD });
  await page.goto(`${url}/forgot-password`);
  await nameField().fill(username.toLowerCase());
  await press('Send the email');
  await page.getByText('If there is such an account and it has an email address').waitFor();
  expect((await mail.emailTo(email)).subject).toContain('set a new password');
});

test('an administrator makes an account without an address, and hands its link on', async () => {
  await addVirtualAuthenticator(page);
  const [admin, grace, hopper] = [uniqueName('Boss'), uniqueName('Grace'), uniqueName('Hopper')];
  await signUp(admin);
  await page.getByText('Add a passkey…').click();
  await press('Add a passkey');
  await saveCodes(page);
  await signedIn(page);
  const boss = await app.app.get(Usernames).find({ email: null, username: admin });
  await app.app.get(RoleChanges).assign(boss?.id ?? 0, ['admin']);
  await page.goto(`${url}/admin#invitations`);
  const form = card(page, 'New user');
  await form.getByLabel('Username').fill(grace);
  await press('New user');
  const link = new URL((await form.locator('code').textContent()) ?? '');
  expect(await violations(page)).toEqual([]);
  await page.goto(`${url}/admin#users`);
  await page.getByLabel('Search').fill(grace.toUpperCase());
  await page.getByRole('link', { name: grace }).click();
  await page.getByRole('heading', { name: grace }).waitFor();
  expect(await page.getByText('no email address').count()).toBe(1);
  expect(await page.getByRole('button', { name: 'Send a link to reset the password' }).count()).toBe(0);
  await page.getByLabel('Username').fill(hopper);
  await press('Change the username');
  await page.getByRole('heading', { name: hopper }).waitFor();
  await press('Show a link that sets the password');
  await page.locator('code.secret').waitFor();
  expect(await violations(page)).toEqual([]);

  // In a browser of their own, which offers no passkey.
  await context.close();
  await openPage();
  await page.goto(`${url}/reset-password${link.hash}`);
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await press('Set a new password');
  await page.getByText('Your new password is set.').waitFor();
  await page.goto(url);
  await signIn(hopper);
  await signedIn(page);
});
