import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { attributesOf } from '../support/browser.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('ends all sessions of the account at once', async () => {
  const user = await app.signedUp();
  const other = app.browser();
  await other.login(user.email);
  const stranger = await app.signedUp();
  const [{ id } = { id: 0 }] = await app.sql<{ id: number }>(
    'SELECT id FROM tokenjar.users WHERE email = $1',
    [user.email],
  );

  const { status, text, setCookie } = await user.delete('/auth/user', { password: PASSWORD });
  expect([status, text]).toEqual([204, '']);
  expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  expect(await app.sql('SELECT 1 FROM tokenjar.users WHERE id = $1', [id])).toEqual([]);
  expect(await app.sql('SELECT 1 FROM tokenjar.sessions WHERE user_id = $1', [id])).toEqual([]);

  for (const browser of [user, other]) {
    const access = await browser.get('/auth/session');
    expect([access.status, access.body.code]).toEqual([401, 'token_blacklisted']);
  }
  const refresh = await other.refresh();
  expect([refresh.status, refresh.body.code]).toEqual([401, 'user_not_found']);
  const login = await app.browser().login(user.email);
  expect([login.status, login.body.code]).toEqual([401, 'bad_credentials']);
  expect((await stranger.get('/auth/user')).status).toBe(200);
});

test('frees the address for a new account', async () => {
  const user = await app.signedUp();
  const before = (await user.get('/auth/user')).body.id;
  await user.delete('/auth/user', { password: PASSWORD });
  const next = await app.signedUp(user.email);
  const { status, body } = await next.get('/auth/user');
  expect(status).toBe(200);
  expect(body.id).not.toBe(before);
});

test.each([
  ['a wrong password', { password: 'not the password at all' }, 401, 'bad_credentials'],
  ['the password with a blank', { password: ` ${PASSWORD}` }, 401, 'bad_credentials'],
  ['no password', {}, 400, 'input_invalid'],
  ['no body', undefined, 400, 'input_invalid'],
  ['an empty password', { password: '' }, 400, 'input_invalid'],
])('does not delete with %s', async (_what, json, status, code) => {
  const user = await app.signedUp();
  const answer = await user.delete('/auth/user', json);
  expect([answer.status, answer.body.code, answer.setCookie]).toEqual([status, code, []]);
  expect((await user.get('/auth/user')).status).toBe(200);
});

test('succeeds once for concurrent requests, and none fails', async () => {
  const user = await app.signedUp();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => user.delete('/auth/user', { password: PASSWORD })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([204, 401, 401, 401, 401]);
});
