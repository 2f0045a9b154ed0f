import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { Database } from '../src/database/database.js';
import { statement } from '../src/database/statement.js';
import { Sending } from '../src/mail/sending.js';
import { ADVANCE } from '../src/users/sessions/advance-statements.js';
import { FIND } from '../src/users/sessions/session-statements.js';
import { SITE_KEY, siteClaims, siteToken } from './django/site.js';
import { adminOf, memberOf } from './support/admin.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from './support/app.js';
import { Authenticator } from './support/authenticator.js';
import { BoundDevice, challengeIn, offerIn } from './support/bound-device.js';
import type { Answer, Browser } from './support/browser.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { eventually } from './support/eventually.js';
import { withTotp } from './support/factors.js';
import { isLong } from './support/long.js';
import { type Asked, PasskeyWire } from './support/passkeys.js';
import { codeOf } from './support/totp.js';
import { type StatementCounter, tapStatements } from './support/statement-counter.js';
import { hearStatements } from './support/statements-run.js';

/** Long: as many with `USER_ID=uuid`, but whom a path or a search names is found first, and whom events are about. */
const ARE_PUBLIC = isLong;
const FOUND = ARE_PUBLIC ? 1 : 0;

let database: TestDatabase;
let tap: StatementCounter;
let app: TestApp;
/** The texts of all that were sent. */
const sent = new Set<string>();
hearStatements((text) => sent.add(text));

beforeAll(async () => {
  database = await createDatabase();
  tap = await tapStatements((database.settings as { databaseUrl: string }).databaseUrl);
  app = await startApp(
    {
      rateLimit: true,
      userId: ARE_PUBLIC ? 'uuid' : 'integer',
      djangoSecretKey: SITE_KEY,
      databaseUrl: tap.databaseUrl,
      providers: [{ id: 'github', clientId: 'tokenjar', clientSecret: 'a secret' }],
      fetch: (url) => Promise.resolve(Response.json(GITHUB[new URL(url).pathname])),
    },
    database,
  );
  // The emails that a request queues are prepared and sent independently of it, whenever that is.
  await app.app.get(Sending).onModuleDestroy();
});
afterAll(async () => {
  await app.close();
  await tap.close();
  await database.drop();
});

const EMAIL_AT_GITHUB = uniqueEmail();
/** What GitHub answers, by path. */
const GITHUB: Readonly<Record<string, unknown>> = {
  '/login/oauth/access_token': { access_token: 'a', token_type: 'bearer' },
  '/user': { id: 1 },
  '/user/emails': [{ email: EMAIL_AT_GITHUB, primary: true, verified: true }],
};

/** How often each statement that a connection keeps was planned for its values. */
const PLANS = statement<[], { name: string; anew: number }>(
  '',
  'SELECT name, custom_plans::int AS anew FROM pg_prepared_statements',
);

/** So many that PostgreSQL would rather plan for the values, where these say that little is to be read. */
const MANY_USERS = `INSERT INTO tokenjar.users (email, created_at)
  SELECT 'many-' || gen_random_uuid() || '@example.com', now() FROM generate_series(1, 2000)`;
const MANY_SESSIONS = `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at,
    created_at, last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
  SELECT gen_random_uuid(), gen_random_uuid(), id, 1, 0, now(), now(), now(), now(), now(), '{pwd}'
    FROM tokenjar.users WHERE email LIKE 'many%'`;

/** Counts the statements of one request, and says what it answered, so that a refusal is not taken for thrift. */
async function cost(status: number, send: () => Promise<Answer>): Promise<number> {
  let answer: Answer | undefined;
  const count = await tap.countDuring(async () => (answer = await send()));
  expect([answer?.status, answer?.text]).toEqual([status, expect.anything()]);
  expect([...(answer?.headers.keys() ?? [])].filter((name) => name.includes('secure-session'))).toEqual([]);
  return count;
}

const forged = () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(app.clock.now().getTime() / 1000);
  const claims = { sub: '1', jti: 'a'.repeat(32), gen: 1, iat, exp: iat + 1000, token_type: 'refresh' };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', 'not our key').update(text).digest('base64url')}`;
};

