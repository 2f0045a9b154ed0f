import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Admin, adminOf, giveRoles, memberOf } from '../support/admin.js';
import { startApp, type TestApp } from '../support/app.js';
import { expectProblem } from '../support/problem.js';

interface Listed {
  items: { id: number; email: string }[];
  next: string | null;
}

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
