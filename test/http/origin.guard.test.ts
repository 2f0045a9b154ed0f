import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';

const TRUSTED = 'https://app.example.com';
const FOREIGN = 'https://evil.example';

let app: TestApp;
let own: string;
beforeAll(async () => {
  app = await startApp({ trustedOrigins: [TRUSTED] });
  own = app.url;
});
afterAll(() => app.close());

interface Person extends Browser {
  email: string;
}

/** Every endpoint that reads or sets the cookie: what a page would send there, and whether it took effect. */
const ENDPOINTS: {
  method: string;
  path: string;
  body?: (person: Person) => object;
}[] = [
  { method: 'POST', path: '/auth/login', body: ({ email }) => ({ email, password: PASSWORD }) },
  { method: 'POST', path: '/auth/token', body: ({ email }) => ({ email, password: PASSWORD }) },
  {
    method: 'POST',
    path: '/auth/registration',
    body: () => ({ email: uniqueEmail(), password: PASSWORD }),
  },
  { method: 'POST', path: '/auth/signup', body: () => ({ email: uniqueEmail(), password: PASSWORD }) },
  { method: 'POST', path: '/auth/logout' },
  { method: 'POST', path: '/auth/token/refresh' },
  { method: 'POST', path: '/auth/token/blacklist' },
  {
    method: 'POST',
    path: '/auth/password/change',
    body: () => ({ old_password: PASSWORD, new_password: 'a rather different set of words' }),
  },
  { method: 'DELETE', path: '/auth/user', body: () => ({ password: PASSWORD }) },
];

