import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';
import { addTotp } from '../support/totp-account.js';

const WRONG = '00000000';
const NEXT = 'a rather different set of words';
const SETTINGS = { emailCodeLogin: true, rateLimit: false, siteName: 'Example' };

describe('signing in with an emailed code', () => {
  let mail: MailServer;
  let app: TestApp;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ mail, app, close } = await startMailApp(SETTINGS));
  });
  afterAll(() => close());

  const ask = (browser: Browser, email: string, more: object = {}) =>
    browser.post('/auth/login/code', { email, ...more });
  const confirm = (browser: Browser, json: object) => browser.post('/auth/login/code/confirm', json);
  /** The code and the key of the email number `count` of this kind. */
  async function emailed(email: string, count = 1): Promise<{ code: string; key: string }> {
    const all = () => mail.to(email).filter(({ subject }) => / is your code$/.test(subject));
    const found = await eventually(all, (sent) => sent.length >= count);
    const last = found[count - 1];
    const code = /: (\d{8}) is your code$/.exec(last?.subject ?? '')?.[1];
    if (!last || code === undefined) throw new Error('no code came');
    expect(last.text).toContain(code);
    return { code, key: secretOf(last.link) };
  }
  const sessionsOf = async (email: string) =>
    (
      await app.sql(
        'SELECT 1 FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1',
        [email],
      )
    ).length;
  async function member(): Promise<string> {
    const { email } = await app.verified();
    await app.sql('DELETE FROM tokenjar.sessions');
    return email;
  }
  const opened = ({ status }: Answer) => status === 200;
  const wrongFor = (code: string) => (code === WRONG ? '11111111' : WRONG);

  test('works once, in the browser that asked, and counts as one factor', async () => {
    const email = await member();
    const browser = app.browser();
    const asked = await ask(browser, email);
    expect([asked.status, Object.keys(asked.body)]).toEqual([200, ['detail']]);
    const { code } = await emailed(email);
    expect((await confirm(app.browser(), { code })).body.code).toBe('login_expired');
    expect((await confirm(browser, { code: wrongFor(code) })).body.code).toBe('code_wrong');
    expect(await sessionsOf(email)).toBe(0);
    const cookie = await browser.jar.getCookieString(app.url);
    const answer = await confirm(browser, { code: `${code.slice(0, 4)} ${code.slice(4)}` });
    expect([answer.status, (answer.body.user as { email: string }).email]).toEqual([200, email]);
    expect(readPart(String(answer.body.access_token), 1)).toMatchObject({ amr: ['email'], acr: 'aal1' });
    expect(answer.setCookie.map(attributesOf)).toContainEqual(
      expect.objectContaining({ name: 'pending_login', 'max-age': '0' }),
    );
    expect((await browser.refresh()).status).toBe(200);
    const again = await browser.post('/auth/login/code/confirm', { code }, { cookie });
    expect([again.body.code, await sessionsOf(email)]).toEqual(['login_expired', 1]);
  });

  test('a scanner that opens the link and presses every button gets nothing and uses nothing up', async () => {
    const email = await member();
    const browser = app.browser();
    await ask(browser, email);
    const { code, key } = await emailed(email);
    const scanner = app.browser();
    for (let i = 0; i < 8; i++) {
      for (const path of ['/auth/login/code', '/auth/login/code/confirm', '/auth/login/code/show'])
        for (const method of ['HEAD', 'GET', 'POST']) await fetch(`${app.url}${path}?key=${key}`, { method });
      expect((await confirm(scanner, { key })).body.code).toBe('login_expired');
      expect((await confirm(scanner, { code })).body.code).toBe('login_expired');
      expect((await scanner.post('/auth/login/code/show', { key })).body).toEqual({ code });
    }
    expect(await scanner.jar.getCookies(app.url)).toEqual([]);
    expect(await sessionsOf(email)).toBe(0);
    // Nor does it get in with a login of its own.
    await ask(scanner, uniqueEmail());
    expect((await confirm(scanner, { key })).body.code).toBe('code_wrong');
    expect((await confirm(scanner, { code })).body.code).toBe('code_wrong');
    expect((await confirm(browser, { key })).status).toBe(200);
    expect(await sessionsOf(email)).toBe(1);
    expect((await scanner.post('/auth/login/code/show', { key })).body.code).toBe('login_expired');
  });

  test('ends after ten minutes, after five wrong codes though they come at once, and by a newer one', async () => {
    const late = await member();
    const slow = app.browser();
    await ask(slow, late);
    const first = await emailed(late);
    app.clock.advance(601);
    expect((await confirm(slow, { code: first.code })).body.code).toBe('login_expired');

    const guessed = await member();
    const guesser = app.browser();
    await ask(guesser, guessed);
    const { code } = await emailed(guessed);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => confirm(guesser, { code: wrongFor(code) })),
    );
    expect(answers.filter(({ body }) => body.code === 'code_wrong')).toHaveLength(5);
    expect((await confirm(guesser, { code })).body.code).toBe('login_expired');

    const twice = await member();
    const browser = app.browser();
    await ask(browser, twice);
    const older = await emailed(twice);
    const cookie = await browser.jar.getCookieString(app.url);
    await ask(browser, twice);
    const newer = await emailed(twice, 2);
    const replayed = await browser.post('/auth/login/code/confirm', { code: older.code }, { cookie });
    expect(replayed.body.code).toBe('login_expired');
    expect((await app.browser().post('/auth/login/code/show', { key: older.key })).body.code).toBe(
      'login_expired',
    );
    await ask(browser, twice);
    const newest = await emailed(twice, 3);
    expect(newest.code === newer.code).toBe(false);
    expect((await confirm(browser, { code: newest.code })).status).toBe(200);
  });

  test('of twenty at once, at two instances, one gets in', async () => {
    const email = await member();
    const browser = app.browser();
    await ask(browser, email);
    const { code, key } = await emailed(email);
    // The embedded database has one instance.
    const other = isEmbedded ? app : await startApp({ ...SETTINGS, clock: app.clock }, app.database);
    try {
      const cookie = await browser.jar.getCookieString(app.url);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? app : other)
            .browser()
            .post('/auth/login/code/confirm', i % 3 === 0 ? { key } : { code }, { cookie }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set([undefined, 'login_expired']));
      expect(await sessionsOf(email)).toBe(1);
    } finally {
      if (other !== app) await other.close();
    }
  });

  test('says the same of every address, and sends nothing where nobody could sign in', async () => {
    const addresses = {
      known: await member(),
      unverified: (await app.signedUp()).email,
      deactivated: await member(),
      unknown: uniqueEmail(),
    };
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [addresses.deactivated]);
    const answers = [];
    for (const email of Object.values(addresses)) {
      const { status, headers, text, setCookie } = await ask(app.browser(), email);
      const same = [...headers].filter(([name]) => !['date', 'set-cookie', 'x-request-id'].includes(name));
      // The value is random, and as long.
      const cookies = setCookie.map((line) => [line.length, attributesOf(line)]);
      answers.push({ status, text, headers: Object.fromEntries(same), cookies });
    }
    const [known, ...others] = answers;
    for (const other of others) expect(other).toEqual(known);
    expect(known?.cookies).toEqual([
      [
        expect.any(Number),
        expect.objectContaining({
          name: 'pending_login',
          httponly: true,
          samesite: 'Strict',
          'max-age': '600',
        }),
      ],
    ]);
    await emailed(addresses.known);
    await emailed(addresses.unverified);
    await eventually(
      () => app.sql('SELECT 1 FROM tokenjar.outbox'),
      (waiting) => waiting.length === 0,
    );
    expect([...mail.to(addresses.unknown), ...mail.to(addresses.deactivated)]).toEqual([]);
    const rows = await app.sql('SELECT email FROM tokenjar.login_codes WHERE email = ANY ($1)', [
      Object.values(addresses),
    ]);
    expect(rows).toHaveLength(4);
    // A wrong code tells nothing either.
    const guesser = app.browser();
    await ask(guesser, addresses.unknown);
    for (let i = 0; i < 5; i++)
      expect((await confirm(guesser, { code: WRONG })).body.code).toBe('code_wrong');
    expect((await confirm(guesser, { code: WRONG })).body.code).toBe('login_expired');
  });

  const CHANGES: Record<string, (owner: Browser & { email: string }) => Promise<unknown>> = {
    'a new password': (owner) =>
      owner.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT }),
    'a password reset': async (owner) => {
      const before = mail.to(owner.email).length;
      await owner.post('/auth/password/reset', { email: owner.email });
      const token = secretOf((await mail.emailTo(owner.email, before + 1)).link);
      return app.browser().post('/auth/password/reset/confirm', { token, new_password: NEXT });
    },
    'another address': async (owner) => {
      const next = uniqueEmail();
      await owner.post('/auth/email/change', { new_email: next, password: PASSWORD });
      const key = secretOf((await mail.emailTo(next)).link);
      return owner.post('/auth/email/change/confirm', { key });
    },
    'its deactivation': async ({ email }) => {
      const user = await app.app.get(Users, { strict: false }).findByEmail(email);
      await app.app.get(SessionEnding, { strict: false }).deactivateUser(user?.id ?? 0);
      return { status: 200 };
    },
    'its deletion': (owner) => owner.delete('/auth/user', { password: PASSWORD }),
  };
  test.each(Object.entries(CHANGES))('ends with %s of the account', async (_change, change) => {
    const owner = await app.verified();
    const browser = app.browser();
    await ask(browser, owner.email);
    const { code, key } = await emailed(owner.email);
    const changed = (await change(owner)) as { status: number };
    expect([200, 204]).toContain(changed.status);
    expect((await confirm(browser, { key })).body.code).toBe('login_expired');
    expect((await confirm(browser, { code })).body.code).toBe('login_expired');
    expect(opened(await browser.refresh())).toBe(false);
  });

  test('of one address there are thirty at a time at most, also without limits, whoever has it', async () => {
    for (const email of [await member(), uniqueEmail()]) {
      const asked = await Promise.all(Array.from({ length: 29 }, () => ask(app.browser(), email)));
      expect(asked.map(({ status }) => status)).toEqual(Array(29).fill(200));
      const browser = app.browser();
      expect((await ask(browser, email)).status).toBe(200);
      expect((await ask(app.browser(), email)).body.code).toBe('rate_limited');
      // A newer one of the same browser gives it no new guesses.
      expect((await ask(browser, email)).body.code).toBe('rate_limited');
      app.clock.advance(601);
      expect((await ask(app.browser(), email)).status).toBe(200);
    }
  });

  test('is never the second factor: an account that has one is asked for it', async () => {
    const owner = await app.verified();
    const codeOf = await addTotp(app, owner.accessToken ?? '');
    await app.sql('DELETE FROM tokenjar.sessions');
    const browser = app.browser();
    await ask(browser, owner.email, { remember: false });
    const { code } = await emailed(owner.email);
    const first = await confirm(browser, { code });
    expect([first.status, first.body.code, await sessionsOf(owner.email)]).toEqual([
      401,
      'second_factor_required',
      0,
    ]);
    expect((await confirm(browser, { code })).body.code).toBe('login_expired');
    await ask(browser, owner.email, { remember: false });
    const next = await emailed(owner.email, 2);
    expect((await confirm(browser, { code: next.code })).body.code).toBe('second_factor_required');
    const done = await browser.post('/auth/login/second-factor', { method: 'totp', code: codeOf() });
    expect(done.status).toBe(200);
    expect(readPart(String(done.body.access_token), 1)).toMatchObject({ acr: 'aal2' });
    const line = done.setCookie.find((each) => each.startsWith('refresh_token=')) ?? '';
    expect(attributesOf(line)['max-age']).toBeUndefined();
  });

  test('proves the address: what a stranger had set there goes', async () => {
    const stranger = await app.signedUp();
    await addTotp(app, stranger.accessToken ?? '');
    const owner = app.browser();
    await ask(owner, stranger.email);
    const { code } = await emailed(stranger.email);
    const answer = await confirm(owner, { code });
    expect([answer.status, (answer.body.user as { email_verified: boolean }).email_verified]).toEqual([
      200,
      true,
    ]);
    expect((await stranger.get('/auth/user')).status).toBe(401);
    expect((await stranger.refresh()).status).toBe(401);
    expect((await app.browser().login(stranger.email)).body.code).toBe('bad_credentials');
    expect(
      await app.sql('SELECT second_factors FROM tokenjar.users WHERE email = $1', [stranger.email]),
    ).toEqual([{ second_factors: [] }]);
    expect(await sessionsOf(stranger.email)).toBe(1);
    const ended = await app.sql(
      'SELECT e.reason FROM tokenjar.ended_sessions e JOIN tokenjar.users u ON u.id = e.user_id WHERE u.email = $1',
      [stranger.email],
    );
    expect(ended).toEqual([{ reason: 'address_proven' }]);
  });

  test('is what an account without a password authenticates again with, and no other one', async () => {
    const other = await member();
    const { email } = await app.signedUp();
    const owner = app.browser();
    await ask(owner, email);
    await confirm(owner, await emailed(email).then(({ code }) => ({ code })));
    const again = (browser: Browser, more: object) =>
      browser.post('/auth/reauthenticate', { method: 'email_code', ...more });
    app.clock.advance(16 * 60);
    await owner.refresh();
    expect((await owner.post('/auth/factors/totp')).body.code).toBe('insufficient_user_authentication');
    expect((await again(owner, {})).body.code).toBe('input_invalid');
    await ask(owner, email);
    const { code } = await emailed(email, 2);
    const elsewhere = Object.assign(app.browser(), { accessToken: owner.accessToken });
    expect((await again(elsewhere, { code })).body.code).toBe('login_expired');
    expect((await again(owner, { code: wrongFor(code) })).body.code).toBe('code_wrong');
    const proven = await again(owner, { code });
    expect([proven.status, readPart(String(proven.body.access_token), 1)]).toEqual([
      200,
      expect.objectContaining({ amr: ['email'], acr: 'aal1' }),
    ]);
    expect((await owner.post('/auth/factors/totp')).status).toBe(200);
    expect((await again(owner, { code })).body.code).toBe('login_expired');
    // A code for another address, in the same browser, is none for this account.
    await ask(owner, other);
    expect((await again(owner, { code: (await emailed(other)).code })).body.code).toBe('login_expired');
    // A mailbox replaces neither a password nor a factor.
    const withPassword = await app.verified();
    await ask(withPassword, withPassword.email);
    const theirs = await emailed(withPassword.email);
    expect((await again(withPassword, { code: theirs.code })).body.code).toBe('method_not_available');
    await addTotp(app, owner.accessToken ?? '');
    await owner.refresh();
    await ask(owner, email);
    expect((await again(owner, { code: (await emailed(email, 3)).code })).body.code).toBe(
      'method_not_available',
    );
  });

  test('leaves neither code nor key in the database', async () => {
    const email = await member();
    const browser = app.browser();
    await ask(browser, email);
    const { code, key } = await emailed(email);
    const rows = await app.sql('SELECT * FROM tokenjar.login_codes WHERE email = $1', [email]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(JSON.stringify(rows)).not.toContain(key);
  });
});

