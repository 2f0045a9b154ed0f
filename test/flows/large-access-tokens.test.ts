import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

/** Roles and claims stand in every request: a token that no request can bring back is not issued, and one on its way there is told of. */

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

let user: Browser & { email: string };
beforeEach(async () => {
  user = await app.signedUp();
});

const giveRoles = (count: number) =>
  app.sql(
    `UPDATE tokenjar.users SET roles = ARRAY(SELECT 'role-of-this-site-' || i FROM generate_series(1, $1::int) i)
    WHERE email = $2`,
    [count, user.email],
  );
const login = () => app.browser().login(user.email);
const warnings = () => app.log.filter((line) => /access token of user \d+ has \d+ characters/.test(line));

test('issues a large token, and logs it once an hour', async () => {
  await giveRoles(5);
  expect((await login()).status).toBe(200);
  expect(warnings()).toEqual([]);

  await giveRoles(140);
  const { status, body } = await login();
  expect([status, String(body.access_token).length > 4096]).toEqual([200, true]);
  const guarded = await Object.assign(app.browser(), { accessToken: String(body.access_token) }).get(
    '/auth/session',
  );
  expect(guarded.status).toBe(200);
  expect((await user.refresh()).status).toBe(200);
  expect(warnings()).toEqual([expect.stringContaining('above 8192 no token is issued')]);
});

test('issues no token that is too large, and logs why; with fewer roles the session goes on', async () => {
  await giveRoles(400);
  const before = app.log.length;
  const sessions = () => app.sql('SELECT id FROM tokenjar.sessions');
  const those = await sessions();
  const refused = await login();
  expect([refused.status, refused.body.code, refused.setCookie]).toEqual([500, 'token_too_large', []]);
  // None that nobody has a token of.
  expect(await sessions()).toEqual(those);
  const ended = await app.sql('SELECT reason FROM tokenjar.ended_sessions ORDER BY ended_at DESC LIMIT 1');
  expect(ended).toEqual([{ reason: 'sign_in_failed' }]);
  app.clock.advance(150);
  const refresh = await user.refresh();
  expect([refresh.status, refresh.body.code, refresh.setCookie]).toEqual([500, 'token_too_large', []]);
  expect(app.log.slice(before).join('\n')).toContain('/auth/login failed');
  await giveRoles(5);
  app.clock.advance(3600);
  expect((await user.refresh()).status).toBe(200);
});
