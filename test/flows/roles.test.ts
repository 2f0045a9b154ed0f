import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { Users } from '../../src/users/users.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { adminOf } from '../support/admin.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { untilRefused } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';
import { type StatementCounter, tapStatements } from '../support/statement-counter.js';

type User = Browser & { email: string };

let database: TestDatabase;
let clock: TestClock;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  clock = new TestClock();
  app = await startApp({ clock, leeway: '10s' }, database);
  await changes().set({ name: 'clerk', permissions: ['orders:write', 'orders:read'] });
  await changes().set({ name: 'auditor', permissions: ['orders:read', 'log:read'] });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const changes = () => app.app.get(RoleChanges);
async function idOf({ email }: { email: string }): Promise<number> {
  const [row] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
  if (!row) throw new Error(`nobody is ${email}`);
  return row.id;
}
const give = async (user: User, ...roles: string[]) => changes().assign(await idOf(user), roles);
const claims = ({ accessToken = '' }: Browser) => readPart(accessToken, 1);
const grantOf = (user: Browser) => {
  const { roles, scope } = claims(user);
  return { roles, scope };
};
async function withRoles(...roles: string[]): Promise<User> {
  const user = await app.signedUp();
  await give(user, ...roles);
  await user.post('/auth/token/refresh');
  return user;
}

describe('what an access token grants', () => {
  test('the roles of its user, and their permissions, each once', async () => {
    const user = await withRoles('clerk', 'auditor');
    const scope = 'log:read orders:read orders:write';
    expect(grantOf(user)).toEqual({ roles: ['auditor', 'clerk'], scope });
    const { body } = await user.get('/auth/session');
    expect({ roles: body.roles, scope: body.scope }).toEqual(grantOf(user));
  });

  test('no scope for a user without roles, nor for a role without a row', async () => {
    const user = await app.signedUp();
    expect(grantOf(user)).toEqual({ roles: [] });
    await app.sql(`UPDATE tokenjar.users SET roles = '{unheard}' WHERE email = $1`, [user.email]);
    await user.post('/auth/token/refresh');
    expect(grantOf(user)).toEqual({ roles: ['unheard'] });
    expect((await user.get('/auth/session')).status).toBe(200);
  });

  test('what a role has in the table and no token can carry is left out', async () => {
    await app.sql(`INSERT INTO tokenjar.roles (name, permissions) VALUES ('odd', '{"two words",fine,""}')`);
    expect(grantOf(await withRoles('odd')).scope).toBe('fine');
  });
});

describe('a sign-in that asks for fewer', () => {
  const signIn = (user: User, scope: string) =>
    user.post('/auth/login', { email: user.email, password: PASSWORD, scope });

  test('has them for life, and no role', async () => {
    const user = await withRoles('clerk', 'auditor');
    expect((await signIn(user, 'orders:read log:read')).status).toBe(200);
    expect(grantOf(user)).toEqual({ roles: [], scope: 'log:read orders:read' });
    await give(user, 'clerk');
    await user.post('/auth/token/refresh');
    expect(grantOf(user)).toEqual({ roles: [], scope: 'orders:read' });
    await give(user, 'clerk', 'auditor');
    clock.pastRotation();
    await user.post('/auth/token/refresh');
    expect(grantOf(user)).toEqual({ roles: [], scope: 'log:read orders:read' });
  });

  test.each(['orders:read everything', 'Orders:read', 'orders'])('refuses %p', async (scope) => {
    const user = await withRoles('clerk');
    const refused = await signIn(user, scope);
    expectProblem(refused, 'invalid_scope');
    expect(refused.setCookie).toEqual([]);
    expectProblem(await signIn(user, ''), 'input_invalid');
    expectProblem(await signIn(user, 'a"b'), 'input_invalid');
  });

  test('does not tell whether somebody else has a permission, without the password', async () => {
    const { email } = await withRoles('clerk');
    const body = { email, password: 'a rather different set of words', scope: 'everything' };
    expectProblem(await app.browser().post('/auth/login', body), 'bad_credentials');
  });

  test('at a registration there is nothing to ask for, and no account comes of it', async () => {
    const email = uniqueEmail();
    const body = { email, password: PASSWORD, scope: 'orders:read' };
    expectProblem(await app.browser().post('/auth/registration', body), 'invalid_scope');
    expect(await app.sql('SELECT 1 FROM tokenjar.users WHERE email = $1', [email])).toEqual([]);
  });
});

