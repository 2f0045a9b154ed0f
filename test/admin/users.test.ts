import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FactorResetRun } from '../../src/mfa/factor-reset-run.js';
import { type Admin, adminOf, giveRoles, type Member, memberOf } from '../support/admin.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';
import { addTotp } from '../support/totp-account.js';

interface Listed {
  items: { id: number; email: string }[];
  next: string | null;
}

const FACTOR = '019b7936-8a00-7000-8000-0123456789ab';

let app: TestApp;
let admin: Admin;
beforeAll(async () => {
  app = await startApp();
  admin = await adminOf(app);
});
afterAll(() => app.close());

async function listed(query: Record<string, string> = {}): Promise<Listed> {
  const { status, body, text } = await admin.get(
    `/auth/admin/users?${new URLSearchParams(query).toString()}`,
  );
  if (status !== 200) throw new Error(text);
  return body as unknown as Listed;
}
const emailsOf = ({ items }: Listed) => items.map(({ email }) => email);

async function insert(...emails: string[]): Promise<void> {
  await app.sql(
    `INSERT INTO tokenjar.users (email, created_at) SELECT email, now() FROM unnest($1::text[]) AS email`,
    [emails],
  );
}

test('shows everything but credentials', async () => {
  const { items } = await listed({ search: admin.email });
  expect(items).toEqual([
    {
      id: admin.id,
      email: admin.email,
      email_verified: true,
      roles: ['admin'],
      locale: null,
      created_at: expect.any(String),
      active: true,
      has_password: true,
      second_factors: ['totp'],
      last_login_at: null,
    },
  ]);
});

