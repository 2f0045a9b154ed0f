import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

const NEW_PASSWORD = 'a rather different set of words';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function signedIn(email: string, password = PASSWORD): Promise<Browser> {
  const browser = app.browser();
  const { status } = await browser.login(email, password);
  expect(status).toBe(200);
  return browser;
}

const change = (browser: Browser, new_password = NEW_PASSWORD, old_password = PASSWORD) =>
  browser.post('/auth/password/change', { old_password, new_password });

test('ends the other sessions and their access tokens at once, and keeps this one', async () => {
  const here = await app.signedUp();
  const there = await signedIn(here.email);
  const oldAccess = here.accessToken;
  const oldCookie = await here.refreshCookie();
  app.clock.advance(120);

  const { status, body, setCookie, headers } = await change(here);
  expect(status).toBe(200);
  expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(setCookie).toHaveLength(1);
  expect(await here.refreshCookie()).not.toBe(oldCookie);
  expect(here.accessToken).not.toBe(oldAccess);

  const access = await there.get('/auth/user');
  expect([access.status, access.body.code]).toEqual([401, 'token_blacklisted']);
  const refresh = await there.refresh();
  expect([refresh.status, refresh.body.code]).toEqual([401, 'token_blacklisted']);

  expect((await here.get('/auth/user')).status).toBe(200);
  const list = (await here.get('/auth/sessions')).body as unknown as { current: boolean }[];
  expect(list.map(({ current }) => current)).toEqual([true]);
  app.clock.advance(3600);
  expect((await here.refresh()).status).toBe(200);
});

test('keeps a refresh token younger than two minutes, so that nobody is logged out', async () => {
  const here = await app.signedUp();
  app.clock.pastRotation();
  const lost = await here.copy();
  // Rotated, and the answer is lost; then the answer to the change as well.
  await here.refresh();
  app.clock.advance(10);
  const { status, setCookie } = await change(here);
  expect([status, setCookie.length]).toEqual([200, 1]);
  app.clock.advance(10);
  expect((await lost.refresh()).status).toBe(200);
  expect((await here.refresh()).status).toBe(200);
});

test('a concurrent login with the old password fails', async () => {
  const here = await app.signedUp();
  const [changed, ...logins] = await Promise.all([
    change(here),
    ...Array.from({ length: 8 }, () => app.browser().login(here.email)),
  ]);
  expect(changed.status).toBe(200);
  for (const { status } of logins) expect([200, 401]).toContain(status);
  const list = (await here.get('/auth/sessions')).body as unknown as { current: boolean }[];
  expect(list.map(({ current }) => current)).toEqual([true]);
});

test('accepts only the new password afterwards', async () => {
  const user = await app.signedUp();
  await change(user);
  app.clock.advance(1);
  const { status, body } = await app.browser().login(user.email);
  expect([status, body.code]).toEqual([401, 'bad_credentials']);
  const fresh = await signedIn(user.email, NEW_PASSWORD);
  expect((await fresh.get('/auth/user')).status).toBe(200);
  expect((await fresh.refresh()).status).toBe(200);
});

test('the replaced cookie gets its successor, as after any rotation', async () => {
  const user = await app.signedUp();
  const tab = await user.copy();
  app.clock.advance(1);
  await change(user);
  expect((await tab.refresh()).status).toBe(200);
  expect(await tab.refreshCookie()).toBe(await user.refreshCookie());
});

describe('refused without any change', () => {
  test.each([
    ['a wrong old password', 'not the password at all', NEW_PASSWORD, 401, 'bad_credentials', 'old_password'],
    ['the old one with a blank', `${PASSWORD} `, NEW_PASSWORD, 401, 'bad_credentials', 'old_password'],
    ['the old one in capitals', PASSWORD.toUpperCase(), NEW_PASSWORD, 401, 'bad_credentials', 'old_password'],
    ['a wrong old one before a bad new one', 'wrong', 'short', 401, 'bad_credentials', 'old_password'],
    ['too short', PASSWORD, 'fourteen chars', 400, 'password_too_short', 'new_password'],
    ['too long', PASSWORD, 'x'.repeat(257), 400, 'password_too_long', 'new_password'],
    ['NUL', PASSWORD, 'a good one, but \0 for this', 400, 'input_invalid', 'new_password'],
    ['empty', PASSWORD, '', 400, 'input_invalid', 'new_password'],
    ['no old one', '', NEW_PASSWORD, 400, 'input_invalid', 'old_password'],
  ])('%s', async (_what, old_password, new_password, status, code, field) => {
    const user = await app.signedUp();
    const other = await signedIn(user.email);
    const answer = await change(user, new_password, old_password);
    expect([answer.status, answer.body.code, Object.keys(answer.body.errors as object)]).toEqual([
      status,
      code,
      [field],
    ]);
    expect(answer.setCookie).toEqual([]);
    expect((await user.get('/auth/user')).status).toBe(200);
    expect((await other.get('/auth/user')).status).toBe(200);
    await signedIn(user.email);
  });

  test('refuses the address itself', async () => {
    const user = await app.signedUp();
    const { status, body } = await change(user, user.email.toUpperCase());
    expect([status, body.code]).toEqual([400, 'password_same_as_email']);
  });

  test('refuses a request without a user', async () => {
    const { status, body } = await change(app.browser());
    expect([status, body.code]).toEqual([401, 'access_missing']);
  });

  test('refuses a session that has ended', async () => {
    const user = await app.signedUp();
    const { accessToken } = user;
    await user.post('/auth/logout');
    user.accessToken = accessToken;
    const { status, body } = await change(user);
    expect([status, body.code]).toEqual([401, 'token_blacklisted']);
    await signedIn(user.email);
  });

  test('refuses a session whose row is gone although its access token is valid', async () => {
    const user = await app.signedUp();
    await app.sql(
      'DELETE FROM tokenjar.sessions WHERE user_id = (SELECT id FROM tokenjar.users WHERE email = $1)',
      [user.email],
    );
    const { status, body } = await change(user);
    expect([status, body.code]).toEqual([401, 'token_blacklisted']);
    await signedIn(user.email);
  });
});

test('one of several concurrent changes succeeds, and its password counts', async () => {
  const user = await app.signedUp();
  const wishes = Array.from({ length: 6 }, (_, i) => `wish number ${i} of all these`);
  const answers = await Promise.all(wishes.map((wish) => change(user, wish)));
  const won = wishes.filter((_, i) => answers[i]?.status === 200);
  expect(won).toHaveLength(1);
  for (const { status, body } of answers)
    if (status !== 200) expect([status, body.code]).toEqual([401, 'bad_credentials']);

  app.clock.advance(1);
  for (const wish of wishes) {
    const { status } = await app.browser().login(user.email, wish);
    expect([wish, status]).toEqual([wish, won.includes(wish) ? 200 : 401]);
  }
});

test('of two sessions that change it concurrently, one goes on and the other has ended', async () => {
  const one = await app.signedUp();
  const two = await signedIn(one.email);
  app.clock.advance(1);
  const answers = await Promise.all([
    change(one, 'the wish of the first'),
    change(two, 'the wish of the second'),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  const alive = await Promise.all(
    [one, two].map(async (browser) => (await browser.get('/auth/user')).status),
  );
  expect(alive).toEqual(answers.map(({ status }) => status));
});

test('demands no other password, however old it is', async () => {
  const { email } = await app.signedUp();
  app.clock.advance(10 * 365 * 86_400);
  expect((await app.browser().login(email)).status).toBe(200);
});
