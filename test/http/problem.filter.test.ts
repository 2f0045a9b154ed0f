import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { STATUS_CODES } from 'node:http';
import { Database } from '../../src/database/database.js';
import { ERRORS, type ErrorCode } from '../../src/errors.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { rawRequest } from '../support/raw-request.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const JSON_TYPE = { 'content-type': 'application/json' };

function expectProblem({ status, headers, body, text }: Answer, code: ErrorCode): void {
  expect([text, status]).toEqual([text, ERRORS[code].status]);
  const { errors, ...rest } = body;
  expect(rest).toEqual({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: ERRORS[code].detail,
    code,
  });
  expect(errors === undefined || typeof errors === 'object').toBe(true);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  expect(headers.get('cache-control')).toBe('no-store');
}

describe('errors of the framework are in our format', () => {
  test.each<[string, string, ErrorCode, { headers?: Record<string, string>; body?: string }]>([
    ['GET', '/', 'not_found', {}],
    ['GET', '/auth', 'not_found', {}],
    ['POST', '/auth/nothing', 'not_found', {}],
    ['GET', '/auth/login.php', 'not_found', {}],
    ['GET', '/docs/../../package.json', 'not_found', {}],
    ['GET', '/docs/%2e%2e%2fpackage.json', 'not_found', {}],
    ['GET', `/${'a'.repeat(9000)}`, 'not_found', {}],
    ['OPTIONS', '/nothing', 'not_found', {}],
    ['GET', '/%E0%A4%A', 'url_malformed', {}],
    ['POST', '/auth/login/%', 'url_malformed', {}],
    ['DELETE', '/auth/sessions/%zz', 'url_malformed', {}],
    ['DELETE', `/auth/sessions/${'a'.repeat(4001)}`, 'url_too_long', {}],
    ['POST', '/auth/login', 'body_malformed', { headers: JSON_TYPE, body: '{' }],
    ['POST', '/auth/login', 'body_too_large', { headers: JSON_TYPE, body: `"${'x'.repeat(65_536)}"` }],
    ['POST', '/auth/login', 'media_type_unsupported', { headers: { 'content-type': 'a/b' }, body: '{}' }],
    ['POST', '/auth/login', 'media_type_unsupported', { body: '{}' }],
    ['POST', '/auth/login', 'input_invalid', {}],
    ['POST', '/auth/login', 'input_invalid', { headers: JSON_TYPE, body: `"${'x'.repeat(65_530)}"` }],
  ])('%s %s: %s', async (method, path, code, send) => {
    expectProblem(await app.browser().send(method, path, send), code);
  });

  test('oversized headers are refused before Nest', async () => {
    const { status, text } = await rawRequest(app.url, [`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'Host: a']);
    expect([status, /node|stack/i.test(text)]).toEqual([431, false]);
  });

  test.each(['/auth/login', '/auth/user', '/nothing', '/', '/docs', '/health/live'])(
    'what Node would refuse without a body has one, at %s',
    async (path) => {
      for (const [head, code, status] of [
        [[], 'request_malformed', 400],
        [['Host: a', 'Expect: a-miracle'], 'expectation_failed', 417],
      ] as const) {
        const { text, ...answer } = await rawRequest(app.url, [`GET ${path} HTTP/1.1`, ...head]);
        expect(answer.status).toBe(status);
        expect(text).toContain('content-type: application/problem+json');
        expect(text).toContain(`"code":"${code}"`);
        expect(text.toLowerCase()).toContain('x-content-type-options: nosniff');
      }
      // HTTP/1.0 has no Host.
      const old = await rawRequest(app.url, [`GET ${path} HTTP/1.0`]);
      expect(old.text).not.toContain('request_malformed');
      const continued = await rawRequest(app.url, [
        `GET ${path} HTTP/1.1`,
        'Host: a',
        'Expect: 100-continue',
      ]);
      expect(continued.text).not.toContain('expectation_failed');
    },
  );

  /** Each that Node's parser knows, and nobody here. CONNECT asks for no path. */
  test.each(METHODS.filter((method) => !['GET', 'HEAD', 'POST', 'CONNECT', 'OPTIONS'].includes(method)))(
    '%s is a method like any other that is not allowed',
    async (method) => {
      for (const [path, status, code] of [
        ['/auth/login', 405, 'method_not_allowed'],
        ['/nothing', 404, 'not_found'],
      ] as const)
        for (const head of [[], ['Content-Type: application/json', 'Content-Length: 2']]) {
          const body = head.length > 0 ? '{}' : '';
          const answer = await rawRequest(app.url, [`${method} ${path} HTTP/1.1`, 'Host: a', ...head], body);
          expect([answer.status, answer.text.includes(`"code":"${code}"`)]).toEqual([status, true]);
        }
    },
  );

  test.each([
    'OPTIONS * HTTP/1.1',
    'GET // HTTP/1.1',
    'GET /auth/../auth/user HTTP/1.1',
    'GET http://other/auth/user HTTP/1.1',
    'GET /?%00 HTTP/1.1',
    'GET /auth/user;a=b HTTP/1.1',
    'GET /\\..\\..\\etc HTTP/1.1',
  ])('%s causes no failure', async (line) => {
    const { status } = await rawRequest(app.url, [line, 'Host: a']);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});

describe('405 lists the allowed methods', () => {
  test.each([
    ['GET', '/auth/login', 'POST'],
    ['PUT', '/auth/login/', 'POST'],
    ['PATCH', '/auth/token/refresh', 'POST'],
    ['POST', '/auth/user', 'DELETE, GET, HEAD, PATCH'],
    ['PUT', '/auth/user?a=b', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/auth/sessions', 'DELETE, GET, HEAD'],
    ['GET', '/auth/sessions/anything', 'DELETE'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
    ['DELETE', '/health/ready', 'GET, HEAD'],
    ['POST', '/docs', 'GET, HEAD'],
    ['PUT', '/openapi.json', 'GET, HEAD'],
    // Without TRUSTED_ORIGINS nobody asks for a preflight that could succeed.
    ['OPTIONS', '/auth/login', 'POST'],
  ])('%s %s: %s', async (method, path, allow) => {
    const answer = await app.browser().send(method, path);
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('HEAD has no body and the headers of GET', async () => {
    for (const [path, status] of [
      ['/health/live', 200],
      ['/.well-known/jwks.json', 200],
      ['/auth/session', 401],
      ['/auth/login', 405],
      ['/nothing', 404],
    ] as const) {
      const head = await fetch(app.url + path, { method: 'HEAD' });
      expect([path, head.status, await head.text()]).toEqual([path, status, '']);
    }
  });
});

describe('every 401 has WWW-Authenticate', () => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const invalid = 'Bearer error="invalid_token"';

  test.each<[ErrorCode, string, string, object, string]>([
    ['access_missing', 'GET', '/auth/user', {}, 'Bearer'],
    ['access_missing', 'POST', '/auth/password/change', {}, 'Bearer'],
    ['bad_authorization_header', 'GET', '/auth/user', bearer('a b'), 'Bearer'],
    ['token_invalid', 'GET', '/auth/session', bearer('junk'), invalid],
    ['bad_credentials', 'POST', '/auth/login', { json: { email: 'a@b.c', password: 'x' } }, 'Bearer'],
    ['refresh_missing', 'POST', '/auth/token/refresh', {}, 'Bearer'],
    ['token_invalid', 'POST', '/auth/token/refresh', { cookie: 'refresh_token=junk' }, invalid],
    ['token_invalid', 'POST', '/auth/token/verify', { json: { token: 'junk' } }, invalid],
    ['refresh_missing', 'POST', '/auth/token/blacklist', {}, 'Bearer'],
  ])('%s at %s %s', async (code, method, path, send, challenge) => {
    const answer = await app.browser().send(method, path, send);
    expectProblem(answer, code);
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
  });

  test('also for expired and revoked tokens', async () => {
    const user = await app.signedUp();
    const refresh = await user.refreshCookie();
    const gone = await app.signedUp();
    await app.sql('DELETE FROM tokenjar.users WHERE email = $1', [gone.email]);
    const answers: [ErrorCode, Answer][] = [
      ['user_not_found', await gone.get('/auth/user')],
      ['token_wrong_type', await app.browser().get('/auth/user', bearer(refresh ?? ''))],
    ];
    app.clock.advance(601);
    answers.push(['token_expired', await user.get('/auth/user')]);
    await user.post('/auth/token/refresh');
    const { accessToken } = user;
    await user.post('/auth/logout');
    answers.push(['token_blacklisted', await app.browser().get('/auth/user', bearer(accessToken ?? ''))]);
    for (const [code, answer] of answers) {
      expectProblem(answer, code);
      expect(answer.headers.get('www-authenticate')).toBe(invalid);
    }
  });

  test('and no other status has it', async () => {
    for (const path of ['/nothing', '/health/live', '/auth/login'])
      expect((await app.browser().get(path)).headers.get('www-authenticate')).toBeNull();
  });
});

describe('security headers', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ trustedProxies: 'loopback' });
  });
  afterAll(() => app.close());

  test.each<[string, string, number, object]>([
    ['GET', '/health/live', 200, {}],
    ['GET', '/.well-known/jwks.json', 200, {}],
    ['POST', '/auth/registration', 201, { json: { email: uniqueEmail(), password: PASSWORD } }],
    ['POST', '/auth/logout', 204, {}],
    ['GET', '/auth/user', 401, {}],
    ['POST', '/auth/login', 400, { body: '{', headers: JSON_TYPE }],
    ['POST', '/auth/login', 413, { body: 'x'.repeat(70_000), headers: JSON_TYPE }],
    ['GET', '/auth/login', 405, {}],
    ['GET', '/nothing', 404, {}],
    ['GET', '/%E0%A4%A', 400, {}],
    ['DELETE', `/auth/sessions/${'a'.repeat(4001)}`, 414, {}],
    ['GET', '/docs', 200, {}],
    ['GET', '/docs/swagger-ui.css', 200, {}],
    ['GET', '/openapi.json', 200, {}],
    ['GET', '/openapi.yaml', 200, {}],
  ])('on %s %s %d', async (method, path, status, send: { headers?: Record<string, string> }) => {
    const overHttps = { ...send, headers: { ...send.headers, 'x-forwarded-proto': 'https' } };
    const { headers, ...answer } = await app.browser().send(method, path, overHttps);
    expect(answer.status).toBe(status);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}$/);
    expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
  });
});

describe('an internal error', () => {
  let broken: TestApp;
  beforeAll(async () => {
    broken = await startApp();
  });
  afterAll(() => broken.close());

  test('tells the client nothing else, and logs the place without the query', async () => {
    const user = await broken.signedUp();
    const cookie = await user.refreshCookie();
    await broken.sql('DROP TABLE tokenjar.sessions');
    broken.log.length = 0;
    const query = 'token=secret-in-the-query';
    const credentials = { email: user.email, password: PASSWORD };
    for (const [path, answer] of [
      ['/auth/login', await broken.browser().post(`/auth/login?${query}`, credentials)],
      ['/auth/token/refresh', await user.post(`/auth/token/refresh?${query}`)],
    ] as const) {
      expectProblem(answer, 'internal_error');
      expect(answer.text).not.toMatch(/sessions|relation|tokenjar|pg|query|\bat /i);
      expect(answer.setCookie).toEqual([]);
      expect(answer.headers.get('retry-after')).toBeNull();
      const line = broken.log.find((entry) => entry.startsWith(`POST ${path} failed`)) ?? '';
      expect(line).toContain('relation "tokenjar.sessions" does not exist');
    }
    expect(await user.refreshCookie()).toBe(cookie);
    for (const secret of ['secret-in-the-query', user.email, PASSWORD, cookie])
      expect(broken.log.join('\n')).not.toContain(secret);
  });

  test('503 with Retry-After while the database is unavailable, and no session ends', async () => {
    const away = await startApp();
    const user = await away.signedUp();
    const cookie = await user.refreshCookie();
    away.clock.advance(150);
    await away.app.get(Database).dataSource.destroy();

    const credentials = { email: user.email, password: PASSWORD };
    for (const answer of [
      await user.post('/auth/token/refresh'),
      await user.get('/auth/user'),
      await user.post('/auth/logout'),
      await away.browser().post('/auth/login', credentials),
      await away.browser().post('/auth/registration', { ...credentials, email: uniqueEmail() }),
    ]) {
      expectProblem(answer, 'database_unavailable');
      expect([answer.setCookie, answer.headers.get('retry-after')]).toEqual([[], '2']);
    }
    expectProblem(await away.browser().get('/health/ready'), 'not_ready');
    expect((await away.browser().get('/health/live')).status).toBe(200);
    expect((await user.get('/auth/session')).status).toBe(200);
    expect(await user.refreshCookie()).toBe(cookie);
    await away.close();
  });
});

test('what has one wording in all dialects has it for a malformed body or URL', async () => {
  const django = await startApp({ dialect: 'django' });
  try {
    const browser = django.browser();
    for (const path of ['/auth/admin/webhooks', '/auth/admin/webhooks/'])
      expectProblem(await browser.send('POST', path, { headers: JSON_TYPE, body: '{' }), 'body_malformed');
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await fetch(`${django.url}/auth/admin/webhooks/%E0%A4%A/deliveries`, { method });
      expect(`${method} ${headers.get('content-type')}`).toMatch(`${method} application/problem+json`);
    }
  } finally {
    await django.close();
  }
});
