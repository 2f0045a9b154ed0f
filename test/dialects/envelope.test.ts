import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';

/** As the site ran whose views these answers are those of. */
const SITE = {
  dialect: 'envelope',
  rotateRefreshTokens: false,
  refreshTokenLifetime: '1h',
  accessTokenLifetime: '10m',
  cookieName: 'refresh',
  pathPrefix: 'api/v1/accounts',
  docsPath: 'api/v1/schema/swagger-ui',
} as const;
const API = '/api/v1/accounts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp(SITE);
});
afterAll(() => app.close());

interface Member {
  browser: Browser;
  email: string;
  cookie: string;
}

async function member(): Promise<Member> {
  const browser = app.browser();
  const email = uniqueEmail();
  const { body, setCookie } = await browser.post(`${API}/signup/`, { email, password: PASSWORD });
  browser.accessToken = (body.token as { access: string }).access;
  return { browser, email, cookie: (setCookie[0] ?? '').split(';')[0] ?? '' };
}

const TOKEN = { access: expect.any(String) };
const failure = (code: number, error: string) => ({ code, message: expect.any(String), error });
const answered = ({ status, body }: Answer) => [status, body];

describe('successes', () => {
  test('signup and its alias', async () => {
    for (const path of ['signup', 'signup/', 'registration/']) {
      const answer = await app.browser().post(`${API}/${path}`, { email: uniqueEmail(), password: PASSWORD });
      expect(answered(answer)).toEqual([201, { code: 201, message: 'signup success', token: TOKEN }]);
      expect(attributesOf(answer.setCookie[0] ?? '')).toEqual({
        name: 'refresh',
        path: '/',
        httponly: true,
        'max-age': '3600',
        samesite: 'Strict',
      });
    }
  });

  test('login, and the token view', async () => {
    const { email } = await member();
    for (const path of ['login/', 'token/']) {
      const answer = await app.browser().post(`${API}/${path}`, { email, password: PASSWORD });
      expect(answered(answer)).toEqual([200, { code: 200, message: 'login success', token: TOKEN }]);
      expect(answer.setCookie).toHaveLength(1);
    }
  });

  test('refresh: a new access token each time, the same refresh token', async () => {
    const { browser } = await member();
    for (let times = 0; times < 3; times++) {
      app.clock.advance(60);
      const answer = await browser.post(`${API}/token/refresh/`, {});
      expect(answered(answer)).toEqual([200, { code: 200, message: 'new accessToken', token: TOKEN }]);
      expect(answer.setCookie).toEqual([]);
    }
  });

  test('logout, with and without a session', async () => {
    const { browser, cookie } = await member();
    for (const out of [browser, app.browser()]) {
      const answer = await out.post(`${API}/logout/`, {});
      expect(answered(answer)).toEqual([200, { code: 200, message: 'logout success' }]);
      expect(answer.setCookie[0]).toMatch(/^refresh=;/);
    }
    const again = await app.browser().post(`${API}/token/refresh/`, {}, { cookie });
    expect(answered(again)).toEqual([401, failure(401, 'token_blacklisted')]);
  });

  test('all other responses name their content, and none is empty', async () => {
    const { browser, email, cookie } = await member();
    const other = await member();
    const done = { code: 200, message: 'success' };
    expect(answered(await browser.get(`${API}/user/`))).toEqual([
      200,
      { ...done, user: expect.objectContaining({ email }) as unknown },
    ]);
    expect(answered(await browser.patch(`${API}/user/`, { locale: 'ko' }))).toEqual([
      200,
      { ...done, user: expect.objectContaining({ locale: 'ko' }) as unknown },
    ]);
    expect(answered(await browser.get(`${API}/session/`))).toEqual([
      200,
      { ...done, session: expect.objectContaining({ roles: [] }) as unknown },
    ]);
    expect(answered(await browser.get(`${API}/sessions/`))).toEqual([
      200,
      { ...done, sessions: [expect.objectContaining({ current: true })] },
    ]);
    expect(answered(await browser.delete(`${API}/sessions/`))).toEqual([200, done]);
    expect(answered(await browser.post(`${API}/token/verify/`, { token: browser.accessToken }))).toEqual([
      200,
      { ...done, token: { token_type: 'access', expires_at: expect.any(String) } },
    ]);
    const next = 'a rather different set of words';
    const changed = await browser.post(`${API}/password/change/`, {
      old_password: PASSWORD,
      new_password: next,
    });
    expect(answered(changed)).toEqual([200, { code: 200, message: 'password changed', token: TOKEN }]);
    expect(answered(await browser.delete(`${API}/user/`, { password: next }))).toEqual([200, done]);
    const blacklisted = await app.browser().post(`${API}/token/blacklist/`, {}, { cookie: other.cookie });
    expect(answered(blacklisted)).toEqual([200, done]);
    expect(cookie).not.toBe(other.cookie);
  });
});

