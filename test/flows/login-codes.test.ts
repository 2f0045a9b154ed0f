import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';
import { startApp } from '../support/app.js';
import { addTotp } from '../support/totp-account.js';

const WRONG = '00000000';

describe('signing in with an emailed code', () => {
  let mail: MailServer;
  let app: TestApp;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ mail, app, close } = await startMailApp({
      emailCodeLogin: true,
      rateLimit: false,
      siteName: 'Example',
    }));
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

  test('of many at once one gets in', async () => {
    const email = await member();
    const browser = app.browser();
    await ask(browser, email);
    const { code } = await emailed(email);
    const answers = await Promise.all(Array.from({ length: 4 }, () => confirm(browser, { code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await sessionsOf(email)).toBe(1);
  });

  test('says the same of every address, and sends nothing to one without an account', async () => {
    const known = await member();
    const unknown = uniqueEmail();
    const shapes = [];
    for (const email of [known, unknown]) {
      const { status, body, setCookie } = await ask(app.browser(), email);
      const { name, ...attributes } = attributesOf(setCookie[0] ?? '');
      shapes.push({ status, body, name, attributes, count: setCookie.length });
    }
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]).toMatchObject({
      name: 'pending_login',
      attributes: { httponly: true, samesite: 'Strict', path: '/', 'max-age': '600' },
    });
    await emailed(known);
    expect(mail.to(unknown)).toEqual([]);
    const rows = await app.sql('SELECT email FROM tokenjar.login_codes WHERE email = ANY ($1)', [
      [known, unknown],
    ]);
    expect(rows).toHaveLength(2);
  });

  test('ends when the account changes', async () => {
    const email = await member();
    const browser = app.browser();
    await ask(browser, email);
    const { code } = await emailed(email);
    await app.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE email = $1', [email, 'x']);
    expect((await confirm(browser, { code })).body.code).toBe('login_expired');
    expect(await sessionsOf(email)).toBe(0);
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

test('requests are limited by address', async () => {
  const app = await startApp({ emailCodeLogin: true, rateLimit: true });
  try {
    const email = uniqueEmail();
    const codes: unknown[] = [];
    for (let i = 0; i < 6; i++) codes.push((await app.browser().post('/auth/login/code', { email })).status);
    expect(codes).toEqual([200, 200, 200, 200, 200, 429]);
  } finally {
    await app.close();
  }
});

test('is absent unless it is switched on, and from dialects whose servers have none', async () => {
  for (const settings of [{}, { dialect: 'django', emailCodeLogin: true } as const]) {
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
