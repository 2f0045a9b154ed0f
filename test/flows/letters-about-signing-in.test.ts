import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KnownDevices } from '../../src/auth/known-devices.js';
import { Users } from '../../src/users/users.js';
import { Sending } from '../../src/mail/sending.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const WRONG = 'not the password at all';

let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({
    rateLimit: true,
    limitLoginNetwork: 'off',
    limitRegistrationNetwork: 'off',
    siteName: 'Example',
    smtpUrl: mail.url,
    frontendUrl: 'https://app.example.com',
  });
});
afterAll(async () => {
  await app.close();
  await mail.stop();
});

const login = (email: string, password: string, browser: Browser = app.browser()) =>
  browser.post('/auth/login', { email, password }, { headers: { 'user-agent': FIREFOX } });
const unlock = (browser: Browser, key: string) => browser.post('/auth/login/unlock', { key });
async function lock(email: string): Promise<void> {
  for (let i = 0; i < 10; i++) expect((await login(email, WRONG)).status).toBe(401);
}

describe('a sign-in on a device that the account does not know', () => {
  test('is told to the owner; one on a known device is not', async () => {
    const owner = await app.signedUp();
    await login(owner.email, PASSWORD, owner);
    await login(owner.email, PASSWORD);
    const letter = await mail.letterTo(owner.email);
    expect(letter.subject).toBe('Example: a new sign-in');
    expect(letter.text).toContain('Firefox on Linux, address 127.0.0.1');
    await app.app.get(Sending).run();
    expect(mail.to(owner.email)).toHaveLength(1);
  });
});

describe('an account that guessing has locked', () => {
  test('opens by a letter, for the browser of its owner and nobody else', async () => {
    const { email } = await app.signedUp();
    await lock(email);
    const letter = await mail.letterTo(email);
    expect(letter.subject).toBe('Example: your account is locked');
    const key = /^https:\/\/app\.example\.com\/unlock#key=(\S+)$/.exec(letter.link)?.[1] ?? '';
    const elsewhere = app.browser();
    expect((await login(email, PASSWORD, elsewhere)).status).toBe(429);
    expect((await unlock(elsewhere, decodeURIComponent(key))).status).toBe(204);
    expect((await login(email, PASSWORD, elsewhere)).status).toBe(200);
    expect((await login(email, WRONG)).status).toBe(429);
    // Used again, it is the same device with the same count: no more guesses than ten.
    for (let i = 0; i < 10; i++) {
      const thief = app.browser();
      await unlock(thief, key);
      expect((await login(email, WRONG, thief)).status).toBe(401);
    }
    const thief = app.browser();
    await unlock(thief, key);
    expect((await login(email, WRONG, thief)).status).toBe(429);
    // The locks go on, and are not told each time.
    for (const wait of [60, 120, 240, 480]) {
      app.clock.advance(wait);
      expect((await login(email, WRONG)).status).toBe(401);
    }
    await app.app.get(Sending).run();
    const told = mail.to(email).filter(({ subject }) => subject.includes('locked'));
    expect(told.length).toBeLessThanOrEqual(3);
  });

  test('opens for its owner on any device once the password is reset by a letter', async () => {
    const { email } = await app.signedUp();
    await lock(email);
    expect((await login(email, PASSWORD)).status).toBe(429);
    await app.browser().post('/auth/password/reset', { email });
    const { link } = await mail.letterTo(email, 2);
    const token = decodeURIComponent(link.split('=').at(-1) ?? '');
    const reset = { token, new_password: 'another cactus in orbit' };
    expect((await app.browser().post('/auth/password/reset/confirm', reset)).status).toBe(200);
    expect((await login(email, reset.new_password)).status).toBe(200);
  });

  test('is told to nobody where nobody has the address, after the same work', async () => {
    const nobody = uniqueEmail();
    await lock(nobody);
    await app.app.get(Sending).run();
    expect(mail.to(nobody)).toEqual([]);
    expect(await app.sql('SELECT 1 FROM tokenjar.outbox WHERE sealed IS NOT NULL')).toEqual([]);
  });

  test('is not opened by a forged key, nor by one that has expired', async () => {
    const devices = app.app.get(KnownDevices, { strict: false });
    const { email } = await app.signedUp();
    const owner = await app.app.get(Users, { strict: false }).findByEmail(email);
    if (!owner) throw new Error('no account');
    const key = devices.keyFor(owner, new Date(app.clock.now().getTime() + 1000));
    const refused = { status: 400, body: { code: 'link_invalid' } };
    const changed = key.replace(/\.(\d+)\./, (_, expiry: string) => `.${Number(expiry) + 1}.`);
    for (const forged of ['', 'junk', key.slice(1), `${key}a`, changed, 'x'.repeat(512)])
      expect(await unlock(app.browser(), forged)).toMatchObject(refused);
    app.clock.advance(1);
    expect(await unlock(app.browser(), key)).toMatchObject(refused);
  });
});

test('a session that an old copy of its cookie ended is told to the owner', async () => {
  const owner = await app.signedUp();
  const thief = await owner.copy();
  app.clock.advance(300);
  await owner.post('/auth/token/refresh');
  app.clock.advance(300);
  await owner.post('/auth/token/refresh');
  expect(
    (await thief.post('/auth/token/refresh', undefined, { headers: { 'user-agent': FIREFOX } })).status,
  ).toBe(401);
  const letter = await mail.letterTo(owner.email);
  expect(letter.subject).toBe('Example: a session was ended');
  expect(letter.text).toContain('Firefox on Linux');
});
