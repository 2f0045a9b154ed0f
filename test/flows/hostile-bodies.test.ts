import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ERRORS } from '../../src/errors.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { rawRequest } from '../support/raw-request.js';

/** A route that takes a body, as the server's own document lists it. */
interface Route {
  method: string;
  path: string;
  /** Names of the fields it reads. */
  fields: string[];
  isGuarded: boolean;
}

interface Operation {
  requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  security?: Record<string, unknown>[];
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Record<string, unknown> }> };
}

let app: TestApp;
let routes: Route[];
/** Somebody signed in for each route; none of these bodies is good enough to end a guarded one's session. */
let users: Map<Route, Browser>;
beforeAll(async () => {
  app = await startApp();
  routes = routesIn((await app.browser().get('/openapi.json')).body as unknown as OpenApi);
  users = new Map();
  for (const route of routes) users.set(route, await app.signedUp());
});
afterAll(() => app.close());

test('the document lists the routes used by these attacks', () => {
  const listed = routes.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, '{id}')}`);
  expect(listed).toEqual(
    expect.arrayContaining([
      'POST /auth/login',
      'POST /auth/logout',
      'POST /auth/token',
      'POST /auth/token/refresh',
      'POST /auth/token/verify',
      'POST /auth/token/blacklist',
      'POST /auth/registration',
      'POST /auth/signup',
      'POST /auth/password/change',
      'PATCH /auth/user',
      'DELETE /auth/user',
      'DELETE /auth/sessions',
      'DELETE /auth/sessions/{id}',
    ]),
  );
});

describe('an unreadable body', () => {
  const long = 'x'.repeat(70_000);
  const cases: [what: string, body: string | Uint8Array, type: string, status: number, code: string][] = [
    ['broken JSON', '{"email":', 'application/json', 400, 'body_malformed'],
    ['two documents', '{}{}', 'application/json', 400, 'body_malformed'],
    ['a comment', '{/**/}', 'application/json', 400, 'body_malformed'],
    ['NaN', '{"email":NaN}', 'application/json', 400, 'body_malformed'],
    ['blanks only', '   ', 'application/json', 400, 'body_malformed'],
    ['__proto__', '{"__proto__":{"isAdmin":true}}', 'application/json', 400, 'body_malformed'],
    [
      '__proto__ in disguise',
      String.raw`{"\u005f_proto__":{"isAdmin":true}}`,
      'application/json',
      400,
      'body_malformed',
    ],
    ['__proto__ below', '{"a":[{"__proto__":{"b":1}}]}', 'application/json', 400, 'body_malformed'],
    [
      'constructor.prototype',
      '{"constructor":{"prototype":{"isAdmin":true}}}',
      'application/json',
      400,
      'body_malformed',
    ],
    ['a NUL between', '{"email":\0"a"}', 'application/json', 400, 'body_malformed'],
    ['UTF-16', Buffer.from('{"email":"a"}', 'utf16le'), 'application/json', 400, 'body_malformed'],
    [
      'bytes that are no UTF-8',
      Buffer.from('{"email":"\xff"}', 'latin1'),
      'application/json',
      400,
      'body_malformed',
    ],
    ['gzip', gzipSync('{"email":"a"}'), 'application/json', 400, 'body_malformed'],
    ['a field of 70 kB', JSON.stringify({ email: long }), 'application/json', 413, 'body_too_large'],
    ['a form of 70 kB', `email=${long}`, 'application/x-www-form-urlencoded', 413, 'body_too_large'],
    ['plain text', '{}', 'text/plain', 415, 'media_type_unsupported'],
    ['no known type', '{}', 'application/jsonp', 415, 'media_type_unsupported'],
    ['a type that is none', '{}', 'json', 415, 'media_type_unsupported'],
    ['XML', '<a/>', 'application/xml', 415, 'media_type_unsupported'],
    ['multipart', '--x\r\n\r\n--x--', 'multipart/form-data; boundary=x', 415, 'media_type_unsupported'],
  ];

  test.each(cases)('%s is refused by every route', async (_what, body, type, status, code) => {
    for (const route of routes) {
      const answer = await send(route, { body, headers: { 'content-type': type } });
      expectProblem(route, answer);
      expect([route.path, answer.status, answer.body.code]).toEqual([route.path, status, code]);
    }
  });

  test('a compressed body is not decompressed', async () => {
    for (const route of routes) {
      const answer = await send(route, {
        body: gzipSync('{}'),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      });
      expectProblem(route, answer);
    }
  });
});

describe('a body that is not an object', () => {
  const values = ['[]', '[{"email":"a@example.com"}]', 'null', '1', '1e999', '"text"', 'true', '""'];

  test.each(values)('%s is invalid input wherever fields are read', async (body) => {
    for (const route of routes) {
      const answer = await sendJson(route, body);
      expectHandled(route, answer);
      const asksForFields = route.fields.some(
        (field) => !['locale', 'login_token'].includes(field) && !field.startsWith('refresh'),
      );
      // An administrator is asked for before a body is read.
      const status = route.path.startsWith('/auth/admin/') ? 403 : 400;
      if (asksForFields) expect([route.path, answer.status]).toEqual([route.path, status]);
    }
  });

  test('empty content with the JSON type counts as an empty object', async () => {
    for (const route of routes) expectHandled(route, await sendJson(route, ''));
    const { status, body } = await app.browser().send('POST', '/auth/login', {
      body: '',
      headers: { 'content-type': 'application/json' },
    });
    expect([status, body.code, Object.keys(body.errors as object)]).toEqual([
      400,
      'input_invalid',
      ['email', 'password'],
    ]);
  });

  test.each([
    ['lists', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['objects', '{"a":'.repeat(9_000) + '1' + '}'.repeat(9_000)],
    ['unclosed lists', '['.repeat(60_000)],
  ])('%s nested thousands of levels deep', async (_what, body) => {
    for (const route of routes) expectHandled(route, await sendJson(route, body));
  });
});

describe('a field with an invalid value', () => {
  const poisons: [what: string, json: string][] = [
    ['null', 'null'],
    ['a number', '1'],
    ['a number beyond double', '1e999'],
    ['true', 'true'],
    ['a list', '["a@example.com"]'],
    ['an operator', '{"$ne":1}'],
    ['an object that pretends to be a text', '{"toString":"a","length":3,"trim":1}'],
    ['empty', '""'],
    ['blanks', '"   "'],
    ['NUL', String.raw`"\u0000"`],
    ['NUL inside', String.raw`"a\u0000b@example.com"`],
    ['a lone surrogate', String.raw`"\ud800"`],
    ['a reversed pair', String.raw`"\udc00\ud800@example.com"`],
    ['an override of direction', String.raw`"\u202e@example.com"`],
    ['60 kB', JSON.stringify('x'.repeat(60_000))],
    ['SQL', `"' OR 1=1; DROP TABLE tokenjar.users; --"`],
    ['a header', String.raw`"a\r\nSet-Cookie: a=b"`],
  ];

  test.each(poisons)('%s', async (_what, json) => {
    for (const route of routes)
      for (const field of route.fields) {
        const others = route.fields.filter((name) => name !== field).map((name) => goodPair(name));
        const answer = await sendJson(route, `{${[...others, `${JSON.stringify(field)}:${json}`].join()}}`);
        expectHandled(route, answer);
      }
  });

  test('the last of several equal keys counts, and unknown keys are ignored', async () => {
    const email = uniqueEmail();
    const { status, body } = await app.browser().send('POST', '/auth/registration', {
      body: `{"email":1,"id":1,"roles":["admin"],"is_active":false,"email":"${email}","password":"${PASSWORD}"}`,
      headers: { 'content-type': 'application/json' },
    });
    expect([status, body.user]).toEqual([201, expect.objectContaining({ email, roles: [] })]);
  });

  test('a plain key named constructor has no effect', async () => {
    for (const route of routes)
      expectHandled(route, await sendJson(route, '{"constructor":1,"hasOwnProperty":1}'));
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});

describe('a hostile form', () => {
  const forms = [
    'email[]=a@example.com&password[]=b',
    'email=a@example.com&email=b@example.com&password=c&password=d&token=e&token=f',
    'email[$ne]=1&password[$ne]=1&token[$ne]=1&old_password[$ne]=1&new_password[$ne]=1&locale[$ne]=1',
    '__proto__=a&__proto__[isAdmin]=1&constructor[prototype][isAdmin]=1&hasOwnProperty=1',
    'email=%E0%A4%A&password=%&token=%zz&old_password=%00&locale=%ff%fe',
    'email=%00&password=%00&token=%00&locale=%00&old_password=%00&new_password=%00',
    '&'.repeat(60_000),
    'a&'.repeat(30_000),
    'a[b]'.repeat(15_000),
    '=',
    '',
  ];

  test.each(forms.map((form) => [form.slice(0, 40), form]))('%s', async (_start, body) => {
    for (const route of routes) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      expectHandled(route, await send(route, { body, headers }));
    }
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});

describe('hostile headers', () => {
  test.each([
    ['another charset', 'application/json; charset=utf-16le'],
    ['a charset that is none', 'application/json; charset=\u00ff'],
    ['a parameter that is none', 'application/json; ;;='],
    ['two types', 'application/json, text/plain'],
  ])('%s', async (_what, type) => {
    for (const route of routes) {
      const headers = { 'content-type': type };
      expectHandled(route, await send(route, { body: '{"email":"a"}', headers }));
    }
  });

  test.each([
    ['a length that is no number', ['Content-Length: ten']],
    ['a negative length', ['Content-Length: -1']],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 3']],
    ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['a coding that is none', ['Transfer-Encoding: gzip, identity']],
    ['chunks that are none', ['Transfer-Encoding: chunked', 'X: y']],
  ])('%s is refused before anything is read', async (_what, head) => {
    const type = 'Content-Type: application/json';
    const { status, text } = await rawRequest(
      app.url,
      ['POST /auth/login HTTP/1.1', 'Host: a', type, ...head],
      '{}',
    );
    expect(status).toBe(400);
    expect(text).not.toMatch(STACK);
  });

  test('a length shorter than the body truncates it, and the rest is not parsed as another request', async () => {
    const { text } = await rawRequest(
      app.url,
      ['POST /auth/login HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Length: 2'],
      '{}GET /auth/user HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });

  test('a length above the maximum is refused before the body is sent', async () => {
    const { status } = await rawRequest(app.url, [
      'POST /auth/login HTTP/1.1',
      'Host: a',
      'Content-Type: application/json',
      'Content-Length: 9999999',
    ]);
    expect(status).toBe(413);
  });
});

test('any JSON gets a documented response', async () => {
  const names = [...new Set(routes.flatMap(({ fields }) => fields)), '__proto__', 'constructor'];
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant('\0'), fc.emailAddress());
  const value = fc.oneof(fc.jsonValue(), text, fc.double(), fc.array(text), fc.dictionary(text, text));
  const json = fc.oneof(fc.dictionary(fc.constantFrom(...names), value), value);
  app.log.length = 0;

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), json, async (route, body) => {
      expectHandled(route, await sendJson(route, JSON.stringify(body)));
    }),
    { numRuns: 300 },
  );
  expect(app.log).toEqual([]);
});

test('everybody is still signed in afterwards', async () => {
  for (const [{ isGuarded }, user] of users)
    if (isGuarded) expect((await user.get('/auth/user')).status).toBe(200);
});

const STACK = /\bat .+:\d+:\d+|node_modules|\.(ts|js)\b|Error:/;

function routesIn({ paths, components }: OpenApi): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method !== 'get')
      .map(([method, { requestBody, security }]) => {
        const name = requestBody?.content['application/json']?.schema.$ref.split('/').at(-1) ?? '';
        return {
          method: method.toUpperCase(),
          path: path.replace(/\{\w+\}/, '019aa111-2222-7333-8444-555566667777'),
          fields: Object.keys(components.schemas[name]?.properties ?? {}),
          isGuarded: security?.some((scheme) => 'access' in scheme) ?? false,
        };
      }),
  );
}

function send(route: Route, request: { body: string | Uint8Array; headers: Record<string, string> }) {
  const user = users.get(route) ?? app.browser();
  return user.send(route.method, route.path, request);
}

const sendJson = (route: Route, body: string) =>
  send(route, { body, headers: { 'content-type': 'application/json' } });

/** A field as an honest client fills it; the password is wrong, so that nothing happens. */
function goodPair(field: string): string {
  const value = field === 'email' ? uniqueEmail() : field === 'locale' ? 'en' : 'some fifteen characters';
  return `${JSON.stringify(field)}:${JSON.stringify(value)}`;
}

/** Taken where it is harmless, or refused as a problem; never a failure of ours. */
function expectHandled(route: Route, answer: Answer): void {
  if (answer.status >= 200 && answer.status < 300) return;
  // Who comes back from a provider gets a page, whatever has happened.
  if (answer.status === 303 && /#error=\w+$/.test(answer.headers.get('location') ?? '')) return;
  expectProblem(route, answer);
}

function expectProblem({ method, path, isGuarded }: Route, { status, headers, body, text }: Answer): void {
  const where = `${method} ${path} → ${text.slice(0, 200)}`;
  expect([where, status >= 400 && status < 500]).toEqual([where, true]);
  expect([where, headers.get('content-type')]).toEqual([
    where,
    expect.stringMatching(/^application\/problem\+json/),
  ]);
  expect([where, Object.keys(ERRORS)]).toEqual([where, expect.arrayContaining([body.code])]);
  expect([where, body.status]).toEqual([where, status]);
  expect(text).not.toMatch(STACK);
  // A guarded route that says 401 never looked at the body, and this test would have tested nothing.
  if (isGuarded) expect([where, body.code]).toEqual([where, expect.not.stringMatching(/^(access|token)_/)]);
}
