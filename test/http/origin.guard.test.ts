import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { rawRequest } from '../support/raw-request.js';

const TRUSTED = 'https://app.example.com';
const FOREIGN = 'https://evil.example';

let app: TestApp;
let own: string;
beforeAll(async () => {
  app = await startApp({
    trustedOrigins: [TRUSTED, 'https://*.preview.example.com', 'capacitor://localhost'],
    corsAllowedHeaders: 'X-Tenant,X-App-Version',
  });
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
  ['none with a foreign origin', () => ({ 'sec-fetch-site': 'none', origin: FOREIGN })],
  ['none with a null origin', () => ({ 'sec-fetch-site': 'none', origin: 'null' })],
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
  ['two origins', () => ({ origin: `${TRUSTED}, ${FOREIGN}` })],
  ['our origin with a name before it', () => ({ origin: own.replace('//', '//user@') })],
  ['a pattern for a trusted origin', () => ({ origin: 'https://*.preview.example.com' })],
  ['a preview one label too deep', () => ({ origin: 'https://a.b.preview.example.com' })],
  ['an app that is not named', () => ({ origin: 'tauri://localhost' })],
];

const PASSED: [what: string, headers: () => Record<string, string>][] = [
  ['no browser', () => ({})],
  ['same-origin', () => ({ 'sec-fetch-site': 'same-origin' })],
  ['same-origin and our origin', () => ({ 'sec-fetch-site': 'same-origin', origin: own })],
  ['our origin from a browser without Fetch Metadata', () => ({ origin: own })],
  ['none, as from an address that was typed', () => ({ 'sec-fetch-site': 'none' })],
  ['none and our origin', () => ({ 'sec-fetch-site': 'none', origin: own })],
  ['a trusted origin in capitals', () => ({ origin: TRUSTED.toUpperCase() })],
  ['a trusted origin with its usual port', () => ({ origin: `${TRUSTED}:443` })],
  ['a preview', () => ({ 'sec-fetch-site': 'same-site', origin: 'https://pr-42.preview.example.com' })],
  ['an app that is named', () => ({ 'sec-fetch-site': 'cross-site', origin: 'capacitor://localhost' })],
  ['a trusted origin', () => ({ origin: TRUSTED })],
  ['a trusted origin, cross-site', () => ({ 'sec-fetch-site': 'cross-site', origin: TRUSTED })],
  ['a trusted origin, same-site', () => ({ 'sec-fetch-site': 'same-site', origin: TRUSTED })],
];

/** What frameworks, tracing and proxies have frontends send. */
const ALLOWED = [
  ...['Authorization', 'Content-Type', 'Accept-Language', 'Cache-Control', 'Idempotency-Key', 'X-Request-Id'],
  ...['X-CSRFToken', 'X-CSRF-Token', 'X-XSRF-TOKEN', 'X-Requested-With'],
  ...['sentry-trace', 'baggage', 'traceparent', 'tracestate'],
  ...['X-Tenant', 'X-App-Version'],
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

  test.each(REFUSED)('refuses %s, without side effects', async (_what, headers) => {
    const count = async () => Number((await app.sql<{ n: string }>(COUNT))[0]?.n);
    const before = await count();
    const { status, body, setCookie } = await send(person, endpoint, headers());
    expect([status, body.code, setCookie]).toEqual([403, 'origin_refused', []]);
    expect(await count()).toBe(before);
    expect((await person.get('/auth/user')).status).toBe(200);
  });

  test.each(PASSED)('accepts %s', async (_what, headers) => {
    const { status } = await send(await app.signedUp(), endpoint, headers());
    expect([200, 201, 204]).toContain(status);
  });
});

const COUNT = `SELECT (SELECT count(*) FROM tokenjar.users) + (SELECT count(*) FROM tokenjar.sessions)
  + (SELECT count(*) FROM tokenjar.blacklist) AS n`;

