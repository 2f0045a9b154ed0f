import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { addVirtualAuthenticator } from '../support/authenticator.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { isLong } from '../support/long.js';
import { startMailApp } from '../support/mail-app.js';
import { build } from '../support/server-process.js';
import type { MailServer } from '../support/smtp.js';
import { saveCodes, signedIn, signOut, signUp } from './account-page.js';
import { violations } from './axe.js';
import { onLocalhost } from './set-up.js';

let mail: MailServer;
let app: TestApp;
let url: string;
let close: () => Promise<void>;
let chromium: Chromium;
beforeAll(async () => {
  await build();
  ({ mail, app, close } = await startMailApp({
    accountPage: true,
    docs: false,
    frontendUrl: 'http://localhost:3000',
  }));
  url = onLocalhost(app);
  await app.app
    .get(RoleChanges)
    .set({ name: 'clerk', permissions: ['orders:read'], description: 'at the desk' });
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await close?.();
});

let context: BrowserContext;
let page: Page;
let errors: string[];
let signedInAs: string;
beforeEach(async () => {
  ({ context, page } = await newPage());
  errors = noteErrors(page);
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});
async function newPage(options: Parameters<Chromium['newContext']>[0] = {}) {
  const made = await chromium.newContext({ locale: 'en-GB', bypassCSP: true, ...options });
  made.setDefaultTimeout(15_000);
  return { context: made, page: await made.newPage() };
}

/** Signs up, adds a passkey, and becomes an admin. */
async function becomeAdmin(at = page): Promise<string> {
  await addVirtualAuthenticator(at);
  const email = await signUp(at, url);
  await at.getByText('Add a passkey…').click();
  await at.getByRole('button', { name: 'Add a passkey', exact: true }).click();
  await saveCodes(at);
  await signedIn(at);
  const user = await app.app.get(Users).findByEmail(email);
  await app.app.get(RoleChanges).assign(user?.id ?? 0, ['admin']);
  return email;
}
const press = (name: string, at = page) => at.getByRole('button', { name, exact: true }).click();
const follow = (name: string, at = page) => at.getByRole('link', { name, exact: true }).click();
const said = (text: string, at = page) => at.getByRole('status').getByText(text).waitFor();

/** The account page of a user, on which an administrator may look at everything and change nothing. */
async function actsAs(email: string): Promise<void> {
  const banner = page.getByRole('region', { name: 'Acting as a user' });
  await banner.getByText(`sees what ${email} sees, until`).waitFor();
  expect(await banner.textContent()).toContain(signedInAs);
  await page.getByRole('region', { name: 'Activity' }).getByText('Signed in').first().waitFor();
  expect(await page.getByText('Only users themselves can do this.').count()).toBeGreaterThanOrEqual(3);
  expect(await page.getByRole('button', { name: 'Sign out', exact: true }).count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  // Whatever can be pressed changes nothing, and is refused nothing.
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.method()));
  page.on('response', (response) => sent.push(String(response.status())));
  for (const summary of await page.locator('main summary').all()) await summary.click();
  for (const button of await page.locator('main button:enabled').all()) await button.click();
  await page.getByRole('button', { name: '한국어' }).click();
  await page.getByRole('button', { name: 'English' }).click();
  await page.waitForLoadState('networkidle');
  expect(sent.filter((each) => !['GET', '200', '304'].includes(each))).toEqual([]);
  await press('Stop');
  await page.getByRole('heading', { name: 'Administration' }).waitFor();
  expect(await banner.count()).toBe(0);
}

