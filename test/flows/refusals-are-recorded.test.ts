import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RefusalRecords } from '../../src/audit/refusal-records.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    rateLimit: true,
    emailVerification: 'optional',
    sessionLimit: 1,
    sessionLimitPolicy: 'refuse',
    limitRegistrationNetwork: 'off',
    limitResetAccount: '1/1h',
  });
});
afterAll(() => app.close());

interface Row {
  event: string;
  outcome: string;
  reason: string | null;
  user_id: number | null;
  count: number;
}
async function recorded(after: number): Promise<Row[]> {
  await app.app.get(RefusalRecords).flush();
  return app.sql<Row>(
    'SELECT event, outcome, reason, user_id, count FROM tokenjar.audit_events WHERE id > $1 ORDER BY id',
    [after],
  );
}
const last = async () =>
  (await app.sql<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM tokenjar.audit_events'))[0]?.id ?? 0;
const idOf = async (email: string) =>
  (await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]))[0]?.id;

test('records a flood of refusals as one row per kind, with the account', async () => {
  const user = await app.signedUp();
  const id = await idOf(user.email);
  const before = await last();
  for (let i = 0; i < 5; i++) {
    await app.browser().post('/auth/password/reset', { email: user.email });
    await app.browser().post('/auth/login', {}, { headers: { origin: 'https://evil.example' } });
    await app.browser().post('/auth/password/reset/confirm', { token: 'wrong', new_password: PASSWORD });
    await app.browser().get('/auth/session', { headers: { authorization: 'Bearer eyJ.eyJ.x' } });
  }
  const rows = await recorded(before);
  expect(rows).toEqual([
    { event: 'password_reset_requested', outcome: 'success', reason: null, user_id: id, count: 1 },
    { event: 'origin_refused', outcome: 'failure', reason: 'https://evil.example', user_id: null, count: 5 },
    { event: 'link_refused', outcome: 'failure', reason: 'confirmPasswordReset', user_id: null, count: 5 },
    { event: 'token_refused', outcome: 'failure', reason: 'token_invalid', user_id: null, count: 5 },
    { event: 'rate_limited', outcome: 'failure', reason: 'reset-account', user_id: id, count: 4 },
  ]);
  const { body } = await user.get('/auth/activity');
  expect((body as unknown as { event: string; count: number }[])[0]).toMatchObject({
    event: 'rate_limited',
    count: 4,
  });
});

test('limits the rows for a thousand refused origins', async () => {
  const before = await last();
  for (let i = 0; i < 200; i++)
    await app.browser().post('/auth/logout', {}, { headers: { origin: `https://evil${i}.example` } });
  const rows = await recorded(before);
  expect(rows.length).toBeLessThanOrEqual(51);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(200);
  expect(rows.at(-1)).toMatchObject({ event: 'origin_refused', reason: 'others' });
});

test('records a right password that is refused as a failed login', async () => {
  const user = await app.signedUp();
  const before = await last();
  expect((await app.browser().login(user.email)).status).toBe(403);
  expect(await recorded(before)).toEqual([
    {
      event: 'login',
      outcome: 'failure',
      reason: 'session_limit_reached',
      user_id: await idOf(user.email),
      count: 1,
    },
  ]);
});

test('records requests, including those for unknown addresses, without the address', async () => {
  const user = await app.signedUp();
  const nobody = uniqueEmail();
  const before = await last();
  await app.browser().post('/auth/password/reset', { email: nobody });
  await app.browser().post('/auth/login/unlock/resend', { email: nobody });
  await app.browser().post('/auth/login/unlock/resend', { email: user.email });
  await user.post('/auth/registration/resend-email', { email: user.email });
  await user.post('/auth/email/change', { new_email: uniqueEmail(), password: PASSWORD });
  const rows = await recorded(before);
  expect(rows.map(({ event, user_id }) => [event, user_id !== null])).toEqual([
    ['password_reset_requested', false],
    ['login_unlock_requested', false],
    ['login_unlock_requested', true],
    ['email_verification_requested', true],
    ['email_change_requested', true],
  ]);
  expect(JSON.stringify(await app.sql('SELECT * FROM tokenjar.audit_events'))).not.toContain('@');
});

test('records refused passwords in a session for its account', async () => {
  const user = await app.signedUp();
  const before = await last();
  for (let i = 0; i < 12; i++) await user.delete('/auth/user', { password: 'not the password at all' });
  expect((await recorded(before)).at(-1)).toEqual({
    ...{ event: 'rate_limited', outcome: 'failure', reason: 'password-account', count: 2 },
    user_id: await idOf(user.email),
  });
});
