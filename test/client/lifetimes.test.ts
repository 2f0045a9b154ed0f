import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Auth } from '../../client/src/index.js';
import { django } from '../../client/src/dialects.js';
import { fakeTime, FarServer, pass, problem, realTime, USER } from './far-server.js';

const CREDENTIALS = { email: USER.email, password: 'a rather different set of words' };
const REFRESH = '/token/refresh';

let server: FarServer;
let auth: Auth;
beforeEach(() => {
  fakeTime();
  server = new FarServer();
});
afterEach(() => {
  auth.close();
  realTime();
});

const answer = (expires_in: string | number | boolean | null | undefined) => () =>
  // As it stands on the wire: what JSON cannot say is absent there.
  new Response(
    `{"access_token":"t","token_type":"Bearer","user":${JSON.stringify(USER)}${
      expires_in === undefined ? '' : `,"expires_in":${String(expires_in)}`
    }}`,
    { headers: { 'Content-Type': 'application/json' } },
  );

async function refreshesInAnHour(expiresIn: Parameters<typeof answer>[0]): Promise<number> {
  auth = server.client();
  server.answers['/login'] = answer(expiresIn);
  server.answers[REFRESH] = answer(expiresIn);
  await auth.login(CREDENTIALS);
  for (let second = 0; second < 3600; second++) {
    await pass(1);
    await auth.accessToken();
    await auth.accessToken();
  }
  return server.to(REFRESH).length;
}

test.each([
  ['absent', undefined],
  ['0', 0],
  ['negative', -600],
  ['null', null],
  ['false', false],
  ['a word', '"soon"'],
])('a life that is %s is taken for five minutes', async (_, expiresIn) => {
  const refreshes = await refreshesInAnHour(expiresIn);
  expect(refreshes).toBeGreaterThanOrEqual(3600 / 300 - 1);
  expect(refreshes).toBeLessThanOrEqual(3600 / 150 + 1);
  expect(auth.expiresIn).toBeLessThanOrEqual(300);
});

test.each([
  ['a year', 31_536_000],
  ['more than a timer can hold', 2 ** 31],
  ['as good as no end', 1e300],
  ['no end', '1e999'],
])('a life of %s is not renewed at once', async (_, expiresIn) => {
  expect(await refreshesInAnHour(expiresIn)).toBe(0);
});

test.each([0.001, 0.5, 1])('a life of %d s is renewed once a second at most', async (expiresIn) => {
  expect(await refreshesInAnHour(expiresIn)).toBeLessThanOrEqual(3600);
});

test.each(['-5', '0', '0.001', '99999999999999', 'Wed, 21 Oct 2026 07:28:00 GMT', 'soon'])(
  'Retry-After: %s causes no storm',
  async (retryAfter) => {
    auth = server.client();
    await auth.login(CREDENTIALS);
    for (const code of ['refresh_pending', 'database_unavailable']) {
      server.answers[REFRESH] = () => problem(503, code, { 'Retry-After': retryAfter });
      const before = server.to(REFRESH).length;
      auth.refresh().catch(() => undefined);
      await pass(60);
      expect([code, server.to(REFRESH).length - before <= 60]).toEqual([code, true]);
    }
  },
);

test('a token that nobody can read is one without a life', async () => {
  auth = server.client({ dialect: django });
  for (const access of ['opaque', 'a.b.c', 'a..', 'e30.e30.e30', `e30.${btoa('{"exp":"x","iat":1}')}.e30`]) {
    server.answers['/login'] = () => Response.json({ access, refresh: '', user: USER });
    await auth.login(CREDENTIALS);
    expect([access, auth.expiresIn]).toEqual([access, 300]);
  }
});

test('the scheme word is the one that was told, else that of the settings', async () => {
  const jwt = `e30.${btoa('{"exp":600,"iat":0}')}.e30`;
  server.answers['/login'] = () => Response.json({ access: jwt, refresh: '', user: USER });
  server.answers['/sessions'] = () => Response.json([]);
  auth = server.client({ dialect: django, scheme: 'JWT' });
  await auth.login(CREDENTIALS);
  await auth.sessions.list();
  expect(server.to('/sessions')[0]?.headers.get('Authorization')).toBe(`JWT ${jwt}`);
});