test('an admin signs in with a passkey, finds a user, ends their sessions, and invites somebody, who accepts', async () => {
  signedInAs = await becomeAdmin();
  await signOut(page);
  // The passkey signs in from the autofill.
  await page.goto(`${url}/admin`);
  await page.getByRole('heading', { name: 'Administration' }).waitFor();
  const user = await app.signedUp();
  await page.getByLabel('Search').fill(user.email.slice(0, 12).toUpperCase());
  await follow(user.email);
  await page.locator('h2:focus', { hasText: user.email }).waitFor();
  await press('End all sessions');
  await said('The sessions have ended.');
  // A sign-in of the same moment would end with them.
  app.clock.advance(1);
  expect((await user.refresh()).status).toBe(401);
  await page.getByLabel('Roles').fill('clerk');
  await press('Save the roles');
  await said('Saved.');
  expect((await user.login(user.email)).status).toBe(200);
  expect((await user.get('/auth/session')).body).toMatchObject({ roles: ['clerk'] });

  await page.getByLabel('Reason').fill('a question about an order');
  await press('See what this user sees');
  await actsAs(user.email);
  const seen = (await user.get('/auth/activity')).body as unknown as { event: string }[];
  expect(seen.map(({ event }) => event)).toContain('impersonated');

  await follow('Invitations');
  const email = uniqueEmail();
  await page.getByLabel('Email address').fill(user.email);
  await press('Invite');
  await page.getByText('There is a user with this address already.').waitFor();
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Roles').fill('clerk');
  await press('Invite');
  await said(`${email} is invited.`);
  await page.getByRole('list', { name: 'Invitations' }).getByText(email).waitFor();

  const { link } = await mail.emailTo(email);
  const other = await newPage();
  await other.page.goto(url + link.slice(new URL(link).origin.length));
  expect(await violations(other.page)).toEqual([]);
  await other.page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await press('Accept the invitation', other.page);
  await signedIn(other.page);
  await other.page.getByText('clerk').waitFor();
  await other.context.close();
  await follow('Audit trail');
  await page.getByLabel('Event').fill('invitation_accepted');
  await page.getByText('invitation_accepted').first().waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), press('Download as CSV')]);
  expect(file.suggestedFilename()).toBe('audit.csv');
});

test('asks for a recent sign-in by itself, and goes on', async () => {
  await becomeAdmin();
  await page.goto(`${url}/admin#roles`);
  await page.getByText('orders:read · at the desk').waitFor();
  app.clock.advance(16 * 60);
  await page.getByRole('region', { name: 'New role' }).getByLabel('Name').fill('night');
  await press('Save the role');
  await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
  await said('Saved.');
});

test('tells who is no admin, and loads nothing of the page for the account', async () => {
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await signUp(page, url);
  expect(loaded.filter((each) => each.includes('admin'))).toEqual([]);
  await page.goto(`${url}/admin`);
  await page.getByText('your account is not one').waitFor();
  expect(await violations(page)).toEqual([]);
});

describe.each([
  ...(isLong ? [['en-GB', 'light', 'Administration'] as const] : []),
  ['ko-KR', 'dark', '관리'] as const,
])('in %s', (locale, colorScheme, title) => {
  test('axe finds nothing, and nothing scrolls sideways on a phone', async () => {
    await becomeAdmin();
    const state = await context.storageState();
    const small = await newPage({
      locale,
      colorScheme,
      viewport: { width: 320, height: 640 },
      storageState: state,
    });
    const at = small.page;
    await at.goto(`${url}/admin`);
    await at.evaluate((language) => localStorage.setItem('tokenjar-language', language), locale.slice(0, 2));
    const user = await app.signedUp();
    const id = (await app.app.get(Users).findByEmail(user.email))?.id ?? 0;
    await user.post('/auth/login', { email: user.email, password: 'wrong' });
    for (const part of ['users', 'invitations', 'roles', 'audit', 'webhooks', `user/${id}`]) {
      await at.goto('about:blank');
      await at.goto(`${url}/admin#${part}`);
      await at.getByRole('heading', { name: title }).waitFor();
      await at.waitForLoadState('networkidle');
      expect([part, await violations(at)]).toEqual([part, []]);
      const overflow = await at.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect([part, overflow]).toEqual([part, 0]);
      const directory = process.env.SCREENSHOTS;
      if (directory !== undefined)
        await at.screenshot({
          path: `${directory}/admin-${part.replace('/', '-')}-${locale}.png`,
          fullPage: true,
        });
    }
    await small.context.close();
  }, 60_000);
});
