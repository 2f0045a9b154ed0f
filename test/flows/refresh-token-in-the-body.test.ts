import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';

interface Client {
  browser: Browser;
  refreshToken: string;
}

/** A client that keeps its refresh token by itself. */
async function registered(app: TestApp): Promise<Client> {
  const browser = app.browser();
  const { status, body } = await browser.post('/auth/registration', {
    email: uniqueEmail(),
    password: PASSWORD,
  });
  expect(status).toBe(201);
  return { browser, refreshToken: String(body.refresh_token) };
}

const refresh = (app: TestApp, json?: unknown, cookie?: string) =>
  app.browser().post('/auth/token/refresh', json, cookie === undefined ? {} : { cookie });

describe('REFRESH_TOKEN_IN=body', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ refreshTokenIn: 'body' });
  });
  afterAll(() => app.close());

  test('sets no cookie and returns the token in the body', async () => {
    const email = uniqueEmail();
    for (const path of ['/auth/registration', '/auth/login', '/auth/token']) {
      const { status, body, setCookie } = await app.browser().post(path, { email, password: PASSWORD });
      expect([path, status < 300, setCookie]).toEqual([path, true, []]);
      expect(body.refresh_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
  });

  test.each(['refresh_token', 'refresh'])(
    'refreshes with the field %s, as JSON and as a form',
    async (field) => {
      const { refreshToken } = await registered(app);
      app.clock.advance(150);
      const rotated = await refresh(app, { [field]: refreshToken });
      expect([rotated.status, rotated.setCookie]).toEqual([200, []]);
      expect(rotated.body.refresh_token).not.toBe(refreshToken);
      const byForm = await app
        .browser()
        .send('POST', '/auth/token/refresh', { form: { [field]: refreshToken } });
      expect([byForm.status, byForm.body.refresh_token]).toEqual([200, rotated.body.refresh_token]);
    },
  );

  test('ignores a cookie and does not clear it', async () => {
    const { refreshToken } = await registered(app);
    const { status, body, setCookie } = await refresh(app, undefined, `refresh_token=${refreshToken}`);
    expect([status, body.code, setCookie]).toEqual([401, 'refresh_missing', []]);
  });

  test.each([[{}], [{ refresh: '' }]])('finds no token in %j', async (json) => {
    const { status, body } = await refresh(app, json);
    expect([status, body.code]).toEqual([401, 'refresh_missing']);
  });

  test.each([[{ refresh: 1 }], [{ refresh_token: ['a'] }], [[]], ['text'], [null]])(
    '%j is no input',
    async (json) => {
      const { status, body } = await refresh(app, json);
      expect([status, body.code]).toEqual([400, 'input_invalid']);
    },
  );

  test.each([['junk', 'token_invalid']])('refuses %s as in a cookie', async (refresh_token, code) => {
    const { status, body, setCookie } = await refresh(app, { refresh_token });
    expect([status, body.code, setCookie]).toEqual([401, code, []]);
  });

  test('logout and blacklist accept it too', async () => {
    for (const path of ['/auth/logout', '/auth/token/blacklist']) {
      const { browser, refreshToken } = await registered(app);
      expect((await app.browser().post(path, { refresh: refreshToken })).status).toBe(204);
      const { status, body } = await browser.get('/auth/session');
      expect([path, status, body.code]).toEqual([path, 401, 'token_blacklisted']);
    }
  });

  test('a password change returns the new token', async () => {
    const { browser, refreshToken } = await registered(app);
    app.clock.advance(120);
    const { status, body, setCookie } = await browser.post('/auth/password/change', {
      old_password: PASSWORD,
      new_password: 'a rather different set of words',
    });
    expect([status, setCookie]).toEqual([200, []]);
    expect(body.refresh_token).toEqual(expect.any(String));
    expect(body.refresh_token).not.toBe(refreshToken);
    expect((await refresh(app, { refresh_token: body.refresh_token })).status).toBe(200);
  });

  test('pages of any origin may send the token, because there is no cookie to forge', async () => {
    const { refreshToken } = await registered(app);
    const headers = { origin: 'capacitor://localhost' };
    const { status, setCookie } = await app
      .browser()
      .post('/auth/token/refresh', { refresh_token: refreshToken }, { headers });
    expect([status, setCookie]).toEqual([200, []]);
  });
});

describe('REFRESH_TOKEN_IN=both', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ refreshTokenIn: 'both' });
  });
  afterAll(() => app.close());

  test('returns the token in the body and the cookie, and either refreshes', async () => {
    const { browser, refreshToken } = await registered(app);
    expect(await browser.refreshCookie()).toBe(refreshToken);
    expect((await refresh(app, undefined, `refresh_token=${refreshToken}`)).status).toBe(200);
    expect((await refresh(app, { refresh_token: refreshToken })).status).toBe(200);
  });

  test('prefers the body, which is sent on purpose, to the cookie', async () => {
    const [one, two] = [await registered(app), await registered(app)];
    const { status, body } = await refresh(
      app,
      { refresh_token: one.refreshToken },
      `refresh_token=${two.refreshToken}`,
    );
    const me = await one.browser.get('/auth/user');
    expect([status, body.user]).toEqual([200, me.body]);
  });

  test('a dead token in the body does not clear a live cookie', async () => {
    const { refreshToken } = await registered(app);
    const { status, body, setCookie } = await refresh(
      app,
      { refresh_token: 'dead' },
      `refresh_token=${refreshToken}`,
    );
    expect([status, body.code, setCookie]).toEqual([401, 'token_invalid', []]);
  });

  test('logout ends the sessions of both', async () => {
    const [one, two] = [await registered(app), await registered(app)];
    await app
      .browser()
      .post('/auth/logout', { refresh: one.refreshToken }, { cookie: `refresh_token=${two.refreshToken}` });
    for (const { browser } of [one, two]) expect((await browser.get('/auth/session')).status).toBe(401);
  });
});

describe('REFRESH_TOKEN_IN=cookie', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('no response contains a refresh token or a field for one', async () => {
    const user = await app.signedUp();
    const cookie = (await user.refreshCookie()) ?? '';
    app.clock.advance(150);
    const answers = [
      await user.login(user.email),
      await user.post('/auth/token', { email: user.email, password: PASSWORD }),
      await user.refresh(),
      await user.get('/auth/sessions'),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(text).not.toMatch(/refresh/i);
      expect(text).not.toContain(cookie.split('.')[2]);
    }
  });

  test.each(['refresh', 'refresh_token'])('ignores the field %s', async (field) => {
    const token = await (await app.signedUp()).refreshCookie();
    const { status, body } = await refresh(app, { [field]: token });
    expect([status, body.code]).toEqual([401, 'refresh_missing']);
  });
});
