import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnprovenAccounts } from '../../src/auth/unproven-accounts.js';
import { Database } from '../../src/database/database.js';
import { Users } from '../../src/users/users.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { KeyReminders } from '../../src/api-keys/key-reminders.js';
import { KeyVerification } from '../../src/api-keys/key-verification.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { has } from '../../src/http/dialects/dialect.js';
import { standard } from '../../src/http/dialects/standard.js';
import { needsAccessToken, partsOf } from '../../src/http/operation-row.js';
import { ROUTES, rowOf } from '../../src/http/operations.js';
import { newApiKey } from '../../src/tokens/api-key.js';
import { giveRoles, memberOf } from '../support/admin.js';
import { bearer, createKey, keyOf, memberWith } from '../support/api-keys.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { untilRefused } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';
import { type StatementCounter, tapStatements } from '../support/statement-counter.js';

const NOBODYS_ID = '019b7936-8a00-7000-8000-0123456789ab';
const DAY = 86_400;

let database: TestDatabase;
let clock: TestClock;
let app: TestApp;
let tap: StatementCounter | undefined;
beforeAll(async () => {
  database = await createDatabase();
  clock = new TestClock();
  const { databaseUrl } = database.settings as { databaseUrl?: string };
  tap = databaseUrl === undefined ? undefined : await tapStatements(databaseUrl);
  app = await startApp(
    {
      clock,
      apiKeys: true,
      apiKeyLimit: 5,
      ...(tap && { databaseUrl: tap.databaseUrl }),
    },
    database,
  );
});
afterAll(async () => {
  await app.close();
  await tap?.close();
  await database.drop();
});

const statementsDuring = (act: () => Promise<unknown>): Promise<number> =>
  tap ? tap.countDuring(act) : act().then(() => Number.NaN);
const sessionOf = ({ accessToken = '' }: Browser): string => String(readPart(accessToken, 1).sid);

