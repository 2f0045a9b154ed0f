import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

/** ASVS 5.0 7.2.4: who signs in again gets a new session, and the one that the browser had before is over. */

let database: TestDatabase;
/** Two instances; the embedded database has one. */
let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({}, database);
  other = isEmbedded ? app : await startApp({ clock: app.clock }, database);
});
afterAll(async () => {
  if (other !== app) await other.close();
  await app.close();
  await database.drop();
});

const account = (email: string) => ({ email, password: PASSWORD });
/** With the cookie of a browser and nothing else of it. */
const copyOf = async (user: Browser) => Object.assign(await user.copy(), { accessToken: user.accessToken });
const codeOf = async (user: Browser, at = app) =>
  (await Object.assign(at.browser(), { accessToken: user.accessToken }).get('/auth/session')).body?.code;
const cookieOf = async (user: Browser) => `refresh_token=${(await user.refreshCookie()) ?? ''}`;
const refreshWith = (cookie: string) => app.browser().post('/auth/token/refresh', undefined, { cookie });

/** Every way in. Each makes or takes an account, and answers with tokens. */
const WAYS: [string, (email: string) => [path: string, body: object], isNew: boolean][] = [
  ['login', (email) => ['/auth/login', account(email)], false],
  ['token', (email) => ['/auth/token', account(email)], false],
  ['registration', () => ['/auth/registration', account(uniqueEmail())], true],
  ['signup', () => ['/auth/signup', account(uniqueEmail())], true],
];

describe.each(WAYS)('by %s', (_name, way, isNew) => {
  test.each(['the same user', 'another user'])(
    'the session of %s ends at once, on every instance',
    async (who) => {
      const user = await app.signedUp();
      const old = await copyOf(user);
      const [path, body] = way(who === 'the same user' ? user.email : (await app.signedUp()).email);
      const { status } = await user.post(path, body);
      expect(status).toBe(isNew ? 201 : 200);

      expect(await codeOf(old)).toBe('token_blacklisted');
      expect(await eventually(() => codeOf(old, other), Boolean, 2000)).toBe('token_blacklisted');
      expect((await refreshWith(await cookieOf(old))).body.code).toBe('token_blacklisted');
      expect((await user.refresh()).status).toBe(200);
      expect((await user.get('/auth/session')).status).toBe(200);
    },
  );

  test('keeps sessions on other devices', async () => {
    const here = await app.signedUp();
    const there = app.browser();
    await there.post('/auth/login', account(here.email));
    const [path, body] = way(here.email);
    await here.post(path, body);
    expect((await there.get('/auth/session')).status).toBe(200);
    expect((await there.refresh()).status).toBe(200);
  });
});

test.each(['django', 'django-legacy', 'envelope'] as const)('in the words of %s too', async (dialect) => {
  const server = await startApp({ dialect, passwordMinLength: 8 });
  try {
    const email = uniqueEmail();
    const registration = { email, password: PASSWORD, password1: PASSWORD, password2: PASSWORD };
    const user = server.browser();
    expect((await user.post('/auth/registration', registration)).status).toBe(201);
    const before = await cookieOf(user);
    expect((await user.post('/auth/login', account(email))).status).toBe(200);
    const old = await server.browser().post('/auth/token/refresh', undefined, { cookie: before });
    expect(old.status).toBe(401);
    const reasons = await server.sql('SELECT reason FROM tokenjar.ended_sessions');
    expect(reasons).toEqual([{ reason: 'replaced' }]);
  } finally {
    await server.close();
  }
});

test('tells the user why, and writes the audit trail in the same transaction', async () => {
  const user = await app.signedUp();
  await user.post('/auth/login', account(user.email));
  const ended = await user.get('/auth/sessions/ended');
  expect(ended.body).toEqual([expect.objectContaining({ reason: 'replaced' })]);
  const { body } = await user.get('/auth/activity');
  const events = body as unknown as { event: string; reason: string | null; at: string }[];
  const [first, second] = events;
  expect(
    events
      .slice(0, 2)
      .map(({ event, reason }) => `${event} ${reason ?? ''}`)
      .sort(),
  ).toEqual(['login ', 'session_ended replaced']);
  expect(first?.at).toBe(second?.at);
});

test('ends nothing if the sign-in fails', async () => {
  const user = await app.signedUp();
  const { status } = await user.post('/auth/login', { email: user.email, password: 'wrong' });
  expect(status).toBe(401);
  expect((await user.post('/auth/registration', account(user.email))).status).toBe(409);
  expect((await user.get('/auth/session')).status).toBe(200);
});

