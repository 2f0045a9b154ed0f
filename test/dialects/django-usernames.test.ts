import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { PASSWORD } from './django-client.js';

const WAYS = (['django', 'django-legacy'] as const).flatMap((dialect) =>
  (['username', 'both'] as const).map((signInWith) => ({ dialect, signInWith })),
);

describe.each(WAYS)('$dialect, SIGN_IN_WITH=$signInWith', ({ dialect, signInWith }) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ dialect, signInWith });
  });
  afterAll(() => app.close());

  const passwords = { password1: PASSWORD, password2: PASSWORD };
  const register = (body: object) => app.browser().post('/auth/registration/', { ...passwords, ...body });
  const login = (body: object) => app.browser().post('/auth/login/', { password: PASSWORD, ...body });
  const bearer = (token: unknown) => ({ headers: { authorization: `Bearer ${String(token)}` } });

  test('a user registers with a name, signs in with it, and is shown with it', async () => {
    const email = uniqueEmail();
    const made = await register({ username: 'Jane.Doe', email });
    expect([made.status, made.body.user]).toEqual([
      201,
      { pk: expect.any(Number), username: 'Jane.Doe', email },
    ]);
    const { user } = made.body;
    for (const username of ['Jane.Doe', 'jane.doe'])
      expect(await login({ username })).toMatchObject({ status: 200, body: { user } });
    const { status, body } = await app
      .browser()
      .post('/auth/token/', { username: 'Jane.Doe', password: PASSWORD });
    expect(status).toBe(200);
    const access = body.access ?? body.token;
    const shown = await app.browser().get('/auth/user/', bearer(access));
    expect([shown.status, shown.body]).toEqual([200, user]);
    const byAddress = await login({ email });
    expect(byAddress.status).toBe(signInWith === 'both' ? 200 : 400);
  });

  test('an account needs no address', async () => {
    const made = await register({ username: 'noaddress' });
    expect([made.status, made.body.user]).toEqual([
      201,
      { pk: expect.any(Number), username: 'noaddress', email: '' },
    ]);
    expect((await login({ username: 'noaddress', email: '' })).status).toBe(200);
  });

  test('refusals have the words of Django', async () => {
    await register({ username: 'taken' });
    const again = await register({ username: 'TAKEN' });
    expect([again.status, again.body]).toEqual([
      400,
      { username: ['A user with that username already exists.'] },
    ]);
    const none = await register({ email: uniqueEmail() });
    expect([none.status, none.body]).toEqual([400, { username: ['This field is required.'] }]);
    const wrong = await login({ username: 'taken', password: 'not the password' });
    const unknown = await login({ username: 'nobody-at-all', password: 'not the password' });
    expect([wrong.status, wrong.body]).toEqual([unknown.status, unknown.body]);
    expect(wrong).toMatchObject({
      status: 400,
      body: { non_field_errors: ['Unable to log in with provided credentials.'] },
    });
    expect(await login({})).toMatchObject({
      status: 400,
      body: {
        non_field_errors: [
          signInWith === 'both'
            ? 'Must include either "username" or "email" and "password".'
            : 'Must include "username" and "password".',
        ],
      },
    });
  });

  test('the name is changed by the details of the user', async () => {
    const { body } = await register({ username: 'before' });
    const access = body.access ?? body.access_token ?? body.token;
    const changed = await app.browser().send('PATCH', '/auth/user/', {
      json: { username: 'after' },
      ...bearer(access),
    });
    expect([changed.status, changed.body.username]).toEqual([200, 'after']);
    expect((await login({ username: 'after' })).status).toBe(200);
    expect((await login({ username: 'before' })).status).toBe(400);
  });
});