describe('a key', () => {
  test('is shown once, stored as a digest, and speaks for its owner', async () => {
    const user = await memberWith(app, 'orders:read', 'orders:write');
    const created = await createKey(user, { scopes: ['orders:read'], expires_in: 3600 });
    expect(created.status).toBe(201);
    const { key, id, ...rest } = created.body as Record<string, string>;
    expect(rest).toEqual({
      name: 'Nightly export',
      scopes: ['orders:read'],
      expires_at: new Date(clock.now().getTime() + 3_600_000).toISOString(),
    });
    expect(created.headers.get('cache-control')).toBe('no-store');

    // The format, from its description.
    const [, secret = '', checksum = ''] = /^tjk_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(key ?? '') ?? [];
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    expect([...checksum].reduce((value, digit) => value * 62 + digits.indexOf(digit), 0)).toBe(crc32(secret));

    const rows = await app.sql('SELECT * FROM tokenjar.api_keys WHERE id = $1', [id]);
    expect(JSON.stringify(rows)).not.toContain(secret);

    const program = bearer(app.url, key ?? '');
    const { body } = await program.get('/auth/session');
    expect(body).toMatchObject({
      user: { id: user.id },
      roles: [],
      scope: 'orders:read',
      amr: [],
      acr: 'aal1',
    });
    expect((await program.get('/auth/user')).body).toMatchObject({ id: user.id, email: user.email });
    const listed = (await user.get('/auth/keys')).body as unknown as Record<string, unknown>[];
    expect(listed).toEqual([
      expect.objectContaining({ id, name: 'Nightly export', last_used_at: '2026-03-01T12:00:00.000Z' }),
    ]);
    expect(JSON.stringify(listed)).not.toContain('tjk_');
  });

  test('lives for 90 days unless it says otherwise, and then no longer', async () => {
    const user = await memberOf(app);
    const { key } = await keyOf(app, user);
    const brief = await keyOf(app, user, { expires_in: 10 });
    expect((await bearer(app.url, key).get('/auth/session')).body.expires_at).toBe(
      '2026-05-30T12:00:00.000Z',
    );
    expect((await brief.browser.get('/auth/session')).status).toBe(200);
    clock.advance(10);
    expectProblem(await brief.browser.get('/auth/session'), 'token_expired');
    expectProblem(await brief.browser.post('/auth/keys/token'), 'token_expired');
  });

  test('of a malformed description is refused', async () => {
    const user = await memberWith(app, 'a');
    for (const more of [
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: 7 },
      { scopes: ['two words'] },
      { scopes: [''] },
      { scopes: ['a\tb'] },
      { scopes: ['a\u00a0b'] },
      { scopes: { 0: 'a' } },
      { scopes: [['a']] },
      { expires_in: 0 },
      { expires_in: -1 },
      { expires_in: 1.5 },
      { expires_in: true },
      { expires_in: '1e3' },
      { expires_in: 367 * DAY },
      { expires_in: 9e99 },
    ])
      expectProblem(await createKey(user, more), 'input_invalid');
  });

  test('has no permission that its owner or their session has not', async () => {
    const user = await memberWith(app, 'orders:read', 'orders:write');
    expectProblem(await createKey(user, { scopes: ['orders:read', 'users:delete'] }), 'invalid_scope');
    const narrow = app.browser();
    await narrow.post('/auth/login', { email: user.email, password: PASSWORD, scope: 'orders:read' });
    expectProblem(await createKey(narrow, { scopes: ['orders:write'] }), 'invalid_scope');
    expect((await createKey(narrow, { scopes: ['orders:read'] })).status).toBe(201);
    expect((await createKey(user, { scopes: '  orders:read   orders:write ' })).body.scopes).toEqual([
      'orders:read',
      'orders:write',
    ]);
  });

  test('loses what its owner loses, without a new look-up but one, and gets it back', async () => {
    const user = await memberWith(app, 'orders:read', 'orders:write');
    const { browser } = await keyOf(app, user, { scopes: ['orders:read', 'orders:write'] });
    const scope = async () => (await browser.get('/auth/session')).body.scope;
    expect(await scope()).toBe('orders:read orders:write');
    const roles = app.app.get(RoleChanges);
    await roles.set({ name: `role of ${user.id}`, permissions: ['orders:read', 'more'] });
    expect(await scope()).toBe('orders:read');
    await giveRoles(app, user);
    expect(await scope()).toBe('');
    await giveRoles(app, user, `role of ${user.id}`);
    expect(await scope()).toBe('orders:read');
  });

  test('needs a fresh sign-in, and two factors where a role of its owner demands them', async () => {
    const user = await memberOf(app);
    await giveRoles(app, user, 'admin');
    await user.refresh();
    const refused = await createKey(user);
    expectProblem(refused, 'insufficient_user_authentication');
    expect(refused.body.acr_values).toBe('aal2');
    await giveRoles(app, user);
    await user.refresh();
    clock.advance(901);
    await user.refresh();
    const stale = await createKey(user);
    expectProblem(stale, 'insufficient_user_authentication');
    expect(stale.body.max_age).toBe(900);
  });

  test('is one of a limited number, also if many are made at once', async () => {
    const user = await memberOf(app);
    const made = await Promise.all(Array.from({ length: 8 }, () => createKey(user, { expires_in: 60 })));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
    for (const each of made.filter(({ status }) => status !== 201))
      expectProblem(each, 'api_key_limit_reached');
    clock.advance(61);
    expect((await createKey(user)).status).toBe(201);
  });

  // CVE-2025-61928, and mass assignment.
  test.each(['user_id', 'userId', 'user', 'owner', 'id', 'sub'])(
    'is for the caller, whatever `%s` says',
    async (field) => {
      const [user, victim] = [await memberOf(app), await memberOf(app)];
      const more = { [field]: victim.id, digest: 'x', last_used_at: null, roles: ['admin'] };
      const { browser } = await keyOf(app, user, more);
      expect((await browser.get('/auth/user')).body.id).toBe(user.id);
      expect((await victim.get('/auth/keys')).body).toEqual([]);
      expectProblem(
        await app.browser().post('/auth/keys', { name: 'x', [field]: victim.id }),
        'access_missing',
      );
    },
  );

  test('of somebody else is not there', async () => {
    const [user, other] = [await memberOf(app), await memberOf(app)];
    const { id, browser } = await keyOf(app, user);
    for (const each of [id, NOBODYS_ID, 'x', '%00', `${id}'`])
      expectProblem(await other.delete(`/auth/keys/${each}`), 'api_key_not_found');
    expect((await browser.get('/auth/session')).status).toBe(200);
    expect((await other.get('/auth/keys')).body).toEqual([]);
  });

  test('is in the activity of its owner, who gets an email', async () => {
    const user = await memberOf(app);
    const { id } = await keyOf(app, user);
    expect((await user.delete(`/auth/keys/${id}`)).status).toBe(204);
    const activity = (await user.get('/auth/activity')).body as unknown as Record<string, unknown>[];
    expect(activity.slice(0, 2)).toMatchObject([
      { event: 'api_key_revoked', outcome: 'success', reason: id },
      { event: 'api_key_created', outcome: 'success', reason: id, session_id: sessionOf(user) },
    ]);
  });
});