const REFUSED: [what: string, headers: () => Record<string, string>][] = [
  ['cross-site', () => ({ 'sec-fetch-site': 'cross-site' })],
  ['cross-site with a foreign origin', () => ({ 'sec-fetch-site': 'cross-site', origin: FOREIGN })],
  ['same-site', () => ({ 'sec-fetch-site': 'same-site' })],
  ['same-site of another port', () => ({ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' })],
  ['none', () => ({ 'sec-fetch-site': 'none' })],
  ['a word that is none', () => ({ 'sec-fetch-site': 'same-origin-ish' })],
  ['an empty word', () => ({ 'sec-fetch-site': '' })],
  ['two words', () => ({ 'sec-fetch-site': 'same-origin, cross-site' })],
  ['a foreign origin', () => ({ origin: FOREIGN })],
  ['a null origin', () => ({ origin: 'null' })],
  ['an empty origin', () => ({ origin: '' })],
  ['our host by another scheme', () => ({ origin: own.replace('http:', 'https:') })],
  ['our host as a prefix', () => ({ origin: `${own}.evil.example` })],
  ['our origin with a slash', () => ({ origin: `${own}/` })],
  ['our host without a scheme', () => ({ origin: own.replace('http://', '') })],
  ['a trusted origin as a prefix', () => ({ origin: `${TRUSTED}.evil.example` })],
  ['a trusted origin of another port', () => ({ origin: `${TRUSTED}:8443` })],
  ['a trusted origin in capitals', () => ({ origin: TRUSTED.toUpperCase() })],
];

const PASSED: [what: string, headers: () => Record<string, string>][] = [
  ['no browser', () => ({})],
  ['same-origin', () => ({ 'sec-fetch-site': 'same-origin' })],
  ['same-origin and our origin', () => ({ 'sec-fetch-site': 'same-origin', origin: own })],
  ['our origin from a browser without Fetch Metadata', () => ({ origin: own })],
  ['a trusted origin', () => ({ origin: TRUSTED })],
  ['a trusted origin, cross-site', () => ({ 'sec-fetch-site': 'cross-site', origin: TRUSTED })],
  ['a trusted origin, same-site', () => ({ 'sec-fetch-site': 'same-site', origin: TRUSTED })],
];

const send = (
  person: Person,
  { method, path, body }: (typeof ENDPOINTS)[number],
  headers: Record<string, string>,
) => person.send(method, path, { json: body?.(person), headers });

describe.each(ENDPOINTS)('$method $path', (endpoint) => {
  let person: Person;
  beforeAll(async () => {
    person = await app.signedUp();
  });

  test.each(REFUSED)('refuses %s, without effect', async (_what, headers) => {
    const count = async () => Number((await app.sql<{ n: string }>(COUNT))[0]?.n);
    const before = await count();
    const { status, body, setCookie } = await send(person, endpoint, headers());
    expect([status, body.code, setCookie]).toEqual([403, 'origin_refused', []]);
    expect(await count()).toBe(before);
    expect((await person.get('/auth/user')).status).toBe(200);
  });

  test.each(PASSED)('lets %s pass', async (_what, headers) => {
    const { status } = await send(await app.signedUp(), endpoint, headers());
    expect([200, 201, 204]).toContain(status);
  });
});

const COUNT = `SELECT (SELECT count(*) FROM tokenjar.users) + (SELECT count(*) FROM tokenjar.sessions)
  + (SELECT count(*) FROM tokenjar.blacklist) AS n`;

describe('whoever comes from elsewhere learns nothing', () => {
  test.each([
    ['/auth/login', { email: 'nobody@example.com', password: 'wrong' }, {}],
    ['/auth/login', {}, {}],
    ['/auth/token', { email: 'nobody@example.com', password: 'wrong' }, {}],
    ['/auth/registration', { email: 'no address' }, {}],
    ['/auth/token/refresh', undefined, { cookie: 'refresh_token=dead' }],
    ['/auth/token/refresh', undefined, {}],
    ['/auth/token/blacklist', { refresh: 'dead' }, {}],
    ['/auth/logout', undefined, { cookie: 'refresh_token=dead' }],
  ])('%s %j: refused for the origin before anything else', async (path, json, send) => {
    const headers = { origin: FOREIGN, 'sec-fetch-site': 'cross-site' };
    const { status, body, setCookie } = await app.browser().post(path, json, { ...send, headers });
    expect([status, body.code, setCookie]).toEqual([403, 'origin_refused', []]);
  });
});

test('POST /auth/token/verify neither reads nor sets a cookie and asks for no origin', async () => {
  const { accessToken } = await app.signedUp();
  const headers = { origin: FOREIGN, 'sec-fetch-site': 'cross-site' };
  const { status, setCookie } = await app
    .browser()
    .post('/auth/token/verify', { token: accessToken }, { headers });
  expect([status, setCookie]).toEqual([200, []]);
});

test('behind a trusted proxy our own origin is the one that the browser saw', async () => {
  const proxied = await startApp({ trustedProxies: ['127.0.0.1'] });
  try {
    const register = (headers: Record<string, string>) =>
      proxied.browser().post('/auth/registration', { email: uniqueEmail(), password: PASSWORD }, { headers });
    const https = proxied.url.replace('http:', 'https:');
    expect((await register({ origin: https, 'x-forwarded-proto': 'https' })).status).toBe(201);
    expect((await register({ origin: https })).status).toBe(403);
    expect((await register({ origin: proxied.url, 'x-forwarded-proto': 'https' })).status).toBe(403);
  } finally {
    await proxied.close();
  }
});

describe('CORS', () => {
  const preflight = (origin: string, method = 'POST') =>
    app.browser().send('OPTIONS', '/auth/token/refresh', {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('a trusted origin may send credentials', async () => {
    const { status, headers } = await preflight(TRUSTED);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(TRUSTED);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, PATCH, DELETE');
    expect(headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type');
    expect(headers.get('vary')).toMatch(/\borigin\b/i);
  });

  test.each([FOREIGN, 'null', `${TRUSTED}.evil.example`, 'https://APP.example.com.'])(
    '%s may not',
    async (origin) => {
      const { headers } = await preflight(origin);
      expect(headers.get('access-control-allow-origin')).not.toBe(origin);
      expect(headers.get('access-control-allow-origin')).not.toBe('*');
    },
  );

  test('a trusted origin may read answers and refusals', async () => {
    const headers = { origin: TRUSTED, 'sec-fetch-site': 'cross-site' };
    const { status, headers: answered } = await app
      .browser()
      .post('/auth/token/refresh', undefined, { headers });
    expect([status, answered.get('access-control-allow-origin')]).toEqual([401, TRUSTED]);
    expect(answered.get('access-control-expose-headers')).toContain('Retry-After');
  });

  test('nobody is told anything where no origin is trusted', async () => {
    const closed = await startApp();
    try {
      const { headers } = await closed.browser().post('/auth/logout', undefined, {
        headers: { origin: TRUSTED },
      });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    } finally {
      await closed.close();
    }
  });
});
