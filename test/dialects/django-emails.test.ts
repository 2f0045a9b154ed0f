import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sending } from '../../src/mail/sending.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const PASSWORD = 'Seven-loud-otters-5';
const NEXT = 'Nine-quiet-herons-7';

let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({ dialect: 'django', smtpUrl: mail.url, emailVerification: 'mandatory' });
});
afterAll(async () => {
  await app.close();
  await mail.stop();
});

const post = async (path: string, json: object) => {
  const { status, body } = await app.browser().post(`/auth/${path}/`, json);
  return [status, body];
};
const login = (email: string, password: string) => post('login', { email, password });
const register = (email: string) => post('registration', { email, password1: PASSWORD, password2: PASSWORD });
/** What stands behind the # of an email's link. */
const secretsOf = (link: string) => Object.fromEntries(new URLSearchParams(new URL(link).hash.slice(1)));

async function verified(): Promise<string> {
  const email = uniqueEmail();
  await register(email);
  await post('registration/verify-email', secretsOf((await mail.emailTo(email)).link));
  return email;
}
async function resetSecrets(email: string): Promise<Record<string, string>> {
  const before = mail.to(email).length;
  await post('password/reset', { email });
  return secretsOf((await mail.emailTo(email, before + 1)).link);
}
const confirm = (secrets: object, one = NEXT, other = one) =>
  post('password/reset/confirm', { ...secrets, new_password1: one, new_password2: other });

describe('mandatory verification', () => {
  test('registration returns no tokens, sends one email, and login fails before verification', async () => {
    const email = uniqueEmail();
    expect(await register(email)).toEqual([201, { detail: 'Verification e-mail sent.' }]);
    const { link } = await mail.emailTo(email);
    expect(await login(email, PASSWORD)).toEqual([400, { non_field_errors: ['E-mail is not verified.'] }]);
    expect((await app.browser().get('/auth/registration/verify-email/')).body).toEqual({
      detail: 'Method "GET" not allowed.',
    });
    expect(await post('registration/verify-email', secretsOf(link))).toEqual([200, { detail: 'ok' }]);
    expect((await login(email, PASSWORD))[0]).toBe(200);
    // Pressed twice, as it happens.
    expect(await post('registration/verify-email', secretsOf(link))).toEqual([200, { detail: 'ok' }]);
  });

  test('refuses a missing or unknown key', async () => {
    expect(await post('registration/verify-email', {})).toEqual([400, { key: ['This field is required.'] }]);
    expect(await post('registration/verify-email', { key: 'x' })).toEqual([404, { detail: 'Not found.' }]);
  });

  test('resending always succeeds, and sends an email if it helps', async () => {
    const email = uniqueEmail();
    await register(email);
    await mail.emailTo(email);
    for (const body of [{}, { email: '' }, { email: uniqueEmail() }, { email }])
      expect(await post('registration/resend-email', body)).toEqual([200, { detail: 'ok' }]);
    await mail.emailTo(email, 2);
    expect(await post('registration/resend-email', { email: 'zz' })).toEqual([
      400,
      { email: ['Enter a valid email address.'] },
    ]);
  });
});

describe('password reset', () => {
  test('sends one email whatever the case of the address, and none to unknown addresses', async () => {
    const [email, nobody] = [await verified(), uniqueEmail()];
    for (const each of [email.toUpperCase(), nobody])
      expect(await post('password/reset', { email: each })).toEqual([
        200,
        { detail: 'Password reset e-mail has been sent.' },
      ]);
    await mail.emailTo(email, 2);
    await app.app.get(Sending).run();
    expect(mail.to(nobody)).toEqual([]);
  });

  test('uid and token set the password once', async () => {
    const email = await verified();
    const secrets = await resetSecrets(email);
    expect(Object.keys(secrets)).toEqual(['uid', 'token']);
    expect(await confirm(secrets)).toEqual([
      200,
      { detail: 'Password has been reset with the new password.' },
    ]);
    expect((await login(email, NEXT))[0]).toBe(200);
    expect((await login(email, PASSWORD))[0]).toBe(400);
    expect(await confirm(secrets)).toEqual([400, { token: ['Invalid value'] }]);
  });

  test('refuses a wrong uid, a wrong token and another user’s uid', async () => {
    const [email, other] = [await verified(), await verified()];
    const secrets = await resetSecrets(email);
    const { uid } = await resetSecrets(other);
    expect(await confirm({ ...secrets, uid: '!' })).toEqual([400, { uid: ['Invalid value'] }]);
    expect(await confirm({ ...secrets, uid: 'zzzzzz' })).toEqual([400, { uid: ['Invalid value'] }]);
    expect(await confirm({ ...secrets, token: 'x' })).toEqual([400, { token: ['Invalid value'] }]);
    expect(await confirm({ ...secrets, uid })).toEqual([400, { token: ['Invalid value'] }]);
  });

  test('the validators apply, and keep the link valid', async () => {
    const email = await verified();
    const secrets = await resetSecrets(email);
    expect(await confirm(secrets, '12345')).toEqual([
      400,
      {
        new_password2: [
          'This password is too short. It must contain at least 8 characters.',
          'This password is too common.',
          'This password is entirely numeric.',
        ],
      },
    ]);
    expect(await confirm(secrets, NEXT, 'other')).toEqual([
      400,
      { new_password2: ['The two password fields didn’t match.'] },
    ]);
    expect(await confirm(secrets, `${email.split('@')[0]}1`)).toEqual([
      400,
      { new_password2: ['The password is too similar to the email.'] },
    ]);
    expect((await confirm(secrets))[0]).toBe(200);
  });
});