/** Of operations on a user. */
const ofOne = (costs: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(costs).map(([what, count]) => [what, count + FOUND]));

describe('statements per request', () => {
  let browser: Browser & { email: string };
  beforeAll(async () => {
    browser = await app.verified();
    // Connections and plans are there before anything is counted.
    await Promise.all(Array.from({ length: 20 }, () => browser.refresh()));
  });

  test('a guarded request that needs only the access token: none', async () => {
    expect(await cost(200, () => browser.get('/auth/session'))).toBe(0);
    expect(
      await cost(200, () => app.browser().post('/auth/token/verify', { token: browser.accessToken })),
    ).toBe(0);
    expect(await cost(200, () => app.browser().get('/.well-known/jwks.json'))).toBe(0);
    expect(await cost(401, () => app.browser().get('/auth/user'))).toBe(0);
  });

  test('a refresh that keeps, rotates or repeats: one', async () => {
    expect(await cost(200, () => browser.refresh())).toBe(1);
    app.clock.pastRotation();
    const other = await browser.copy();
    expect(await cost(200, () => browser.refresh())).toBe(1);
    // The other tab presents the parent: its token is due too, so it loses a race that is over.
    expect(await cost(200, () => other.refresh())).toBe(2);
  });

  test('with limits, the way to a provider: one; back for somebody known: four, and an email on a new device', async () => {
    const comesBack = async (from: Browser) => {
      let url = '';
      const input = { return_to: '/', purpose: 'login' };
      const start = async () => {
        const answer = await from.post('/auth/providers/github/start', input);
        url = String(answer.body.url);
        return answer;
      };
      expect(await cost(200, start)).toBe(1);
      const state = new URL(url).searchParams.get('state');
      const cookie = await from.jar.getCookieString(app.url, { sameSiteContext: 'lax' });
      return () => from.get(`/auth/providers/github/callback?code=c&state=${state}`, { cookie });
    };
    const known = app.browser();
    const { headers } = await (await comesBack(known))();
    expect(headers.get('location')).toMatch(/#signed_in$/);
    expect(await cost(303, await comesBack(known))).toBe(4);
    expect(await cost(303, await comesBack(app.browser()))).toBe(5);
    expect(await cost(303, () => known.get('/auth/providers/github/callback?code=c&state=x'))).toBe(0);
  });

  test('with limits, a code of a provider for somebody known: five, and an email on a new device', async () => {
    const subject = '583231';
    const code = 'a code';
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const fetched = async (from: Browser) => {
      await app.sql(
        `INSERT INTO tokenjar.provider_codes (digest, code_challenge, provider, issuer, subject, email,
          is_email_verified, is_multi_factor, remember, expires_at)
          VALUES (sha256($1), $2, 'github', 'https://github.com', $3, $4, true, false, true, $5)`,
        [
          Buffer.from(code),
          'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          subject,
          `${subject}@example.com`,
          new Date(app.clock.now().getTime() + 60_000),
        ],
      );
      return () => from.post('/auth/providers/token', { code, code_verifier: verifier });
    };
    const known = app.browser();
    await (
      await fetched(known)
    )();
    expect(await cost(200, await fetched(known))).toBe(5);
    expect(await cost(200, await fetched(app.browser()))).toBe(6);
  });

  test('invalid, forged, expired and missing refresh tokens: none', async () => {
    const refresh = (cookie: string) => () =>
      app.browser().post('/auth/token/refresh', undefined, { cookie: `refresh_token=${cookie}` });
    expect(await cost(401, () => app.browser().refresh())).toBe(0);
    expect(await cost(401, refresh('junk'))).toBe(0);
    expect(await cost(401, refresh(forged()))).toBe(0);
    const ofTheSite = siteClaims(app, 1);
    expect(await cost(401, refresh(siteToken(ofTheSite, 'another key')))).toBe(0);
    expect(await cost(401, refresh(siteToken({ ...ofTheSite, exp: 1 }, SITE_KEY)))).toBe(0);
    const late = await app.signedUp();
    const cookie = (await late.refreshCookie()) ?? '';
    app.clock.advance(15 * 86_400);
    expect(await cost(401, refresh(cookie))).toBe(0);
    app.clock.advance(-15 * 86_400);
  });

  test('with limits and audit, a login: four, and an email on a new device; a failed one: three, a registration: three', async () => {
    const login =
      (password: string, from = app.browser()) =>
      () =>
        from.post('/auth/login', { email: browser.email, password });
    expect(await cost(200, login(PASSWORD, browser))).toBe(4);
    expect(await cost(200, login(PASSWORD))).toBe(5);
    // Webhooks follow what was committed, on a connection of their own.
    await app.sql(`INSERT INTO tokenjar.webhook_endpoints (id, url, sealed_secret, created_at, after_batch)
      VALUES (gen_random_uuid(), 'https://hooks.invalid/', '\\x', now(), 0)`);
    expect(await cost(200, login(PASSWORD, browser))).toBe(4);
    expect(await cost(401, login('wrong'))).toBe(3);
    for (let i = 0; i < 12; i++) await login('wrong')();
    expect(await cost(429, login('wrong'))).toBe(0);
    app.clock.advance(2);
    expect(await cost(429, login('wrong'))).toBe(1);
    const email = uniqueEmail();
    expect(
      await cost(201, () => app.browser().post('/auth/registration', { email, password: PASSWORD })),
    ).toBe(3);
  });

  test('the statements of a login are planned once for each connection', async () => {
    const one = await startApp({ rateLimit: true, clock: app.clock, databasePoolSize: 1 }, database);
    try {
      const user = await one.verified();
      await app.sql(MANY_USERS);
      await app.sql(MANY_SESSIONS);
      await app.sql('ANALYZE tokenjar.users, tokenjar.sessions');
      // The first five times PostgreSQL plans for the values, whatever the statement.
      for (let i = 0; i < 8; i++) {
        expect((await user.post('/auth/logout')).status).toBe(204);
        expect((await user.login(user.email)).status).toBe(200);
      }
      const plans = await one.app.get(Database).run(PLANS, []);
      const counted = Object.fromEntries(plans.map(({ name, anew }) => [name, anew]));
      expect(counted).toMatchObject({ user_by_email: 5, session_open: 5, limits_refund: 5 });
    } finally {
      await one.close();
    }
  });

  test('a login by username: as many as one by address, and the account is read first', async () => {
    const named = await startApp(
      { signInWith: 'both', rateLimit: true, clock: app.clock, databaseUrl: tap.databaseUrl },
      database,
    );
    try {
      const user = named.browser();
      const account = { username: `named-${Date.now()}`, password: PASSWORD };
      await cost(201, () => user.post('/auth/registration', account));
      expect(await cost(200, () => user.post('/auth/login', account))).toBe(4);
      expect(await cost(401, () => user.post('/auth/login', { ...account, password: 'wrong' }))).toBe(3);
      expect(await cost(401, () => user.post('/auth/login', { ...account, username: 'nobody' }))).toBe(3);
    } finally {
      await named.close();
    }
  });

  test('a request for an emailed code: the same for every address', async () => {
    const known = await app.verified();
    const deactivated = await app.verified();
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [deactivated.email]);
    const { email: unverified } = await app.signedUp();
    const settings = { emailCodeLogin: true, rateLimit: true, clock: app.clock };
    const quiet = await startApp({ ...settings, databaseUrl: tap.databaseUrl }, database);
    await quiet.app.get(Sending).onModuleDestroy();
    try {
      const ask = (email: string) => () => quiet.browser().post('/auth/login/code', { email });
      await cost(200, ask(uniqueEmail()));
      // What instances read a moment after a change, such as that of the activity above, would be counted too.
      const meanwhile = () => tap.countDuring(() => new Promise((done) => setTimeout(done, 300)));
      await eventually(meanwhile, (count) => count === 0);
      const costs: number[] = [];
      for (const email of [known.email, unverified, deactivated.email, uniqueEmail()])
        costs.push(await cost(200, ask(email)));
      expect(costs).toEqual(costs.map(() => costs[0]));
    } finally {
      await quiet.close();
    }
  });

  test('account and sessions: one each; ending all others: a lock of the user and one, in a transaction; logout: one', async () => {
    const user = await app.signedUp();
    expect(await cost(200, () => user.get('/auth/user'))).toBe(1);
    expect(await cost(200, () => user.patch('/auth/user', { locale: 'en' }))).toBe(1);
    expect(await cost(200, () => user.get('/auth/sessions'))).toBe(1);
    expect(await cost(204, () => user.delete('/auth/sessions'))).toBe(2 + 2);
    expect(await cost(204, () => user.post('/auth/logout'))).toBe(1);
    expect(await cost(204, () => app.browser().post('/auth/logout'))).toBe(0);
  });

  test('a password change: its limit, a SELECT, and four statements in a transaction, one of which is an email', async () => {
    const user = await app.verified();
    app.clock.pastRotation();
    const change = { old_password: PASSWORD, new_password: 'another set of words' };
    expect(await cost(200, () => user.post('/auth/password/change', change))).toBe(2 + 1 + 4 + 2);
  });

  // BEGIN and COMMIT count.
  test('a login with two factors: eight for the password, and fourteen for a code or a passkey, which open the session', async () => {
    const user = await withTotp(app, await app.verified());
    const wire = new PasskeyWire();
    const authenticator = new Authenticator();
    expect((await wire.add(user, authenticator)).status).toBe(201);
    const password = () => user.login(user.email);
    const second = (json: object) => () => user.post('/auth/login/second-factor', json);
    const costs: Record<string, number> = {};

    costs.password = await cost(401, password);
    costs.totp = await cost(200, second({ method: 'totp', code: codeOf(user.secret, app.clock.now()) }));
    await password();
    const code = user.recoveryCodes[0];
    costs.recovery_code = await cost(200, second({ method: 'recovery_code', code }));
    await password();
    const pending = await wire.loginOptions(user);
    const credential = authenticator.get(pending.options);
    costs.passkey = await cost(200, second({ method: 'passkey', credential }));
    const asked: Asked[] = [];
    costs['options of a sign-in'] = await cost(200, async () => {
      asked.push(await wire.loginOptions(user));
      return asked[0]?.answer as Answer;
    });
    const alone = authenticator.get(asked[0]?.options as Asked['options']);
    costs['sign-in by a passkey'] = await cost(200, () => wire.login(user, alone, asked[0]?.token));
    app.clock.advance(30);
    const again = { method: 'totp', code: codeOf(user.secret, app.clock.now()) };
    costs['again, by a code'] = await cost(200, () => user.post('/auth/reauthenticate', again));
    const byPassword = { method: 'password', password: PASSWORD };
    costs['again, by the password'] = await cost(200, () => user.post('/auth/reauthenticate', byPassword));
    expect(costs).toEqual({
      password: 8,
      totp: 14,
      // It is told to the owner, in a transaction with its use.
      recovery_code: 18,
      passkey: 14,
      'options of a sign-in': 0,
      'sign-in by a passkey': 6,
      'again, by a code': 11,
      'again, by the password': 7,
    });
  });

  test('operations of administrators: few, however many users there are', async () => {
    const [admin, user] = [await adminOf(app), await memberOf(app)];
    const path = `/auth/admin/users/${user.shownId}`;
    const costs: Record<string, number> = {};
    const counted = async (what: string, status: number, send: () => Promise<Answer>) =>
      (costs[what] = await cost(status, send));
    for (const query of ['', '?search=user', `?search=${user.shownId}`, '?role=admin', '?active=false'])
      await counted(`list${query.replace(String(user.shownId), '1')}`, 200, () =>
        admin.get(`/auth/admin/users${query}`),
      );
    for (const part of ['', '/sessions', '/factors', '/identities', '/activity'])
      await counted(`one${part}`, 200, () => admin.get(path + part));
    for (const at of ['roles', 'audit']) await counted(at, 200, () => admin.get(`/auth/admin/${at}`));
    await counted('change', 200, () => admin.patch(path, { locale: 'ko' }));
    await counted('roles of one', 200, () => admin.patch(path, { roles: ['admin'] }));
    await counted('no role', 200, () => admin.patch(path, { roles: [] }));
    await counted('impersonate', 200, () => admin.post(`${path}/impersonate`, { reason: 'to see' }));
    await admin.refresh();
    await counted('deactivate', 200, () => admin.patch(path, { active: false }));
    await counted('delete', 204, () => admin.delete(path));
    // Each change is a transaction: begin, one after the other, is it an administrator, is there such a user, …, commit.
    expect(costs).toEqual({
      ...{
        list: 1,
        'list?search=user': 1,
        'list?search=1': 1 + FOUND,
        'list?role=admin': 1,
        'list?active=false': 1,
      },
      ...{ roles: 1, audit: 1 + FOUND },
      ...ofOne({
        one: 1,
        'one/sessions': 2,
        'one/factors': 5,
        'one/identities': 2,
        'one/activity': 2 + FOUND,
      }),
      ...ofOne({ change: 7, 'roles of one': 8, 'no role': 8, impersonate: 7, deactivate: 8, delete: 8 }),
    });
  });

  test('none of these knows of bound sessions', async () => {
    const user = await app.signedUp();
    await user.login(user.email);
    expect(await cost(200, () => user.get('/auth/sessions/ended'))).toBe(1);
    expect([ADVANCE.text, FIND.text].filter((text) => !sent.has(text))).toEqual([]);
    expect([...sent].filter((text) => /\b(bound_jwk|bound_at|proven_at|g\.proven)\b/.test(text))).toEqual([]);
  });

  test('where sessions may be bound: as many for a refresh; a binding: one, a question: one, a proof: two, the first as well', async () => {
    const on = await startApp(
      {
        deviceBoundSessions: true,
        cookieSecure: true,
        clock: app.clock,
        databaseUrl: tap.databaseUrl,
      },
      database,
    );
    await on.app.get(Sending).onModuleDestroy();
    try {
      const device = new BoundDevice(on.url);
      const costs: Record<string, number> = {};
      const counted = async (what: string, status: number, send: () => Promise<{ status: number }>) => {
        let answer: { status: number } | undefined;
        costs[what] = await tap.countDuring(async () => (answer = await send()));
        expect([what, answer?.status]).toEqual([what, status]);
      };
      const account = { email: uniqueEmail(), password: PASSWORD };
      const offer = offerIn((await device.send('/auth/registration', account)).headers);
      const refresh = () => device.send('/auth/token/refresh');
      await refresh();
      await counted('unbound: keep', 200, refresh);
      app.clock.pastRotation();
      await counted('unbound: rotate', 200, refresh);
      await counted('bind', 200, () => device.bind(offer ?? { path: '', challenge: '' }));
      for (const what of ['first', 'next']) {
        app.clock.advance(180);
        let challenge = '';
        await counted(`${what}: ask`, 403, async () => {
          const asked = await device.ask();
          challenge = challengeIn(asked.headers) ?? '';
          return asked;
        });
        await counted(`${what}: prove`, 200, () => device.answer(challenge));
        await counted(`${what}: prove again`, 200, () => device.answer(challenge));
        await counted(`${what}: rotate`, 200, refresh);
      }
      await counted('refused, young', 403, refresh);
      app.clock.pastRotation();
      await counted('refused, due', 403, refresh);
      expect(costs).toEqual({
        ...{ 'unbound: keep': 1, 'unbound: rotate': 1, bind: 1 },
        ...{ 'first: ask': 1, 'first: prove': 2, 'first: prove again': 1, 'first: rotate': 1 },
        ...{ 'next: ask': 1, 'next: prove': 2, 'next: prove again': 1, 'next: rotate': 1 },
        ...{ 'refused, young': 1, 'refused, due': 2 },
      });
    } finally {
      await on.close();
    }
  });
});
