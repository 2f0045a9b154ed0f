import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditChain } from '../../src/audit/audit-chain.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const WRONG = 'not the password at all';

interface Activity {
  id: string;
  at: string;
  event: string;
  outcome: string;
  reason: string | null;
  session_id: string | null;
  device: string | null;
  ip: string | null;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ rateLimit: true, limitRegistrationNetwork: 'off', limitLoginNetwork: 'off' });
});
afterAll(() => app.close());

const activityOf = async (user: Browser): Promise<Activity[]> => {
  const { status, body } = await user.get('/auth/activity');
  expect(status).toBe(200);
  return body as unknown as Activity[];
};
const said = (events: Activity[]) => events.map(({ event, outcome, reason }) => [event, outcome, reason]);
const login = (email: string, password: string, browser: Browser = app.browser()) =>
  browser.post('/auth/login', { email, password }, { headers: { 'user-agent': FIREFOX } });

describe('the activity of an account', () => {
  test('lists events with time and origin, newest first', async () => {
    const user = await app.signedUp();
    const here = { headers: { 'user-agent': FIREFOX } };
    app.clock.advance(10);
    await login(user.email, PASSWORD, user);
    await login(user.email, WRONG);
    const stranger = app.browser();
    await login(user.email, PASSWORD, stranger);
    await stranger.post('/auth/logout', undefined, here);
    await user.post(
      '/auth/password/change',
      { old_password: WRONG, new_password: 'another set of words' },
      here,
    );
    await user.post(
      '/auth/password/change',
      { old_password: PASSWORD, new_password: 'another set of words' },
      here,
    );
    const events = await activityOf(user);
    expect(said(events)).toEqual([
      ['password_change', 'success', null],
      ['password_check', 'failure', 'wrong_password'],
      ['session_ended', 'success', 'logout'],
      ['login', 'success', 'new_device'],
      ['login', 'failure', 'wrong_password'],
      ['login', 'success', null],
      ['session_ended', 'success', 'replaced'],
      ['login', 'success', null],
      ['registration', 'success', null],
    ]);
    for (const { at, ip } of events) expect([Number.isNaN(Date.parse(at)), ip]).toEqual([false, '127.0.0.1']);
    expect(events.slice(0, 7).map(({ device }) => device)).toEqual(Array(7).fill('Firefox on Linux'));
    expect(Date.parse(events[5]?.at ?? '') - Date.parse(events[7]?.at ?? '')).toBe(10_000);
    expect(events[3]?.session_id).toBe(events[2]?.session_id);
  });

  test('is limited to the user’s own account, and requires an access token', async () => {
    const [one, other] = [await app.signedUp(), await app.signedUp()];
    await login(other.email, WRONG);
    expect(said(await activityOf(one))).toEqual([
      ['login', 'success', null],
      ['registration', 'success', null],
    ]);
    expect((await app.browser().get('/auth/activity')).status).toBe(401);
  });

  test('shows account locks and operator actions', async () => {
    const user = await app.signedUp();
    for (let i = 0; i < 11; i++) await login(user.email, WRONG);
    expect(said(await activityOf(user))[0]).toEqual(['login_blocked', 'failure', 'wrong_password']);
    const [row] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [
      user.email,
    ]);
    const id = Number(row?.id);
    await app.app.get(SessionEnding).deactivateUser(id, {
      ...{ ip: '203.0.113.5', userAgent: FIREFOX, requestId: null, actor: 'ada' },
      isConnected: () => true,
    });
    await app.app.get(Users).activate(id);
    // Whoever was deactivated has no device that is known: the lock has to pass.
    app.clock.advance(7200);
    await login(user.email, PASSWORD, user);
    const events = await activityOf(user);
    expect(said(events).slice(0, 4)).toEqual([
      ['login', 'success', 'new_device'],
      ['user_activated', 'success', null],
      ['session_ended', 'success', 'user_deactivated'],
      ['user_deactivated', 'success', null],
    ]);
    // Which operator it was is for the operators.
    for (const { ip, device } of events.slice(1, 4)) expect([ip, device]).toEqual([null, null]);
    expect(
      await app.sql('SELECT DISTINCT actor FROM tokenjar.audit_events WHERE user_id = $1', [id]),
    ).toEqual(expect.arrayContaining([{ actor: 'ada' }, { actor: null }]));
  });
});

describe('the audit trail', () => {
  test('outlives the account and records guesses at unknown addresses, without user input', async () => {
    const user = await app.signedUp();
    const nobody = uniqueEmail();
    await login(nobody, WRONG);
    expect((await user.delete('/auth/user', { password: PASSWORD })).status).toBe(204);
    const rows = await app.sql('SELECT * FROM tokenjar.audit_events ORDER BY id DESC LIMIT 2');
    expect(rows).toMatchObject([
      { event: 'user_deleted', outcome: 'success', ip: '127.0.0.1' },
      { event: 'login', outcome: 'failure', reason: 'unknown_account', user_id: null },
    ]);
    const [{ request_id: requestId } = { request_id: '' }] = rows as { request_id: string }[];
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    const all = JSON.stringify(await app.sql('SELECT * FROM tokenjar.audit_events'));
    for (const secret of [PASSWORD, WRONG, nobody, user.email, 'eyJ']) expect(all).not.toContain(secret);
  });

  test('is never updated', async () => {
    await expect(app.sql(`UPDATE tokenjar.audit_events SET outcome = 'success'`)).rejects.toThrow(
      'audit events are never changed',
    );
  });

  test('does not record events of rolled-back transactions', async () => {
    const user = await app.signedUp();
    const before = (await activityOf(user)).length;
    await app.sql(
      `ALTER TABLE tokenjar.blacklist ADD CONSTRAINT broken CHECK (reason <> 'password_change') NOT VALID`,
    );
    try {
      await login(user.email, PASSWORD);
      const change = { old_password: PASSWORD, new_password: 'another set of words' };
      expect((await user.post('/auth/password/change', change)).status).toBe(500);
    } finally {
      await app.sql('ALTER TABLE tokenjar.blacklist DROP CONSTRAINT broken');
    }
    const events = await activityOf(user);
    expect(events).toHaveLength(before + 1);
    expect((await login(user.email, PASSWORD)).status).toBe(200);
  });

  test('is purged in batches', async () => {
    await app.sql(
      `INSERT INTO tokenjar.audit_events (at, event, outcome)
       SELECT $1, 'login', 'failure' FROM generate_series(1, 1200)`,
      [app.clock.now()],
    );
    // A server does so every second; what is sealed together stays until all of it may go.
    await app.app.get(AuditChain).run();
    app.clock.advance(100 * 86_400);
    await app.signedUp();
    app.clock.advance(81 * 86_400);
    expect((await app.app.get(Purge).run()).get('audit events')).toBeGreaterThan(1200);
    const left = await app.sql('SELECT event FROM tokenjar.audit_events ORDER BY id');
    expect(left).toEqual([{ event: 'registration' }, { event: 'login' }]);
  });
});
