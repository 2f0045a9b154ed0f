import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { usernameColumns } from '../../src/username.js';
import { type Admin, adminOf } from '../support/admin.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { expectProblem } from '../support/problem.js';
import { secretOf } from '../support/smtp.js';
import { addTotp } from '../support/totp-account.js';

const OTHER = 'a rather different set of words';

let mailApp: MailApp;
let app: TestApp;
let admin: Admin;
beforeAll(async () => {
  mailApp = await startMailApp({ signInWith: 'both', registration: true });
  ({ app } = mailApp);
  admin = await adminOf(app);
});
afterAll(() => mailApp.close());

async function insert(username: string | null, email: string | null, isExact = false): Promise<number> {
  const { usernameFolded, usernameSkeleton } = usernameColumns(username);
  const [row] = await app.sql<{ id: string }>(
    `INSERT INTO tokenjar.users
        (username, username_folded, username_skeleton, username_is_exact, email, created_at)
      VALUES ($1, $2, $3, $4, $5, now()) RETURNING id`,
    [username, usernameFolded, usernameSkeleton, isExact, email],
  );
  return Number(row?.id);
}

interface Listed {
  items: { id: number; username: string | null; email: string | null }[];
  next: string | null;
}
const create = (body: object) => admin.post('/auth/admin/users', body);
const change = (id: number, body: object) => admin.patch(`/auth/admin/users/${id}`, body);
const linkFor = (id: number) => admin.post(`/auth/admin/users/${id}/password-link`);
const login = (body: object) => app.browser().post('/auth/login', { password: PASSWORD, ...body });
const setPassword = (link: unknown, password = PASSWORD): Promise<Answer> => {
  const token = new URLSearchParams(new URL(String(link)).hash.slice(1)).get('token');
  return app.browser().post('/auth/password/reset/confirm', { token, new_password: password });
};

describe('a search', () => {
  const names = ({ items }: Listed) => items.map(({ email, username }) => username ?? email);
  async function listed(query: Record<string, string>): Promise<Listed> {
    const { body } = await admin.get(`/auth/admin/users?${new URLSearchParams(query).toString()}`);
    return body as unknown as Listed;
  }
  let id: number;
  beforeAll(async () => {
    await insert('zed', 'zed@example.com');
    await insert(null, 'zeda@example.com');
    await insert('Zedb', null);
    for (const name of ['ZEDC', 'zedc', 'Zedc']) await insert(name, null, true);
    await insert('other', 'zede@example.com');
    id = await insert('zedf', 'y@example.com');
  });

  test('is by the beginning of the address, then of the username, and shows nobody twice', async () => {
    const all = ['zed', 'zeda@example.com', 'other', 'Zedb', 'ZEDC', 'zedc', 'Zedc', 'zedf'];
    for (const search of ['zed', 'ZED', 'ｚｅｄ ']) {
      const found = names(await listed({ search }));
      expect([search, found]).toEqual([search, search.startsWith('ｚ') ? ['zed', ...all.slice(3)] : all]);
    }
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Listed = await listed({ search: 'zed', limit: '1', ...(cursor && { cursor }) });
      seen.push(...names(page));
      cursor = page.next;
    }
    expect(seen).toEqual(all);
  });

  test('of a number is by the ID too', async () => {
    await insert(`${id}th`, null);
    await insert(null, `${id}@example.com`);
    const found = [`${id}@example.com`, 'zedf', `${id}th`];
    expect(names(await listed({ search: String(id) }))).toEqual(found);
    const first = await listed({ search: String(id), limit: '2' });
    const second = await listed({ search: String(id), limit: '2', cursor: first.next ?? '' });
    expect([...names(first), ...names(second), second.next]).toEqual([...found, null]);
  });

  test.each([
    'NDp4',
    'MTp4OnpvZQ',
    'MTo5OTk5OTk5OTk5OTk5OTk5OTk6eA',
    '-',
    Buffer.from('3:1:\0').toString('base64url'),
  ])('refuses the cursor %j', async (cursor) =>
    expectProblem(await admin.get(`/auth/admin/users?search=z&cursor=${cursor}`), 'input_invalid'),
  );
});

test('an administrator changes a username: the owner is told, and the audit trail names who did it', async () => {
  const [username, email] = ['before-it', uniqueEmail()];
  const id = await insert(username, email);
  await app.sql('UPDATE tokenjar.users SET email_verified = true WHERE id = $1', [id]);
  expect(await change(id, { username: ' After-It ' })).toMatchObject({
    status: 200,
    body: { username: 'After-It', email },
  });
  expect((await mailApp.mail.emailTo(email)).subject).toBe('Tokenjar: your username was changed');
  expect(
    await app.sql(
      `SELECT actor FROM tokenjar.audit_events WHERE event = 'username_changed' AND user_id = $1`,
      [id],
    ),
  ).toEqual([{ actor: `${admin.email} (user ${admin.id})` }]);
  // What stays as it is, is no change; deactivated accounts have names too.
  expect((await change(id, { username: 'After-It', active: false })).status).toBe(200);
  expect((await change(id, { username: 'of-nobody' })).body.username).toBe('of-nobody');
  const taken = await insert('taken-one', null);
  expectProblem(await change(id, { username: 'TAKEN-ONE', roles: ['admin'] }), 'username_taken');
  for (const wrong of ['a b', 'jаne', 'someone@example.com', ' '])
    expect(await change(taken, { username: wrong })).toMatchObject({
      status: 400,
      body: { errors: { username: [expect.any(String)] } },
    });
  // All of it or nothing.
  expect((await admin.get(`/auth/admin/users/${id}`)).body.roles).toEqual([]);
  expect(mailApp.mail.to(email)).toHaveLength(1);
});

