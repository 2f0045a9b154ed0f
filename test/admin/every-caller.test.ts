import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ErrorCode, ERRORS } from '../../src/errors.js';
import { partsOf } from '../../src/http/operation-row.js';
import { ROUTES, rowOf } from '../../src/http/operations.js';
import { Blacklist } from '../../src/users/blacklist/blacklist.js';
import { DIALECTS } from '../openapi/conversation.js';
import { type Admin, adminOf, giveRoles, type Member, memberOf } from '../support/admin.js';
import { bearer, storedKey } from '../support/api-keys.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

/** Every operation of administrators, whoever adds one. */
const OPERATIONS = ROUTES.filter(({ operation }) => rowOf(operation).access === 'admin');

const NOBODYS_ID = '019b7936-8a00-7000-8000-0123456789ab';
const FRESHNESS = 900;

let database: TestDatabase;
let app: TestApp;
/** By who calls. */
const callers = new Map<string, Browser>();
let admin: Admin;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({ apiKeys: true }, database);
  const copyOf = ({ base, accessToken }: Browser) =>
    Object.assign(new Browser(base), { accessToken: accessToken ?? '' });
  const stale = await adminOf(app);
  app.clock.advance(FRESHNESS + 1);
  callers.set('admin without a fresh sign-in', await refreshed(stale));
  callers.set('nobody', app.browser());
  callers.set('a forger', Object.assign(app.browser(), { accessToken: 'x.y.z' }));
  callers.set('user', await memberOf(app));
  const clerk = await memberOf(app);
  await app.sql(`INSERT INTO tokenjar.roles (name, permissions) VALUES ('clerk', '{orders:read}')`);
  await giveRoles(app, clerk, 'clerk');
  callers.set('user of another role', await refreshed(clerk));
  const weak = await memberOf(app);
  await giveRoles(app, weak, 'admin');
  callers.set('admin with one factor', await refreshed(weak));
  const narrow: Member = await memberOf(app);
  await giveRoles(app, narrow, 'admin', 'clerk');
  await app.sql(`UPDATE tokenjar.sessions SET scope = 'orders:read' WHERE user_id = $1`, [narrow.id]);
  callers.set('admin whose session has a scope', await refreshed(narrow));
  const former = await adminOf(app);
  callers.set('admin who has lost the role', copyOf(former));
  await giveRoles(app, former);
  const inactive = await adminOf(app);
  callers.set('admin who was deactivated', copyOf(inactive));
  await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [inactive.id]);
  const gone = await adminOf(app);
  callers.set('admin who has signed out', copyOf(gone));
  await gone.post('/auth/logout');
  admin = await adminOf(app);
  const key = await storedKey(app, admin.id);
  callers.set('API key of an admin', bearer(app.url, key));
  const { body: exchanged } = await bearer(app.url, key).post('/auth/keys/token');
  callers.set('access token from an API key of an admin', bearer(app.url, String(exchanged.access_token)));
  const acted = await memberOf(app);
  const { body } = await copyOf(admin).post(`/auth/admin/users/${acted.id}/impersonate`, {
    reason: 'to see',
  });
  callers.set(
    'admin who acts as a user',
    Object.assign(app.browser(), { accessToken: String(body.access_token) }),
  );
  app.app.get(Blacklist).markStale();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function refreshed<User extends Browser>(user: User): Promise<User> {
  const { status, text } = await user.refresh();
  if (status !== 200) throw new Error(`refresh answered ${status}: ${text}`);
  return user;
}

const REFUSALS: Record<string, ErrorCode> = {
  nobody: 'access_missing',
  'a forger': 'token_invalid',
  user: 'insufficient_scope',
  'user of another role': 'insufficient_scope',
  'admin without a fresh sign-in': 'insufficient_user_authentication',
  'admin with one factor': 'insufficient_user_authentication',
  'admin whose session has a scope': 'insufficient_scope',
  'admin who has lost the role': 'token_outdated',
  'admin who was deactivated': 'user_inactive',
  'admin who has signed out': 'token_blacklisted',
  'admin who acts as a user': 'impersonating',
  'API key of an admin': 'api_key_refused',
  'access token from an API key of an admin': 'api_key_refused',
};

function callOf(browser: Browser, route: (typeof OPERATIONS)[number]): Promise<Answer> {
  const [method, path] = partsOf(route.route);
  const { params } = rowOf(route.operation);
  const at = path.replace(/:(\w+)/g, (_, name: string) =>
    typeof params[name] === 'object' ? '987654321' : NOBODYS_ID,
  );
  return browser.send(method, `/auth${at}`, method === 'GET' ? {} : { json: {} });
}

describe.each(OPERATIONS.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  test.each(Object.entries(REFUSALS))('refuses %s', async (who, code) => {
    const caller = callers.get(who);
    if (!caller) throw new TypeError(`nobody is ${who}`);
    const { status, body, headers } = await callOf(caller, route);
    expect({ status, code: body.code }).toEqual({ status: ERRORS[code].status, code });
    const challenge = headers.get('www-authenticate');
    if (code === 'insufficient_user_authentication')
      expect(challenge).toMatch(/max_age="900", acr_values="aal2"/);
    // RFC 6750 §3.1, for whatever the token does not suffice for.
    else if (ERRORS[code].status === 403) expect(challenge).toBe('Bearer error="insufficient_scope"');
    else expect(challenge).toMatch(/^Bearer/);
  });

  test('is open to an administrator', async () => {
    const { status } = await callOf(admin, route);
    expect([200, 201, 204, 400, 404, 409]).toContain(status);
  });
});

(isEmbedded ? describe.skip : describe)('the same words in every dialect', () => {
  test.each(DIALECTS)('%s', async (dialect) => {
    const other = await startApp({ dialect, algorithm: 'ES256' }, database);
    try {
      for (const route of OPERATIONS) {
        const { status, body, headers } = await callOf(other.browser(), route);
        expect([route.id, status, body.code]).toEqual([route.id, 401, 'access_missing']);
        expect(headers.get('content-type')).toMatch('application/problem+json');
      }
    } finally {
      await other.close();
    }
  });
});

test('a narrower FRESH_SIGN_IN counts, a wider one does not', async () => {
  expect((await admin.get('/auth/admin/users')).status).toBe(200);
  const user = await adminOf(app);
  app.clock.advance(FRESHNESS);
  await user.refresh();
  expect((await user.get('/auth/admin/users')).status).toBe(200);
  app.clock.advance(1);
  expect((await user.get('/auth/admin/users')).body.code).toBe('insufficient_user_authentication');
  const again = await user.post('/auth/reauthenticate', { method: 'totp', code: user.code() });
  expect([again.status, (await user.get('/auth/admin/users')).status]).toEqual([200, 200]);
  expect((await user.post('/auth/reauthenticate', { method: 'password', password: PASSWORD })).status).toBe(
    200,
  );
});
