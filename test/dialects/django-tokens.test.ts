import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { SECRET_KEY, type TestApp } from '../support/app.js';
import { BAD } from './bad-tokens.js';
import { CHALLENGE, forged, type Member, member, PASSWORD, startDjango } from './django-client.js';
import { type Claims, mint } from './play.js';

let app: TestApp;
beforeAll(async () => {
  app = await startDjango();
});
afterAll(() => app.close());

const now = () => Math.floor(app.clock.now().getTime() / 1000);
const jti = () => randomBytes(16).toString('hex');
const notValid = (detail: string) => ({ detail, code: 'token_not_valid' });

const refresh = (token: string) =>
  app.browser().post('/auth/token/refresh/', {}, { cookie: `refresh_token=${token}` });
const userOf = (authorization: string) => app.browser().get('/auth/user/', { headers: { authorization } });

describe('verify', () => {
  const verify = (token: unknown) => app.browser().post('/auth/token/verify/', { token });

  test.each(BAD.filter(([what]) => !['no type', 'sliding'].includes(what)))('%s', async (_, make, text) => {
    const { access, refresh: good } = await member(app);
    for (const token of [make(access), make(good)]) {
      const answer = await verify(token);
      expect([answer.status, answer.body]).toEqual([401, notValid(text)]);
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });

  test('accepts what another server signed with the same key, of any type', async () => {
    const times = { iat: now() - 5, exp: now() + 60, jti: jti(), user_id: '7' };
    for (const token_type of ['access', 'refresh', 'sliding', 'anything', undefined]) {
      const { status, body } = await verify(mint({ ...times, token_type }, SECRET_KEY));
      expect([token_type, status, body]).toEqual([token_type, 200, {}]);
    }
    const nobody = await verify(mint({ ...times, user_id: undefined, token_type: 'access' }, SECRET_KEY));
    expect([nobody.status, nobody.body]).toEqual([200, {}]);
  });

  test('does not use up the token, and ignores whitespace around it', async () => {
    const { refresh: good } = await member(app);
    expect((await verify(` ${good} `)).status).toBe(200);
    expect((await verify(good)).status).toBe(200);
    expect((await refresh(good)).status).toBe(200);
  });

  test('refuses tokens of an ended session, unlike simplejwt also access tokens and those of deleted users', async () => {
    const [out, gone] = [await member(app), await member(app)];
    await out.browser.post('/auth/logout/', {});
    await gone.browser.delete('/auth/user/', { password: PASSWORD });
    for (const token of [out.refresh, out.access, gone.refresh, gone.access]) {
      const answer = await verify(token);
      expect([answer.status, answer.body]).toEqual([400, { non_field_errors: ['Token is blacklisted'] }]);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
  });
});

describe('blacklist', () => {
  const blacklist = (token: unknown) => app.browser().post('/auth/token/blacklist/', { refresh: token });

  test.each(BAD)('%s', async (_, make, text) => {
    const { refresh: good } = await member(app);
    const answer = await blacklist(make(good));
    expect([answer.status, answer.body]).toEqual([401, notValid(text)]);
    expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    expect((await refresh(good)).status).toBe(200);
  });

  test('an access token', async () => {
    const answer = await blacklist((await member(app)).access);
    expect([answer.status, answer.body]).toEqual([401, notValid('Token has wrong type')]);
  });

  test('succeeds once; the second time is an error, and the cookie stays', async () => {
    const { browser, refresh: good } = await member(app);
    const first = await browser.post('/auth/token/blacklist/', { refresh: good });
    expect([first.status, first.body, first.setCookie]).toEqual([200, {}, []]);
    const second = await blacklist(good);
    expect([second.status, second.body]).toEqual([401, notValid('Token is blacklisted')]);
    expect((await refresh(good)).body).toEqual(notValid('Token is blacklisted'));
  });

  test('ignores the cookie', async () => {
    const { browser, refresh: good } = await member(app);
    const answer = await browser.post('/auth/token/blacklist/', {});
    expect([answer.status, answer.body]).toEqual([400, { refresh: ['This field is required.'] }]);
    expect((await refresh(good)).status).toBe(200);
  });
});

describe('a protected resource', () => {
  let ada: Member;
  beforeAll(async () => {
    ada = await member(app);
  });

  test.each(['', 'Wrong token', 'bearer TOKEN', 'BEARER TOKEN', 'Token TOKEN', 'TOKEN', 'JWT TOKEN'])(
    '%j is no credentials',
    async (header) => {
      const { status, body, headers } = await userOf(header.replace('TOKEN', ada.access));
      expect([status, body]).toEqual([401, { detail: 'Authentication credentials were not provided.' }]);
      expect(headers.get('www-authenticate')).toBe(CHALLENGE);
    },
  );

  test.each(['Bearer', 'Bearer a b', 'Bearer TOKEN b', 'Bearer  a  b c'])(
    '%j is no header',
    async (header) => {
      const { status, body, headers } = await userOf(header.replace('TOKEN', ada.access));
      expect([status, body]).toEqual([
        401,
        {
          detail: 'Authorization header must contain two space-delimited values',
          code: 'bad_authorization_header',
        },
      ]);
      expect(headers.get('www-authenticate')).toBe(CHALLENGE);
    },
  );

  test.each(['Bearer TOKEN', 'Bearer   TOKEN ', 'Bearer\tTOKEN'])('accepts %j', async (header) => {
    expect((await userOf(header.replace('TOKEN', ada.access))).status).toBe(200);
  });

  const refused = (message: string) => ({
    ...notValid('Given token not valid for any token type'),
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
  });

  test.each(BAD)('%s', async (_, make, text) => {
    const { status, body, headers } = await userOf(`Bearer ${make(ada.access)}`);
    expect([status, body]).toEqual([401, refused(text)]);
    expect(headers.get('www-authenticate')).toBe(CHALLENGE);
  });

  test('a refresh token', async () => {
    expect((await userOf(`Bearer ${ada.refresh}`)).body).toEqual(refused('Token has wrong type'));
  });

  test('refuses the cookie alone', async () => {
    const { status } = await app.browser().get('/auth/user/', { cookie: `refresh_token=${ada.refresh}` });
    expect(status).toBe(401);
  });

  test.each<[what: string, change: Claims, body: object]>([
    ['no user id', { user_id: undefined }, notValid('Token contained no recognizable user identification')],
    [
      'a user who is not there',
      { user_id: '999999999' },
      { detail: 'User not found', code: 'user_not_found' },
    ],
    // A 500 there.
    ['emails for a user id', { user_id: 'abc' }, { detail: 'User not found', code: 'user_not_found' }],
    [
      'a user id beyond all ids',
      { user_id: '9'.repeat(30) },
      { detail: 'User not found', code: 'user_not_found' },
    ],
  ])('%s', async (_, change, body) => {
    for (const path of ['/auth/user/', '/auth/password/change/']) {
      const send =
        path === '/auth/user/'
          ? app.browser().get(path, bearing(change))
          : app.browser().post(path, CHANGE, bearing(change));
      const answer = await send;
      expect([path, answer.status, answer.body]).toEqual([path, 401, body]);
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });
  const CHANGE = { old_password: 'x', new_password1: 'y', new_password2: 'y' };
  const bearing = (change: Claims) => ({
    headers: { authorization: `Bearer ${forged(ada.access, change)}` },
  });

  test('refuses a deactivated user', async () => {
    const bob = await member(app);
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [bob.email]);
    const { status, body } = await bob.browser.get('/auth/user/');
    expect([status, body]).toEqual([401, { detail: 'User is inactive', code: 'user_inactive' }]);
  });

  test('unlike simplejwt, refuses the access token of an ended session at once', async () => {
    const bob = await member(app);
    await bob.browser.post('/auth/logout/', {});
    expect((await bob.browser.get('/auth/user/')).body).toEqual(refused('Token is blacklisted'));
  });
});
