import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser as Chromium, BrowserContext, Page } from 'playwright-core';
import { Inviting } from '../../src/invitations/inviting.js';
import { EMAILS, type EmailKind } from '../../src/mail/email.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { noteErrors, startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { isLong } from '../support/long.js';
import { startMailApp } from '../support/mail-app.js';
import { build } from '../support/server-process.js';
import type { MailServer } from '../support/smtp.js';
import { emailField, signedIn } from './account-page.js';
import { violations } from './axe.js';
import { scan } from './scanner.js';

const NOBODY = { ip: null, userAgent: null, requestId: null, isConnected: () => true };
const NEXT = 'a rather different set of words';
const STRANGE = 'the password of a stranger';

let mail: MailServer;
let app: TestApp;
let close: () => Promise<void>;
let chromium: Chromium;
beforeAll(async () => {
  await build();
  ({ mail, app, close } = await startMailApp({
    accountPage: true,
    docs: false,
    frontendUrl: 'http://localhost:3000',
    emailCodeLogin: true,
    emailVerification: 'mandatory',
    // An account is locked after ten wrong passwords, and nothing else stops a test.
    rateLimit: true,
    limitLoginNetwork: 'off',
    limitRegistrationNetwork: 'off',
    limitResetNetwork: 'off',
    limitVerificationNetwork: 'off',
  }));
  chromium = await startChromium();
}, 240_000);
afterAll(async () => {
  await chromium?.close();
  await close?.();
});

let context: BrowserContext;
let page: Page;
let errors: string[];
beforeEach(async () => {
  context = await newContext();
  page = await context.newPage();
  errors = noteErrors(page);
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});
async function newContext(): Promise<BrowserContext> {
  const made = await chromium.newContext({ locale: 'en-GB' });
  made.setDefaultTimeout(15_000);
  return made;
}

/** The link as it stands in the email, on the port that the server was given. */
const here = (link: string) => app.url + link.slice(new URL(link).origin.length);
const press = (name: string, at = page) => at.getByRole('button', { name, exact: true }).click();
const said = (text: string, at = page) => at.getByText(text).waitFor();

/** The next email to an address whose link leads to a path. */
async function linkTo(email: string, path: string, ask: () => Promise<{ status: number }>): Promise<string> {
  const before = mail.to(email).length;
  expect((await ask()).status).toBeLessThan(300);
  const find = () =>
    mail
      .to(email)
      .slice(before)
      .find(({ link }) => link.includes(`${path}#`));
  const found = await eventually(find, (sent) => sent !== undefined, 10_000);
  return here(found?.link ?? '');
}
const post = (path: string, json: object) => app.browser().post(path, json);
const register = (email: string, password = PASSWORD) => post('/auth/registration', { email, password });
async function member(): Promise<string> {
  const email = uniqueEmail();
  const link = await linkTo(email, '/verify-email', () => register(email));
  expect((await post('/auth/registration/verify-email', { key: link.split('=').at(-1) })).status).toBe(200);
  return email;
}

type WithLink = {
  [Kind in EmailKind]: 'link' extends (typeof EMAILS)[Kind][number] ? Kind : never;
}[EmailKind];

interface Mailed {
  email: string;
  link: string;
  /** The password of the account, once the person has used the link. */
  password?: string;
}

/**
 * Every email that has a link: how it comes, and what its reader does in a browser that knows nothing. The code for an
 * identity of a provider is bound to its browser as that of `login_code` is, and takes the same page.
 */
const LINKS: Record<
  Exclude<WithLink, 'identity_code'>,
  { make: () => Promise<Mailed>; use: (mailed: Mailed) => Promise<void> }