test('requests are limited by address and by network, and not counted with resets', async () => {
  const app = await startApp({ emailCodeLogin: true, rateLimit: true, trustedProxies: ['loopback'] });
  try {
    let hosts = 0;
    const ask = (email: string, from = `203.0.113.${++hosts}`) =>
      app.browser().post('/auth/login/code', { email }, { headers: { 'x-forwarded-for': from } });
    const owner = await app.verified();
    const { email } = owner;
    const unknown = uniqueEmail();
    const answers = { known: [] as unknown[], unknown: [] as unknown[] };
    for (let i = 0; i < 6; i++) {
      const [known, other] = [await ask(email), await ask(unknown)];
      answers.known.push([known.status, known.body.code, known.headers.get('ratelimit')]);
      answers.unknown.push([other.status, other.body.code, other.headers.get('ratelimit')]);
    }
    expect(answers.known).toEqual(answers.unknown);
    expect(answers.known.map((answer) => (answer as number[])[0])).toEqual([200, 200, 200, 200, 200, 429]);
    // A browser in which the owner has signed in is not kept from it, and not without limit.
    const known: number[] = [];
    for (let i = 0; i < 6; i++) known.push((await owner.post('/auth/login/code', { email })).status);
    expect(known).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await app.browser().post('/auth/password/reset', { email })).status).toBe(200);
    const ofOne: number[] = [];
    for (let i = 0; i < 21; i++) ofOne.push((await ask(uniqueEmail(), '198.51.100.7')).status);
    expect(ofOne).toEqual([...Array<number>(20).fill(200), 429]);
  } finally {
    await app.close();
  }
});

