import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { expectProblem } from '../support/problem.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const register = (email: unknown, password: unknown = PASSWORD) =>
  app.browser().post('/auth/registration', { email, password });

describe('registering', () => {
  test('an address is the same in any form', async () => {
    const email = uniqueEmail();
    const first = await register(`  ${email.toUpperCase()} `);
    expect([first.status, (first.body.user as { email: string }).email]).toEqual([201, email]);
    for (const again of [email, email.toUpperCase(), ` ${email}\n`]) {
      const { status, body, setCookie } = await register(again);
      expect([status, body.code, setCookie]).toEqual([409, 'email_taken', []]);
    }
    const { status } = await app.browser().post('/auth/login', { email: `${email} `, password: PASSWORD });
    expect(status).toBe(200);
  });

  test.each<[unknown, string]>([
    ['', 'empty'],
    [' ', 'blank'],
    ['ada', 'no host'],
    ['ada@', 'no host'],
    ['@example.com', 'no name'],
    ['ada@@example.com', 'two signs'],
    ['ada@example..com', 'an empty label'],
    ['ada lovelace@example.com', 'a blank'],
    ['ada@exa_mple.com', 'an underscore in the host'],
    ['ada@-example.com', 'a dash first'],
    ['Ada <ada@example.com>', 'a name before'],
    ['ada@example.com,eve@example.com', 'two'],
    ['ada@example.com\r\nBcc: eve@example.com', 'a header'],
    ['ada@ex\u200bample.com/x', 'a path'],
    ['a\u200bda@example.com', 'a character that nobody sees'],
    ['ada@ex%61mple.com', 'a percent sign'],
    ['ada@bü:80', 'a port'],
    [`${'ü'.repeat(123)}@example.com`, 'more than 254 bytes'],
    [`${'a'.repeat(243)}@example.com`, 'more than 254 characters'],
    [null, 'none'],
    [['ada@example.com'], 'a list'],
  ])('refuses %j as an address: %s', async (email) => {
    const { status, body } = await register(email);
    expect([status, body.code, Object.keys(body.errors as object)]).toEqual([
      400,
      'input_invalid',
      ['email'],
    ]);
  });

  test.each([
    'a@b',
    '아다@예시.example',
    "o'neil+tag@example.co.uk",
    'x!#$%&*/=?^_`{|}~-@example.com',
    `${'a'.repeat(242)}@example.com`,
  ])('accepts %s as an address', async (email) => expect((await register(email)).status).toBe(201));

  test.each([
    ['fourteen chars', 400, 'password_too_short'],
    ['😀'.repeat(14), 400, 'password_too_short'],
    ['x'.repeat(257), 400, 'password_too_long'],
    ['x'.repeat(4096), 400, 'password_too_long'],
    ['x'.repeat(4097), 400, 'input_invalid'],
    ['x\0'.repeat(10), 400, 'input_invalid'],
  ])('refuses the password %j: %d %s', async (password, status, code) => {
    const answer = await register(uniqueEmail(), password);
    expect([answer.status, answer.body.code, Object.keys(answer.body.errors as object)]).toEqual([
      status,
      code,
      ['password'],
    ]);
    expect(answer.setCookie).toEqual([]);
  });

  test.each([
    'fkwqzu bdmsrety',
    randomBytes(96).toString('hex').repeat(2).slice(0, 256),
    '😀🦜🌂🧭🪁🎈🥨🛶🧶🦔🎻🪴🍋🐚🗿',
    '   blanks in front and behind   ',
    'пароль из пятнадцати',
  ])('accepts the password %j unchanged', async (password) => {
    const email = uniqueEmail();
    expect((await register(email, password)).status).toBe(201);
    const login = (typed: string) => app.browser().login(email, typed);
    expect((await login(password)).status).toBe(200);
    const { status, body } = await login(`${password} `);
    expect([status, body.code]).toEqual([401, 'bad_credentials']);
  });

  test('refuses the address as a password', async () => {
    const email = uniqueEmail();
    for (const password of [email, email.toUpperCase()]) {
      const { status, body } = await register(email, password);
      expect([status, body.code]).toEqual([400, 'password_same_as_email']);
    }
  });

  test('gives the address to one of several concurrent requests', async () => {
    const email = uniqueEmail();
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(email)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(await app.sql('SELECT id FROM tokenjar.users WHERE email = $1', [email])).toHaveLength(1);
  });

  test('/signup is the same operation', async () => {
    const email = uniqueEmail();
    const { status, body, setCookie } = await app
      .browser()
      .post('/auth/signup', { email, password: PASSWORD });
    expect([status, setCookie.length]).toEqual([201, 1]);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type', 'user']);
  });

  test('ignores fields that users cannot set', async () => {
    const wishes = {
      id: 1,
      roles: ['admin'],
      is_active: false,
      email_verified: true,
      created_at: '2000-01-01',
    };
    const { status, body } = await app
      .browser()
      .post('/auth/registration', { ...wishes, email: uniqueEmail(), password: PASSWORD });
    expect(status).toBe(201);
    expect(body.user).toMatchObject({
      roles: [],
      email_verified: false,
      created_at: app.clock.now().toISOString(),
    });
  });
});