> = {
  verify_email: {
    async make() {
      const email = uniqueEmail();
      return { email, link: await linkTo(email, '/verify-email', () => register(email)) };
    },
    async use({ email }) {
      await emailAbout(email);
      await press('Verify your email address');
      await said('Your email address is verified.');
    },
  },
  choose_password: {
    async make() {
      const email = uniqueEmail();
      await linkTo(email, '/verify-email', () => register(email));
      const link = await linkTo(email, '/reset-password', () => register(email, STRANGE));
      return { email, link, password: NEXT };
    },
    use: setPassword,
  },
  account_exists: {
    async make() {
      const email = await member();
      const link = await linkTo(email, '/reset-password', () => register(email, STRANGE));
      return { email, link, password: NEXT };
    },
    use: setPassword,
  },
  reset_password: {
    async make() {
      const email = await member();
      const link = await linkTo(email, '/reset-password', () => post('/auth/password/reset', { email }));
      return { email, link, password: NEXT };
    },
    use: setPassword,
  },
  invitation: {
    async make() {
      const email = uniqueEmail();
      const ask = async () => {
        const by = await member();
        await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [by]);
        const admin = await app.app.get(Users).findByEmail(by);
        await app.app
          .get(Inviting, { strict: false })
          .invite({ email }, { userId: admin?.id ?? 0 }, NOBODY, null);
        return { status: 200 };
      };
      return { email, link: await linkTo(email, '/invitation', ask), password: NEXT };
    },
    async use() {
      await page.getByLabel('New password', { exact: true }).fill(NEXT);
      await press('Accept the invitation');
      await signedIn(page);
    },
  },
  change_email: {
    async make() {
      const browser = app.browser();
      await browser.login(await member());
      const email = uniqueEmail();
      const ask = () => browser.post('/auth/email/change', { new_email: email, password: PASSWORD });
      return { email, link: await linkTo(email, '/change-email', ask) };
    },
    async use({ email }) {
      await emailAbout(email);
      await press('Confirm your new email address');
      await said('Your email address has been changed.');
    },
  },
  login_code: {
    async make() {
      const email = await member();
      return { email, link: await linkTo(email, '/sign-in-code', () => post('/auth/login/code', { email })) };
    },
    async use() {
      // What can be done in a browser that has not asked for it.
      await press('Sign in');
      await said('You are not signed in here.');
    },
  },
  account_locked: {
    async make() {
      const email = await member();
      const lock = async () => {
        for (let i = 0; i < 10; i++) await post('/auth/login', { email, password: STRANGE });
        return { status: 200 };
      };
      return { email, link: await linkTo(email, '/unlock', lock) };
    },
    use: unlock,
  },
  unlock_account: {
    async make() {
      const email = await member();
      const ask = () => post('/auth/login/unlock/resend', { email });
      return { email, link: await linkTo(email, '/unlock', ask) };
    },
    use: unlock,
  },
};

/** In this browser nobody has typed anything yet. */
async function emailAbout(email: string): Promise<void> {
  await page.getByLabel('The email address to which this link was sent').fill(email);
}
async function setPassword(): Promise<void> {
  await page.getByLabel('New password', { exact: true }).fill(NEXT);
  await press('Set a new password');
  await said('Your new password is set.');
}
async function unlock({ email }: Mailed): Promise<void> {
  await emailAbout(email);
  await press('Unlock your account');
  await said('You can now sign in with this browser.');
}

/** Everything that a link could change. */
async function state(): Promise<unknown[]> {
  const tables = [
    'users',
    'sessions',
    'pending_registrations',
    'invitations',
    'one_time_tokens',
    'login_codes',
    'pending_logins',
  ];
  return Promise.all(
    tables.map(async (table) => [
      table,
      await app.sql(`SELECT t::text AS row FROM tokenjar.${table} t ORDER BY 1`),
    ]),
  );
}

/** A page that asks for a password, one that asks for a code, one that asks for nothing. */
const SHORT = ['reset_password', 'login_code', 'verify_email'];

describe('a scanner that runs scripts and presses every button', () => {
  test.each(isLong ? Object.entries(LINKS) : Object.entries(LINKS).filter(([kind]) => SHORT.includes(kind)))(
    '%s: gets nothing, changes nothing, and leaves the link to its reader',
    async (_kind, { make, use }) => {
      const mailed = await make();
      const before = await state();
      expect(await scan(chromium, mailed.link)).toEqual([]);
      expect(await state()).toEqual(before);

      await page.goto(mailed.link);
      await use(mailed);
      const { email, password = PASSWORD } = mailed;
      const browser = app.browser();
      // A locked account lets in the browser that was unlocked.
      for (const { name, value } of await context.cookies())
        await browser.jar.setCookie(`${name}=${value}; Path=/`, app.url);
      expect((await browser.login(email, password)).status).toBe(200);
    },
    60_000,
  );
});

test('where nobody has typed anything, the address must be that of the email', async () => {
  const email = uniqueEmail();
  const link = await linkTo(email, '/verify-email', () => register(email));
  await page.goto(link);
  await emailAbout(uniqueEmail());
  await press('Verify your email address');
  await said('This link was not sent to that address');
  expect(await page.getByRole('alert').getByRole('link').getAttribute('href')).toBe('/resend-email');
  await emailAbout(email.toUpperCase());
  await press('Verify your email address');
  await said('Your email address is verified.');
  // From now on this browser has a person.
  const next = uniqueEmail();
  await page.goto('about:blank');
  await page.goto(await linkTo(next, '/verify-email', () => register(next)));
  expect(await page.getByRole('textbox').count()).toBe(0);
  await press('Verify your email address');
  await said('Your email address is verified.');
});