describe('a key is refused', () => {
  /** Without what cannot be called with a key in the first place. */
  const REFUSING = ROUTES.filter((each) => {
    const { access, keys } = rowOf(each.operation);
    return has(standard, each) && needsAccessToken(access) && keys === undefined;
  });

  test('for every operation that does not say otherwise, as is an access token from it', async () => {
    const user = await memberWith(app, 'orders:read');
    const { key, browser } = await keyOf(app, user, { scopes: ['orders:read'] });
    await browser.post('/auth/keys/token');
    expect(browser.accessToken).not.toBe(key);
    const wrong: string[] = [];
    for (const { id, route } of REFUSING)
      for (const [kind, text] of Object.entries({ key, exchanged: browser.accessToken ?? '' })) {
        const [verb, path] = partsOf(route);
        const url = `/auth${path.replace(/:\w+/g, (name) => (name === ':provider' ? 'google' : NOBODYS_ID))}`;
        const json = { json: { password: PASSWORD, name: 'x' } };
        const { status, body } = await bearer(app.url, text).send(verb, url, verb === 'GET' ? {} : json);
        // Without a body, it was not refused.
        const code = (body as { code?: unknown } | undefined)?.code;
        if (status !== 403 || code !== 'api_key_refused')
          wrong.push(`${id} ${kind} ${status} ${String(code)}`);
      }
    expect(wrong).toEqual([]);
    expect((await user.get('/auth/user')).status).toBe(200);
  });

  test('at the ones that DESIGN names', () => {
    const accepted = ROUTES.filter(({ operation }) => rowOf(operation).keys !== undefined);
    expect(accepted.map(({ id }) => id).sort()).toEqual([
      'exchangeKey',
      'getSession',
      'getUser',
      'listActivity',
      'listEndedSessions',
      'listSessions',
      'replaceUser',
      'updateUser',
    ]);
  });

  test('as a way to link or to authenticate again, and it signs nobody out', async () => {
    const user = await memberOf(app);
    const { browser, key } = await keyOf(app, user);
    for (const purpose of ['link', 'reauthenticate']) {
      const { status } = await browser.post('/auth/providers/google/start', { purpose, return_to: '/' });
      expect([403, 404]).toContain(status);
    }
    await browser.post('/auth/logout');
    await bearer(app.url, key).post('/auth/keys/token');
    expect((await user.get('/auth/session')).status).toBe(200);
    expect((await bearer(app.url, key).get('/auth/session')).status).toBe(200);
  });

  test('once it is revoked, at once', async () => {
    const user = await memberOf(app);
    const { id, key, browser } = await keyOf(app, user);
    await browser.post('/auth/keys/token');
    const exchanged = browser.accessToken ?? '';
    expect((await bearer(app.url, key).get('/auth/session')).status).toBe(200);
    expect((await user.delete(`/auth/keys/${id}`)).status).toBe(204);
    expectProblem(await bearer(app.url, key).get('/auth/session'), 'token_invalid');
    expectProblem(await bearer(app.url, exchanged).get('/auth/session'), 'token_blacklisted');
    expectProblem(await user.delete(`/auth/keys/${id}`), 'api_key_not_found');
  });

  const ENDS: Record<string, (owner: { id: number; email: string }) => Promise<unknown>> = {
    'is deactivated': ({ id }) => app.app.get(SessionEnding).deactivateUser(id),
    ...(!isEmbedded && {
      'is deactivated with SQL': ({ id }: { id: number }) =>
        app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [id]),
      'is deleted with SQL': ({ id }: { id: number }) =>
        app.sql('DELETE FROM tokenjar.users WHERE id = $1', [id]),
    }),
  };
  test.each(Object.keys(ENDS))('for good once its owner %s', async (how) => {
    const user = await memberOf(app);
    const { key, browser } = await keyOf(app, user);
    await browser.post('/auth/keys/token');
    const exchanged = browser.accessToken ?? '';
    expect((await bearer(app.url, key).get('/auth/session')).status).toBe(200);
    await ENDS[how]?.(user);
    for (const each of [key, exchanged]) {
      const { refusal, acceptedFor } = await untilRefused(() => bearer(app.url, each).get('/auth/session'));
      expect(refusal.status).toBe(401);
      expect(acceptedFor).toBeLessThan(1000);
    }
    await app.sql(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES ($1, $2, now())
       ON CONFLICT (id) DO UPDATE SET is_active = true`,
      [user.id, user.email],
    );
    clock.advance(900);
    expectProblem(await bearer(app.url, key).get('/auth/session'), 'token_invalid');
  });

  test('once its owner deletes the account, and one with the same ID comes', async () => {
    const user = await memberOf(app);
    const { key } = await keyOf(app, user);
    expect((await bearer(app.url, key).get('/auth/session')).status).toBe(200);
    expect((await user.delete('/auth/user', { password: PASSWORD })).status).toBe(204);
    expectProblem(await bearer(app.url, key).get('/auth/session'), 'token_invalid');
    await app.sql(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES ($1, $2, now())`,
      [user.id, user.email],
    );
    expectProblem(await bearer(app.url, key).get('/auth/session'), 'token_invalid');
  });

  test('not because sessions of its owner end, though a token from before is', async () => {
    const user = await memberOf(app);
    const { key, browser } = await keyOf(app, user);
    await browser.post('/auth/keys/token');
    const before = browser.accessToken ?? '';
    await app.app.get(SessionEnding).endAll(user.id, 'ended_by_user');
    expect((await bearer(app.url, key).get('/auth/session')).status).toBe(200);
    expectProblem(await bearer(app.url, before).get('/auth/session'), 'token_blacklisted');
    clock.advance(1);
    const again = bearer(app.url, key);
    await again.post('/auth/keys/token');
    expect((await again.get('/auth/session')).status).toBe(200);
  });

  test('if a stranger had made it before the owner of the address came', async () => {
    const stranger = await app.signedUp();
    const { key } = await keyOf(app, stranger);
    const user = await app.app.get(Users).findByEmail(stranger.email);
    if (!user) throw new TypeError('nobody');
    const by = { ip: null, userAgent: null, requestId: null, isConnected: () => true };
    const unproven = app.app.get(UnprovenAccounts, { strict: false });
    await app.app.get(Database).transaction((tx) => unproven.take(user, tx, by));
    expectProblem(await bearer(app.url, key).get('/auth/session'), 'token_invalid');
  });
});

