import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf } from '../support/browser.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the main job', () => {
  test('registers, reads the account, refreshes by cookie and signs out, after which nothing works', async () => {
    const email = uniqueEmail();
    const browser = app.browser();

    const registered = await browser.post('/auth/registration', {
      email: email.toUpperCase(),
      password: PASSWORD,
    });
    expect(registered.status).toBe(201);
    expect(registered.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      user: {
        id: expect.any(Number),
        email,
        email_verified: false,
        roles: [],
        locale: null,
        created_at: app.clock.now().toISOString(),
      },
    });
    expect(registered.body.expires_in).toBeGreaterThanOrEqual(570);
    expect(registered.body.expires_in).toBeLessThanOrEqual(600);
    expect(registered.headers.get('cache-control')).toBe('no-store');
    const [line = ''] = registered.setCookie;
    expect(attributesOf(line)).toEqual({
      name: 'refresh_token',
      httponly: true,
      samesite: 'Strict',
      path: '/',
      'max-age': '1209600',
    });

    const me = await browser.get('/auth/user');
    expect(me.status).toBe(200);
    expect(me.body).toEqual(registered.body.user);

    const refreshed = await browser.refresh();
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.user).toEqual(registered.body.user);

    const cookie = await browser.refreshCookie();
    const signedOut = await browser.post('/auth/logout');
    expect(signedOut.status).toBe(204);
    expect(attributesOf(signedOut.setCookie[0] ?? '')).toMatchObject({
      name: 'refresh_token',
      'max-age': '0',
      path: '/',
    });
    expect(await browser.refreshCookie()).toBeUndefined();

    // At once: also for the access token that is still in somebody's variable.
    const after = await browser.get('/auth/user');
    expect([after.status, after.body.code]).toEqual([401, 'token_blacklisted']);
    const late = await browser.post('/auth/token/refresh', undefined, { cookie: `refresh_token=${cookie}` });
    expect([late.status, late.body.code]).toEqual([401, 'token_blacklisted']);
    expect(attributesOf(late.setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  });

  test('signs in by JSON and by form, at /login and at /token, with and without a slash', async () => {
    const { email } = await app.signedUp();
    for (const path of ['/auth/login', '/auth/login/']) {
      const byJson = await app.browser().post(path, { email, password: PASSWORD });
      expect(byJson.status).toBe(200);
      expect(byJson.body.user).toMatchObject({ email });
      const byForm = await app.browser().send('POST', path, { form: { email, password: PASSWORD } });
      expect(byForm.status).toBe(200);
    }
    const obtained = await app.browser().post('/auth/token', { email, password: PASSWORD });
    expect(obtained.status).toBe(200);
    expect(Object.keys(obtained.body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    expect(obtained.setCookie).toHaveLength(1);
  });
});
