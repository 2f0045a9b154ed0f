import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { partsOf } from '../../src/http/operation-row.js';
import { ROUTES, rowOf } from '../../src/http/operations.js';
import { type Admin, adminOf, giveRoles, type Member, memberOf } from '../support/admin.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';

const HOUR = 3600;
const REASON = 'Ticket 4711: the cart stays empty';
const NOBODYS_ID = '019b7936-8a00-7000-8000-0123456789ab';

let database: TestDatabase;
let clock: TestClock;
let app: TestApp;
/** Another instance on the same database. */
let other: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  clock = new TestClock();
  app = await startApp({ clock }, database);
  other = isEmbedded ? app : await startApp({ clock }, database);
});
afterAll(async () => {
  if (other !== app) await other.close();
  await app.close();
  await database.drop();
});

async function acting(admin: Admin, user: Member): Promise<Browser> {
  const { status, body, text, setCookie } = await admin.post(`/auth/admin/users/${user.id}/impersonate`, {
    reason: REASON,
  });
  if (status !== 200) throw new Error(text);
  expect(setCookie).toEqual([]);
  expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: HOUR });
  const browser = Object.assign(app.browser(), { accessToken: String(body.access_token) });
  // The browser of an administrator keeps the token apart from that of the own session.
  await admin.refresh();
  return browser;
}
const codeAt = async (browser: Browser, { url }: TestApp) => {
  const from = Object.assign(new Browser(url), { accessToken: browser.accessToken ?? '' });
  const { status, body } = await from.get('/auth/session');
  return status === 200 ? 'ok' : body.code;
};

test('is an access token of the user that names the administrator', async () => {
  const [admin, user] = [await adminOf(app), await memberOf(app)];
  await app.sql(
    `INSERT INTO tokenjar.roles (name, permissions) VALUES ('clerk', '{orders:read}') ON CONFLICT DO NOTHING`,
  );
  await giveRoles(app, user, 'clerk');
  const browser = await acting(admin, user);
  const session = String(readPart(admin.accessToken ?? '', 1).sid);
  const claims = readPart(browser.accessToken ?? '', 1);
  expect(claims).toMatchObject({
    sub: String(user.id),
    roles: ['clerk'],
    scope: 'orders:read',
    acr: 'aal1',
    amr: [],
    act: { sub: String(admin.id), sid: session },
  });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(HOUR);
  const { body } = await browser.get('/auth/session');
  expect(body).toMatchObject({ user: { id: user.id }, act: { sub: String(admin.id) }, acr: 'aal1' });
  expect((await admin.get('/auth/session')).body.act).toBeUndefined();
  expect((await browser.get('/auth/user')).body).toMatchObject({ id: user.id, email: user.email });
  await user.refresh();
  const sessions = (await user.get('/auth/sessions')).body as unknown as unknown[];
  expect(sessions).toHaveLength(1);
});

test('stands in the audit trail and in the activity of the user, with both names and the reason', async () => {
  const [admin, user] = [await adminOf(app), await memberOf(app)];
  await acting(admin, user);
  const actor = `${admin.email} (user ${admin.id})`;
  const audit = await admin.get(`/auth/admin/audit?event=impersonated&user_id=${user.id}`);
  expect(audit.body.items).toEqual([
    expect.objectContaining({ event: 'impersonated', user_id: user.id, actor, reason: REASON }),
  ]);
  const [own] = (await user.get('/auth/activity')).body as unknown as object[];
  expect(own).toMatchObject({ event: 'impersonated', actor, reason: REASON, ip: null });
});

test('lives for an hour, and never longer than the session of the administrator', async () => {
  const [admin, user] = [await adminOf(app), await memberOf(app)];
  const browser = await acting(admin, user);
  clock.advance(HOUR - 1);
  expect(await codeAt(browser, app)).toBe('ok');
  clock.advance(1);
  expect(await codeAt(browser, app)).toBe('token_expired');
  const another = await adminOf(app);
  await app.sql(
    `UPDATE tokenjar.sessions SET absolute_expires_at = $2::timestamptz + interval '60 s' WHERE user_id = $1`,
    [another.id, clock.now().toISOString()],
  );
  const { body } = await another.post(`/auth/admin/users/${user.id}/impersonate`, { reason: REASON });
  expect(body.expires_in).toBeLessThanOrEqual(60);
});

describe('is refused', () => {
  test('for oneself, another administrator, somebody deactivated, and nobody', async () => {
    const [admin, another, user] = [await adminOf(app), await adminOf(app), await memberOf(app)];
    const ask = (id: number) => admin.post(`/auth/admin/users/${id}/impersonate`, { reason: REASON });
    expectProblem(await ask(admin.id), 'impersonation_refused');
    expectProblem(await ask(another.id), 'impersonation_refused');
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [user.id]);
    expectProblem(await ask(user.id), 'impersonation_refused');
    expectProblem(await ask(987_654_321), 'account_not_found');
  });

  test.each([
    {},
    { reason: '' },
    { reason: ' ' },
    { reason: 1 },
    { reason: 'a\0b' },
    ...['x\r\ny', 'a\u202eb', 'a\u2028b', '\u3164', '\u200b\u2800'].map((reason) => ({ reason })),
    { reason: 'x'.repeat(501) },
  ])('without a reason: %j', async (json) => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    expectProblem(await admin.post(`/auth/admin/users/${user.id}/impersonate`, json), 'input_invalid');
  });

  test('with a reason of ten megabytes', async () => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    const reason = 'x'.repeat(10_000_000);
    const { status } = await admin.post(`/auth/admin/users/${user.id}/impersonate`, { reason });
    expect(status).toBe(413);
  });
});