describe('mass assignment', () => {
  const more = {
    roles: ['admin'],
    role: 'admin',
    permissions: ['orders:read'],
    claims_epoch: 9e15,
    is_staff: true,
  };

  test('of roles by registration and profile', async () => {
    const user = Object.assign(app.browser(), { email: uniqueEmail() });
    const answer = await user.post('/auth/registration', { email: user.email, password: PASSWORD, ...more });
    expect(answer.body.user).toMatchObject({ roles: [] });
    await user.send('PATCH', '/auth/user', { json: { ...more, scope: 'orders:read', locale: 'en' } });
    await user.post('/auth/token/refresh', { ...more, scope: 'orders:read' });
    expect(grantOf(user)).toEqual({ roles: [] });
    const [row] = await app.sql('SELECT roles, claims_epoch FROM tokenjar.users WHERE email = $1', [
      user.email,
    ]);
    expect(row).toEqual({ roles: [], claims_epoch: 0 });
  });

  test('of a scope by a refresh or another authentication', async () => {
    const user = await withRoles('clerk');
    await user.post('/auth/login', { email: user.email, password: PASSWORD, scope: 'orders:read' });
    const scope = 'orders:read orders:write';
    await user.post('/auth/token/refresh', { scope });
    await user.post('/auth/reauthenticate', { method: 'password', password: PASSWORD, scope });
    expect(grantOf(user)).toEqual({ roles: [], scope: 'orders:read' });
  });
});

describe('a change', () => {
  const outdated = async (user: Browser) => expectProblem(await user.get('/auth/session'), 'token_outdated');

  test.each([
    ['of the roles of a user', (user: User) => give(user, 'auditor')],
    ['of the permissions of a role', () => changes().set({ name: 'clerk', permissions: ['orders:read'] })],
    // On the embedded database nothing notifies.
    ...(isEmbedded
      ? []
      : ([
          [
            'of the roles, with SQL',
            (user: User) => app.sql(`UPDATE tokenjar.users SET roles = '{}' WHERE email = $1`, [user.email]),
          ],
        ] as const)),
  ])('%s outdates the access token, and not the session', async (_, change) => {
    await changes().set({ name: 'clerk', permissions: ['orders:write', 'orders:read'] });
    const user = await withRoles('clerk');
    const others = [await withRoles('auditor'), await app.signedUp()];
    await change(user);
    const { refusal } = await untilRefused(() => user.get('/auth/session'));
    expect([refusal.body.code, refusal.headers.get('www-authenticate')]).toEqual([
      'token_outdated',
      'Bearer error="invalid_token"',
    ]);
    for (const other of others) expect((await other.get('/auth/session')).status).toBe(200);
    expect((await user.post('/auth/token/refresh')).status).toBe(200);
    expect((await user.get('/auth/session')).status).toBe(200);
  });

  test('in the same second as the token, before and after it', async () => {
    const user = await withRoles('clerk');
    for (const roles of [['auditor'], [], ['clerk', 'auditor']]) {
      await give(user, ...roles);
      await outdated(user);
      await user.post('/auth/token/refresh');
      expect((await user.get('/auth/session')).body.roles).toEqual([...roles].sort());
    }
  });

  test('that changes nothing outdates nothing', async () => {
    const user = await withRoles('clerk');
    await give(user, 'clerk');
    await changes().set({ name: 'auditor', permissions: ['log:read', 'orders:read'] });
    expect((await user.get('/auth/session')).status).toBe(200);
  });

  test('of any role outdates the token of a session with a scope', async () => {
    const user = await withRoles('clerk');
    await user.post('/auth/login', { email: user.email, password: PASSWORD, scope: 'orders:read' });
    await changes().set({ name: 'clerk', permissions: ['orders:write'] });
    await outdated(user);
    await user.post('/auth/token/refresh');
    expect(grantOf(user)).toEqual({ roles: [] });
  });

  (isEmbedded ? test.skip : test)('a deactivation with SQL outdates the access token', async () => {
    const user = await app.signedUp();
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [user.email]);
    const { refusal } = await untilRefused(() => user.get('/auth/session'));
    expectProblem(refusal, 'user_inactive');
    expectProblem(await user.post('/auth/token/refresh'), 'user_inactive');
    await app.sql('UPDATE tokenjar.users SET is_active = true WHERE email = $1', [user.email]);
    await user.post('/auth/token/refresh');
    expect((await user.get('/auth/session')).status).toBe(200);
  });

  test('a role that somebody has cannot be deleted, nor one that does not exist be given', async () => {
    const user = await withRoles('clerk');
    expect(await app.app.get(Users).page(0, 1, 'clerk')).toHaveLength(1);
    expect(await changes().delete('clerk')).toMatchObject({ problem: 'role_held' });
    await expect(app.sql(`DELETE FROM tokenjar.roles WHERE name = 'clerk'`)).rejects.toThrow('users have');
    expect(await give(user, 'clerk', 'nobody')).toEqual({ problem: 'role_unknown', name: 'nobody' });
    expect(await changes().delete('nobody')).toEqual({ problem: 'role_unknown', name: 'nobody' });
    await changes().set({ name: 'guest', permissions: [] });
    expect(await changes().delete('guest')).toBeUndefined();
  });
});

