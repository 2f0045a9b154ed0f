import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const HTTPS = { 'x-forwarded-proto': 'https' };
const BEHIND_PROXY: TokenjarInput = { trustedProxies: ['127.0.0.1'] };

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({}, database);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function withApp<Result>(settings: TokenjarInput, use: (app: TestApp) => Promise<Result>) {
  const other = await startApp(settings, database);
  try {
    return await use(other);
  } finally {
    await other.close();
  }
}

describe('attributes', () => {
  const plain = { name: 'refresh_token', path: '/', httponly: true, samesite: 'Strict' };
  const secure = { ...plain, secure: true };

  test.each<[string, TokenjarInput, Record<string, string>, Record<string, unknown>]>([
    ['http', {}, {}, plain],
    ['https that nobody vouches for', {}, HTTPS, plain],
    [
      'https behind another proxy',
      { trustedProxies: ['10.0.0.0/8'] },
      { ...HTTPS, 'x-forwarded-for': '10.0.0.1' },
      plain,
    ],
    [
      'https that the browser shows, though no proxy says so',
      {},
      { origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' },
      { ...secure, name: '__Host-refresh_token' },
    ],
    [
      'http that the browser shows',
      {},
      { origin: 'http://app.example.com', 'sec-fetch-site': 'same-origin' },
      plain,
    ],
    [
      'https of a page of another origin',
      { trustedOrigins: ['https://app.example.com'] },
      { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' },
      plain,
    ],
    ['https behind a trusted proxy', BEHIND_PROXY, HTTPS, { ...secure, name: '__Host-refresh_token' }],
    ['http behind a trusted proxy', BEHIND_PROXY, { 'x-forwarded-proto': 'http' }, plain],
    [
      'https that a client claims and the proxy does not',
      BEHIND_PROXY,
      { 'x-forwarded-for': '198.51.100.1, 203.0.113.9', 'x-forwarded-proto': 'https, http' },
      plain,
    ],
    [
      'with a path',
      { ...BEHIND_PROXY, cookiePath: '/auth' },
      HTTPS,
      { ...secure, name: '__Secure-refresh_token', path: '/auth' },
    ],
    [
      'with a domain',
      { ...BEHIND_PROXY, cookieDomain: '127.0.0.1' },
      HTTPS,
      { ...secure, name: '__Secure-refresh_token', domain: '127.0.0.1' },
    ],
    ['COOKIE_PREFIX=none', { ...BEHIND_PROXY, cookiePrefix: 'none' }, HTTPS, secure],
    ['COOKIE_SECURE=true', { cookieSecure: true }, {}, { ...secure, name: '__Host-refresh_token' }],
    [
      'COOKIE_SECURE=true without a prefix',
      { cookieSecure: 'true', cookiePrefix: 'none' },
      {},
      { ...secure, name: 'refresh_token' },
    ],
    ['COOKIE_SECURE=false', { ...BEHIND_PROXY, cookieSecure: 'false' }, HTTPS, plain],
    ['COOKIE_SAMESITE=lax', { cookieSamesite: 'Lax' }, {}, { ...plain, samesite: 'Lax' }],
    [
      'COOKIE_SAMESITE=none',
      { cookieSamesite: 'none', cookieSecure: true },
      {},
      { ...secure, name: '__Host-refresh_token', samesite: 'None' },
    ],
    ['COOKIE_NAME', { cookieName: 'refresh' }, {}, { ...plain, name: 'refresh' }],
  ])('%s', (_what, settings, headers, expected) =>
    withApp(settings, async (server) => {
      const user = { email: uniqueEmail(), password: PASSWORD };
      const { status, setCookie } = await server.browser().post('/auth/registration', user, { headers });
      expect(status).toBe(201);
      expect(setCookie).toHaveLength(1);
      const [line = ''] = setCookie;
      expect(attributesOf(line)).toEqual({ ...expected, 'max-age': '1209600' });

      // A browser drops a cookie only for a line with the same name, path and domain; a secure one only for a secure line.
      const cookie = line.split(';')[0] ?? '';
      const out = await server.browser().post('/auth/logout', undefined, { headers, cookie });
      expect(out.status).toBe(204);
      expect(out.setCookie).toHaveLength(1);
      expect(out.setCookie[0]).toMatch(new RegExp(`^${String(expected.name)}=;`));
      const { expires, 'max-age': maxAge, ...mirrored } = attributesOf(out.setCookie[0] ?? '');
      expect(mirrored).toEqual(expected);
      expect([maxAge, expires ?? ''].join()).toMatch(/^0,|1970/);
    }),
  );
});

describe('Max-Age', () => {
  const maxAgeOf = (line = '') => Number(attributesOf(line)['max-age']);

  test('is the lifetime of the token when issued, and the remaining lifetime when repeated', async () => {
    const user = await app.signedUp();
    app.clock.advance(150);
    const tab = await user.copy();
    const rotated = await user.refresh();
    expect([rotated.status, maxAgeOf(rotated.setCookie[0])]).toEqual([200, 14 * 86_400]);

    app.clock.advance(20);
    const repeated = await tab.refresh();
    expect([repeated.status, maxAgeOf(repeated.setCookie[0])]).toEqual([200, 14 * 86_400 - 20]);
    expect(await tab.refreshCookie()).toBe(await user.refreshCookie());

    const kept = await user.refresh();
    expect([kept.status, kept.setCookie]).toEqual([200, []]);
  });

  test('never exceeds the end of the session', () =>
    withApp({ refreshTokenLifetime: '14d', sessionMaxLifetime: '15d' }, async (server) => {
      const user = await server.signedUp();
      server.clock.advance(10 * 86_400);
      const { status, setCookie } = await user.refresh();
      expect([status, maxAgeOf(setCookie[0])]).toEqual([200, 5 * 86_400]);
    }));
});

describe('several cookies of the name', () => {
  const refresh = (cookie: string) => app.browser().post('/auth/token/refresh', undefined, { cookie });
  const cookieOf = async () => `refresh_token=${await (await app.signedUp()).refreshCookie()}`;

  test.each([
    ['first', (good: string) => `${good}; refresh_token=junk; refresh_token=`],
    ['last', (good: string) => `refresh_token=; refresh_token=a.b.c; ${good}`],
    ['twice', (good: string) => `${good}; ${good}`],
    ['among others', (good: string) => `a=b;${good};refresh_tokens=x; xrefresh_token=y; =; ;`],
    ['quoted', (good: string) => good.replace('=', '="') + '"'],
  ])('uses the one that verifies: %s', async (_where, arrange) => {
    const { status } = await refresh(arrange(await cookieOf()));
    expect(status).toBe(200);
  });

  test('uses the newest of one session', async () => {
    const user = await app.signedUp();
    const old = await user.refreshCookie();
    app.clock.advance(150);
    await user.refresh();
    app.clock.advance(3600);
    const answer = await refresh(`refresh_token=${old}; refresh_token=${await user.refreshCookie()}`);
    expect(answer.status).toBe(200);
    expect(answer.setCookie).toHaveLength(1);
  });

  test('refuses two that verify for different sessions, and neither clears nor ends them', async () => {
    const [one, two] = [await cookieOf(), await cookieOf()];
    const { status, body, setCookie } = await refresh(`${one}; ${two}`);
    expect([status, body.code, setCookie]).toEqual([400, 'cookie_ambiguous', []]);
    expect((await refresh(one)).status).toBe(200);
    expect((await refresh(two)).status).toBe(200);
  });

  test('reports the first one if none verifies', async () => {
    const { status, body, setCookie } = await refresh('refresh_token=a; refresh_token=b');
    expect([status, body.code]).toEqual([401, 'token_invalid']);
    expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  });

  test.each(['refresh_token=', 'refresh_token=""', 'refresh_token', 'Refresh_Token=a', 'a=refresh_token=b'])(
    '%s is no refresh cookie',
    async (cookie) => {
      const { status, body, setCookie } = await refresh(cookie);
      expect([status, body.code, setCookie]).toEqual([401, 'refresh_missing', []]);
    },
  );
});

describe('a dead cookie', () => {
  const dead = { cookie: 'refresh_token=dead' };

  test('is cleared by the failed refresh', async () => {
    const { status, setCookie } = await app.browser().post('/auth/token/refresh', undefined, dead);
    expect(status).toBe(401);
    expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  });

  test('stays with CLEAR_DEAD_COOKIE=off', () =>
    withApp({ clearDeadCookie: 'off' }, async (server) => {
      const { status, body, setCookie } = await server.browser().post('/auth/token/refresh', undefined, dead);
      expect([status, body.code, setCookie]).toEqual([401, 'token_invalid', []]);
    }));

  test('does not affect public endpoints', async () => {
    const { email } = await app.signedUp();
    const { status } = await app.browser().post('/auth/login', { email, password: PASSWORD }, dead);
    expect(status).toBe(200);
  });
});

test('with a prefix in force, the plain name is refused, because a subdomain could have planted it', () =>
  withApp({ cookieSecure: true }, async (server) => {
    const user = { email: uniqueEmail(), password: PASSWORD };
    const { setCookie } = await server.browser().post('/auth/registration', user);
    const token = /^__Host-refresh_token=([^;]+)/.exec(setCookie[0] ?? '')?.[1] ?? '';
    const refresh = (name: string) =>
      server.browser().post('/auth/token/refresh', undefined, { cookie: `${name}=${token}` });

    for (const name of ['refresh_token', '__Secure-refresh_token', '__host-refresh_token']) {
      const { status, body } = await refresh(name);
      expect([name, status, body.code]).toEqual([name, 401, 'refresh_missing']);
    }
    expect((await refresh('__Host-refresh_token')).status).toBe(200);
  }));

test('client headers do not change the cookie unless the proxy is trusted', async () => {
  const headers = { ...HTTPS, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'evil.example' };
  const { status, setCookie } = await app
    .browser()
    .post('/auth/registration', { email: uniqueEmail(), password: PASSWORD }, { headers });
  expect([status, attributesOf(setCookie[0] ?? '').secure, setCookie.length]).toEqual([201, undefined, 1]);
});
