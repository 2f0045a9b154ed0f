import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { expectProblem } from '../support/problem.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const logout = (headers: Record<string, string> = {}, cookie?: string) =>
  app.browser().post('/auth/logout', undefined, { headers, ...(cookie !== undefined && { cookie }) });

const isAlive = async (user: Browser) => (await user.get('/auth/session')).status === 200;

async function cookieOf(user: Browser): Promise<string> {
  return `refresh_token=${await user.refreshCookie()}`;
}

test('succeeds twice and clears the cookie each time', async () => {
  const user = await app.signedUp();
  for (let i = 0; i < 2; i++) {
    const { status, text, setCookie, headers } = await user.post('/auth/logout');
    expect([status, text, setCookie.length]).toEqual([204, '', 1]);
    expect(attributesOf(setCookie[0] ?? '')).toMatchObject({
      name: 'refresh_token',
      'max-age': '0',
      path: '/',
    });
    expect(headers.get('cache-control')).toBe('no-store');
  }
  expect(await isAlive(user)).toBe(false);
});

test.each([
  ['no cookie', undefined],
  ['junk', 'refresh_token=junk'],
  ['an empty cookie', 'refresh_token='],
  ['another cookie', 'theme=dark'],
])('succeeds with %s', async (_what, cookie) => {
  const { status, setCookie } = await logout({}, cookie);
  expect(status).toBe(204);
  expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
});

test('succeeds with the token of another app, which stays', async () => {
  const { status, setCookie } = await logout({}, `refresh_token=eyJhbGciOiJIUzI1NiJ9.e30.${'A'.repeat(43)}`);
  expect([status, setCookie]).toEqual([204, []]);
});

test.each(['Bearer', 'Bearer a b', 'Bearer junk', 'Basic eDp5'])(
  'neither is Authorization: %s',
  async (authorization) => expect((await logout({ authorization })).status).toBe(204),
);

test('ends the session and its access token with a cookie alone', async () => {
  const user = await app.signedUp();
  expect((await logout({}, await cookieOf(user))).status).toBe(204);
  expect(await isAlive(user)).toBe(false);
});

test('ends the session with an access token alone', async () => {
  const user = await app.signedUp();
  expect((await logout({ authorization: `Bearer ${user.accessToken}` })).status).toBe(204);
  expect(await isAlive(user)).toBe(false);
  expectProblem(await user.refresh(), 'token_blacklisted');
});

test('ends the session with an access token and an invalid cookie', async () => {
  const user = await app.signedUp();
  expect((await logout({ authorization: `Bearer ${user.accessToken}` }, 'refresh_token=junk')).status).toBe(
    204,
  );
  expect(await isAlive(user)).toBe(false);
});

test('ends the session with an access token and the cookie of an ended session', async () => {
  const [gone, user] = [await app.signedUp(), await app.signedUp()];
  const cookie = await cookieOf(gone);
  await gone.post('/auth/logout');
  expect((await logout({ authorization: `Bearer ${user.accessToken}` }, cookie)).status).toBe(204);
  expect(await isAlive(user)).toBe(false);
});

test('ends nothing with a dead access token', async () => {
  const user = await app.signedUp();
  app.clock.pastAccessToken();
  expect((await logout({ authorization: `Bearer ${user.accessToken}` })).status).toBe(204);
  expect((await user.refresh()).status).toBe(200);
});

test('ends both sessions of two cookies', async () => {
  const [one, two] = [await app.signedUp(), await app.signedUp()];
  expect((await logout({}, `${await cookieOf(one)}; ${await cookieOf(two)}`)).status).toBe(204);
  expect([await isAlive(one), await isAlive(two)]).toEqual([false, false]);
});

test('ends the session with a cookie replaced long ago', async () => {
  const user = await app.signedUp();
  const old = await cookieOf(user);
  for (let i = 0; i < 3; i++) {
    app.clock.advance(150);
    expect((await user.refresh()).status).toBe(200);
  }
  expect((await logout({}, old)).status).toBe(204);
  expect(await isAlive(user)).toBe(false);
});

test('clears an expired cookie and leaves other sessions alone', async () => {
  const user = await app.signedUp();
  const old = await cookieOf(user);
  app.clock.advance(15 * 86_400);
  const fresh = app.browser();
  await fresh.login(user.email);
  const { status, setCookie } = await logout({}, old);
  expect([status, setCookie.length]).toEqual([204, 1]);
  expect(await isAlive(fresh)).toBe(true);
});

test('leaves other devices signed in', async () => {
  const here = await app.signedUp();
  const there = app.browser();
  await there.login(here.email);
  await here.post('/auth/logout');
  expect([await isAlive(here), await isAlive(there)]).toEqual([false, true]);
});
