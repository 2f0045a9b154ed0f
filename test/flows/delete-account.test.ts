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

test('leaves nothing of what is linked to the account, in any table', async () => {
  const user = await app.signedUp();
  const subject = `subject of ${user.email}`;
  const [owner, issuer] = ['(SELECT id FROM tokenjar.users WHERE email = $1)', 'https://github.com'];
  const values = [user.email, issuer, subject];
  await app.sql(
    `INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, email, is_unproven, created_at)
      VALUES (gen_random_uuid(), ${owner}, 'github', $2, $3, $3, false, now())`,
    values,
  );
  await app.sql(
    `INSERT INTO tokenjar.pending_identities (digest, user_id, provider, issuer, subject, expires_at)
      VALUES (decode(md5($1), 'hex'), ${owner}, 'github', $2, $3, now() + interval '1 hour')`,
    values,
  );
  const whereIsIt = async () => {
    const found: string[] = [];
    for (const { name } of await app.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'tokenjar'`,
    ))
      if ((await app.sql(`SELECT 1 FROM tokenjar.${name} t WHERE strpos(t::text, $1) > 0`, [subject])).length)
        found.push(name);
    return found.sort();
  };
  expect(await whereIsIt()).toEqual(['identities', 'pending_identities']);
  expect((await user.get('/auth/identities')).body).toEqual([
    expect.objectContaining({ provider: 'github', email: subject }),
  ]);
  expect((await user.delete('/auth/user', { password: PASSWORD })).status).toBe(204);
  expect(await whereIsIt()).toEqual([]);
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
