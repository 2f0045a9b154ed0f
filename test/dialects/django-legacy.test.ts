import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp } from '../support/app.js';
import { member, PASSWORD, startDjango } from './django-client.js';
import { SECRET_KEY } from '../support/app.js';
import { play } from './play.js';
import { SCENARIOS } from './reference/scenarios.js';

let app: TestApp;
let current: TestApp;
beforeAll(async () => {
  app = await startDjango({ dialect: 'django-legacy' });
  current = await startDjango();
});
afterAll(async () => {
  await app.close();
  await current.close();
});

const USER = { pk: expect.any(Number), email: expect.any(String) };

test('login, registration and its alias use the names of dj-rest-auth before version 4', async () => {
  const { email } = await member(app);
  const login = await app.browser().post('/auth/login/', { email, password: PASSWORD });
  expect([login.status, login.body]).toEqual([
    200,
    { access_token: expect.any(String), refresh_token: '', user: { ...USER, email } },
  ]);
  expect(login.setCookie).toHaveLength(1);
  for (const path of ['/auth/registration/', '/auth/signup/']) {
    const json = { email: `${path.length}-${email}`, password1: PASSWORD, password2: PASSWORD };
    const made = await app.browser().post(path, json);
    expect([made.status, made.body]).toEqual([
      201,
      { access_token: expect.any(String), refresh_token: '', user: { ...USER, email: json.email } },
    ]);
  }
});

test('so does the refresh token in the body', async () => {
  const inBody = await startDjango({ dialect: 'django-legacy', refreshTokenIn: 'body' });
  const { email } = await member(inBody);
  const { body, setCookie } = await inBody.browser().post('/auth/login/', { email, password: PASSWORD });
  expect([Object.keys(body), setCookie]).toEqual([['access_token', 'refresh_token', 'user'], []]);
  const again = await inBody.browser().post('/auth/token/refresh/', { refresh: body.refresh_token });
  expect([again.status, Object.keys(again.body)]).toEqual([200, ['access', 'refresh']]);
  await inBody.close();
});

test('so do expirations', async () => {
  const expiring = await startDjango({ dialect: 'django-legacy', returnExpiration: true });
  const { email, refresh } = await member(expiring);
  const login = await expiring.browser().post('/auth/login/', { email, password: PASSWORD });
  expect(Object.keys(login.body).sort()).toEqual([
    'access_token',
    'access_token_expiration',
    'refresh_token',
    'refresh_token_expiration',
    'user',
  ]);
  const again = await expiring
    .browser()
    .post('/auth/token/refresh/', {}, { cookie: `refresh_token=${refresh}` });
  expect(Object.keys(again.body)).toEqual(['access', 'access_token_expiration']);
  await expiring.close();
});

describe('everything else equals the django dialect', () => {
  // Those in which a login is compared, or needed for its access token.
  const others = SCENARIOS.filter(
    ({ name }) => !/^(login: dj-rest|password change|user|logout: blacklists)/.test(name),
  );

  test.each(others)('$name', async (scenario) => {
    const [answers, expected] = await Promise.all(
      [app, current].map(({ url, clock }) =>
        play(scenario, { url, secretKey: SECRET_KEY, now: () => clock.now() }),
      ),
    );
    expect(answers).toEqual(expected);
  });
});