/** What somebody may call who acts as a user. */
const ALLOWED = [
  ...[
    'getSession',
    'listSessions',
    'listEndedSessions',
    'listActivity',
    'getUser',
    'updateUser',
    'replaceUser',
  ],
  ...['listFactors', 'listIdentities'],
];

describe('opens', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await acting(await adminOf(app), await memberOf(app));
  });

  test.each(
    ROUTES.filter(({ operation }) => ['access_token', 'admin'].includes(rowOf(operation).access)).map(
      (each) => [each.id, each] as const,
    ),
  )('%s or not', async (id, { route, operation }) => {
    const [method, path] = partsOf(route);
    const { params } = rowOf(operation);
    const at = path.replace(/:(\w+)/g, (_, name: string) =>
      typeof params[name] === 'object' ? '1' : NOBODYS_ID,
    );
    const answer = await browser.send(method, `/auth${at}`, method === 'GET' ? {} : { json: {} });
    // Some are those of other dialects.
    if (answer.status === 404 && answer.body.code === 'not_found') return;
    if (answer.status === 405) return;
    if (ALLOWED.includes(id)) expect([id, answer.status]).toEqual([id, 200]);
    else expect([id, answer.status, answer.body.code]).toEqual([id, 403, 'impersonating']);
  });

  test.each(['link', 'reauthenticate'])('no way to a provider, to %s', async (purpose) => {
    const at = await startApp(
      { clock, providers: [{ id: 'google', clientId: 'x', clientSecret: 'y' }] },
      isEmbedded ? undefined : database,
    );
    try {
      const from = Object.assign(at.browser(), { accessToken: browser.accessToken ?? '' });
      const answer = await from.post('/auth/providers/google/start', { purpose, return_to: '/' });
      if (!isEmbedded) expectProblem(answer, 'impersonating');
    } finally {
      await at.close();
    }
  });

  test('the language of the user, and the trail says who changed it', async () => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    const as = await acting(admin, user);
    for (const locale of ['ko', 'ko']) expect((await as.patch('/auth/user', { locale })).status).toBe(200);
    await user.patch('/auth/user', { locale: null });
    const rows = await app.sql(
      `SELECT reason, actor FROM tokenjar.audit_events WHERE user_id = $1 AND event = 'user_changed' ORDER BY id`,
      [user.id],
    );
    expect(rows).toEqual([
      { reason: 'locale=ko', actor: `user ${admin.id}` },
      { reason: 'locale=', actor: null },
    ]);
  });

  test('no session to end by signing out, and no token to refresh', async () => {
    await browser.post('/auth/logout');
    expect(await codeAt(browser, app)).toBe('ok');
    expectProblem(await browser.refresh(), 'refresh_missing');
  });
});

describe('ends on every instance', () => {
  test.each<[string, string, (admin: Admin, user: Member) => Promise<unknown>]>([
    ['when the administrator signs out', 'token_blacklisted', (admin) => admin.post('/auth/logout')],
    [
      'when all sessions of the administrator are ended',
      'token_blacklisted',
      (admin) => admin.delete(`/auth/admin/users/${admin.id}/sessions`),
    ],
    ['when the role is taken', 'token_blacklisted', (admin) => giveRoles(app, admin)],
    [
      'when the administrator is deactivated with SQL',
      'token_blacklisted',
      ({ id }) => app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [id]),
    ],
    [
      'when the user is deactivated',
      'user_inactive',
      (admin, { id }) => admin.patch(`/auth/admin/users/${id}`, { active: false }),
    ],
    [
      'when the roles of the user change',
      'token_blacklisted',
      (admin, { id }) => admin.patch(`/auth/admin/users/${id}`, { roles: ['admin'] }),
    ],
    [
      'when the user is deleted',
      'token_blacklisted',
      (admin, { id }) => admin.delete(`/auth/admin/users/${id}`),
    ],
  ])('%s', async (_when, code, act) => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    // Nobody of theirs is signed in: the change has to be announced all the same.
    await user.post('/auth/logout');
    const browser = await acting(admin, user);
    expect(await codeAt(browser, other)).toBe('ok');
    const answer = await act(admin, user);
    if (answer && typeof answer === 'object' && 'status' in answer) expect(answer.status).toBeLessThan(300);
    const since = Date.now();
    await eventually(
      () => codeAt(browser, other),
      (said) => said === code,
    );
    expect(Date.now() - since).toBeLessThan(1000);
    expect(
      await eventually(
        () => codeAt(browser, app),
        (said) => said === code,
      ),
    ).toBe(code);
  });
});
