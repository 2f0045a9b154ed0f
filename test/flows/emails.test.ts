import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sending } from '../../src/mail/sending.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';
import { expectProblem } from '../support/problem.js';

const NEXT = 'a rather different set of words';

let mail: MailServer;
let app: TestApp;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ mail, app, close } = await startMailApp({
    frontendUrl: 'https://app.example/base',
    emailVerification: 'mandatory',
  }));
});
afterAll(() => close());

const post = (path: string, json: object, headers = {}) => app.browser().post(path, json, { headers });
const register = (email: string, password = PASSWORD) => post('/auth/registration', { email, password });
const login = (email: string, password = PASSWORD) => post('/auth/login', { email, password });
const codeOf = ({ status, body }: Answer) => [status, body.code];
const settle = () => app.app.get(Sending).run();

async function verified(email = uniqueEmail(), password = PASSWORD): Promise<string> {
  await register(email, password);
  const { link } = await mail.emailTo(email);
  expect((await post('/auth/registration/verify-email', { key: secretOf(link) })).status).toBe(200);
  return email;
}
const signedIn = async (email: string, password = PASSWORD) => {
  const browser = app.browser();
  expect((await browser.login(email, password)).status).toBe(200);
  return browser;
};
async function resetLink(email: string): Promise<string> {
  const before = mail.to(email).length;
  expect((await post('/auth/password/reset', { email })).status).toBe(200);
  return secretOf((await mail.emailTo(email, before + 1)).link);
}

/** Everything on the wire but the time. */
const wireOf = ({ status, headers, text, setCookie }: Answer) => ({
  status,
  text,
  setCookie,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date')),
});

