import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { startMailApp } from '../support/mail-app.js';
import { type MailServer, secretOf } from '../support/smtp.js';

const NEXT = 'a rather different set of words';

let mail: MailServer;
let app: TestApp;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ mail, app, close } = await startMailApp({
    frontendUrl: 'https://app.example',
    emailVerification: 'optional',
    rateLimit: true,
    trustedProxies: ['loopback'],
    limitResetAccount: '3/1h',
    limitVerificationAccount: '3/1h',
  }));
});
afterAll(() => close());

let hosts = 0;
/** From another network each time: the count is that of the address asked for. */
const ask = (path: string, json: object) =>
  app.browser().post(path, json, { headers: { 'x-forwarded-for': `203.0.113.${++hosts}` } });
/** Everything on the wire but the time. */
const wireOf = ({ status, headers, text }: Answer) => [
  status,
  text,
  Object.fromEntries([...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))),
];

test.each(['/auth/password/reset', '/auth/registration/resend-email'])(
  '%s floods no mailbox, and does not tell whose it is',
  async (path) => {
    const { email } = await app.signedUp();
    const unknown = uniqueEmail();
    const answers = { known: [] as Answer[], unknown: [] as Answer[] };
    for (let i = 0; i < 4; i++) {
      answers.known.push(await ask(path, { email }));
      answers.unknown.push(await ask(path, { email: unknown }));
    }
    expect(answers.known.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.known.map(wireOf)).toEqual(answers.unknown.map(wireOf));
    expect(answers.known.at(-1)?.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(answers.known.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(path, { email: uniqueEmail() })).status).toBe(200);
  },
);

test('limits guesses of the password when the address is changed', async () => {
  const user = await app.signedUp();
  const change = () => user.post('/auth/email/change', { new_email: uniqueEmail(), password: 'wrong' });
  const codes = [];
  for (let i = 0; i < 11; i++) codes.push((await change()).body.code);
  expect([...new Set(codes)]).toEqual(['bad_credentials', 'rate_limited']);
});

test('lists the effects of emails in the activity of the account', async () => {
  const email = uniqueEmail();
  const user = await app.signedUp(email);
  const secret = async (n: number) => secretOf((await mail.emailTo(email, n)).link);
  expect((await ask('/auth/registration/verify-email', { key: await secret(1) })).status).toBe(200);

  const moved = uniqueEmail();
  await user.post('/auth/email/change', { new_email: moved, password: PASSWORD });
  const key = secretOf((await mail.emailTo(moved)).link);
  expect((await ask('/auth/email/change/confirm', { key })).status).toBe(200);

  await ask('/auth/password/reset', { email: moved });
  const token = secretOf((await mail.emailTo(moved, 2)).link);
  expect((await ask('/auth/password/reset/confirm', { token, new_password: NEXT })).status).toBe(200);

  // What began in the very moment of the end has ended too.
  app.clock.advance(1);
  const again = app.browser();
  expect((await again.login(moved, NEXT)).status).toBe(200);
  const events = (await again.get('/auth/activity')).body as unknown as { event: string; ip: string }[];
  expect(events.map(({ event }) => event)).toEqual([
    'login',
    'password_reset',
    'session_ended',
    'password_reset_requested',
    'email_change',
    'email_change_requested',
    'email_verification',
    'login',
    'registration',
  ]);
  expect(events.find(({ event }) => event === 'password_reset')?.ip).toMatch(/^203\.0\.113\./);
});
