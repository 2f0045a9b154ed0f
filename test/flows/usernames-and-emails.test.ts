import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { expectProblem } from '../support/problem.js';
import { secretOf } from '../support/smtp.js';
import { addTotp } from '../support/totp-account.js';

const OTHER = 'a rather different set of words';

let mailApp: MailApp;
let app: TestApp;
let count = 0;
let people = 0;
beforeAll(async () => {
  mailApp = await startMailApp({
    signInWith: 'both',
    emailVerification: 'optional',
    rateLimit: true,
    trustedProxies: ['loopback'],
    limitRegistrationNetwork: 'off',
  });
  ({ app } = mailApp);
});
afterAll(() => mailApp.close());

const uniqueName = () => `person-${String.fromCharCode(97 + people++)}`;
/** Each from a network of its own. */
const elsewhere = () => ({ headers: { 'x-forwarded-for': `10.9.${++count}.1` } });
async function registered(body: object): Promise<Browser> {
  const browser = app.browser();
  const made = await browser.post('/auth/registration', { password: PASSWORD, ...body }, elsewhere());
  expect(made).toMatchObject({ status: 201 });
  return browser;
}
const ask = (body: object) => app.browser().post('/auth/password/reset', body, elsewhere());
const confirm = (link: string, password: string) =>
  app.browser().post('/auth/password/reset/confirm', { token: secretOf(link), new_password: password });
/** Whoever has opened the first link is the owner of the address. */
async function verify(email: string): Promise<void> {
  const { link } = await mailApp.mail.emailTo(email);
  const answer = await app.browser().post('/auth/registration/verify-email', { key: secretOf(link) });
  expect(answer.status).toBe(200);
}

test('a password is reset by the username, in any form; the email goes to the address', async () => {
  const [username, email] = [uniqueName(), uniqueEmail()];
  await registered({ username, email });
  await mailApp.mail.emailTo(email);
  const answer = await ask({ username: ` ${username.toUpperCase()} ` });
  expect(answer.status).toBe(200);
  const { link, subject } = await mailApp.mail.emailTo(email, 2);
  expect(subject).toBe('Tokenjar: set a new password');
  expect((await confirm(link, OTHER)).status).toBe(200);
  const login = await app.browser().post('/auth/login', { username, password: OTHER }, elsewhere());
  expect(login.status).toBe(200);

  // A name that nobody has, and an account that no email reaches: the same answer, and no email.
  const alone = uniqueName();
  await registered({ username: alone });
  await mailApp.mail.emailTo(email, 3);
  const sent = mailApp.mail.emails.length;
  for (const named of [{ username: 'nobody-at-all' }, { username: alone }, { username: uniqueEmail() }]) {
    const { status, text } = await ask(named);
    expect([status, text]).toEqual([answer.status, answer.text]);
  }
  expectProblem(await ask({}), 'input_invalid');
  expectProblem(await ask({ username: ' ' }), 'input_invalid');
  // Emails are sent in their order: this one is last.
  await ask({ username: email });
  await mailApp.mail.emailTo(email, 4);
  expect(mailApp.mail.emails.slice(sent).flatMap(({ to }) => to)).toEqual([email]);
});

test('requests by the name and by the address are counted together', async () => {
  const [username, email] = [uniqueName(), uniqueEmail()];
  await registered({ username, email });
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await ask(i % 2 ? { email } : { username })).status);
  const most = statuses.filter((status) => status === 200).length;
  expect([most < 6, statuses.indexOf(429)]).toEqual([true, most]);
  expectProblem(await ask({ email }), 'rate_limited');
  expectProblem(await ask({ username: username.toUpperCase() }), 'rate_limited');
});

test('the owner is told of a new username, at a verified address only', async () => {
  const [username, email] = [uniqueName(), uniqueEmail()];
  const user = await registered({ username, email });
  expect((await user.patch('/auth/user', { username: uniqueName() })).status).toBe(200);
  await verify(email);
  expect((await user.patch('/auth/user', { username: uniqueName() })).status).toBe(200);
  const { subject, text } = await mailApp.mail.emailTo(email, 2);
  expect(subject).toBe('Tokenjar: your username was changed');
  expect(text).toContain('was changed on');
  await user.patch('/auth/user', { locale: 'ko' });
  expect((await user.patch('/auth/user', { username: uniqueName() })).status).toBe(200);
  expect((await mailApp.mail.emailTo(email, 3)).subject).toBe('Tokenjar: 사용자 이름이 변경되었습니다');
});

test('factors from before there was an address stay, if their owner has confirmed it', async () => {
  const [username, email] = [uniqueName(), uniqueEmail()];
  const user = await registered({ username });
  const code = await addTotp(app, user.accessToken ?? '');
  await user.post('/auth/token/refresh');
  const asked = await user.post('/auth/email/change', { new_email: email, password: PASSWORD });
  expect([asked.status, asked.text]).toEqual([200, expect.any(String)]);
  const { link } = await mailApp.mail.emailTo(email);
  const confirmed = await user.post('/auth/email/change/confirm', { key: secretOf(link) });
  expect(confirmed.status).toBe(200);
  await ask({ email });
  expect((await confirm((await mailApp.mail.emailTo(email, 2)).link, OTHER)).status).toBe(200);
  const login = await app.browser().post('/auth/login', { username, password: OTHER }, elsewhere());
  expectProblem(login, 'second_factor_required');
  expect(code()).toMatch(/^\d{6}$/);
});
