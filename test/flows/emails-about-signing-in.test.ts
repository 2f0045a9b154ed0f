import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeyReminders } from '../../src/api-keys/key-reminders.js';
import { Sending } from '../../src/mail/sending.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const WRONG = 'not the password at all';

let mail: MailServer;
let app: TestApp;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ mail, app, close } = await startMailApp({
    rateLimit: true,
    limitLoginNetwork: 'off',
    limitResetNetwork: 'off',
    limitRegistrationNetwork: 'off',
    siteName: 'Example',
    apiKeys: true,
  }));
});
afterAll(() => close());

const login = (email: string, password: string, browser: Browser = app.browser()) =>
  browser.post('/auth/login', { email, password }, { headers: { 'user-agent': FIREFOX } });
const REFUSED = { status: 400, body: { code: 'link_invalid' } };
const resend = (email: string) => app.browser().post('/auth/login/unlock/resend', { email });
const unlock = (browser: Browser, key: string) => browser.post('/auth/login/unlock', { key });
/** The last one to an address that was asked for. */
async function unlockMail(email: string) {
  const find = () => mail.to(email).findLast(({ subject }) => subject === 'Example: unlock your account');
  const found = await eventually(find, (sent) => sent !== undefined);
  expect(found).toBeDefined();
  return found as NonNullable<typeof found>;
}
async function lock(email: string): Promise<void> {
  for (let i = 0; i < 10; i++) expect((await login(email, WRONG)).status).toBe(401);
}

describe('a sign-in on an unknown device', () => {
  test('notifies the owner; one on a known device does not', async () => {
    const owner = await app.verified();
    await login(owner.email, PASSWORD, owner);
    await login(owner.email, PASSWORD);
    const email = await mail.emailTo(owner.email);
    expect(email.subject).toBe('Example: new sign-in');
    expect(email.text).toContain('Firefox on Linux, IP address 127.0.0.1');
    await app.app.get(Sending).run();
    expect(mail.to(owner.email)).toHaveLength(1);
  });
});

describe('an API key', () => {
  test('is told to its owner when it is made, and a week before it expires', async () => {
    const owner = await app.verified();
    const { body } = await owner.post(
      '/auth/keys',
      { name: 'Nightly export', expires_in: 30 * 86_400 },
      { headers: { 'user-agent': FIREFOX } },
    );
    const made = await mail.emailTo(owner.email);
    expect(made.subject).toBe('Example: new API key');
    expect(made.text).toContain('An API key was made for your account at Example on March 1, 2026 at');
    expect(made.text).toContain('Firefox on Linux, IP address 127.0.0.1.');
    expect(made.text).toContain('revoke it on your account page and set a new password');
    app.clock.advance(23 * 86_400);
    const reminders = app.app.get(KeyReminders, { strict: false });
    await reminders.run();
    const expires = await mail.emailTo(owner.email, 2);
    expect(expires.subject).toBe('Example: an API key expires soon');
    expect(expires.text).toContain('expires on March 31, 2026 at');
    expect(expires.text).toContain('Make a new one on your account page');
    // Neither says anything that opens it, or what somebody has called it.
    for (const { text } of [made, expires])
      for (const secret of [String(body.key), String(body.key).slice(4, 20), 'Nightly export'])
        expect(text).not.toContain(secret);
    await reminders.run();
    await app.app.get(Sending).run();
    expect(mail.to(owner.email)).toHaveLength(2);
  });
});