test('an account without an address is made with a link, which sets the password once', async () => {
  const made = await create({ username: 'Grace' });
  expect(made).toMatchObject({
    status: 201,
    body: { user: { username: 'Grace', email: null, email_verified: false }, expires_in: 86_400 },
  });
  expectProblem(await create({ username: 'GRACE' }), 'username_taken');
  expectProblem(await create({ username: 'grace2', roles: ['nothing'] }), 'input_invalid');
  expectProblem(await create({}), 'input_invalid');
  const { id } = made.body.user as { id: number };
  expect(
    await app.sql('SELECT event, actor FROM tokenjar.audit_events WHERE user_id = $1 ORDER BY id', [id]),
  ).toEqual(
    ['registration', 'password_reset_requested'].map((event) => ({
      event,
      actor: `${admin.email} (user ${admin.id})`,
    })),
  );
  expectProblem(await login({ username: 'grace' }), 'bad_credentials');
  expect((await setPassword(made.body.password_link, 'Grace-Grace-Grace-Grace')).body.code).toBe(
    'password_too_similar',
  );
  expect((await setPassword(made.body.password_link)).status).toBe(200);
  expectProblem(await setPassword(made.body.password_link), 'link_invalid');
  expect((await login({ username: 'grace' })).status).toBe(200);

  // Another link, after factors were set up: they stay, and sessions end.
  const browser = app.browser();
  await browser.post('/auth/login', { username: 'grace', password: PASSWORD });
  await addTotp(app, browser.accessToken ?? '');
  const [first, second] = [await linkFor(id), await linkFor(id)];
  expect(first).toMatchObject({ status: 200, body: { expires_in: 86_400 } });
  expect((await setPassword(second.body.link, OTHER)).status).toBe(200);
  expectProblem(await setPassword(first.body.link, OTHER), 'link_invalid');
  expectProblem(await browser.post('/auth/token/refresh'), 'token_blacklisted');
  expectProblem(await login({ username: 'grace' }), 'bad_credentials');
  expect((await login({ username: 'grace', password: OTHER })).body.code).toBe('second_factor_required');
  expect(mailApp.mail.emails.filter(({ to }) => to.some((each) => !each.includes('@')))).toEqual([]);
});

test('with a username and an address, the email goes there; with an address alone, it is an invitation', async () => {
  const email = uniqueEmail();
  const made = await create({ username: 'henrietta', email, roles: ['admin'] });
  expect(made).toMatchObject({
    status: 201,
    body: { user: { username: 'henrietta', email, roles: ['admin'] }, password_link: null, expires_in: null },
  });
  expect((await setPassword((await mailApp.mail.emailTo(email)).link)).status).toBe(200);
  expectProblem(await create({ username: 'henrietta2', email }), 'email_taken');
  const invited = uniqueEmail();
  expect((await create({ email: invited })).body).toMatchObject({ email: invited, invited_by: admin.id });
  const key = secretOf((await mailApp.mail.emailTo(invited)).link);
  const accept = (body: object) =>
    app.browser().post('/auth/invitations/accept', { key, password: PASSWORD, ...body });
  expectProblem(await accept({ username: 'Henrietta' }), 'username_taken');
  expectProblem(await accept({ username: 'a b' }), 'input_invalid');
  expect(await accept({ username: 'Invited' })).toMatchObject({
    status: 200,
    body: { user: { username: 'Invited', email: invited } },
  });
});

test('a link is shown only where no email does it, and not for administrators', async () => {
  const [addressed, gone, boss] = [
    await insert('addressed', uniqueEmail()),
    await insert('gone', null),
    await insert('boss', null),
  ];
  await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [gone]);
  await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE id = $1`, [boss]);
  for (const id of [addressed, gone, boss]) expectProblem(await linkFor(id), 'password_link_refused');
  expectProblem(await linkFor(999_999_999), 'account_not_found');
  expectProblem(await admin.post(`/auth/admin/users/${boss}/password-reset`), 'address_missing');
});

test('a link is worth nothing once the account has an address', async () => {
  const { body } = await create({ username: 'ingrid' });
  const { id } = body.user as { id: number };
  await app.sql('UPDATE tokenjar.users SET email = $2 WHERE id = $1', [id, uniqueEmail()]);
  expectProblem(await setPassword(body.password_link), 'link_invalid');
});
