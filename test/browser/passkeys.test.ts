import { beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { addVirtualAuthenticator, type VirtualAuthenticator } from '../support/authenticator.js';
import { eventually } from '../support/eventually.js';
import { card, emailField, saveCodes, signedIn, signOut, signUp } from './account-page.js';
import { violations } from './axe.js';
import { accountPage, onLocalhost } from './set-up.js';

const world = accountPage({ bypassCSP: true });
let app: TestApp;
let url: string;
let chromium: Browser;
let page: Page;
let authenticator: VirtualAuthenticator;
beforeEach(async () => {
  ({ app, url, chromium, page } = world);
  authenticator = await addVirtualAuthenticator(page);
});

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const passkeys = () => card(page, 'Passkeys');
const credentials = async () => (await authenticator.credentials()).length;

/** Signs up and adds a passkey. */
async function withPasskey(name = ''): Promise<string> {
  const email = await signUp(page, url);
  await addPasskey(name);
  expect(await saveCodes(page)).toHaveLength(10);
  await signedIn(page);
  return email;
}
async function addPasskey(name: string): Promise<void> {
  await page.getByText('Add a passkey…').click();
  await passkeys().getByRole('textbox', { name: 'Name' }).fill(name);
  await press('Add a passkey');
}
/** From now on nobody is signed in without pressing anything. */
const withoutAutofill = () =>
  page.evaluate(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
/** Whether the form waits for a passkey to be chosen in its autofill. */
async function expectAutofill(): Promise<void> {
  expect(await emailField(page).getAttribute('autocomplete')).toBe('username webauthn');
}

test('a passkey is added with a name, renamed, and removed for the browser too', async () => {
  await withPasskey('Desk');
  expect(await credentials()).toBe(1);
  await passkeys().getByText('Desk').waitFor();
  await press('Rename: Desk');
  const rename = page.getByRole('dialog', { name: 'Rename: Desk' });
  await rename.locator('input[name=name]:focus').waitFor();
  expect(await violations(page)).toEqual([]);
  await rename.getByLabel('Name').fill('Work laptop');
  await page.keyboard.press('Enter');
  await page.getByText('It was renamed.').waitFor();
  await press('Remove: Work laptop');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('It was removed.').waitFor();
  // The browser was told, and offers it no longer.
  expect(await eventually(credentials, (count) => count === 0)).toBe(0);
  await card(page, 'Second factors').getByText('Off.').waitFor();
});

test('signing in needs no typing: the autofill of the address has the passkey', async () => {
  const email = await withPasskey();
  await signOut(page);
  await expectAutofill();
  // The authenticator answers as if somebody had picked it.
  await signedIn(page);
  await page.getByText(email).first().waitFor();
});

test('a button signs in too, and the session ends with the browser where that was said', async () => {
  const own = await chromium.newContext({ locale: 'en-GB' });
  const other = await own.newPage();
  // A browser that offers no passkeys in its autofill.
  await other.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
  const theirs = await addVirtualAuthenticator(other);
  await signUp(other, url);
  await other.getByText('Add a passkey…').click();
  await other.getByRole('button', { name: 'Add a passkey', exact: true }).click();
  await saveCodes(other);
  await signedIn(other);
  await signOut(other);
  await other.getByLabel('Keep me signed in').uncheck();
  await other.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await signedIn(other);
  const cookie = (await own.cookies()).find(({ name }) => name === 'refresh_token');
  expect(cookie?.expires).toBe(-1);
  expect(await theirs.credentials()).toHaveLength(1);
  await own.close();
});

test('who has no passkey here is told so in plain words, and can try again', async () => {
  await page.goto(url);
  await press('Sign in with a passkey');
  await page.getByRole('alert').getByText('No passkey was used.').waitFor();
  expect(await violations(page)).toEqual([]);
});

test('after the password, a passkey is the second step', async () => {
  const email = await withPasskey();
  await signOut(page);
  await signedIn(page);
  await withoutAutofill();
  await signOut(page);
  await emailField(page).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await press('Sign in');
  await page.locator('h1:focus', { hasText: 'One more step' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await press('Use a passkey');
  await signedIn(page);
});

test('the same device is not added twice', async () => {
  await withPasskey('One');
  await addPasskey('Two');
  await page.getByText('There is a passkey for your account on this device already.').waitFor();
  expect(await credentials()).toBe(1);
});

test('with a passkey as the only factor, it confirms who is there, and nobody else can go on', async () => {
  await withPasskey();
  await withoutAutofill();
  app.clock.advance(16 * 60);
  await page.getByText('Get new recovery codes…').click();
  await press('Get new recovery codes');
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.getByRole('button', { name: 'Use a passkey' }).waitFor();
  expect(await dialog.getByRole('textbox').count()).toBe(0);
  // Signed out in another tab while the dialog is open.
  const other = await world.context.newPage();
  await other.goto(url);
  await signOut(other);
  await page.getByText('You were signed out in another tab.').waitFor();
  await signUp(page, url);
  expect(await page.getByRole('dialog').count()).toBe(0);

  await addPasskey('');
  // Codes that nobody has saved are not for whoever signs in next.
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await signOut(page);
  await signUp(page, url);
  expect(await page.locator('.codes').count()).toBe(0);
});

test('the dialog goes on by itself after the passkey, and the activity names what was added', async () => {
  await withPasskey();
  await page.getByText('A passkey was added').waitFor();
  app.clock.advance(16 * 60);
  await page.getByText('Get new recovery codes…').click();
  await press('Get new recovery codes');
  await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
  expect(await saveCodes(page)).toHaveLength(10);
  await press('Remove: Passkey');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  // The list was loaded before.
  await page.getByText('A passkey was removed').waitFor();
});

test('in a Django dialect too, a passkey is made while signing in, and signs in', async () => {
  const strict = await startApp({ accountPage: true, secondFactor: 'required', dialect: 'django' });
  try {
    await page.goto(`${onLocalhost(strict)}/#sign-up`);
    await emailField(page).fill(uniqueEmail());
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await press('Create an account');
    await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await press('Add a passkey');
    expect(await saveCodes(page)).toHaveLength(10);
    await signedIn(page);
    await signOut(page);
    await expectAutofill();
    await signedIn(page);
    await page.goto('about:blank');
  } finally {
    await strict.close();
  }
});
