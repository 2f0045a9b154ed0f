import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp, uniqueEmail } from '../support/app.js';
import { member, PASSWORD, startDjango } from './django-client.js';
import { claimsOf } from './play.js';

let app: TestApp;
beforeAll(async () => {
  app = await startDjango();
});
afterAll(() => app.close());

const NEXT = 'Nine-quiet-herons-7';
const UNABLE = { non_field_errors: ['Unable to log in with provided credentials.'] };

/** What is wrong with a new password, in the words of Django's validators. */
const POOR: [password: string, texts: string[]][] = [
  ['12345678', ['This password is too common.', 'This password is entirely numeric.']],
  ['password', ['This password is too common.']],
  ['8471936205847', ['This password is entirely numeric.']],
  ['xK3#p', ['This password is too short. It must contain at least 8 characters.']],
  [
    '1234567',
    [
      'This password is too short. It must contain at least 8 characters.',
      'This password is too common.',
      'This password is entirely numeric.',
    ],
  ],
  ['x3K#'.repeat(65), ['Ensure this field has no more than 256 characters.']],
];

describe('password change', () => {
  const change = (
    browser: Awaited<ReturnType<typeof member>>['browser'],
    old: unknown,
    next: unknown,
    again = next,
  ) =>
    browser.post('/auth/password/change/', { old_password: old, new_password1: next, new_password2: again });

  test.each(POOR)('%j', async (password, texts) => {
    const { browser } = await member(app);
    const answer = await change(browser, PASSWORD, password);
    expect([answer.status, answer.body]).toEqual([400, { new_password2: texts }]);
    // The repetition is looked at first.
    expect((await change(browser, PASSWORD, password, 'other')).body).toEqual({
      new_password2: ['The two password fields didn’t match.'],
    });
  });

  const WRONG = ['Your old password was entered incorrectly. Please enter it again.'];
  test('a wrong old password is reported with errors of other fields, before those of the new one', async () => {
    const { browser } = await member(app);
    expect((await change(browser, 'wrong', '12345678')).body).toEqual({ old_password: WRONG });
    expect((await change(browser, 'wrong', '', null)).body).toEqual({
      old_password: WRONG,
      new_password1: ['This field may not be blank.'],
      new_password2: ['This field may not be null.'],
    });
    expect((await browser.post('/auth/password/change/', { old_password: PASSWORD })).body).toEqual({
      new_password1: ['This field is required.'],
      new_password2: ['This field is required.'],
    });
  });

  test('refuses one too similar to the address', async () => {
    const { browser, email } = await member(app);
    expect((await change(browser, PASSWORD, email)).body).toEqual({
      new_password2: ['The password is too similar to the email.'],
    });
  });

  test('this session keeps its cookie; unlike in dj-rest-auth, the others end', async () => {
    const { browser, email } = await member(app);
    const other = app.browser();
    await other.post('/auth/login/', { email, password: PASSWORD });
    const answer = await change(browser, PASSWORD, NEXT);
    expect([answer.status, answer.body, answer.setCookie]).toEqual([
      200,
      { detail: 'New password has been saved.' },
      [],
    ]);
    expect((await browser.get('/auth/user/')).status).toBe(200);
    expect((await browser.post('/auth/token/refresh/', {})).status).toBe(200);
    expect((await other.post('/auth/token/refresh/', {})).status).toBe(401);
    expect((await app.browser().post('/auth/login/', { email, password: PASSWORD })).body).toEqual(UNABLE);
    expect((await app.browser().post('/auth/login/', { email, password: NEXT })).status).toBe(200);
  });
});

describe('registration', () => {
  const register = (json: object) => app.browser().post('/auth/registration/', json);
  const chosen = (password: unknown, again = password) => ({
    email: uniqueEmail(),
    password1: password,
    password2: again,
  });

  test.each(POOR)('%j', async (password, texts) => {
    const { status, body } = await register(chosen(password));
    expect([status, body]).toEqual([400, { password1: texts }]);
    // The password is looked at before its repetition.
    expect((await register(chosen(password, 'other'))).body).toEqual({ password1: texts });
  });

  test('all errors are reported at once', async () => {
    expect((await register({ ...chosen('12345678', null), email: 'zz' })).body).toEqual({
      email: ['Enter a valid email address.'],
      password1: ['This password is too common.', 'This password is entirely numeric.'],
      password2: ['This field may not be null.'],
    });
    expect((await register({ ...chosen(PASSWORD, 'other'), email: 'zz' })).body).toEqual({
      email: ['Enter a valid email address.'],
    });
    expect((await register({ password1: '', password2: PASSWORD })).body).toEqual({
      email: ['This field is required.'],
      password1: ['This field may not be blank.'],
    });
    expect((await register({ ...chosen(PASSWORD), email: `${'a'.repeat(250)}@example.com` })).body).toEqual({
      email: ['Ensure this field has no more than 254 characters.'],
    });
  });

  test('a common password is reported as such where the address happens to have the same digits', async () => {
    const email = '87ab6543-21c@example.com';
    expect((await register({ ...chosen('12345678'), email })).body).toEqual({
      password1: ['This password is too common.', 'This password is entirely numeric.'],
    });
  });

  test('a repeated password that differs', async () => {
    for (const again of ['other', `${PASSWORD} `, PASSWORD.toUpperCase()])
      expect((await register(chosen(PASSWORD, again))).body).toEqual({
        non_field_errors: ["The two password fields didn't match."],
      });
  });

  test('too similar to the address', async () => {
    const email = uniqueEmail();
    const [mailbox = ''] = email.split('@');
    for (const password of [email, email.toUpperCase(), mailbox]) {
      const { status, body } = await register({ email, password1: password, password2: password });
      expect([status, body]).toEqual([
        400,
        { non_field_errors: ['The password is too similar to the email.'] },
      ]);
    }
  });

  test('a taken address, in either case', async () => {
    const { email } = await member(app);
    for (const taken of [email, email.toUpperCase()]) {
      const { status, body, setCookie } = await register({ ...chosen(PASSWORD), email: taken });
      expect([status, body, setCookie]).toEqual([
        400,
        { email: ['User is already registered with this e-mail address.'] },
        [],
      ]);
    }
  });

  test('unlike in dj-rest-auth, the refresh token is in the cookie and not in the body', async () => {
    const json = chosen(PASSWORD);
    const { status, body, setCookie } = await register(json);
    expect([status, body]).toEqual([
      201,
      { access: expect.any(String), refresh: '', user: { pk: expect.any(Number), email: json.email } },
    ]);
    expect(setCookie).toHaveLength(1);
    expect(claimsOf(String(body.access)).token_type).toBe('access');
  });

  test('closed', async () => {
    const closed = await startDjango({ registration: false });
    const { status, body } = await closed.browser().post('/auth/registration/', chosen(PASSWORD));
    expect([status, body.detail]).toEqual([403, 'Registration is closed.']);
    await closed.close();
  });
});
