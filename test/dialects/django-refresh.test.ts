import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { type TestApp } from '../support/app.js';
import { BAD } from './bad-tokens.js';
import { CHALLENGE, forged, member, PASSWORD, startDjango } from './django-client.js';
import { type Claims, claimsOf } from './play.js';

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

const jti = () => randomBytes(16).toString('hex');
const notValid = (detail: string) => ({ detail, code: 'token_not_valid' });
const INVALID = notValid('Token is invalid');
const GONE = { detail: 'No active account found for the given token.' };

const refresh = (token: string, at = app) =>
  at === app
    ? at.browser().post('/auth/token/refresh/', {}, { cookie: `refresh_token=${token}` })
    : at.browser().post('/auth/token/refresh/', { refresh: token });

describe.each<['cookie' | 'body']>([['cookie'], ['body']])('refresh, by %s', (place) => {
  const at = () => (place === 'cookie' ? app : inBody);

  test.each(BAD)('%s', async (_, make, text) => {
    const { refresh: good } = await member(at());
    const answer = await refresh(make(good), at());
    expect([answer.status, answer.body]).toEqual([401, notValid(text)]);
    expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    // A dead cookie is left where it is.
    expect(answer.setCookie).toEqual([]);
    expect((await refresh(good, at())).status).toBe(200);
  });

  test.each<[what: string, change: Claims, body: object]>([
    ['a session nobody knows', { jti: jti() }, notValid('Token is blacklisted')],
    [
      'no user id, which simplejwt takes',
      { user_id: undefined },
      notValid('Token contained no recognizable user identification'),
    ],
    // A 500 there.
    ['emails for a user id', { user_id: 'abc' }, INVALID],
    ['a user id beyond all ids', { user_id: '9'.repeat(30) }, INVALID],
    ['a user id of a strange kind', { user_id: { a: 1 } }, INVALID],
    ['another user', { user_id: '999999999' }, GONE],
    ['an unknown session of an unknown user', { jti: jti(), user_id: '999999999' }, GONE],
    ['an id that is no id', { jti: 'x' }, INVALID],
  ])('%s', async (_, change, body) => {
    const { refresh: good } = await member(at());
    const answer = await refresh(forged(good, change), at());
    expect([answer.status, answer.body]).toEqual([401, body]);
    expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
  });

  test('an access token', async () => {
    const { access } = await member(at());
    const { status, body } = await refresh(access, at());
    expect([status, body]).toEqual([401, notValid('Token has wrong type')]);
  });

  test('of a deleted or deactivated user', async () => {
    const [gone, inactive] = [await member(at()), await member(at())];
    expect((await gone.browser.delete('/auth/user/', { password: PASSWORD })).status).toBe(204);
    await at().sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [inactive.email]);
    for (const { refresh: token } of [gone, inactive]) {
      const { status, body } = await refresh(token, at());
      expect([status, body]).toEqual([401, GONE]);
    }
  });

  test('a used token ends the session for all holders', async () => {
    const { refresh: first } = await member(at());
    app.clock.advance(1);
    inBody.clock.advance(1);
    const rotated = await refresh(first, at());
    const [second = ''] =
      /(?<=refresh(?:_token=|":"))[^;"]+/.exec(rotated.setCookie[0] ?? rotated.text) ?? [];
    const claims = claimsOf(second);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(1_209_600);
    for (const token of [first, second, first]) {
      const { status, body } = await refresh(token, at());
      expect([status, body]).toEqual([401, notValid('Token is blacklisted')]);
    }
  });
});

describe('refresh without a token', () => {
  test('by cookie: no cookie, an empty one, one of another name; the body is ignored', async () => {
    const { refresh: good } = await member(app);
    const body = notValid("No valid token found in cookie 'refresh_token'");
    for (const [json, cookie] of [
      [{}, ''],
      [undefined, ''],
      [{}, 'refresh_token='],
      [{}, `other=${good}`],
      [{ refresh: good }, ''],
    ] as const) {
      const answer = await app.browser().post('/auth/token/refresh/', json, { cookie });
      expect([answer.status, answer.body]).toEqual([401, body]);
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });

  test('by body: like every field', async () => {
    for (const [json, text] of [
      [{}, 'This field is required.'],
      [{ refresh: '' }, 'This field may not be blank.'],
      [{ refresh: null }, 'This field may not be null.'],
      [{ refresh: ['a'] }, 'Not a valid string.'],
    ] as const) {
      const answer = await inBody.browser().post('/auth/token/refresh/', json);
      expect([answer.status, answer.body]).toEqual([400, { refresh: [text] }]);
    }
    const list = await inBody.browser().post('/auth/token/refresh/', []);
    expect(list.body).toEqual({ non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] });
  });

  test('by either: dj-rest-auth has its own message', async () => {
    const both = await startDjango({ refreshTokenIn: 'both' });
    const { status, body } = await both.browser().post('/auth/token/refresh/', {});
    expect([status, body]).toEqual([401, notValid('No valid refresh token found.')]);
    await both.close();
  });

  test('a bearer header is ignored', async () => {
    const { refresh: good } = await member(app);
    const answer = await app.browser().post(
      '/auth/token/refresh/',
      {},
      {
        cookie: `refresh_token=${good}`,
        headers: { authorization: 'Bearer a.b.c' },
      },
    );
    expect(answer.status).toBe(200);
  });
});