describe('errors', () => {
  test('an expired refresh token: 401, and the cookie stays', async () => {
    const { cookie } = await member();
    app.clock.advance(3600);
    const answer = await app.browser().post(`${API}/token/refresh/`, {}, { cookie });
    expect(answered(answer)).toEqual([401, failure(401, 'token_expired')]);
    expect(answer.setCookie).toEqual([]);
  });

  test.each([
    ['refresh_missing', ''],
    ['token_invalid', 'refresh=rubbish'],
  ])('refresh: %s', async (error, cookie) => {
    const answer = await app.browser().post(`${API}/token/refresh/`, {}, { cookie });
    expect([...answered(answer), answer.setCookie]).toEqual([401, failure(401, error), []]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('wrong credentials, a taken address, missing fields', async () => {
    const { email } = await member();
    const wrong = await app.browser().post(`${API}/login/`, { email, password: 'wrong' });
    expect(answered(wrong)).toEqual([401, failure(401, 'bad_credentials')]);
    const taken = await app.browser().post(`${API}/signup/`, { email, password: PASSWORD });
    expect(answered(taken)).toEqual([409, failure(409, 'email_taken')]);
    const missing = await app.browser().post(`${API}/signup/`, {});
    expect(answered(missing)).toEqual([
      400,
      {
        ...failure(400, 'input_invalid'),
        errors: { email: ['This field is required.'], password: ['This field is required.'] },
      },
    ]);
    const short = await app.browser().post(`${API}/signup/`, { email: uniqueEmail(), password: 'short' });
    expect(short.body).toMatchObject({
      ...failure(400, 'password_too_short'),
      errors: { password: expect.any(Array) as unknown },
    });
  });

  const JSON_TYPE = { 'content-type': 'application/json' };
  test.each<[method: string, path: string, send: object, status: number, error: string]>([
    ['GET', `${API}/nothing`, {}, 404, 'not_found'],
    ['GET', '/nothing', {}, 404, 'not_found'],
    ['GET', `${API}/login`, {}, 405, 'method_not_allowed'],
    ['PUT', `${API}/user`, {}, 405, 'method_not_allowed'],
    ['POST', `${API}/login`, { body: '{', headers: JSON_TYPE }, 400, 'body_malformed'],
    ['POST', `${API}/login`, { body: '[]', headers: JSON_TYPE }, 400, 'input_invalid'],
    [
      'POST',
      `${API}/login`,
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      415,
      'media_type_unsupported',
    ],
    ['POST', `${API}/login`, { json: { password: 'x'.repeat(70_000) } }, 413, 'body_too_large'],
    [
      'POST',
      `${API}/login`,
      { json: {}, headers: { origin: 'https://evil.example' } },
      403,
      'origin_refused',
    ],
    ['GET', `${API}/%zz`, {}, 400, 'url_malformed'],
    ['GET', `${API}/user`, {}, 401, 'access_missing'],
    ['GET', `${API}/user`, { headers: { authorization: 'Bearer a.b.c' } }, 401, 'token_invalid'],
  ])('%s %s %j: %d', async (method, path, send, status, error) => {
    const answer = await app.browser().send(method, path, send);
    const { errors, ...body } = answer.body;
    expect([answer.status, body]).toEqual([status, failure(status, error)]);
    expect(errors === undefined).toBe(error !== 'input_invalid');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('an internal error', async () => {
    const broken = await startApp(SITE);
    const email = uniqueEmail();
    await broken.sql('ALTER TABLE tokenjar.users RENAME TO elsewhere');
    const answer = await broken.browser().post(`${API}/login/`, { email, password: PASSWORD });
    expect(answered(answer)).toEqual([500, failure(500, 'internal_error')]);
    await broken.close();
  });
});

test('the docs are at the former path', async () => {
  expect((await app.browser().get('/api/v1/schema/swagger-ui')).status).toBe(200);
});
