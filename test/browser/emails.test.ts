import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const NEXT = 'a rather different set of words';

let chromium: Chromium;
let mail: MailServer;
let database: TestDatabase;
let server: ServerProcess;
let url: string;
let context: BrowserContext;
let page: Page;
let errors: string[];
beforeAll(async () => {
  await build();
  mail = await startMailServer();
  database = await createDatabase();
  server = startProcess({
    DATABASE_URL: (database.settings as { databaseUrl: string }).databaseUrl,
    SECRET_KEY,
    SMTP_URL: mail.url,
    EMAIL_VERIFICATION: 'mandatory',
    RATE_LIMIT: 'off',
  });
  url = await server.url;
  chromium = await startChromium();
}, 120_000);
afterAll(async () => {
  await chromium.close();
  server.kill('SIGTERM');
  await server.ended;
  await mail.stop();
  await database.drop();
});
beforeEach(async () => {
  context = await chromium.newContext({ locale: 'en' });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  errors = noteErrors(page);
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});

/** The link as it stands in the email, on the port that the server was given. */
const here = (link: string) => {
  const { pathname, hash } = new URL(link);
  return url + pathname + hash;
};
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const said = (text: string) => page.getByText(text).waitFor();
const fill = (label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value);

async function signUp(): Promise<string> {
  const email = uniqueEmail();
  await page.goto(`${url}/#sign-up`);
  await fill('Email address', email);
  await fill('Password', PASSWORD);
  await said('Good.');
  await press('Create an account');
  await said('An email is on its way to you.');
  return email;
}
async function verify(email: string): Promise<void> {
  await page.goto(here((await mail.emailTo(email)).link));
  await press('Verify your email address');
  await said('Your email address is verified.');
}
async function signIn(email: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await fill('Email address', email);
  await fill('Password', password);
  await press('Sign in');
}
const isSignedIn = () => page.getByRole('heading', { name: 'Your sessions' }).waitFor();

test('from signing up over the link of the email to a verified address', async () => {
  const email = await signUp();
  await signIn(email);
  await said('Your email address is not verified yet');
  // A mail scanner opens the link, scripts and all: it stays good.
  const scanner = await context.newPage();
  await scanner.goto(here((await mail.emailTo(email)).link), { waitUntil: 'networkidle' });
  await scanner.close();
  await verify(email);
  expect(new URL(page.url()).hash).toBe('');
  await signIn(email);
  await isSignedIn();
  await page.getByText('verified', { exact: true }).waitFor();
});

test('a forgotten password is set anew, and the link works once', async () => {
  const email = await signUp();
  await verify(email);
  await page.goto(url);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await fill('Email address', email);
  await press('Send the email');
  await said('If there is an account with this address');
  const link = here((await mail.emailTo(email, 2)).link);
  await page.goto(link);
  await fill('New password', 'too short');
  await fill('New password', NEXT);
  await press('Set a new password');
  await said('Your new password is set.');
  await page.goto('about:blank');
  await page.goto(link);
  await fill('New password', 'yet another set of words');
  await press('Set a new password');
  await said('This link no longer works');
  await signIn(email, NEXT);
  await isSignedIn();
});

test('a locked account is unlocked by a button, once, and the page sends another email', async () => {
  const email = await signUp();
  await verify(email);
  await page.goto(`${url}/unlock`);
  await fill('Email address', email);
  await press('Send the email');
  await said('If there is an account with this address');
  const link = here((await mail.emailTo(email, 2)).link);
  // Whatever opens the link, it stays good, and the browser that opened it is not known.
  await page.goto('about:blank');
  await page.goto(link, { waitUntil: 'networkidle' });
  const isKnown = async () => (await context.cookies()).some(({ name }) => name.includes('known_device'));
  expect(await isKnown()).toBe(false);
  await press('Unlock your account');
  await said('You can now sign in with this browser.');
  expect([await isKnown(), new URL(page.url()).hash]).toEqual([true, '']);
  await page.goto('about:blank');
  await page.goto(link);
  await press('Unlock your account');
  await said('This link no longer works');
  await page.getByRole('link', { name: 'Link no longer working? Request another email.' }).click();
  await page.getByRole('button', { name: 'Send the email' }).waitFor();
});

test('an account moves to another address, with the current password', async () => {
  const email = await signUp();
  await verify(email);
  await signIn(email);
  await isSignedIn();
  const next = uniqueEmail();
  const card = page.getByRole('region', { name: 'Change email address' });
  await card.locator('summary').click();
  await card.getByLabel('New email address').fill(next);
  await card.getByLabel('Current password').fill(PASSWORD);
  await card.getByRole('button', { name: 'Change email address' }).click();
  await card.getByText('An email is on its way to the new address.').waitFor();
  await page.goto(here((await mail.emailTo(next)).link));
  await press('Confirm your new email address');
  await said('Your email address has been changed.');
  expect((await mail.emailTo(email, 2)).subject).toBe('Tokenjar: your email address was changed');
});
