import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Front, startFront } from '../support/front.js';
import { isLong, longTest } from '../support/long.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { emailField, passwordField, signedIn } from './account-page.js';

/** The built server below a path of a proxy that serves another app beside it, as people see it in Chromium. */

const MOUNT = '/accounts';
const NEXT = 'a rather different set of words';

/** How the proxy passes requests on, and the cookie that comes of it. */
interface Way {
  title: string;
  isSecure: boolean;
  isStripped: boolean;
  settings: Record<string, string>;
  cookie: { name: string; path: string; secure: boolean };
}
const WAYS: Way[] = [
  {
    title: 'https, the path taken away',
    isSecure: true,
    isStripped: true,
    settings: {},
    cookie: { name: '__Host-refresh_token', path: '/', secure: true },
  },
  {
    title: 'http, the path passed on, the cookie kept from the app beside it',
    isSecure: false,
    isStripped: false,
    settings: { COOKIE_PATH: `${MOUNT}/auth` },
    cookie: { name: 'refresh_token', path: `${MOUNT}/auth`, secure: false },
  },
  {
    title: 'https, the path taken away, the cookie kept from the app beside it',
    isSecure: true,
    isStripped: true,
    settings: { COOKIE_PATH: MOUNT },
    cookie: { name: '__Secure-refresh_token', path: MOUNT, secure: true },
  },
];

let chromium: Chromium;
beforeAll(async () => {
  await build();
  chromium = await startChromium();
}, 240_000);
afterAll(() => chromium.close());

describe.each(isLong ? WAYS : WAYS.slice(0, 1))(
  'over $title',
  ({ isSecure, isStripped, settings, cookie }) => {
    let mail: MailServer;
    let database: TestDatabase;
    let server: ServerProcess;
    let front: Front;
    let site: string;
    let context: BrowserContext | undefined;
    let page: Page;
    let errors: string[];
    beforeAll(async () => {
      mail = await startMailServer();
      database = await createDatabase();
      let inside = '';
      front = await startFront(() => inside, { isSecure, mount: { path: MOUNT, isStripped } });
      site = `${isSecure ? 'https' : 'http'}://site.test:${front.port}`;
      server = startProcess({
        DATABASE_URL: (database.settings as { databaseUrl: string }).databaseUrl,
        SECRET_KEY,
        SMTP_URL: mail.url,
        PUBLIC_URL: site + MOUNT,
        TRUSTED_PROXIES: '127.0.0.1',
        EMAIL_VERIFICATION: 'mandatory',
        RATE_LIMIT: 'off',
        ...settings,
      });
      inside = await server.url;
      context = await chromium.newContext({ locale: 'en', ignoreHTTPSErrors: true });
      page = await context.newPage();
      page.setDefaultTimeout(15_000);
      errors = noteErrors(page);
    }, 120_000);
    afterAll(async () => {
      await context?.close();
      server.kill('SIGTERM');
      await server.ended;
      await front.close();
      await mail.stop();
      await database.drop();
    });
    afterEach(() => expect(errors).toEqual([]));

    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const said = (text: string) => page.getByText(text).waitFor();
    const refreshCookies = async () =>
      ((await context?.cookies([site, site + MOUNT, `${site}${MOUNT}/auth/login`])) ?? []).filter(
        ({ name }) => name.includes('refresh_token'),
      );
    /** As it stands in the email. */
    async function open(link: string, path: string): Promise<void> {
      expect(link.startsWith(`${site}${MOUNT}/${path}`)).toBe(true);
      await page.goto(link);
    }
    async function signIn(email: string, password: string): Promise<void> {
      await page.goto(site + MOUNT);
      await emailField(page).fill(email);
      await passwordField(page).fill(password);
      await press('Sign in');
      await signedIn(page);
    }

    const email = uniqueEmail();

    test('somebody registers, and verifies by the link of the email', async () => {
      await page.goto(`${site}${MOUNT}/#sign-up`);
      await emailField(page).fill(email);
      await passwordField(page).fill(PASSWORD);
      await said('Good.');
      await press('Create an account');
      await said('An email is on its way to you.');
      await open((await mail.emailTo(email)).link, 'verify-email');
      await press('Verify your email address');
      await said('Your email address is verified.');
    });

    test('signs in, stays signed in when the page is loaded again, and the cookie is where it should be', async () => {
      await signIn(email, PASSWORD);
      expect(await refreshCookies()).toMatchObject([{ ...cookie, httpOnly: true, sameSite: 'Strict' }]);
      for (const path of [MOUNT, `${MOUNT}/`, `${MOUNT}/#sign-up`]) {
        await page.goto(site + path);
        await signedIn(page);
      }
      await page.reload();
      await signedIn(page);
      const refreshes = front.exchanges.filter(({ path }) => path === `${MOUNT}/auth/token/refresh`);
      expect(refreshes.length).toBeGreaterThan(2);
      // Nothing of it went to the app beside it, nor does the cookie where it is kept from there.
      expect(front.exchanges.every(({ path }) => path.startsWith(MOUNT))).toBe(true);
      const atNeighbour = (await context?.cookies(`${site}/elsewhere`)) ?? [];
      expect(atNeighbour.some(({ name }) => name === cookie.name)).toBe(cookie.path === '/');
    });

    // Where the path passes and the cookie is narrow, and of the other two in the long form.
    longTest('calls the API in Swagger UI, refresh included', async () => {
      await page.goto(`${site}${MOUNT}/docs`);
      for (const [path, status] of [
        ['/auth/token/refresh', 200],
        ['/auth/logout', 204],
        ['/auth/token/refresh', 401],
      ] as const) {
        const block = page
          .locator('.opblock-post')
          .filter({ has: page.locator(`.opblock-summary-path[data-path="${path}"]`) });
        if (!(await block.locator('button.execute').isVisible()))
          await block.locator('.opblock-summary-control').click();
        const clear = block.locator('.btn-clear');
        if (await clear.isVisible()) await clear.click();
        await block.locator('button.execute').click();
        const shown = block.locator('.live-responses-table .response').first();
        await shown.waitFor();
        expect(parseInt(await shown.locator('.response-col_status').innerText(), 10)).toBe(status);
      }
      expect(await refreshCookies()).toEqual([]);
    });

    test('resets the password by the link of the email, signs in with it and out again', async () => {
      await page.goto(`${site}${MOUNT}/forgot-password`);
      await emailField(page).fill(email);
      await press('Send the email');
      await said('If there is an account with this address');
      await open((await mail.emailTo(email, 2)).link, 'reset-password');
      await page.getByLabel('New password', { exact: true }).fill(NEXT);
      await press('Set a new password');
      await said('Your new password is set.');
      await signIn(email, NEXT);
      expect(await refreshCookies()).toMatchObject([cookie]);
      await press('Sign out');
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
      expect(await refreshCookies()).toEqual([]);
      await page.reload();
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    });

    test('password managers find the page that changes a password', async () => {
      const answer = await page.goto(`${site}${MOUNT}/.well-known/change-password`);
      expect([answer?.status(), new URL(page.url()).pathname]).toEqual([200, `${MOUNT}/change-password`]);
    });
  },
);
