import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { readPart } from '../support/jwt.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const now = () => Math.floor(app.clock.now().getTime() / 1000);

/** What the access token of a browser says, and what the server says of it. */
async function authenticationOf(browser: Browser) {
  const { amr, acr, auth_time } = readPart(browser.accessToken ?? '', 1);
  const { body } = await browser.get('/auth/session');
  expect(body).toMatchObject({
    amr,
    acr,
    authenticated_at: new Date((auth_time as number) * 1000).toISOString(),
  });
  return { amr, acr, auth_time };
}

async function refreshed(browser: Browser) {
  expect((await browser.refresh()).status).toBe(200);
  return authenticationOf(browser);
}

describe('an access token contains how and when its user signed in', () => {
  const WAYS: [string, (browser: Browser, email: string) => Promise<unknown>][] = [
    ['POST /auth/registration', () => Promise.resolve()],
    ['POST /auth/login', (browser, email) => browser.login(email)],
    ['POST /auth/token', (browser, email) => browser.post('/auth/token', { email, password: PASSWORD })],
  ];

  test.each(WAYS)('after %s', async (_, signIn) => {
    const user = await app.signedUp();
    if (signIn !== WAYS[0]?.[1]) app.clock.advance(1000);
    await signIn(user, user.email);
    const password = { amr: ['pwd'], acr: 'aal1', auth_time: now() };
    expect(await authenticationOf(user)).toEqual(password);

    // Kept, rotated, rotated again, and found in another tab.
    for (const seconds of [1, 121, 1000]) {
      app.clock.advance(seconds);
      expect(await refreshed(user)).toEqual(password);
    }
    const other = await user.copy();
    app.clock.pastRotation();
    await user.refresh();
    expect(await refreshed(other)).toEqual(password);
  });

  test('after a password change, which proves no more than the password', async () => {
    const user = await app.signedUp();
    const authentication = await authenticationOf(user);
    app.clock.advance(200);
    const change = { old_password: PASSWORD, new_password: 'another set of words' };
    expect((await user.post('/auth/password/change', change)).status).toBe(200);
    expect(await authenticationOf(user)).toEqual(authentication);
  });

  test('for a session of an earlier version: when it began', async () => {
    const user = await app.signedUp(uniqueEmail());
    const authentication = await authenticationOf(user);
    await app.sql('UPDATE tokenjar.sessions SET authenticated_at = NULL');
    app.clock.advance(500);
    expect(await refreshed(user)).toEqual(authentication);
  });

  test('with the time and the two factors of its row', async () => {
    const user = await app.signedUp();
    app.clock.advance(500);
    await app.sql(`UPDATE tokenjar.sessions SET authenticated_at = $1, auth_methods = '{pwd,otp}'`, [
      new Date((now() - 7) * 1000 + 999),
    ]);
    const two = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', auth_time: now() - 7 };
    expect(await refreshed(user)).toEqual(two);
    app.clock.advance(1);
    expect(await refreshed(user)).toEqual(two);
  });
});