describe('an unverified address', () => {
  test('cannot sign in before it is verified', async () => {
    const email = uniqueEmail();
    const answer = await register(email);
    expect([answer.status, answer.setCookie, Object.keys(answer.body)]).toEqual([201, [], ['detail']]);
    expectProblem(await login(email), 'email_not_verified');
    expectProblem(await login(email, 'wrong'), 'bad_credentials');
    expect(codeOf(await post('/auth/token', { email, password: PASSWORD }))).toEqual([
      403,
      'email_not_verified',
    ]);

    const { link, html } = await mail.emailTo(email);
    expect(link).toMatch(/^https:\/\/app\.example\/base\/verify-email#key=[\w-]{22}$/);
    expect(html).toContain(`href="${link}"`);
    expect((await post('/auth/registration/verify-email', { key: secretOf(link) })).status).toBe(200);
    expect((await login(email)).body.user).toMatchObject({ email, email_verified: true });
  });

  test('gets another email on request; both links belong to it and work once', async () => {
    const email = uniqueEmail();
    await register(email);
    await mail.emailTo(email);
    expect((await post('/auth/registration/resend-email', { email: email.toUpperCase() })).status).toBe(200);
    const { link } = await mail.emailTo(email, 2);
    expect((await post('/auth/registration/verify-email', { key: secretOf(link) })).status).toBe(200);
    await post('/auth/registration/resend-email', { email });
    await settle();
    expect(mail.to(email)).toHaveLength(2);
  });

  test('answers a second registration like the first, and notifies the owner by email', async () => {
    const email = await verified();
    const [taken, free] = [await register(email, NEXT), await register(uniqueEmail(), NEXT)];
    expect(wireOf(taken)).toEqual(wireOf(free));
    const sent = await mail.emailTo(email, 2);
    expect(sent.subject).toBe('Tokenjar: you already have an account');
    expect(sent.link).toContain('/reset-password#token=');
    expectProblem(await login(email, NEXT), 'email_not_verified');
    expect((await login(email)).status).toBe(200);
  });

  test('is not taken over by whoever registered it first: the owner sets a new password', async () => {
    const email = uniqueEmail();
    await register(email, 'the password of a stranger');
    await register(email, PASSWORD);
    const { link } = await mail.emailTo(email, 2);
    const reset = { token: secretOf(link), new_password: PASSWORD };
    expect((await post('/auth/password/reset/confirm', reset)).status).toBe(200);
    // Whoever typed it learns nothing of what became of the address.
    expectProblem(await login(email, 'the password of a stranger'), 'email_not_verified');
    expect((await login(email)).status).toBe(200);
  });
});

describe('a password reset', () => {
  test('sets the password, ends all sessions and does not sign in', async () => {
    const email = await verified();
    const elsewhere = await signedIn(email);
    const token = await resetLink(email);
    const answer = await post('/auth/password/reset/confirm', { token, new_password: NEXT });
    expect([answer.status, answer.setCookie, Object.keys(answer.body)]).toEqual([200, [], ['detail']]);
    expectProblem(await elsewhere.get('/auth/session'), 'token_blacklisted');
    expect((await elsewhere.refresh()).status).toBe(401);
    expectProblem(await login(email), 'bad_credentials');
    expect((await login(email, NEXT)).status).toBe(200);
    expect((await mail.emailTo(email, 3)).subject).toBe('Tokenjar: your password was changed');
  });

  test('gets the same response for an unknown address, which receives no email', async () => {
    const [known, unknown] = [await verified(), uniqueEmail()];
    const [one, other] = [
      await post('/auth/password/reset', { email: known }),
      await post('/auth/password/reset', { email: unknown }),
    ];
    expect(wireOf(one)).toEqual(wireOf(other));
    const asked = await post('/auth/registration/resend-email', { email: unknown });
    expect(wireOf(asked)).toEqual(wireOf(await post('/auth/registration/resend-email', { email: known })));
    await mail.emailTo(known, 2);
    await settle();
    expect([mail.to(unknown), mail.to(known).length]).toEqual([[], 2]);
    expect(await app.sql('SELECT 1 FROM tokenjar.outbox')).toEqual([]);
  });

  test('keeps its link when the new password is refused', async () => {
    const email = await verified();
    const token = await resetLink(email);
    const refused = await post('/auth/password/reset/confirm', { token, new_password: 'short' });
    expect(codeOf(refused)).toEqual([400, 'password_too_short']);
    expect((await post('/auth/password/reset/confirm', { token, new_password: NEXT })).status).toBe(200);
  });

  test('succeeds once for twenty concurrent requests with the same link', async () => {
    const email = await verified();
    const token = await resetLink(email);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('/auth/password/reset/confirm', { token, new_password: NEXT })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 200).map(({ body }) => body.code);
    // A slow machine sheds some of so many hashes.
    expect(others.filter((code) => code !== 'server_busy')).toContain('link_invalid');
    expect(others.filter((code) => code !== 'server_busy' && code !== 'link_invalid')).toEqual([]);
  });

  test('has a link that ends with time, other changes and the account, and works for no other purpose', async () => {
    const email = await verified();
    const dead = async (token: string) =>
      expect(codeOf(await post('/auth/password/reset/confirm', { token, new_password: NEXT }))).toEqual([
        400,
        'link_invalid',
      ]);
    const [late, older, newer] = [await resetLink(email), await resetLink(email), await resetLink(email)];
    for (const path of ['/auth/registration/verify-email', '/auth/email/change/confirm'])
      expectProblem(await post(path, { key: newer }), 'link_invalid');
    expect((await post('/auth/password/reset/confirm', { token: newer, new_password: NEXT })).status).toBe(
      200,
    );
    // The email that tells of it comes after the one that verified the address and three that reset.
    expect((await mail.emailTo(email, 5)).subject).toBe('Tokenjar: your password was changed');
    await dead(older);
    await dead('junk');
    const last = await resetLink(email);
    app.clock.advance(3601);
    await dead(last);
    await dead(late);
    const orphan = await resetLink(email);
    const user = await signedIn(email, NEXT);
    expect((await user.delete('/auth/user', { password: NEXT })).status).toBe(204);
    await dead(orphan);
  });

  test('does not help a deactivated user', async () => {
    const email = await verified();
    const token = await resetLink(email);
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [email]);
    expect((await post('/auth/password/reset/confirm', { token, new_password: NEXT })).status).toBe(400);
    await post('/auth/password/reset', { email });
    await settle();
    expect(mail.to(email)).toHaveLength(2);
  });
});