describe('a search', () => {
  beforeAll(() =>
    insert(
      ...['zoe@example.com', 'zoe.b@example.com', 'zoea@example.com', 'zo%e@example.com', 'zo_e@example.com'],
      ...['zürich@example.com', 'ßtraße@example.com', '7seven@example.com', "o'zed@example.com"],
    ),
  );

  test.each([
    ['zoe', ['zoe.b@example.com', 'zoe@example.com', 'zoea@example.com']],
    ['ZOE@EXAMPLE.COM', ['zoe@example.com']],
    [' Zoe@ ', ['zoe@example.com']],
    ['zo%', ['zo%e@example.com']],
    ['zo_', ['zo_e@example.com']],
    ['zo\\', []],
    ['%', []],
    ['_', []],
    ['ZÜ', ['zürich@example.com']],
    ['zu\u0308', ['zürich@example.com']],
    ["o'z", ["o'zed@example.com"]],
    ['oe@example.com', []],
    ['\u{10ffff}', []],
  ])('of %p is by the beginning of the address', async (search, emails) =>
    expect(emailsOf(await listed({ search }))).toEqual(emails),
  );

  test('of a number is by the ID, exactly, and by the address', async () => {
    await app.sql(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES (7, 'seven@example.com', now())
        ON CONFLICT (id) DO UPDATE SET email = 'seven@example.com'`,
    );
    const emails = ['7seven@example.com', 'seven@example.com'];
    expect(emailsOf(await listed({ search: '7' }))).toEqual(emails);
    const first = await listed({ search: '7', limit: '1' });
    expect(emailsOf(first)).toEqual(emails.slice(0, 1));
    const second = await listed({ search: '7', limit: '1', cursor: first.next ?? '' });
    expect([emailsOf(second), second.next]).toEqual([emails.slice(1), null]);
    expect(emailsOf(await listed({ search: '70000000000000000000' }))).toEqual([]);
  });

  test('goes on where the page before ended', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Listed = await listed({ search: 'zo', limit: '2', ...(cursor && { cursor }) });
      seen.push(...emailsOf(page));
      cursor = page.next;
    }
    expect(seen).toEqual(emailsOf(await listed({ search: 'zo' })));
    expect(seen).toHaveLength(5);
  });
});

test('is in the order of the IDs, a page at a time', async () => {
  const { items } = await listed();
  const ids = items.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((one, other) => one - other));
  const first = await listed({ limit: '1' });
  expect(first.next).toBe(String(ids[0]));
  const second = await listed({ limit: '1', cursor: first.next ?? '' });
  expect(second.items[0]?.id).toBe(ids[1]);
});

test('by role and by whether users are active', async () => {
  const [clerk, idle] = [await memberOf(app), await memberOf(app)];
  await app.sql(`INSERT INTO tokenjar.roles (name) VALUES ('clerk')`);
  await giveRoles(app, clerk, 'clerk');
  await giveRoles(app, idle, 'clerk');
  await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [idle.id]);
  expect(emailsOf(await listed({ role: 'clerk' }))).toEqual([clerk.email, idle.email]);
  expect(emailsOf(await listed({ role: 'clerk', active: 'true' }))).toEqual([clerk.email]);
  expect(emailsOf(await listed({ role: 'clerk', active: 'false' }))).toEqual([idle.email]);
  expect(emailsOf(await listed({ role: 'clerk', active: 'false', search: idle.email }))).toEqual([
    idle.email,
  ]);
  expect(emailsOf(await listed({ role: 'nobody' }))).toEqual([]);
  expect(emailsOf(await listed({ active: 'false' }))).toEqual([idle.email]);
});

test.each([
  ['limit', '0'],
  ['limit', 'x'],
  ['cursor', 'x'],
  ['cursor', '99999999999999999'],
  ['cursor', "1' OR true--"],
  ['active', 'yes'],
  ['role', ''],
  ['role', 'a\0b'],
  ['search', ''],
  ['search', 'a\0b'],
  ['search', 'x'.repeat(321)],
])('refuses %s=%p', async (name, value) => {
  const answer = await admin.get(`/auth/admin/users?${new URLSearchParams({ [name]: value }).toString()}`);
  expectProblem(answer, 'input_invalid');
  expect(Object.keys(answer.body.errors as object)).toEqual([name]);
});

test.each([Buffer.from('a\0b').toString('base64url'), '*', 'x'.repeat(2000)])(
  'refuses the cursor %p of a search',
  async (cursor) => {
    const query = new URLSearchParams({ search: 'zo', cursor }).toString();
    expectProblem(await admin.get(`/auth/admin/users?${query}`), 'input_invalid');
  },
);

describe('one user', () => {
  let user: Member;
  let path: string;
  beforeEach(async () => {
    user = await memberOf(app);
    path = `/auth/admin/users/${user.id}`;
  });
  const patch = (json: object, id = user.id) => admin.patch(`/auth/admin/users/${id}`, json);
  const audited = (event: string) =>
    app.sql<{ reason: string | null; actor: string | null }>(
      'SELECT reason, actor FROM tokenjar.audit_events WHERE user_id = $1 AND event = $2 AND actor IS NOT NULL',
      [user.id, event],
    );
  const by = () => `${admin.email} (user ${admin.id})`;

  test('is changed as a whole, and the administrator is named', async () => {
    const { status, body } = await patch({ roles: ['clerk'], email_verified: false, locale: 'ko' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: user.id, roles: ['clerk'], email_verified: false, locale: 'ko' });
    expect(await audited('roles_changed')).toEqual([{ reason: 'clerk', actor: by() }]);
    expect(await audited('user_changed')).toEqual([
      { reason: 'email_verified=false locale=ko', actor: by() },
    ]);
    await patch({ email_verified: false, locale: 'ko', roles: ['clerk'] });
    expect(await audited('user_changed')).toHaveLength(1);
    expectProblem(await user.get('/auth/session'), 'token_outdated');
    await user.refresh();
    expect((await user.get('/auth/session')).body.roles).toEqual(['clerk']);
  });

  test('is not changed at all where a part of it is refused', async () => {
    const refused = await patch({ roles: ['clerk', 'unheard'], active: false, locale: 'ko' });
    expectProblem(refused, 'input_invalid');
    expect(refused.body.errors).toEqual({ roles: ['There is no role unheard.'] });
    expect((await admin.get(path)).body).toMatchObject({ active: true, locale: null, roles: [] });
  });

  test.each([
    { roles: 'clerk' },
    { roles: ['a\0b'] },
    { roles: [1] },
    { active: 'no' },
    { email_verified: 1 },
    { locale: 'no language' },
  ])('takes no %j', async (json) => expectProblem(await patch(json), 'input_invalid'));

  test('is not changed by fields that are nobody’s to set', async () => {
    const before = await app.sql('SELECT * FROM tokenjar.users WHERE id = $1', [user.id]);
    const more = { id: 1, email: 'x@example.com', password: PASSWORD, password_hash: 'x', is_active: false };
    const { status } = await patch({ ...more, isActive: false, user_id: admin.id, claims_epoch: 1 });
    expect(status).toBe(200);
    expect(await app.sql('SELECT * FROM tokenjar.users WHERE id = $1', [user.id])).toEqual(before);
  });

  test('is deactivated, which ends the sessions, and activated', async () => {
    expect((await patch({ active: false })).body.active).toBe(false);
    expect((await user.get('/auth/session')).status).toBe(401);
    expect((await user.login(user.email)).status).toBe(401);
    expect((await patch({ active: true })).body.active).toBe(true);
    expect((await user.login(user.email)).status).toBe(200);
    expect(await audited('user_deactivated')).toEqual([{ reason: null, actor: by() }]);
    expect(await audited('user_activated')).toEqual([{ reason: null, actor: by() }]);
  });

  test('is deleted, and the tokens with it', async () => {
    expect((await admin.delete(path)).status).toBe(204);
    expect((await user.get('/auth/session')).status).toBe(401);
    expectProblem(await admin.get(path), 'account_not_found');
    expectProblem(await admin.delete(path), 'account_not_found');
    expect(await audited('user_deleted')).toEqual([{ reason: null, actor: by() }]);
  });

  test('has sessions, which are ended one by one or all at once', async () => {
    const [one, two] = [app.browser(), app.browser()];
    await one.login(user.email);
    await two.login(user.email);
    const { body } = await admin.get(`${path}/sessions?limit=2`);
    const { items, next } = body as unknown as { items: unknown[]; next: string };
    expect(items).toHaveLength(2);
    const rest = await admin.get(`${path}/sessions?limit=2&cursor=${next}`);
    expect(rest.body).toMatchObject({ items: [{ device: expect.any(String) }], next: null });
    const id = String(readPart(two.accessToken ?? '', 1).sid);
    expectProblem(await admin.delete(`/auth/admin/users/${admin.id}/sessions/${id}`), 'session_not_found');
    expect((await admin.delete(`${path}/sessions/${id}`)).status).toBe(204);
    expectProblem(await admin.delete(`${path}/sessions/${id}`), 'session_not_found');
    expectProblem(await two.get('/auth/session'), 'token_blacklisted');
    expect((await one.get('/auth/session')).status).toBe(200);
    expect((await admin.delete(`${path}/sessions`)).status).toBe(204);
    for (const browser of [one, user]) expect((await browser.get('/auth/session')).status).toBe(401);
    expect(await audited('session_ended')).toHaveLength(3);
  });

  test('has factors, which are removed after a wait that the user can cancel', async () => {
    await addTotp(app, user.accessToken ?? '');
    await user.refresh();
    const { body } = await admin.get(`${path}/factors`);
    expect(body).toMatchObject({ factors: [{ type: 'totp' }], reset_at: null, required: false });
    expect((await admin.delete(`${path}/factors`)).status).toBe(202);
    expectProblem(await admin.delete(`${path}/factors`), 'factor_reset_pending');
    expect(await audited('factor_reset_requested')).toEqual([{ reason: null, actor: by() }]);
    await app.app.get(FactorResetRun, { strict: false }).run();
    expect((await admin.get(`${path}/factors`)).body.reset_at).toEqual(expect.any(String));
    expect((await user.delete('/auth/factors/reset')).status).toBe(204);
    expect((await admin.get(`${path}/factors`)).body).toMatchObject({ factors: [{}], reset_at: null });
  });

  test('has factors one of which is removed after the same wait, with notice to the user', async () => {
    await addTotp(app, user.accessToken ?? '');
    await user.refresh();
    const factorOf = async (at: string) => {
      const { body } = await admin.get(`${at}/factors`);
      return (body.factors as { id: string }[])[0]?.id ?? '';
    };
    const [id, others] = [await factorOf(path), await factorOf(`/auth/admin/users/${admin.id}`)];
    for (const wrong of [others, 'x', FACTOR])
      expectProblem(await admin.delete(`${path}/factors/${wrong}`), 'factor_not_found');
    expect((await admin.delete(`${path}/factors/${id}`)).status).toBe(202);
    for (const at of [`/${id}`, ''])
      expectProblem(await admin.delete(`${path}/factors${at}`), 'factor_reset_pending');
    expect(await audited('factor_reset_requested')).toEqual([{ reason: 'totp', actor: by() }]);
    const run = () => app.app.get(FactorResetRun, { strict: false }).run();
    await run();
    expect((await admin.get(`${path}/factors`)).body).toMatchObject({
      reset_at: expect.any(String),
      reset_factor_id: id,
    });
    // The user keeps it, is asked for it still, and then removes it: nothing is waited for any more.
    expect((await user.delete('/auth/factors/reset')).status).toBe(204);
    expect((await admin.delete(`${path}/factors/${id}`)).status).toBe(202);
    expect((await user.delete(`/auth/factors/${id}`)).status).toBe(204);
    expect((await admin.get(`${path}/factors`)).body).toMatchObject({
      reset_at: null,
      reset_factor_id: null,
    });
  });

  test('has identities and a history, with the administrators in it', async () => {
    await app.sql(
      `INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, created_at, is_unproven)
        VALUES (gen_random_uuid(), $1, 'google', 'https://accounts.google.com', $2, now(), false)`,
      [user.id, user.email],
    );
    const { body } = await admin.get(`${path}/identities`);
    expect(body).toEqual([expect.objectContaining({ provider: 'google', subject: user.email })]);
    await patch({ locale: 'en' });
    const activity = (await admin.get(`${path}/activity?limit=1`)).body;
    expect(activity).toMatchObject({ items: [{ event: 'user_changed', actor: by(), ip: '127.0.0.1' }] });
    const next = await admin.get(`${path}/activity?cursor=${String(activity.next)}`);
    expect(next.body).toMatchObject({ items: [{ event: 'login', actor: null }, {}], next: null });
    const own = (await user.get('/auth/activity')).body as unknown as { event: string; ip: string | null }[];
    expect(own[0]).toMatchObject({ event: 'user_changed', ip: null });
  });

  test('who is nobody has nothing', async () => {
    for (const id of ['987654321', '0', '-1', '1e3', 'x', '9007199254740993', '99999999999999999999', '%00'])
      for (const [verb, at] of [
        ...(['GET', 'PATCH', 'DELETE'] as const).map((verb) => [verb, ''] as const),
        ...['sessions', 'factors', 'identities', 'activity'].map((at) => ['GET', `/${at}`] as const),
        ...['sessions', 'factors', `factors/${FACTOR}`].map((at) => ['DELETE', `/${at}`] as const),
        ['POST', '/password-reset'] as const,
      ])
        expectProblem(
          await admin.send(verb, `/auth/admin/users/${id}${at}`, verb === 'PATCH' ? { json: {} } : {}),
          'account_not_found',
        );
  });
});

describe('administrators', () => {
  test.each([{ roles: [] }, { roles: ['clerk'] }, { active: false }, { roles: [], active: false }])(
    'cannot lock themselves out with %j',
    async (json) => {
      expectProblem(await admin.patch(`/auth/admin/users/${admin.id}`, json), 'own_account');
      expect((await admin.get(`/auth/admin/users/${admin.id}`)).body).toMatchObject({ roles: ['admin'] });
    },
  );

  test('cannot delete themselves here', async () =>
    expectProblem(await admin.delete(`/auth/admin/users/${admin.id}`), 'own_account'));

  test('may change themselves otherwise', async () => {
    const { status } = await admin.patch(`/auth/admin/users/${admin.id}`, { locale: 'en', roles: ['admin'] });
    expect(status).toBe(200);
  });

  test.each([
    ['take the role from each other', { roles: [] }],
    ['deactivate each other', { active: false }],
    ['delete each other', undefined],
  ])('who %s at once: one of them stays', async (_what, json) => {
    const [one, other] = [await adminOf(app), await adminOf(app)];
    const against = (who: Admin, whom: Admin) =>
      json ? who.patch(`/auth/admin/users/${whom.id}`, json) : who.delete(`/auth/admin/users/${whom.id}`);
    const answers = await Promise.all([against(one, other), against(other, one)]);
    expect(answers.map(({ status }) => status).filter((status) => status < 300)).toHaveLength(1);
    const [{ left }] = (await app.sql<{ left: number }>(
      `SELECT count(*)::int AS left FROM tokenjar.users WHERE is_active AND roles = '{admin}' AND id = ANY ($1)`,
      [[one.id, other.id]],
    )) as [{ left: number }];
    expect(left).toBe(1);
  });
});

describe('roles', () => {
  const path = '/auth/admin/roles/till%2Fnight';

  test('are made, replaced and deleted', async () => {
    const made = await admin.send('PUT', path, { json: { permissions: ['b', 'a', 'a'], description: 'x' } });
    const role = { name: 'till/night', permissions: ['a', 'b'], description: 'x' };
    expect([made.status, made.body]).toEqual([200, role]);
    await admin.send('PUT', path, { json: { permissions: [] } });
    const { body } = await admin.get('/auth/admin/roles');
    expect(body).toContainEqual({ ...role, permissions: [] });
    const holder = await memberOf(app);
    await giveRoles(app, holder, 'till/night');
    expectProblem(await admin.delete(path), 'role_held');
    await giveRoles(app, holder);
    expect((await admin.delete(path)).status).toBe(204);
    expectProblem(await admin.delete(path), 'role_not_found');
    const rows = await app.sql(
      `SELECT event FROM tokenjar.audit_events WHERE reason = 'till/night' AND actor IS NOT NULL AND user_id IS NULL ORDER BY id`,
    );
    expect(rows).toEqual(['role_changed', 'role_changed', 'role_deleted'].map((event) => ({ event })));
  });

  test('nobody is locked out by more permissions than an access token can carry', async () => {
    const lots = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `p${from + i}`.padEnd(100, 'x'));
    const put = (name: string, permissions: string[]) =>
      admin.send('PUT', `/auth/admin/roles/${name}`, { json: { permissions } });
    expectProblem(await put('huge', lots(0, 60)), 'input_invalid');
    expect((await put('large', lots(0, 35))).status).toBe(200);
    expect((await put('other', lots(100, 2))).status).toBe(200);
    const user = await memberOf(app);
    const path = `/auth/admin/users/${user.id}`;
    expect((await admin.patch(path, { roles: ['large', 'other'] })).status).toBe(200);
    // As part of what somebody has.
    expectProblem(await put('other', lots(100, 20)), 'input_invalid');
    expect((await put('large', lots(0, 34))).status).toBe(200);
    expect((await put('another', lots(200, 30))).status).toBe(200);
    expectProblem(await admin.patch(path, { roles: ['large', 'another'] }), 'input_invalid');
    expect((await user.refresh()).status).toBe(200);
    expect((await app.browser().login(user.email)).status).toBe(200);
  });

  test.each<readonly [string, object, string]>([
    ['/auth/admin/roles/%20a', { permissions: [] }, 'name'],
    ['/auth/admin/roles/a%00b', { permissions: [] }, 'name'],
    // Two that look like one: decomposed, a no-break space, two spaces, and what is not shown at all.
    ...[
      'e\u0301',
      'a\u00a0b',
      'a  b',
      'x\u034fy',
      'a\ufe0f',
      '\u3164',
      '\u2800',
      '\u202eadmin',
      '\ue000',
    ].map((name) => [`/auth/admin/roles/${encodeURIComponent(name)}`, { permissions: [] }, 'name'] as const),
    [`/auth/admin/roles/${'a'.repeat(101)}`, { permissions: [] }, 'name'],
    [`/auth/admin/roles/${'%EA%B4%80'.repeat(101)}`, { permissions: [] }, 'name'],
    ['/auth/admin/roles/a', { permissions: ['two words'] }, 'permissions'],
    ['/auth/admin/roles/a', { permissions: 'a' }, 'permissions'],
    ['/auth/admin/roles/a', {}, 'permissions'],
    ['/auth/admin/roles/a', { permissions: [], description: 'a\0b' }, 'description'],
  ])('%s takes no %j', async (at, json, field) => {
    const answer = await admin.send('PUT', at, { json });
    expectProblem(answer, 'input_invalid');
    expect(Object.keys(answer.body.errors as object)).toEqual([field]);
  });
});

describe('the audit trail', () => {
  const audit = async (query: Record<string, string>, headers = {}) =>
    admin.get(`/auth/admin/audit?${new URLSearchParams(query).toString()}`, { headers });
  const idsOf = ({ body }: Answer) => (body.items as { id: string }[]).map(({ id }) => id);

  test('by account, event and time, a page at a time', async () => {
    await app.sql(`
      INSERT INTO tokenjar.audit_events (id, at, event, outcome, user_id) OVERRIDING SYSTEM VALUE
      SELECT 900000 + n, timestamptz '2020-01-01T00:00:00Z' + n * interval '1 hour',
        CASE WHEN n % 2 = 0 THEN 'login' ELSE 'logout' END, 'success', 4242 FROM generate_series(1, 10) n`);
    const wanted = {
      user_id: '4242',
      event: 'login',
      from: '2020-01-01T03:00:00Z',
      to: '2020-01-01T17:00:00+09:00',
    };
    expect(idsOf(await audit(wanted))).toEqual(['900006', '900004']);
    const first = await audit({ ...wanted, limit: '1' });
    expect([idsOf(first), first.body.next]).toEqual([['900006'], '900006']);
    const second = await audit({ ...wanted, limit: '1', cursor: String(first.body.next) });
    expect([idsOf(second), second.body.next]).toEqual([['900004'], null]);
    expect(idsOf(await audit({ user_id: '4242', to: '2020-01-01' }))).toEqual([]);
  });

  test.each([
    ['user_id', 'x'],
    ['user_id', '0'],
    ['event', ''],
    ['event', 'a\0b'],
    ['from', 'yesterday'],
    ['to', '2020-13-01'],
    ['cursor', 'x'],
    ['limit', '-1'],
  ])('refuses %s=%p', async (name, value) => expectProblem(await audit({ [name]: value }), 'input_invalid'));

  test('as CSV, whole, in cells that are no formulas', async () => {
    const cells = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      ' =1',
      '＝1',
      'a,b',
      'say "hi"',
      "it's",
      'plain',
    ];
    await app.sql(
      `INSERT INTO tokenjar.audit_events (at, event, outcome, user_id, reason)
        SELECT now(), 'login', 'failure', 4243, reason FROM unnest($1::text[]) WITH ORDINALITY AS r (reason, n) ORDER BY n DESC`,
      [cells],
    );
    await app.sql(
      `INSERT INTO tokenjar.audit_events (at, event, outcome, user_id)
        SELECT now(), 'login', 'success', 4243 FROM generate_series(1, 2500)`,
    );
    const { status, headers, text } = await audit({ user_id: '4243', limit: '1' }, { accept: 'text/csv' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    expect(headers.get('cache-control')).toBe('no-store');
    const lines = text.replaceAll('\r=1', 'CR').split('\r\n');
    expect(lines[0]).toBe(
      'id,at,event,outcome,reason,user_id,session_id,ip,user_agent,request_id,actor,methods,count',
    );
    expect(lines).toHaveLength(1 + 2500 + cells.length + 1);
    const reasons = lines.slice(2501, -1).map((line) => /failure,(.*),4243,/.exec(line)?.[1]);
    expect(reasons).toEqual([
      ...[`"'=1+1"`, `"'+1"`, `"'-1"`, `"'@SUM(A1)"`, `"'\t=1"`, `"'CR"`, `"' =1"`, `"'＝1"`],
      ...['"a,b"', '"say ""hi"""', `"it's"`, 'plain'],
    ]);
  });
});

test('a password reset is an email, and nothing that the administrator learns', async () => {
  const user = await memberOf(app);
  const answer = await admin.post(`/auth/admin/users/${user.id}/password-reset`);
  expect([answer.status, answer.body]).toEqual([200, { detail: 'An email is on its way.' }]);
  const [row] = await app.sql(
    `SELECT actor FROM tokenjar.audit_events WHERE user_id = $1 AND event = 'password_reset_requested'`,
    [user.id],
  );
  expect(row).toEqual({ actor: `${admin.email} (user ${admin.id})` });
});

test('shows what a host has added', async () => {
  const profile = { company: 'Acme' };
  const email = uniqueEmail();
  await insert(email);
  await app.sql('UPDATE tokenjar.users SET profile = $2 WHERE email = $1', [email, profile]);
  expect((await listed({ search: email })).items).toMatchObject([{ email, profile }]);
});