test('settings close registration or lower the minimum length', async () => {
  const other = await startApp({ registration: 'off', passwordMinLength: 8 });
  try {
    const { status, body, setCookie } = await other
      .browser()
      .post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    expect([status, body.code, setCookie]).toEqual([403, 'registration_closed', []]);
  } finally {
    await other.close();
  }
  const lax = await startApp({ passwordMinLength: '8' });
  try {
    const choose = (password: string) =>
      lax.browser().post('/auth/registration', { email: uniqueEmail(), password });
    expect((await choose('kz8-Tqv1')).status).toBe(201);
    expectProblem(await choose('kz8-Tqv'), 'password_too_short');
  } finally {
    await lax.close();
  }
});

describe('the own account', () => {
  test('shows and stores a locale', async () => {
    const user = await app.signedUp();
    const changed = await user.patch('/auth/user', { locale: 'pt-BR' });
    expect([changed.status, changed.body.locale]).toEqual([200, 'pt-BR']);
    expect((await user.get('/auth/user')).body).toEqual(changed.body);

    const untouched = await user.patch('/auth/user', {});
    expect([untouched.status, untouched.body]).toEqual([200, changed.body]);
    const none = await user.patch('/auth/user', { locale: null });
    expect([none.status, none.body.locale]).toEqual([200, null]);
  });

  test.each(['', 'english, please', 'xx-', '*', 'en_US', 'a'.repeat(36), 5, ['en'], '\0'])(
    '%j is no locale',
    async (locale) => {
      const { status, body } = await (await app.signedUp()).patch('/auth/user', { locale });
      expect([status, body.code, Object.keys(body.errors as object)]).toEqual([
        400,
        'input_invalid',
        ['locale'],
      ]);
    },
  );

  test('ignores other fields', async () => {
    const user = await app.signedUp();
    const before = (await user.get('/auth/user')).body;
    const wishes = {
      id: 1,
      email: 'root@example.com',
      roles: ['admin'],
      email_verified: true,
      password: 'x',
    };
    const { status, body } = await user.patch('/auth/user', wishes);
    expect([status, body]).toEqual([200, before]);
  });

  test.each(['GET', 'PATCH', 'DELETE'])('%s requires an access token', async (method) => {
    const { status, body } = await app.browser().send(method, '/auth/user');
    expect([status, body.code]).toEqual([401, 'access_missing']);
  });

  test.each([
    ['GET', undefined],
    ['PATCH', {}],
    ['PATCH', { locale: 'en' }],
  ])('%s %j reports a deactivated user', async (method, json) => {
    const user = await app.signedUp();
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [user.email]);
    const { status, body } = await user.send(method, '/auth/user', { json });
    expect([status, body.code]).toEqual([401, 'user_inactive']);
  });

  test.each([
    ['GET', undefined],
    ['PATCH', { locale: 'en' }],
    ['DELETE', { password: PASSWORD }],
  ])('%s %j reports a deleted user', async (method, json) => {
    const user = await app.signedUp();
    await app.sql('DELETE FROM tokenjar.users WHERE email = $1', [user.email]);
    const { status, body } = await user.send(method, '/auth/user', { json });
    expect([status, body.code]).toEqual([401, 'user_not_found']);
  });
});