describe('notices', () => {
  test('are only sent to verified addresses', async () => {
    const stranger = await app.signedUp();
    await login(stranger.email, PASSWORD);
    await lock(stranger.email);
    await stranger.post('/auth/password/change', {
      old_password: PASSWORD,
      new_password: 'another set of words',
    });
    await stranger.delete('/auth/user', { password: 'another set of words' });
    await app.app.get(Sending).run();
    expect(mail.to(stranger.email)).toEqual([]);
  });

  test('are limited to three per day, kind and account, across instances', async () => {
    // One process has the embedded database to itself.
    const other = isEmbedded
      ? app
      : await startApp({ rateLimit: true, smtpUrl: mail.url, clock: app.clock }, app.database);
    const { email } = await app.verified();
    const news = () => mail.to(email).filter(({ subject }) => subject.includes('new sign-in'));
    const flood = async () => {
      for (const each of [app, other, app, other, app, other, app, other])
        expect((await login(email, PASSWORD, each.browser())).status).toBe(200);
      await app.app.get(Sending).run();
    };
    await flood();
    expect(news()).toHaveLength(3);
    // Another kind has a count of its own: who signs in often does not silence a change of the password.
    const owner = app.browser();
    await login(email, PASSWORD, owner);
    await owner.post('/auth/password/change', {
      old_password: PASSWORD,
      new_password: PASSWORD.toUpperCase(),
    });
    await owner.post('/auth/password/change', {
      old_password: PASSWORD.toUpperCase(),
      new_password: PASSWORD,
    });
    await app.app.get(Sending).run();
    expect(mail.to(email).filter(({ subject }) => subject.includes('password was changed'))).toHaveLength(2);
    app.clock.advance(86_400);
    await flood();
    expect(news()).toHaveLength(6);
    if (other !== app) await other.close();
  });

  test('contain no text chosen by a stranger', async () => {
    const { email } = await app.verified();
    const headers = {
      'user-agent': 'Your account is closed, visit http://evil.example/1.0 x',
      'accept-language': 'evil.example',
    };
    await app.browser().post('/auth/login', { email, password: PASSWORD }, { headers });
    const { raw, text, html, subject } = await mail.emailTo(email);
    expect(text).toContain('an unknown device, IP address 127.0.0.1');
    for (const part of [raw, text, html, subject]) expect(part).not.toMatch(/evil|closed/);
  });
});