(isEmbedded ? describe.skip : describe).each(['auto', 'poll'] as const)(
  'on another instance, with BLACKLIST_FEED=%s',
  (blacklistFeed) => {
    let tap: StatementCounter;
    let there: TestApp;
    beforeAll(async () => {
      tap = await tapStatements((database.settings as { databaseUrl: string }).databaseUrl);
      // Its clock is off, which does not matter: epochs are of the database.
      const ahead = new TestClock();
      ahead.advance((clock.now().getTime() - ahead.now().getTime()) / 1000 + 4);
      there = await startApp(
        { clock: ahead, leeway: '10s', blacklistFeed, databaseUrl: tap.databaseUrl },
        database,
      );
      await changes().set({ name: 'clerk', permissions: ['orders:write', 'orders:read'] });
    });
    afterAll(async () => {
      await there.close();
      await tap.close();
    });
    const overHttp = async (method: string, path: () => string | Promise<string>, json: object) => {
      const admin = await adminOf(app);
      const { status } = await admin.send(method, `/auth/admin/${await path()}`, { json });
      expect(status).toBe(200);
    };
    const askThere = ({ accessToken }: Browser) =>
      new Browser(there.url).get('/auth/session', { headers: { authorization: `Bearer ${accessToken}` } });
    const refreshThere = async (user: Browser) =>
      new Browser(there.url).post('/auth/token/refresh', undefined, {
        cookie: `refresh_token=${await user.refreshCookie()}`,
      });

    test.each([
      ['roles of a user', (user: User) => give(user, 'auditor')],
      ['permissions', () => changes().set({ name: 'clerk', permissions: [`p${Math.random()}`] })],
      ['deactivation', async (user: User) => app.app.get(SessionEnding).deactivateUser(await idOf(user))],
      [
        'roles of a user, over HTTP',
        (user: User) => overHttp('PATCH', async () => `users/${await idOf(user)}`, { roles: ['auditor'] }),
      ],
      [
        'permissions, over HTTP',
        () => overHttp('PUT', () => 'roles/clerk', { permissions: [`p${Math.random()}`] }),
      ],
      [
        'deactivation, over HTTP',
        (user: User) => overHttp('PATCH', async () => `users/${await idOf(user)}`, { active: false }),
      ],
    ])('%s: refused within a second, without a query of a request', async (what, change) => {
      const user = await withRoles('clerk');
      expect((await askThere(user)).status).toBe(200);
      await change(user);
      let answer: { refusal: Answer; acceptedFor: number } | undefined;
      const count = await tap.countDuring(async () => {
        answer = await untilRefused(() => askThere(user));
      });
      expect(answer?.acceptedFor).toBeLessThan(1000);
      const code = what.startsWith('deactivation') ? 'token_blacklisted' : 'token_outdated';
      expect([answer?.refusal.body.code, count]).toEqual([code, 0]);
    });

    test('it signs with what has been committed, although it has not been told', async () => {
      const user = await withRoles('clerk');
      const permission = `p${Math.random()}`;
      await changes().set({ name: 'clerk', permissions: [permission] });
      const { body } = await refreshThere(user);
      const accessToken = body.access_token as string;
      expect(readPart(accessToken, 1).scope).toBe(permission);
      const headers = { authorization: `Bearer ${accessToken}` };
      for (const url of [app.url, there.url])
        expect((await new Browser(url).get('/auth/session', { headers })).status).toBe(200);
    });

    test('an instance that starts later refuses what was outdated before', async () => {
      const user = await withRoles('clerk');
      const before = { accessToken: user.accessToken };
      await give(user, 'auditor');
      const late = await startApp({ clock }, database);
      try {
        const headers = { authorization: `Bearer ${before.accessToken}` };
        expectProblem(await new Browser(late.url).get('/auth/session', { headers }), 'token_outdated');
      } finally {
        await late.close();
      }
    });
  },
);