describe('signing in with an emailed code', () => {
  /** Asks for a code on the page. @returns what the email has. */
  async function ask(email: string, at = page): Promise<{ link: string; code: string }> {
    await at.goto(`${app.url}/#code`);
    const link = await linkTo(email, '/sign-in-code', async () => {
      await emailField(at).fill(email);
      await press('Send the code', at);
      await said('a code is on its way', at);
      return { status: 200 };
    });
    const [, code = ''] = /: (\d{8}) is your code$/.exec(mail.to(email).at(-1)?.subject ?? '') ?? [];
    return { link, code };
  }

  test('the link signs in where it was asked for, after a scanner has been there', async () => {
    const { link } = await ask(await member());
    expect(await scan(chromium, link)).toEqual([]);
    const tab = await context.newPage();
    await tab.goto(link);
    await press('Sign in', tab);
    await said('You are signed in.', tab);
    expect(new URL(tab.url()).hash).toBe('');
    await tab.goto(app.url);
    await signedIn(tab);
    // The form where it began knows at once.
    await signedIn(page);
  });

  test('elsewhere the link shows the code, which signs in where it was asked for', async () => {
    const { link, code } = await ask(await member());
    expect(await scan(chromium, link)).toEqual([]);
    const phone = await newContext();
    const there = await phone.newPage();
    await there.goto(link);
    await press('Sign in', there);
    await said('You are not signed in here.', there);
    const shown = (await there.locator('code.secret').textContent()) ?? '';
    expect([shown, await phone.cookies()]).toEqual([code, []]);
    await phone.close();
    await page.getByLabel('Code from the email').fill(shown);
    await press('Sign in');
    await signedIn(page);
  });

  test('a wrong code says so at the field, and the fifth ends it', async () => {
    const { code } = await ask(await member());
    const field = page.getByLabel('Code from the email');
    for (let i = 0; i < 5; i++) {
      await field.fill(code === '00000000' ? '11111111' : '00000000');
      await Promise.all([page.waitForResponse(/confirm/), press('Sign in')]);
      await page.locator('input[name=code][aria-invalid=true]:focus').waitFor();
    }
    await field.fill(code);
    await press('Sign in');
    await said('This code no longer works.');
    await press('Send another code');
    await page.getByRole('status').getByText('Another code is on its way.').waitFor();
    await page.locator('input[name=code]:focus').waitFor();
  });

  test('with the keyboard alone', async () => {
    const email = await member();
    await page.goto(app.url);
    await emailField(page).waitFor();
    await page.getByRole('link', { name: 'Email me a code instead' }).press('Enter');
    await page.locator('h1:focus', { hasText: 'Sign in with a code by email' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type(email);
    const before = mail.to(email).length;
    await page.keyboard.press('Enter');
    // Whoever cannot see it is told, and is in the field.
    await page.getByRole('status').getByText('a code is on its way').waitFor();
    await page.locator('input[name=code]:focus').waitFor();
    const { subject } = await mail.emailTo(email, before + 1);
    await page.keyboard.type(/: (\d{8}) is/.exec(subject)?.[1] ?? '');
    await page.keyboard.press('Enter');
    await signedIn(page);
    await page.locator('h1:focus', { hasText: 'Hello' }).waitFor();
  });

  test.each([...(isLong ? [['en-GB', 'light'] as const] : []), ['ko-KR', 'dark'] as const])(
    'axe finds nothing, and nothing scrolls sideways on a phone, in %s',
    async (locale, colorScheme) => {
      const viewport = { width: 320, height: 640 };
      const own = await chromium.newContext({ locale, colorScheme, viewport, bypassCSP: true });
      own.setDefaultTimeout(15_000);
      const at = await own.newPage();
      const look = async (screen: string, where = at) => {
        expect([screen, await violations(where)]).toEqual([screen, []]);
        const overflow = await where.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect([screen, overflow]).toEqual([screen, 0]);
        const directory = process.env.SCREENSHOTS;
        if (directory !== undefined)
          await where.screenshot({ path: `${directory}/${screen}-${locale}.png`, fullPage: true });
      };
      const email = await member();
      await at.goto(app.url);
      await at.locator('a[href="#code"]').waitFor();
      await look('code-offered');
      await at.locator('a[href="#code"]').click();
      await at.locator('input[type=password]').waitFor({ state: 'detached' });
      await look('code-ask');
      const link = await linkTo(email, '/sign-in-code', async () => {
        await at.locator('input[type=email]').fill(email);
        await at.locator('button.primary').click();
        await at.locator('input[name=code]').waitFor();
        return { status: 200 };
      });
      await look('code-enter');
      await at.locator('input[name=code]').fill('00000000');
      await at.locator('button.primary').click();
      await at.locator('[aria-invalid=true]').waitFor();
      await look('code-wrong');
      const elsewhere = await chromium.newContext({ locale, colorScheme, viewport, bypassCSP: true });
      const there = await elsewhere.newPage();
      await there.goto(link);
      await there.locator('button.primary').waitFor();
      await look('code-link', there);
      await there.locator('button.primary').click();
      await there.locator('code.secret').waitFor();
      await look('code-elsewhere', there);
      const other = uniqueEmail();
      await there.goto(await linkTo(other, '/verify-email', () => register(other)));
      await there.locator('input[type=email]').waitFor();
      await look('link-typed-address', there);
      await there.locator('input[type=email]').fill(email);
      await there.locator('button.primary').click();
      await there.locator('[role=alert]:not([hidden])').waitFor();
      await look('link-wrong-address', there);
      await elsewhere.close();
      const tab = await own.newPage();
      await tab.goto(link);
      await tab.locator('button.primary').click();
      await tab.locator('.notice:focus').waitFor();
      await look('code-signed-in', tab);
      await own.close();
    },
  );
});