describe('an account', () => {
  test('moves to a confirmed address and notifies the old one', async () => {
    const [email, next] = [await verified(), uniqueEmail()];
    const user = await signedIn(email);
    const change = (json: object) => user.post('/auth/email/change', json);
    expectProblem(await change({ new_email: next, password: 'wrong' }), 'bad_credentials');
    expectProblem(await change({ new_email: email, password: PASSWORD }), 'input_invalid');
    expect((await change({ new_email: next, password: PASSWORD })).status).toBe(200);
    const { link } = await mail.emailTo(next);
    expect((await user.get('/auth/user')).body).toMatchObject({ email });
    expect((await post('/auth/email/change/confirm', { key: secretOf(link) })).status).toBe(200);
    expect((await user.get('/auth/user')).body).toMatchObject({ email: next, email_verified: true });
    expect((await mail.emailTo(email, 2)).subject).toBe('Tokenjar: your email address was changed');
    expect((await login(next)).status).toBe(200);
    expect((await login(email)).status).toBe(401);
  });

  test('does not reveal who has an account when it is moved to their address', async () => {
    const [email, other] = [await verified(), await verified()];
    const user = await signedIn(email);
    const ask = (new_email: string) => user.post('/auth/email/change', { new_email, password: PASSWORD });
    const [free, taken] = [await ask(uniqueEmail()), await ask(other)];
    expect(wireOf(taken)).toEqual(wireOf(free));
    expect((await mail.emailTo(other, 2)).subject).toBe('Tokenjar: you already have an account');
  });

  test('is not moved if the password has changed or the address was taken meanwhile', async () => {
    const [email, next] = [await verified(), uniqueEmail()];
    const user = await signedIn(email);
    await user.post('/auth/email/change', { new_email: next, password: PASSWORD });
    const key = secretOf((await mail.emailTo(next)).link);
    await register(next);
    expectProblem(await post('/auth/email/change/confirm', { key }), 'sign_in_required');
    await user.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT });
    expectProblem(await post('/auth/email/change/confirm', { key }), 'link_invalid');
  });

  test('is notified when it is deleted', async () => {
    const email = await verified();
    const user = await signedIn(email);
    await user.delete('/auth/user', { password: PASSWORD });
    expect((await mail.emailTo(email, 2)).subject).toBe('Tokenjar: your account was deleted');
  });

  test('gets emails in its own language, otherwise in that of the request', async () => {
    const email = await verified();
    await post('/auth/password/reset', { email }, { 'accept-language': 'ko' });
    expect((await mail.emailTo(email, 2)).subject).toBe('Tokenjar: 비밀번호 재설정');
    await (await signedIn(email)).patch('/auth/user', { locale: 'en-GB' });
    await post('/auth/password/reset', { email }, { 'accept-language': 'ko' });
    expect((await mail.emailTo(email, 3)).subject).toBe('Tokenjar: set a new password');
  });
});

test('links use FRONTEND_URL, whatever the Host header says', async () => {
  const email = await verified();
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
  await post('/auth/password/reset', { email }, headers);
  expect((await mail.emailTo(email, 2)).link).toMatch(/^https:\/\/app\.example\/base\//);
});

test('no address can add a header or a recipient', async () => {
  for (const email of [
    'a@example.com\nBcc: b@example.com',
    'a@example.com,b@example.com',
    '"a\r\nX: y"@example.com',
  ])
    expect((await post('/auth/password/reset', { email })).status).toBe(400);
});

test('requests succeed while the mail server is down, and the emails are sent later', async () => {
  await mail.stop();
  const email = uniqueEmail();
  expect((await register(email)).status).toBe(201);
  await settle();
  await mail.start();
  app.clock.advance(1);
  await settle();
  expect(mail.to(email)).toHaveLength(1);
});