describe('an account locked by guesses', () => {
  test('is unlocked by an email, only in the browser that uses its link', async () => {
    const { email } = await app.verified();
    await lock(email);
    const sent = await mail.emailTo(email);
    expect(sent.subject).toBe('Example: your account is locked');
    const key = /^https:\/\/app\.example\.com\/unlock#key=(\S+)$/.exec(sent.link)?.[1] ?? '';
    const elsewhere = app.browser();
    expect((await login(email, PASSWORD, elsewhere)).status).toBe(429);
    expect((await unlock(elsewhere, decodeURIComponent(key))).status).toBe(204);
    expect((await login(email, PASSWORD, elsewhere)).status).toBe(200);
    expect((await login(email, WRONG)).status).toBe(429);
    expect(
      await app.sql(
        `SELECT count(*)::int AS n FROM tokenjar.audit_events JOIN tokenjar.users ON users.id = user_id
          WHERE email = $1 AND event = 'login_unlocked'`,
        [email],
      ),
    ).toEqual([{ n: 1 }]);
    // It works once, for one browser.
    expect(await unlock(app.browser(), key)).toMatchObject(REFUSED);
    // The locks go on, and are not told each time.
    for (const wait of [60, 120, 240, 480]) {
      app.clock.advance(wait);
      expect((await login(email, WRONG)).status).toBe(401);
    }
    await app.app.get(Sending).run();
    const told = mail.to(email).filter(({ subject }) => subject.includes('locked'));
    expect(told.length).toBeLessThanOrEqual(3);
  });

  test('is unlocked on every device by a password reset', async () => {
    const { email } = await app.verified();
    await lock(email);
    expect((await login(email, PASSWORD)).status).toBe(429);
    await app.browser().post('/auth/password/reset', { email });
    const { link } = await mail.emailTo(email, 2);
    const token = secretOf(link);
    const reset = { token, new_password: 'another cactus in orbit' };
    expect((await app.browser().post('/auth/password/reset/confirm', reset)).status).toBe(200);
    expect((await login(email, reset.new_password)).status).toBe(200);
  });

  test('sends nothing for an unknown address, after the same work', async () => {
    const nobody = uniqueEmail();
    await lock(nobody);
    await app.app.get(Sending).run();
    expect(mail.to(nobody)).toEqual([]);
    expect(await app.sql('SELECT 1 FROM tokenjar.outbox WHERE sealed IS NOT NULL')).toEqual([]);
  });

  test('is not unlocked by forged, expired or outdated keys', async () => {
    const { email } = await app.verified();
    const lines = async (count: number) => secretOf((await mail.emailTo(email, count)).link);
    await resend(email);
    const late = await lines(1);
    for (const forged of ['', 'junk', late.slice(1), `${late}a`, 'x'.repeat(512)])
      expect(await unlock(app.browser(), forged)).toMatchObject(REFUSED);
    app.clock.advance(3600);
    expect(await unlock(app.browser(), late)).toMatchObject(REFUSED);

    await resend(email);
    const old = await lines(2);
    const owner = app.browser();
    expect((await login(email, PASSWORD, owner)).status).toBe(200);
    const change = { old_password: PASSWORD, new_password: 'another cactus in orbit' };
    expect((await owner.post('/auth/password/change', change)).status).toBe(200);
    expect(await unlock(app.browser(), old)).toMatchObject(REFUSED);
  });

  test('is unlocked on request while it is locked, whatever happened to the first email', async () => {
    const { email } = await app.verified();
    await lock(email);
    await mail.emailTo(email);
    // The first link has expired long ago.
    app.clock.advance(7200);
    for (const wait of [0, 60, 120]) {
      app.clock.advance(wait);
      await login(email, WRONG);
    }
    const nobody = uniqueEmail();
    const [known, unknown] = [await resend(email), await resend(nobody)];
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
    const told = await unlockMail(email);
    const owner = app.browser();
    expect((await login(email, PASSWORD, owner)).status).toBe(429);
    expect((await unlock(owner, secretOf(told.link))).status).toBe(204);
    expect((await login(email, PASSWORD, owner)).status).toBe(200);
    await app.app.get(Sending).run();
    expect(mail.to(nobody)).toEqual([]);
    const codes = [];
    for (let i = 0; i < 20; i++) codes.push((await resend(email)).body.code);
    expect(codes).toContain('rate_limited');
  });

  test('is unlocked by links that displace no device of a sign-in', async () => {
    const owner = await app.verified();
    const others = [];
    for (let i = 0; i < 6; i++) others.push((await app.verified()).email);
    for (const email of others) {
      await resend(email);
      expect((await unlock(owner, secretOf((await mail.emailTo(email)).link))).status).toBe(204);
    }
    await lock(owner.email);
    expect((await login(owner.email, PASSWORD)).status).toBe(429);
    expect((await login(owner.email, PASSWORD, owner)).status).toBe(200);
    // The last of them is known too, by one entry beside.
    const last = others.at(-1) ?? '';
    await lock(last);
    expect((await login(last, PASSWORD, owner)).status).toBe(200);
  });

  test('is unlocked for a known browser that has used up its own attempts', async () => {
    const owner = await app.verified();
    for (let i = 0; i < 10; i++) expect((await login(owner.email, WRONG, owner)).status).toBe(401);
    expect((await login(owner.email, PASSWORD, owner)).status).toBe(429);
    await resend(owner.email);
    const { link } = await unlockMail(owner.email);
    expect((await unlock(owner, secretOf(link))).status).toBe(204);
    expect((await login(owner.email, PASSWORD, owner)).status).toBe(200);
  });
});

test('notifies the owner when a session was ended because an old copy of its cookie was used', async () => {
  const owner = await app.verified();
  const thief = await owner.copy();
  app.clock.advance(300);
  await owner.refresh();
  app.clock.advance(300);
  await owner.refresh();
  expect(
    (await thief.post('/auth/token/refresh', undefined, { headers: { 'user-agent': FIREFOX } })).status,
  ).toBe(401);
  const email = await mail.emailTo(owner.email);
  expect(email.subject).toBe('Example: a session was ended');
  expect(email.text).toContain('Firefox on Linux');
});
