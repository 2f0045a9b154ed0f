import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { expectProblem } from '../support/problem.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const reasonsOf = async (browser: Browser): Promise<unknown[]> => {
  const { status, body } = await browser.get('/auth/sessions/ended');
  expect(status).toBe(200);
  return (body as unknown as { reason: string }[]).map(({ reason }) => reason);
};

async function signIn(email: string): Promise<Browser> {
  const browser = app.browser();
  expect((await browser.login(email)).status).toBe(200);
  return browser;
}

const idOf = async (email: string): Promise<number> => (await app.app.get(Users).findByEmail(email))?.id ?? 0;

describe('why a session ended', () => {
  test('records a reason for every kind of end, most recent first', async () => {
    const me = await app.signedUp();
    const other = await app.signedUp();

    await (await signIn(me.email)).post('/auth/logout');
    app.clock.advance(1);
    await (await signIn(me.email)).post('/auth/token/blacklist');
    app.clock.advance(1);
    const third = await signIn(me.email);
    const { body } = await third.get('/auth/session');
    await me.delete(`/auth/sessions/${(body.session as { id: string }).id}`);
    app.clock.advance(1);
    await signIn(me.email);
    await me.delete('/auth/sessions');
    app.clock.advance(1);

    const spent = await signIn(me.email);
    const copy = await spent.copy();
    app.clock.pastRotation();
    await spent.refresh();
    app.clock.pastRotation();
    await spent.refresh();
    expectProblem(await copy.refresh(), 'token_reused');
    app.clock.advance(1);

    await signIn(me.email);
    const change = { old_password: PASSWORD, new_password: PASSWORD };
    expect((await me.post('/auth/password/change', change)).status).toBe(200);

    expect(await reasonsOf(me)).toEqual([
      'password_change',
      'reuse_ancestor',
      'ended_by_user',
      'ended_by_user',
      'blacklist',
      'logout',
    ]);
    expect(await reasonsOf(other)).toEqual([]);
  });

  test('shows origin and time, and is removed after thirty days', async () => {
    const me = await app.signedUp();
    const began = app.clock.now();
    const gone = await signIn(me.email);
    app.clock.advance(60);
    await gone.post('/auth/logout', undefined, { headers: { 'user-agent': 'curl/8.5.0' } });
    const { body } = await me.get('/auth/sessions/ended');
    expect(body).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        device: expect.any(String),
        ip: '127.0.0.1',
        created_at: began.toISOString(),
        last_used_at: began.toISOString(),
        ended_at: app.clock.now().toISOString(),
        reason: 'logout',
      },
    ]);
    app.clock.advance(30 * 86_400 - 1);
    const later = await signIn(me.email);
    expect(await reasonsOf(later)).toEqual(['logout']);
    app.clock.advance(1);
    expect(await reasonsOf(later)).toEqual([]);
  });

  test('records a hundred of ten thousand sessions that end at once, with one blacklist entry', async () => {
    const me = await app.signedUp();
    const id = await idOf(me.email);
    await app.sql(
      `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
         last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
       SELECT gen_random_uuid(), gen_random_uuid(), $1, 1, 0, $2, $2, $2, $3, $3, '{pwd}' FROM generate_series(1, 10000)`,
      [id, app.clock.now(), new Date(app.clock.now().getTime() + 1e9)],
    );
    expect((await me.delete('/auth/sessions')).status).toBe(204);
    expect(await reasonsOf(me)).toHaveLength(100);
    const count = (table: string) =>
      app.sql(`SELECT count(*)::int AS count FROM tokenjar.${table} WHERE user_id = $1`, [id]);
    expect([await count('sessions'), await count('blacklist')]).toEqual([[{ count: 1 }], [{ count: 1 }]]);
  });
});

describe('a user who is deactivated', () => {
  test('is signed out at once, learns nothing at sign-in, and can be activated again', async () => {
    const me = await app.signedUp();
    const id = await idOf(me.email);
    expect(await app.app.get(SessionEnding).deactivateUser(id)).toBe(true);
    expect(await app.app.get(SessionEnding).deactivateUser(id)).toBe(false);

    expectProblem(await me.get('/auth/session'), 'token_blacklisted');
    expect((await me.refresh()).status).toBe(401);
    const login = await app.browser().login(me.email);
    expect([login.status, login.body.code]).toEqual([401, 'bad_credentials']);

    // What begins in the very millisecond of the end counts as before it.
    app.clock.advance(1);
    await app.app.get(Users).activate(id);
    expect(await reasonsOf(await signIn(me.email))).toEqual(['user_deactivated']);
    // The old tokens stay dead.
    expectProblem(await me.get('/auth/session'), 'token_blacklisted');
  });
});