test('in the words of the envelope', async () => {
  const { mail, app, close } = await startMailApp({ emailCodeLogin: true, dialect: 'envelope' });
  try {
    const { email } = await app.verified();
    const browser = app.browser();
    const asked = await browser.post('/auth/login/code', { email });
    expect([asked.status, asked.body]).toEqual([
      200,
      { code: 200, message: 'success', result: { detail: expect.stringContaining('is on its way') } },
    ]);
    const [, code] = /: (\d{8}) is your code$/.exec((await mail.emailTo(email)).subject) ?? [];
    const wrong = await browser.post('/auth/login/code/confirm', { code: WRONG });
    expect(wrong.body).toMatchObject({ code: 401, error: 'code_wrong' });
    const { link } = await mail.emailTo(email);
    const shown = await app.browser().post('/auth/login/code/show', { key: secretOf(link) });
    expect(JSON.stringify(shown.body)).toContain(String(code));
    const { status, body } = await browser.post('/auth/login/code/confirm', { code });
    expect([status, body]).toEqual([
      200,
      { code: 200, message: 'login success', token: { access: expect.stringMatching(/^eyJ/) } },
    ]);
    expect((await browser.refresh()).status).toBe(200);
  } finally {
    await close();
  }
});

test('is absent unless it is switched on, in every dialect', async () => {
  for (const settings of [{}, { dialect: 'django' } as const, { dialect: 'envelope' } as const]) {
    const app = await startApp(settings);
    try {
      for (const [path, json] of [
        ['/auth/login/code', { email: uniqueEmail(), password: PASSWORD }],
        ['/auth/login/code/confirm', { code: WRONG }],
        ['/auth/login/code/show', { key: 'x' }],
      ] as const) {
        const { status, setCookie } = await app.browser().post(path, json);
        expect([path, [404, 405].includes(status), setCookie]).toEqual([path, true, []]);
      }
    } finally {
      await app.close();
    }
  }
});
