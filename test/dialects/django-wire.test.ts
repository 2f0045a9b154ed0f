import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRET_KEY, type TestApp } from '../support/app.js';
import { attributesOf } from '../support/browser.js';
import { member, PASSWORD, startDjango } from './django-client.js';
import { claimsOf, mint } from './play.js';

const headOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as unknown;

describe('tokens', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startDjango();
  });
  afterAll(() => app.close());

  test('header, claims and key are those of simplejwt', async () => {
    const { browser, access, refresh } = await member(app);
    const { pk } = (await browser.get('/auth/user/')).body;
    const now = Math.floor(app.clock.now().getTime() / 1000);
    for (const [token, type, life] of [
      [access, 'access', 600],
      [refresh, 'refresh', 1_209_600],
    ] as const) {
      expect(headOf(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
      const claims = claimsOf(token);
      expect(claims).toMatchObject({ token_type: type, user_id: String(pk), iat: now, exp: now + life });
      expect(claims.jti).toMatch(/^[0-9a-f]{32}$/);
      expect(claims).not.toHaveProperty('sub');
      expect(claims).not.toHaveProperty('iss');
      // Whoever has SECRET_KEY can check it.
      expect(mint(claims, SECRET_KEY, headOf(token) as Record<string, unknown>)).toBe(token);
    }
    expect(claimsOf(access).jti).not.toBe(claimsOf(refresh).jti);
  });

  test('unlike in Django, no response with a token may be cached', async () => {
    const { browser } = await member(app);
    expect((await browser.post('/auth/token/refresh/', {})).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the cookie', () => {
  test.each([
    ['over http', {}, {}, 'refresh_token', { path: '/', samesite: 'Lax', secure: undefined }],
    [
      'over https: its name is as it was',
      { trustedProxies: 'loopback' },
      { 'x-forwarded-proto': 'https' },
      'refresh_token',
      { path: '/', samesite: 'Lax', secure: true },
    ],
    [
      'as it was set up',
      {
        cookieName: 'jwt-refresh',
        cookiePath: '/auth/',
        cookieDomain: 'example.com',
        cookieSamesite: 'strict',
      },
      {},
      'jwt-refresh',
      { path: '/auth/', samesite: 'Strict', domain: 'example.com' },
    ],
  ])('%s', async (_, settings, headers, name, expected) => {
    const app = await startDjango(settings);
    const { email } = await member({ ...app, browser: () => app.browser() }).catch(async () => {
      // The jar has no cookie of another domain; the account is there all the same.
      const [row] = await app.sql<{ email: string }>('SELECT email FROM tokenjar.users');
      return { email: row?.email ?? '' };
    });
    for (const path of ['/auth/login/', '/auth/token/']) {
      const answer = await fetch(app.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ email, password: PASSWORD }),
      });
      const [line = '', ...others] = answer.headers.getSetCookie();
      expect(others).toEqual([]);
      const { secure, ...attributes } = attributesOf(line);
      expect({ ...attributes, secure }).toEqual({
        name,
        httponly: true,
        'max-age': '1209600',
        secure: undefined,
        ...expected,
      });
    }
    await app.close();
  });
});

describe('RETURN_EXPIRATION', () => {
  const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

  test('login and registration return both, a refresh those of its tokens, the token view none', async () => {
    const app = await startDjango({ returnExpiration: true });
    const { email, refresh } = await member(app);
    const json = { email, password: PASSWORD };
    const login = await app.browser().post('/auth/login/', json);
    expect(Object.keys(login.body).sort()).toEqual([
      'access',
      'access_expiration',
      'refresh',
      'refresh_expiration',
      'user',
    ]);
    const inMs = (text: unknown) => Date.parse(String(text)) - app.clock.now().getTime();
    expect([inMs(login.body.access_expiration), inMs(login.body.refresh_expiration)]).toEqual([
      600_000, 1_209_600_000,
    ]);
    expect(login.body.access_expiration).toMatch(UTC);
    expect(login.body.refresh_expiration).toMatch(UTC);

    const again = await app
      .browser()
      .post('/auth/token/refresh/', {}, { cookie: `refresh_token=${refresh}` });
    expect(Object.keys(again.body)).toEqual(['access', 'access_expiration']);
    expect(Object.keys((await app.browser().post('/auth/token/', json)).body)).toEqual(['access']);
    await app.close();
  });

  test('a refresh with the token in the body returns both', async () => {
    const app = await startDjango({ returnExpiration: true, refreshTokenIn: 'body' });
    const { refresh } = await member(app);
    app.clock.advance(1);
    const { body, setCookie } = await app.browser().post('/auth/token/refresh/', { refresh });
    expect(Object.keys(body).sort()).toEqual([
      'access',
      'access_expiration',
      'refresh',
      'refresh_expiration',
    ]);
    expect(setCookie).toEqual([]);
    await app.close();
  });
});

test('REFRESH_TOKEN_IN=body: both tokens in the body, no cookie', async () => {
  const app = await startDjango({ refreshTokenIn: 'body' });
  const { email, refresh } = await member(app);
  const login = await app.browser().post('/auth/login/', { email, password: PASSWORD });
  expect(claimsOf(String(login.body.refresh)).token_type).toBe('refresh');
  expect(claimsOf(refresh).token_type).toBe('refresh');
  expect(login.setCookie).toEqual([]);
  await app.close();
});

test('ROTATE_REFRESH_TOKENS=false: the same token each time, and no cookie', async () => {
  const app = await startDjango({ rotateRefreshTokens: false });
  const { browser } = await member(app);
  for (let times = 0; times < 3; times++) {
    app.clock.advance(300);
    const { status, body, setCookie } = await browser.post('/auth/token/refresh/', {});
    expect([status, Object.keys(body), setCookie]).toEqual([200, ['access'], []]);
  }
  await app.close();
});

test('another scheme appears in the challenge', async () => {
  const app = await startDjango({ authHeaderTypes: ['JWT', 'Bearer'] });
  const { access } = await member(app);
  const refused = await app.browser().get('/auth/user/');
  expect(refused.headers.get('www-authenticate')).toBe('JWT realm="api"');
  for (const scheme of ['JWT', 'Bearer']) {
    const headers = { authorization: `${scheme} ${access}` };
    expect((await app.browser().get('/auth/user/', { headers })).status).toBe(200);
  }
  await app.close();
});