describe('an exchange', () => {
  test('gives an access token for other services, and neither a cookie nor a session', async () => {
    const user = await memberWith(app, 'orders:read');
    const { id, key, browser } = await keyOf(app, user, { scopes: ['orders:read'] });
    const before = ((await user.get('/auth/sessions')).body as unknown as unknown[]).length;
    const answer = await browser.post('/auth/keys/token');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    expect(answer.body.expires_in).toBeLessThanOrEqual(600);
    expect(answer.setCookie).toEqual([]);
    const claims = readPart(browser.accessToken ?? '', 1);
    expect(claims).toMatchObject({
      sub: String(user.id),
      scope: 'orders:read',
      roles: [],
      key_id: id,
      client_id: id,
    });
    for (const absent of ['acr', 'amr', 'auth_time']) expect(claims).not.toHaveProperty(absent);
    expect((await browser.get('/auth/session')).body).toMatchObject({ scope: 'orders:read', acr: 'aal1' });
    expect((await user.get('/auth/sessions')).body).toHaveLength(before);

    // It is no way to live longer than the key.
    expectProblem(await browser.post('/auth/keys/token'), 'token_wrong_type');
    expectProblem(await user.post('/auth/keys/token'), 'token_wrong_type');
    expectProblem(await app.browser().post('/auth/keys/token'), 'access_missing');
    const brief = await keyOf(app, user, { expires_in: 30 });
    expect((await brief.browser.post('/auth/keys/token')).body.expires_in).toBe(30);
    expect(key).toMatch(/^tjk_/);
  });

  test('is outdated with the permissions of the owner, and made anew', async () => {
    const user = await memberWith(app, 'orders:read');
    const { key, browser } = await keyOf(app, user, { scopes: ['orders:read'] });
    await browser.post('/auth/keys/token');
    await giveRoles(app, user);
    expectProblem(await browser.get('/auth/session'), 'token_outdated');
    const again = bearer(app.url, key);
    await again.post('/auth/keys/token');
    expect(readPart(again.accessToken ?? '', 1)).not.toHaveProperty('scope');
  });
});

