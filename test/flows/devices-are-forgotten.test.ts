import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Passwords } from '../../src/crypto/password.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';

const NEXT = 'a rather different set of words';
const WRONG = 'not the password at all';

let mail: MailServer;
let app: TestApp;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ mail, app, close } = await startMailApp({
    rateLimit: true,
    limitLoginNetwork: 'off',
    limitRegistrationNetwork: 'off',
    limitLoginAccount: '3/1d',
  }));
});
afterAll(() => close());

const login = (email: string, password: string, browser: Browser = app.browser()) =>
  browser.login(email, password);
const entryOf = async (browser: Browser) =>
  (await browser.jar.getCookies(app.url)).find(({ key }) => key === 'known_device')?.value ?? '';

/** Locks the account for strangers, so that only a device that it knows is let through. */
async function lock(email: string): Promise<void> {
  for (let i = 0; i < 3; i++) expect((await login(email, WRONG)).status).toBe(401);
  expect((await login(email, WRONG)).status).toBe(429);
}

/** A browser that has nothing but a device cookie. */
async function browserWith(entry: string): Promise<Browser> {
  const browser = app.browser();
  await browser.jar.setCookie(`known_device=${entry}`, app.url);
  return browser;
}

async function resetPassword(email: string, browser: Browser): Promise<void> {
  await browser.post('/auth/password/reset', { email });
  const [{ link } = { link: '' }] = await eventually(
    () => mail.to(email).filter((each) => each.link.includes('reset')),
    ({ length }) => length === 1,
    10_000,
  );
  const token = secretOf(link);
  const answer = await browser.post('/auth/password/reset/confirm', { token, new_password: NEXT });
  expect(answer.status).toBe(200);
}

describe('a known device is forgotten', () => {
  const ways: [string, (owner: Browser & { email: string }) => Promise<void>][] = [
    [
      'when the password is changed',
      async (owner) => {
        const change = { old_password: PASSWORD, new_password: NEXT };
        expect((await owner.post('/auth/password/change', change)).status).toBe(200);
      },
    ],
    ['when the password is reset', ({ email }) => resetPassword(email, app.browser())],
    [
      'when the account is deleted and registered again',
      async (owner) => {
        expect((await owner.delete('/auth/user', { password: PASSWORD })).status).toBe(204);
        const registration = { email: owner.email, password: NEXT };
        expect((await app.browser().post('/auth/registration', registration)).status).toBe(201);
      },
    ],
    [
      'when a host writes the hash of another password itself',
      async ({ email }) => {
        const passwordHash = await app.app.get(Passwords, { strict: false }).hash(NEXT);
        await app.app.get(Users).repository.update({ email }, { passwordHash });
      },
    ],
  ];
  test.each(ways)(
    '%s, and forgotten devices get no attempts of their own, however many there are',
    async (_, act) => {
      const owner = await app.signedUp();
      const entries = [await entryOf(owner)];
      for (let i = 0; i < 3; i++) {
        const other = app.browser();
        expect((await login(owner.email, PASSWORD, other)).status).toBe(200);
        entries.push(await entryOf(other));
      }
      await act(owner);
      await lock(owner.email);
      for (const entry of entries)
        expect((await login(owner.email, NEXT, await browserWith(entry))).status).toBe(429);
    },
  );
});

describe('the device used stays known', () => {
  test('after a password change', async () => {
    const owner = await app.signedUp();
    const before = await entryOf(owner);
    await owner.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT });
    const after = await entryOf(owner);
    expect(after).not.toBe(before);
    expect(after.split('.')[0]).toBe(before.split('.')[0]);
    await lock(owner.email);
    expect((await login(owner.email, NEXT, await browserWith(after))).status).toBe(200);
  });

  test('after a password reset, if it was known before', async () => {
    const owner = await app.signedUp();
    await resetPassword(owner.email, owner);
    await lock(owner.email);
    expect((await login(owner.email, NEXT, owner)).status).toBe(200);

    const other = await app.signedUp();
    const elsewhere = app.browser();
    await resetPassword(other.email, elsewhere);
    expect(await entryOf(elsewhere)).toBe('');
  });
});

test('an owner locked out of a known device can reset the password by email and sign in there', async () => {
  const owner = await app.signedUp();
  for (let i = 0; i < 3; i++) await login(owner.email, WRONG, owner);
  expect((await login(owner.email, PASSWORD, owner)).status).toBe(429);
  await resetPassword(owner.email, owner);
  expect((await login(owner.email, NEXT, owner)).status).toBe(200);
});

test('a cookie of an earlier version takes no place from other accounts', async () => {
  const browser = app.browser();
  const accounts = [];
  for (let i = 0; i < 5; i++) accounts.push((await app.signedUp()).email);
  for (const email of accounts) await login(email, PASSWORD, browser);
  const [first = ''] = accounts;
  await resetPassword(first, app.browser());
  await login(first, NEXT, browser);
  const entries = (await entryOf(browser)).split('~');
  expect(entries).toHaveLength(5);
  await lock(accounts[1] ?? '');
  expect((await login(accounts[1] ?? '', PASSWORD, browser)).status).toBe(200);
});