describe('only tokens that we signed count', () => {
  test('a forged token of a live session ends nothing', async () => {
    const victim = await app.signedUp();
    const token = (await victim.refreshCookie()) ?? '';
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(43)}`;
    const { email } = await app.signedUp();
    const { status } = await app
      .browser()
      .post('/auth/login', account(email), { cookie: `refresh_token=${forged}` });
    expect(status).toBe(200);
    expect((await victim.get('/auth/session')).status).toBe(200);
  });

  test('an access token ends nothing', async () => {
    const user = await app.signedUp();
    const bearer = Object.assign(app.browser(), { accessToken: user.accessToken });
    expect((await bearer.post('/auth/login', account(user.email))).status).toBe(200);
    expect((await user.get('/auth/session')).status).toBe(200);
  });

  test('an old generation ends its session, as at sign-out, without counting as reuse', async () => {
    const user = await app.signedUp();
    const old = await cookieOf(user);
    for (let i = 0; i < 3; i++) {
      app.clock.advance(150);
      expect((await user.refresh()).status).toBe(200);
    }
    await app.browser().post('/auth/login', account(user.email), { cookie: old });
    expect(await codeOf(user)).toBe('token_blacklisted');
    const rows = await app.sql(
      'SELECT reason FROM tokenjar.ended_sessions e JOIN tokenjar.users u ON u.id = e.user_id WHERE email = $1',
      [user.email],
    );
    expect(rows).toEqual([{ reason: 'replaced' }]);
  });

  test('several cookies each end their session', async () => {
    const [one, two, three] = [await app.signedUp(), await app.signedUp(), await app.signedUp()];
    const cookie = `${await cookieOf(one)}; ${await cookieOf(two)}; refresh_token=junk`;
    expect((await app.browser().post('/auth/login', account(three.email), { cookie })).status).toBe(200);
    expect([await codeOf(one), await codeOf(two)]).toEqual(['token_blacklisted', 'token_blacklisted']);
    expect(await codeOf(three)).toBeUndefined();
  });
});

describe('two tabs and lost answers', () => {
  test('two tabs that sign in at once both stay signed in', async () => {
    const user = await app.signedUp();
    const tabs = await Promise.all([user.copy(), user.copy()]);
    const answers = await Promise.all(tabs.map((tab) => tab.post('/auth/login', account(user.email))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const tab of tabs) {
      expect((await tab.get('/auth/session')).status).toBe(200);
      expect((await tab.refresh()).status).toBe(200);
    }
    expect(await codeOf(user)).toBe('token_blacklisted');
  });

  test('after one tab and then the other, the first one goes on with the shared cookie', async () => {
    const first = await app.signedUp();
    await first.post('/auth/login', account(first.email));
    const second = await first.copy();
    await second.post('/auth/login', account(first.email));
    await first.setRefreshCookie((await second.refreshCookie()) ?? '');
    expect((await first.get('/auth/session')).status).toBe(401);
    expect((await first.refresh()).status).toBe(200);
    expect((await first.get('/auth/session')).status).toBe(200);
  });

  test('after a lost response, the second attempt works with the earlier cookie', async () => {
    const user = await app.signedUp();
    const retry = await user.copy();
    await user.post('/auth/login', account(user.email));
    expect((await retry.post('/auth/login', account(user.email))).status).toBe(200);
    expect((await retry.refresh()).status).toBe(200);
  });

  test('a late refresh of the other tab does not clear the new cookie', async () => {
    const user = await app.signedUp();
    const before = await cookieOf(user);
    await user.post('/auth/login', account(user.email));
    const { status, setCookie } = await refreshWith(before);
    expect([status, setCookie]).toEqual([401, []]);
    // A session that ended otherwise has no successor in this browser.
    const gone = await app.signedUp();
    const dead = await cookieOf(gone);
    await gone.post('/auth/logout');
    expect((await refreshWith(dead)).setCookie).toHaveLength(1);
  });

  test('concurrent sign-ins leave none of the replaced sessions', async () => {
    const user = await app.signedUp();
    const cookie = await cookieOf(user);
    const send = () => app.browser().post('/auth/login', account(user.email), { cookie });
    const answers = await Promise.all(Array.from({ length: 6 }, send));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(await codeOf(user)).toBe('token_blacklisted');
    const [row] = await app.sql<{ ended: number }>(
      `SELECT count(*) AS ended FROM tokenjar.ended_sessions e JOIN tokenjar.users u ON u.id = e.user_id
       WHERE email = $1 AND reason = 'replaced'`,
      [user.email],
    );
    expect(row?.ended).toBe(1);
  });
});

describe('with a limit of sessions', () => {
  test.each(['end_oldest', 'refuse'] as const)(
    '%s: the one that is replaced makes its own room',
    async (policy) => {
      const server = await startApp({ sessionLimit: 2, sessionLimitPolicy: policy });
      try {
        const here = await server.signedUp();
        const there = server.browser();
        expect((await there.post('/auth/login', account(here.email))).status).toBe(200);
        expect((await here.post('/auth/login', account(here.email))).status).toBe(200);
        expect((await there.get('/auth/session')).status).toBe(200);
        expect((await here.get('/auth/session')).status).toBe(200);
      } finally {
        await server.close();
      }
    },
  );
});

(isEmbedded ? test.skip : test).each(['body', 'both'] as const)(
  'REFRESH_TOKEN_IN=%s: a cookie that is presented counts',
  async (refreshTokenIn) => {
    const user = await app.signedUp();
    const cookie = await cookieOf(user);
    const server = await startApp({ refreshTokenIn }, database);
    try {
      const { status } = await server.browser().post('/auth/login', account(user.email), { cookie });
      expect(status).toBe(200);
      expect(await eventually(() => codeOf(user), Boolean, 2000)).toBe('token_blacklisted');
    } finally {
      await server.close();
    }
  },
);

test('a sign-in concurrent with the deletion of the replaced session’s account does not fail', async () => {
  for (let i = 0; i < 5; i++) {
    const [victim, user] = [await app.signedUp(), await app.signedUp()];
    const cookie = await cookieOf(victim);
    const answers = await Promise.all([
      victim.delete('/auth/user', { password: PASSWORD }),
      app.browser().post('/auth/login', account(user.email), { cookie }),
    ]);
    expect(answers[1].status).toBe(200);
    expect([204, 401]).toContain(answers[0].status);
  }
});
