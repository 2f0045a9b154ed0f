import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf } from '../support/browser.js';
import { CHALLENGE, forged, member, PASSWORD, startDjango } from './django-client.js';

let app: TestApp;
let inBody: TestApp;
beforeAll(async () => {
  app = await startDjango();
  inBody = await startDjango({ refreshTokenIn: 'body' });
});
afterAll(async () => {
  await app.close();
  await inBody.close();
});

const UNABLE = { non_field_errors: ['Unable to log in with provided credentials.'] };
const MUST_INCLUDE = { non_field_errors: ['Must include "email" and "password".'] };
const NO_ACCOUNT = { detail: 'No active account found with the given credentials' };

describe('login', () => {
  test.each([
    [{ password: 'x' }],
    [{ email: '', password: 'x' }],
    [{ email: '  ', password: 'x' }],
    [{ username: 'ada', password: 'x' }],
    [{ username: '', email: '', password: 'x' }],
  ])('%j', async (json) => {
    const { status, body } = await app.browser().post('/auth/login/', json);
    expect([status, body]).toEqual([400, MUST_INCLUDE]);
  });

  test('a user name next to the address is ignored, and so is the case of the address', async () => {
    const { email } = await member(app);
    const json = { username: '', email: email.toUpperCase(), password: PASSWORD, more: 1 };
    const { status, body } = await app.browser().post('/auth/login/', json);
    expect([status, (body.user as { email: string }).email]).toEqual([200, email]);
  });

  test('wrong, unknown and deactivated give the same response, also at the token view', async () => {
    const [ada, bob] = [await member(app), await member(app)];
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [bob.email]);
    for (const json of [
      { email: ada.email, password: 'wrong' },
      { email: uniqueEmail(), password: PASSWORD },
      { email: bob.email, password: PASSWORD },
    ]) {
      const login = await app.browser().post('/auth/login/', json);
      expect([login.status, login.body, login.setCookie]).toEqual([400, UNABLE, []]);
      expect(login.headers.get('www-authenticate')).toBeNull();
      const obtain = await app.browser().post('/auth/token/', json);
      expect([obtain.status, obtain.body, obtain.setCookie]).toEqual([401, NO_ACCOUNT, []]);
      expect(obtain.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });

  test('unlike in dj-rest-auth, a dead bearer header is ignored', async () => {
    const { email } = await member(app);
    const headers = { authorization: 'Bearer a.b.c' };
    for (const path of ['/auth/login/', '/auth/token/'])
      expect((await app.browser().post(path, { email, password: PASSWORD }, { headers })).status).toBe(200);
  });

  test('credentials in the query are ignored', async () => {
    const { email } = await member(app);
    const query = new URLSearchParams({ email, password: PASSWORD });
    expect((await app.browser().post(`/auth/login/?${query}`, {})).status).toBe(400);
  });

  test('a page of another origin is refused', async () => {
    const headers = { origin: 'https://evil.example' };
    const { status, body } = await app.browser().post('/auth/login/', {}, { headers });
    expect([status, body]).toEqual([403, { detail: 'CSRF Failed: Origin checking failed.' }]);
  });
});

describe('logout', () => {
  const out = (cookie: string) => app.browser().post('/auth/logout/', {}, { cookie });

  test.each<[what: string, make: (good: string) => string, text: string]>([
    ['rubbish', () => 'rubbish', 'Token is invalid'],
    ['expired', (good) => forged(good, { iat: 1, exp: 2 }), 'Token is expired'],
    ['no exp', (good) => forged(good, { exp: undefined }), "Token has no 'exp' claim"],
    ['no type', (good) => forged(good, { token_type: undefined }), 'Token has no type'],
    ['an access token', (good) => forged(good, { token_type: 'access' }), 'Token has wrong type'],
    ['a session nobody knows', (good) => forged(good, { jti: '0'.repeat(32) }), 'Token is blacklisted'],
  ])('by cookie: %s', async (_, make, detail) => {
    const token = make((await member(app)).refresh);
    const answer = await out(`refresh_token=${token}`);
    expect([answer.status, answer.body]).toEqual([401, { detail }]);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expectCleared(answer.setCookie);
    const inTheBody = await inBody.browser().post('/auth/logout/', { refresh: token });
    expect([inTheBody.status, inTheBody.body]).toEqual([401, { detail }]);
  });

  test('by cookie: a second time', async () => {
    const { refresh } = await member(app);
    expect((await out(`refresh_token=${refresh}`)).body).toEqual({ detail: 'Successfully logged out.' });
    expect((await out(`refresh_token=${refresh}`)).body).toEqual({ detail: 'Token is blacklisted' });
  });

  test('by cookie: none; the body is ignored', async () => {
    const { refresh } = await member(app);
    const answer = await app.browser().post('/auth/logout/', { refresh });
    expect([answer.status, answer.body]).toEqual([
      401,
      { detail: 'Refresh token was not included in cookie data.' },
    ]);
    expectCleared(answer.setCookie);
  });

  test('unlike in dj-rest-auth, a dead bearer header does not prevent it', async () => {
    const { browser, refresh } = await member(app);
    const headers = { authorization: 'Bearer a.b.c' };
    const answer = await browser.post('/auth/logout/', {}, { headers });
    expect([answer.status, answer.body]).toEqual([200, { detail: 'Successfully logged out.' }]);
    expect((await out(`refresh_token=${refresh}`)).status).toBe(401);
  });

  test('unlike in dj-rest-auth, a used token signs out too', async () => {
    const { browser, refresh } = await member(app);
    app.clock.advance(1);
    await browser.post('/auth/token/refresh/', {});
    expect((await out(`refresh_token=${refresh}`)).status).toBe(200);
    expect((await browser.post('/auth/token/refresh/', {})).status).toBe(401);
  });

  test('in the body: a valid token, then the same again', async () => {
    const { browser, refresh } = await member(inBody);
    const [first, second] = [
      await browser.post('/auth/logout/', { refresh }),
      await browser.post('/auth/logout/', { refresh }),
    ];
    expect([first.status, first.body]).toEqual([200, { detail: 'Successfully logged out.' }]);
    expect([second.status, second.body]).toEqual([401, { detail: 'Token is blacklisted' }]);
  });

  // A body that is no object, or holds no text, is a 500 there.
  test.each<[json: unknown, detail: string]>([
    [{}, 'Refresh token was not included in request data.'],
    [{ refresh: null }, 'Refresh token was not included in request data.'],
    ['text', 'Refresh token was not included in request data.'],
    [[], 'Refresh token was not included in request data.'],
    [{ refresh: '' }, 'Token is invalid'],
    [{ refresh: 7 }, 'Token is invalid'],
    [{ refresh: ['a'] }, 'Token is invalid'],
    [{ refresh: 'junk' }, 'Token is invalid'],
  ])('in the body: %j', async (json, detail) => {
    const answer = await inBody.browser().post('/auth/logout/', json);
    expect([answer.status, answer.body]).toEqual([401, { detail }]);
    expectCleared(answer.setCookie);
  });

  function expectCleared(setCookie: string[]): void {
    expect(setCookie).toHaveLength(1);
    const [line = ''] = setCookie;
    expect(line).toMatch(/^refresh_token=;/);
    expect(attributesOf(line)).toMatchObject({ path: '/', samesite: 'Lax' });
    expect(new Date(String(attributesOf(line).expires)).getTime()).toBeLessThanOrEqual(0);
  }
});

describe('user', () => {
  test('PUT and PATCH ignore read-only and unknown fields', async () => {
    const { browser, email } = await member(app);
    const before = await browser.get('/auth/user/');
    expect(before.body).toEqual({ pk: expect.any(Number), email });
    const json = { pk: 7, email: 'other@example.com', username: 'x', first_name: 'Ada' };
    for (const method of ['PUT', 'PATCH']) {
      for (const send of [{ json }, { json: {} }, { form: { email: 'other@example.com' } }, {}]) {
        const { status, body } = await browser.send(method, '/auth/user/', send);
        expect([status, body]).toEqual([200, before.body]);
      }
      const list = await browser.send(method, '/auth/user/', { json: [] });
      expect([list.status, list.body]).toEqual([
        400,
        { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
      ]);
    }
  });

  test('our addition: DELETE with the password', async () => {
    const { browser } = await member(app);
    const wrong = await browser.delete('/auth/user/', { password: 'wrong' });
    expect([wrong.status, wrong.body]).toEqual([400, UNABLE]);
    expect((await browser.delete('/auth/user/', { password: PASSWORD })).status).toBe(204);
    expect((await browser.get('/auth/user/')).status).toBe(401);
  });
});
