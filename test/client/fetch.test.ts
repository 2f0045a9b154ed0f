import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Auth } from '../../client/src/index.js';
import { type Answer, BASE, fakeTime, FarServer, pass, problem, realTime, USER } from './far-server.js';

const API = 'https://api.example.com/orders';
const REFRESH = '/token/refresh';
const ok: Answer = () => Response.json({});
const INVALID = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

let server: FarServer;
let auth: Auth;
beforeEach(async () => {
  fakeTime();
  server = new FarServer();
  auth = server.client({ origins: ['https://api.example.com'] });
  server.answers[API] = ok;
  await auth.login({ email: USER.email, password: 'marble cactus orbit lantern' });
});
afterEach(() => {
  auth.close();
  realTime();
});

/** The API takes tokens from `token-2` on. */
const refusesTheFirst: Answer = ({ headers }) =>
  headers.get('Authorization') === 'Bearer token-1'
    ? problem(401, 'token_expired', INVALID)
    : Response.json({});
const sentTo = (url: string) => server.to(url).map(({ headers }) => headers.get('Authorization'));

test('the token goes to the origins that were named, and to no other', async () => {
  const foreign = 'https://statistics.example.net/count';
  server.answers[foreign] = ok;
  await auth.fetch(API);
  await auth.fetch(new URL(foreign));
  await auth.fetch(`${BASE}/sessions`);
  expect(sentTo(API)).toEqual(['Bearer token-1']);
  expect(sentTo(foreign)).toEqual([null]);
  expect(sentTo('/sessions')).toEqual(['Bearer token-1']);
});

test('what the caller says of Authorization stands', async () => {
  await auth.fetch(API, { headers: { authorization: 'Basic YWRhOg==' } });
  await auth.fetch(new Request(API, { headers: { authorization: 'Basic YWRhOg==', accept: 'text/csv' } }));
  expect(sentTo(API)).toEqual(['Basic YWRhOg==', 'Basic YWRhOg==']);
});

test('headers, method and body of the caller are kept', async () => {
  await auth.fetch(new Request(API, { method: 'PUT', headers: { accept: 'text/csv' }, body: 'a' }));
  await auth.fetch(API, { method: 'POST', headers: [['x-one', '1']], body: 'b' });
  expect(server.to(API)).toMatchObject([{ method: 'PUT' }, { method: 'POST', body: 'b' }]);
  expect(server.to(API)[0]?.headers.get('accept')).toBe('text/csv');
  expect(server.to(API)[1]?.headers.get('x-one')).toBe('1');
});

test('near its end the token is renewed first', async () => {
  await pass(0.95 * 600 - 1);
  await auth.fetch(API);
  expect(sentTo(API)).not.toEqual(['Bearer token-1']);
});

test('signed out, the request goes without a token', async () => {
  await auth.logout();
  await auth.fetch(API);
  expect(sentTo(API)).toEqual([null]);
});

describe('a token that is refused', () => {
  test.each([
    ['by the code', problem(401, 'token_expired')],
    ['by the header', new Response('no', { status: 401, headers: INVALID })],
  ])('%s: one refresh and one more try', async (_, refusal) => {
    server.answers[API] = ({ headers }) =>
      headers.get('Authorization') === 'Bearer token-1' ? refusal.clone() : Response.json({ good: true });
    const response = await auth.fetch(API);
    await expect(response.json()).resolves.toEqual({ good: true });
    expect([sentTo(API), server.to(REFRESH).length]).toEqual([['Bearer token-1', 'Bearer token-2'], 1]);
  });

  test('many at once cause one refresh', async () => {
    server.answers[API] = refusesTheFirst;
    const answers = await Promise.all(Array.from({ length: 20 }, () => auth.fetch(API)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(server.to(REFRESH)).toHaveLength(1);
  });

  test('a 401 of the API’s own is the caller’s, unread', async () => {
    server.answers[API] = () => problem(401, 'payment_needed');
    const response = await auth.fetch(API);
    await expect(response.json()).resolves.toMatchObject({ code: 'payment_needed' });
    expect([server.to(API).length, server.to(REFRESH).length]).toEqual([1, 0]);
  });

  test('an API that refuses every token causes no storm', async () => {
    server.answers[API] = () => problem(401, 'token_invalid', INVALID);
    for (let i = 0; i < 100; i++) {
      expect((await auth.fetch(API)).status).toBe(401);
      await pass(0.1);
    }
    expect(server.to(REFRESH).length).toBeLessThanOrEqual(2);
    expect(auth.user).toEqual(USER);
  });

  test('a session that ended elsewhere is known at once', async () => {
    server.answers[API] = () => problem(401, 'token_blacklisted', INVALID);
    server.answers[REFRESH] = () => problem(401, 'token_blacklisted');
    expect((await auth.fetch(API)).status).toBe(401);
    expect(auth.user).toBeNull();
  });

  test('without a connection to renew it the refusal is the caller’s, and nobody is signed out', async () => {
    server.answers[API] = refusesTheFirst;
    server.answers[REFRESH] = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await auth.fetch(API)).status).toBe(401);
    expect(auth.user).toEqual(USER);
  });
});

describe('a body', () => {
  const form = new FormData();
  form.set('file', new Blob(['abc']), 'abc.txt');
  test.each([
    ['FormData', form],
    ['a Blob', new Blob(['abc'])],
    ['a string', 'abc'],
    ['URLSearchParams', new URLSearchParams({ a: 'b' })],
    ['bytes', new Uint8Array([1, 2])],
  ])('%s is sent again as it was', async (_, body) => {
    server.answers[API] = refusesTheFirst;
    const response = await auth.fetch(API, { method: 'POST', body });
    expect(response.status).toBe(200);
    expect(server.to(API).map(({ body }) => body)).toEqual([body, body]);
  });

  const stream = () => new Blob(['abc']).stream();
  test.each([
    ['a stream', () => [API, { method: 'POST', body: stream(), duplex: 'half' }]],
    ['the body of a Request', () => [new Request(API, { method: 'POST', body: 'abc' }), undefined]],
    [
      'a Request with a stream',
      () => [new Request(API, { method: 'POST', body: stream(), duplex: 'half' } as RequestInit), undefined],
    ],
  ] as [string, () => Parameters<typeof fetch>][])(
    '%s is sent once: the 401 is the caller’s, the next request goes with a new token',
    async (_, make) => {
      server.answers[API] = refusesTheFirst;
      const response = await auth.fetch(...make());
      expect([response.status, server.to(API).length]).toEqual([401, 1]);
      expect((await auth.fetch(...make())).status).toBe(200);
    },
  );

  test('a Request without one is sent again', async () => {
    server.answers[API] = refusesTheFirst;
    expect((await auth.fetch(new Request(API, { method: 'DELETE' }))).status).toBe(200);
  });
});