describe('what it costs', () => {
  (isEmbedded ? test.skip : test)('one statement, and then none for 15 minutes', async () => {
    const user = await memberWith(app, 'orders:read');
    const { key } = await keyOf(app, user, { scopes: ['orders:read'] });
    const program = bearer(app.url, key);
    const ask = () => program.get('/auth/session');
    expect(await statementsDuring(ask)).toBe(1);
    expect(await statementsDuring(() => Promise.all(Array.from({ length: 20 }, ask)))).toBe(0);
    expect(await statementsDuring(() => bearer(app.url, key).post('/auth/keys/token'))).toBe(0);
    clock.advance(900);
    expect(await statementsDuring(() => Promise.all(Array.from({ length: 20 }, ask)))).toBe(1);
    await giveRoles(app, user);
    expect(await statementsDuring(ask)).toBe(1);
    expect(await statementsDuring(ask)).toBe(0);
    await user.login(user.email);
    await user.refresh();
    expect(await statementsDuring(() => user.get('/auth/keys'))).toBe(1);
  });

  (isEmbedded ? test.skip : test)('none for what cannot be a key', async () => {
    const key = newApiKey();
    const typo = `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;
    for (const text of [
      typo,
      'tjk_',
      key.slice(0, -1),
      `${key}0`,
      key.toLowerCase(),
      key.replace('_', '-'),
      `tjk_${'é'.repeat(49)}`,
    ]) {
      const refused = await fetch(`${app.url}/auth/session`, {
        headers: { authorization: `Bearer ${Buffer.from(text).toString('latin1')}` },
      });
      expect(refused.status).toBe(401);
    }
    expect(await statementsDuring(() => bearer(app.url, typo).get('/auth/session'))).toBe(0);
  });
});

(isEmbedded ? describe.skip : describe)('on another instance', () => {
  let there: TestApp;
  beforeAll(async () => {
    there = await startApp(
      {
        clock,
        apiKeys: true,
        rateLimit: true,
        limitApiKeyNetwork: '20/1m',
        trustedProxies: ['loopback'],
        ...(tap && { databaseUrl: tap.databaseUrl }),
      },
      database,
    );
  });
  afterAll(() => there.close());

  test('a revoked key is refused within a second, without a query', async () => {
    const user = await memberOf(app);
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { id, key } = await keyOf(app, user, { expires_in: 3600 });
      expect((await bearer(there.url, key).get('/auth/session')).status).toBe(200);
      expect((await user.delete(`/auth/keys/${id}`)).status).toBe(204);
      const { refusal, acceptedFor } = await untilRefused(() => bearer(there.url, key).get('/auth/session'));
      expectProblem(refusal, 'token_invalid');
      waits.push(acceptedFor);
    }
    expect(Math.max(...waits)).toBeLessThan(1000);
  });

  test('a flood of unknown keys is limited by its network, and forgets no key', async () => {
    const user = await memberOf(app);
    const { key } = await keyOf(app, user);
    const from = (ip: string, text = newApiKey()) =>
      new Browser(there.url).get('/auth/session', {
        headers: { authorization: `Bearer ${text}`, 'x-forwarded-for': ip },
      });
    expect((await from('203.0.113.9', key)).status).toBe(200);
    const size = there.app.get(KeyVerification, { strict: false }).size;
    let answers: number[] = [];
    const statements = await statementsDuring(async () => {
      answers = await Promise.all(Array.from({ length: 60 }, async () => (await from('203.0.113.9')).status));
    });
    expect([answers.filter((status) => status === 401).length, statements]).toEqual([20, 20]);
    expect(answers.filter((status) => status === 429)).toHaveLength(40);
    expect(there.app.get(KeyVerification, { strict: false }).size - size).toBe(20);
    // A known key works from there, and an unknown one elsewhere costs one look-up however often it is sent.
    expect((await from('203.0.113.9', key)).status).toBe(200);
    const dead = newApiKey();
    expect(
      await statementsDuring(async () => {
        for (let i = 0; i < 30; i++) expect((await from('198.51.100.7', dead)).status).toBe(401);
      }),
    ).toBe(1);
  });

  test('a key that loses a permission has lost it within a second', async () => {
    const user = await memberWith(app, 'orders:read');
    const { key } = await keyOf(app, user, { scopes: ['orders:read'] });
    const ask = () => bearer(there.url, key).get('/auth/session');
    expect((await ask()).body.scope).toBe('orders:read');
    // Without a session nothing else would tell.
    await user.post('/auth/logout');
    await giveRoles(app, user);
    const { acceptedFor } = await untilRefused(async () => {
      const answer = await ask();
      return answer.body.scope === '' ? { ...answer, status: 403 } : answer;
    });
    expect(acceptedFor).toBeLessThan(1000);
  });
});

describe.each(['django', 'django-legacy', 'envelope'] as const)('%s', (dialect) => {
  // A second server: the embedded database serves one process.
  (isEmbedded ? test.skip : test)(
    'a key is an access token there too, refused in the words of the dialect',
    async () => {
      const user = await memberWith(app, 'orders:read');
      const { id, key } = await keyOf(app, user, { scopes: ['orders:read'] });
      const there = await startApp({ clock, apiKeys: true, dialect }, database);
      try {
        const program = bearer(there.url, key);
        const bodyAt = async (path: string) => {
          const { status, body } = await program.get(path);
          expect(status).toBe(200);
          return body;
        };
        const found = await bodyAt('/auth/session');
        expect(dialect === 'envelope' ? found.session : found).toMatchObject({
          scope: 'orders:read',
          amr: [],
        });
        const owner = await bodyAt('/auth/user');
        expect(dialect === 'envelope' ? owner.user : owner).toMatchObject({ email: user.email });
        /** The code, wherever the dialect has it. */
        const said = ({ status, body }: Answer) => [status, body.error ?? body.code];
        expect(said(await program.send('DELETE', '/auth/user', { json: {} }))).toEqual([
          403,
          'api_key_refused',
        ]);
        expect(said(await program.post('/auth/keys', { name: 'another' }))).toEqual([403, 'api_key_refused']);
        const { status, body } = await bearer(there.url, key).post('/auth/keys/token');
        expect(status).toBe(200);
        const token = String(((body.token ?? body) as Record<string, unknown>).access_token ?? body.access);
        expect((await bearer(there.url, token).get('/auth/session')).status).toBe(200);
        expect((await user.delete(`/auth/keys/${id}`)).status).toBe(204);
        const { refusal } = await untilRefused(() => program.get('/auth/session'));
        const invalid = dialect === 'envelope' ? 'token_invalid' : 'token_not_valid';
        expect(said(refusal)).toEqual([401, invalid]);
      } finally {
        await there.close();
      }
    },
  );
});

test('owners are told once, 7 days before a key expires, if it was not made just before', async () => {
  const user = await memberOf(app);
  await keyOf(app, user, { expires_in: 30 * DAY });
  await keyOf(app, user, { expires_in: 10 * DAY });
  const emails = async () => {
    await app.app.get(KeyReminders, { strict: false }).run();
    const rows = await app.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM tokenjar.api_keys k JOIN tokenjar.users u ON u.id = k.user_id
       WHERE u.email = $1 AND reminded_at IS NOT NULL`,
      [user.email],
    );
    return rows[0]?.count;
  };
  expect(await emails()).toBe(0);
  clock.advance(23 * DAY - 1);
  expect(await emails()).toBe(0);
  clock.advance(1);
  expect(await emails()).toBe(1);
  expect(await emails()).toBe(1);
  clock.advance(30 * DAY);
  await app.app.get(Purge).run();
  expect(await app.sql('SELECT 1 FROM tokenjar.api_keys WHERE user_id = $1', [user.id])).toHaveLength(1);
});