describe('pages of other origins learn nothing', () => {
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

test('POST /auth/token/verify neither reads nor sets a cookie and checks no origin', async () => {
  const { accessToken } = await app.signedUp();
  const headers = { origin: FOREIGN, 'sec-fetch-site': 'cross-site' };
  const { status, setCookie } = await app
    .browser()
    .post('/auth/token/verify', { token: accessToken }, { headers });
  expect([status, setCookie]).toEqual([200, []]);
});

test('our own origin behind a trusted proxy is the one that the browser sees', async () => {
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

  test('lets a trusted origin send credentials', async () => {
    const { status, headers } = await preflight(TRUSTED);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(TRUSTED);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, PATCH, DELETE');
    const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(', ');
    for (const name of ALLOWED) expect(allowed).toContain(name.toLowerCase());
    expect(headers.get('vary')).toMatch(/\borigin\b/i);
  });

  test.each(['https://pr-42.preview.example.com', 'capacitor://localhost'])(
    '%s may, by its name or a pattern',
    async (origin) => {
      const { status, headers } = await preflight(origin);
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    },
  );

  test.each([
    FOREIGN,
    'null',
    `${TRUSTED}.evil.example`,
    'https://APP.example.com.',
    'https://a.b.preview.example.com',
    'https://*.preview.example.com',
    'tauri://localhost',
  ])('refuses %s', async (origin) => {
    const { headers } = await preflight(origin);
    expect(headers.get('access-control-allow-origin')).not.toBe(origin);
    expect(headers.get('access-control-allow-origin')).not.toBe('*');
  });

  test('lets a trusted origin read responses and errors', async () => {
    const headers = { origin: TRUSTED, 'sec-fetch-site': 'cross-site' };
    const { status, headers: answered } = await app
      .browser()
      .post('/auth/token/refresh', undefined, { headers });
    expect([status, answered.get('access-control-allow-origin')]).toEqual([401, TRUSTED]);
    for (const name of ['Retry-After', 'WWW-Authenticate', 'RateLimit', 'RateLimit-Policy'])
      expect(answered.get('access-control-expose-headers')?.split(', ')).toContain(name);
  });

  test.each([
    ['404', ['GET /nobody HTTP/1.1', 'Host: localhost']],
    ['400 of the router', ['GET /auth/%zz HTTP/1.1', 'Host: localhost']],
    ['414 of the router', [`DELETE /auth/sessions/${'x'.repeat(5000)} HTTP/1.1`, 'Host: localhost']],
    ['415', ['POST /auth/login HTTP/1.1', 'Host: localhost', 'Content-Type: text/xml', 'Content-Length: 1']],
    ['400 of the parser', ['GET /auth/user HTTP/1.1', 'Host: localhost', 'Bad Header: x']],
    ['431 of the parser', ['GET /auth/user HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(20_000)}`]],
  ])('lets only a trusted origin read a %s', async (what, [line = '', ...head]) => {
    const answerTo = async (origin: string) => {
      const { status, text } = await rawRequest(app.url, [line, `Origin: ${origin}`, ...head], 'x');
      return { status, allowed: /^access-control-allow-origin: (.*)$/im.exec(text)?.[1]?.trim() };
    };
    const status = Number(what.slice(0, 3));
    expect(await answerTo(TRUSTED)).toEqual({ status, allowed: TRUSTED });
    expect(await answerTo(FOREIGN)).toEqual({ status, allowed: undefined });
    expect(await answerTo(`${TRUSTED}.evil.example`)).toEqual({ status, allowed: undefined });
  });

  test('sends no CORS headers if no origin is trusted', async () => {
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

describe('our own origin, derived from Host', () => {
  const isOwn = async (origin: string, ...head: string[]) => {
    const lines = ['POST /auth/logout HTTP/1.1', `Origin: ${origin}`, ...head];
    return (await rawRequest(app.url, lines)).status === 204;
  };

  test.each([
    ['http://example.com', 'example.com:80'],
    ['http://example.com:80', 'example.com'],
    ['http://example.com', 'EXAMPLE.com'],
    ['http://example.com.', 'example.com.'],
    ['http://[::1]', '[::1]:80'],
    ['http://[0:0::1]:3000', '[::1]:3000'],
    ['http://example.com:8080', 'example.com:8080'],
  ])('%s is that of Host: %s', async (origin, host) => {
    expect(await isOwn(origin, `Host: ${host}`)).toBe(true);
  });

  test.each([
    ['http://example.com', 'example.com:443'],
    ['https://example.com', 'example.com:443'],
    ['http://example.com', 'example.com:8080'],
    ['http://example.com.', 'example.com'],
    ['http://example.com', 'example.com@evil.example'],
    ['http://evil.example', 'example.com@evil.example'],
    ['http://example.com', 'example.com/.evil.example'],
    ['null', 'null'],
    ['http://', ''],
  ])('%s is not that of Host: %s', async (origin, host) => {
    expect(await isOwn(origin, `Host: ${host}`)).toBe(false);
  });

  test('does not exist without Host, as in HTTP/1.0', async () => {
    const send = (...head: string[]) => rawRequest(app.url, ['POST /auth/logout HTTP/1.0', ...head]);
    expect((await send('Origin: http://example.com')).status).toBe(403);
    expect((await send()).status).toBe(204);
  });

  test('is that of PUBLIC_URL whatever the proxy does with Host', async () => {
    const named = await startApp({ publicUrl: 'https://EXAMPLE.com:443/accounts/' });
    try {
      const statusOf = async (origin: string) =>
        (await named.browser().post('/auth/logout', undefined, { headers: { origin } })).status;
      expect(await statusOf('https://example.com')).toBe(204);
      expect(await statusOf('http://example.com')).toBe(403);
      expect(await statusOf('https://example.com:8443')).toBe(403);
    } finally {
      await named.close();
    }
  });
});

describe('with REFRESH_TOKEN_IN=body', () => {
  let apps: TestApp;
  beforeAll(async () => {
    apps = await startApp({
      refreshTokenIn: 'body',
      rateLimit: true,
      trustedOrigins: 'null,ionic://localhost',
    });
  });
  afterAll(() => apps.close());

  const ORIGINS = [
    ...['file://', 'null', 'capacitor://localhost', 'tauri://localhost', 'ionic://localhost'],
    ...['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'https://anything.example'],
  ];
  test.each(ORIGINS)('%s signs in, refreshes and signs out', async (origin) => {
    const headers = { origin, 'sec-fetch-site': 'cross-site' };
    const client = apps.browser();
    const user = { email: uniqueEmail(), password: PASSWORD };
    const signedUp = await client.post('/auth/registration', user, { headers });
    expect([signedUp.status, typeof signedUp.body.refresh_token]).toEqual([201, 'string']);
    const signedIn = await client.post('/auth/login', user, { headers });
    expect(signedIn.status).toBe(200);
    const { refresh_token } = signedIn.body;
    const refreshed = await client.post('/auth/token/refresh', { refresh_token }, { headers });
    expect(refreshed.status).toBe(200);
    expect((await client.post('/auth/logout', { refresh_token }, { headers })).status).toBe(204);
    const again = await client.post('/auth/token/refresh', { refresh_token }, { headers });
    expect([again.status, again.body.code]).toEqual([401, 'token_blacklisted']);
  });

  test('requests from other origins neither use nor set a cookie', async () => {
    const user = { email: uniqueEmail(), password: PASSWORD };
    const owner = apps.browser();
    const { setCookie } = await owner.post('/auth/registration', user);
    expect(setCookie.map((line) => attributesOf(line).name)).toEqual(['known_device']);
    const headers = { origin: 'https://anything.example', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/auth/login', '/auth/token', '/auth/logout'])
      expect([path, (await owner.post(path, user, { headers })).setCookie]).toEqual([path, []]);
  });

  test('CORS headers are sent to configured origins only', async () => {
    const allowed = async (origin: string) =>
      (await apps.browser().get('/auth/user', { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await allowed('ionic://localhost')).toBe('ionic://localhost');
    expect(await allowed('null')).toBe('null');
    expect(await allowed('tauri://localhost')).toBeNull();
  });

  test('with both, where there is a cookie, the origin is checked', async () => {
    const both = await startApp({ refreshTokenIn: 'both', trustedOrigins: 'capacitor://localhost,file://' });
    try {
      const statusFor = async (origin: string) =>
        (await both.browser().post('/auth/logout', undefined, { headers: { origin } })).status;
      expect(await statusFor('capacitor://localhost')).toBe(204);
      expect(await statusFor('file://')).toBe(204);
      expect(await statusFor('tauri://localhost')).toBe(403);
      expect(await statusFor('null')).toBe(403);
    } finally {
      await both.close();
    }
  });
});

describe('refused origins are logged', () => {
  const FOREIGN_LINE = /Refused a request from .*TRUSTED_ORIGINS/;
  const linesFor = async (server: TestApp, headers: Record<string, string>) => {
    const before = server.log.length;
    await server.browser().post('/auth/logout', undefined, { headers });
    return server.log.slice(before).filter((line) => FOREIGN_LINE.test(line));
  };
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  test('once in a while per origin, without text from strangers, and at a limited rate', async () => {
    const [line] = await linesFor(server, { origin: 'https://APP.example.com' });
    expect(line).toContain('https://app.example.com');
    expect(line).toContain(server.url);
    expect(await linesFor(server, { origin: 'https://app.example.com' })).toEqual([]);

    server.clock.advance(61);
    const [odd = ''] = await linesFor(server, {
      origin: `x\u00ff\u001b[31m"}${'y'.repeat(4000)}`.replace('\u001b', ' '),
    });
    expect(odd.length).toBeLessThan(700);
    expect(odd).toMatch(/^[\x20-\x7e]*$/);
    expect(await linesFor(server, { 'sec-fetch-site': 'cross-site' })).toHaveLength(1);

    let lines = 0;
    for (let i = 0; i < 50; i++) lines += (await linesFor(server, { origin: `https://${i}.example` })).length;
    expect(lines).toBeLessThan(6);
    server.clock.pastAccessToken();
    const [later] = await linesFor(server, { origin: 'https://app.example.com' });
    expect(later).toMatch(/\(and \d+ more since/);
  });

  test('nothing about our own pages', async () => {
    server.clock.pastAccessToken();
    expect(await linesFor(server, { origin: server.url, 'sec-fetch-site': 'same-origin' })).toEqual([]);
    expect(await linesFor(server, {})).toEqual([]);
  });
});
