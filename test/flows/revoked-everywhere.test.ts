import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AccessTokens } from '../../src/tokens/access-token.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually, untilRefused } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { type StatementCounter, tapStatements } from '../support/statement-counter.js';
import { expectProblem } from '../support/problem.js';

/** What DESIGN promises, from the revocation to the last token that is let in. **Unit** milliseconds. */
const PROMISED = 1000;

// The embedded database belongs to one process.
const describeOnPostgres = isEmbedded ? describe.skip : describe;

describeOnPostgres.each(['auto', 'poll'] as const)('with BLACKLIST_FEED=%s', (blacklistFeed) => {
  let database: TestDatabase;
  let tap: StatementCounter;
  let clock: TestClock;
  /** Where sessions end. */
  let here: TestApp;
  /** Where it has to be known. */
  let there: TestApp;
  let direct: pg.Client;
  beforeAll(async () => {
    database = await createDatabase();
    const { databaseUrl } = database.settings as { databaseUrl: string };
    tap = await tapStatements(databaseUrl);
    clock = new TestClock();
    here = await startApp({ blacklistFeed, clock }, database);
    there = await startApp({ blacklistFeed, clock, databaseUrl: tap.databaseUrl }, database);
    direct = new pg.Client({ connectionString: databaseUrl });
    await direct.connect();
  });
  afterAll(async () => {
    await direct.end();
    await here.close();
    await there.close();
    await tap.close();
    await database.drop();
  });

  type User = Browser & { email: string };
  const askAt = (instance: TestApp, { accessToken }: { accessToken?: string | undefined }) =>
    new Browser(instance.url).get('/auth/session', { headers: { authorization: `Bearer ${accessToken}` } });

  async function expectRefusedThere(user: { accessToken?: string | undefined }): Promise<number> {
    const { refusal, acceptedFor } = await untilRefused(() => askAt(there, user));
    expect([refusal.status, refusal.body.code]).toEqual([401, 'token_blacklisted']);
    expect(acceptedFor).toBeLessThan(PROMISED);
    return acceptedFor;
  }

  async function expectAcceptedEverywhere(user: { accessToken?: string | undefined }): Promise<void> {
    for (const instance of [here, there]) expect((await askAt(instance, user)).status).toBe(200);
  }

  async function signedIn(email: string): Promise<Browser> {
    const device = here.browser();
    expect((await device.login(email)).status).toBe(200);
    return device;
  }

  const idOf = async ({ email }: User): Promise<number> => {
    const account = await here.app.get(Users).findByEmail(email);
    return account?.id ?? Number.NaN;
  };
  const sessionIdOf = ({ accessToken = '' }: Browser): string => String(readPart(accessToken, 1).sid);

  const WAYS: Record<string, (victim: User, other: Browser) => Promise<unknown>> = {
    'a sign-out': (victim) => victim.post('/auth/logout'),
    'the refresh token on the blacklist': async (victim, other) =>
      other.post('/auth/token/blacklist', { refresh: await victim.refreshCookie() }),
    'its end from another device': (victim, other) => other.delete(`/auth/sessions/${sessionIdOf(victim)}`),
    'the end of the others': (_victim, other) => other.delete('/auth/sessions'),
    'a copied refresh token': async (victim) => {
      const thief = await victim.copy();
      for (let i = 0; i < 2; i++) {
        clock.advance(130);
        await victim.refresh();
      }
      await thief.refresh();
    },
    'a change of the password': (_victim, other) =>
      other.post('/auth/password/change', { old_password: PASSWORD, new_password: `another ${PASSWORD}` }),
    'the deletion of the account': (victim) => victim.delete('/auth/user', { password: PASSWORD }),
    'the end of all sessions': async (victim) =>
      here.app.get(SessionEnding).endAll(await idOf(victim), 'ended_by_operator'),
    'deactivation of the user': async (victim) =>
      here.app.get(SessionEnding).deactivateUser(await idOf(victim)),
  };
  const LEAVES_NO_OTHER = [
    'the deletion of the account',
    'the end of all sessions',
    'deactivation of the user',
  ];

  test.each(Object.keys(WAYS))('%s takes effect everywhere within a second', async (way) => {
    const victim = await here.signedUp();
    const other = await signedIn(victim.email);
    const stranger = await here.signedUp();
    for (const user of [victim, other, stranger]) await expectAcceptedEverywhere(user);

    await WAYS[way]?.(victim, other);
    await expectRefusedThere(victim);
    expectProblem(await askAt(here, victim), 'token_blacklisted');
    if (LEAVES_NO_OTHER.includes(way)) await expectRefusedThere(other);
    else await expectAcceptedEverywhere(other);
    await expectAcceptedEverywhere(stranger);
  });

  test('accepts a session opened right after all have ended', async () => {
    const user = await here.signedUp();
    await here.app.get(SessionEnding).endAll(await idOf(user), 'ended_by_operator');
    clock.advance(0.001);
    const next = await signedIn(user.email);
    await expectRefusedThere(user);
    await expectAcceptedEverywhere(next);
  });

  test('ends two hundred sessions with one entry, and refuses each of them', async () => {
    const user = await here.signedUp();
    const userId = await idOf(user);
    const ids = Array.from({ length: 200 }, (_, i) => uuidv7({ msecs: clock.now().getTime() - i * 1000 }));
    await direct.query(
      `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
         last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
       SELECT id, gen_random_uuid(), $2, 1, 0, now, now - nr * interval '1s', now, now + interval '1d',
         now + interval '1d', '{pwd}'
       FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, nr), (SELECT $3::timestamptz AS now) AS clock`,
      [ids, userId, clock.now()],
    );
    const tokens = ids.map((sessionId) => tokenFor(sessionId, userId));
    expect((await askAt(there, { accessToken: tokens[199] })).status).toBe(200);

    expect((await user.delete('/auth/sessions')).status).toBe(204);
    const { rows } = await direct.query('SELECT session_id FROM tokenjar.blacklist WHERE user_id = $1', [
      userId,
    ]);
    expect(rows).toEqual([{ session_id: null }]);
    for (const accessToken of tokens) await expectRefusedThere({ accessToken });
    await expectAcceptedEverywhere(user);
  });

  test('a guarded request sends no query', async () => {
    const [gone, user] = [await here.signedUp(), await here.signedUp()];
    await gone.post('/auth/logout');
    await expectRefusedThere(gone);
    const statements = await tap.countDuring(async () => {
      for (let i = 0; i < 30; i++) {
        expect((await askAt(there, user)).status).toBe(200);
        expect((await askAt(there, gone)).status).toBe(401);
      }
    });
    expect(statements).toBe(0);
  });

  test('does not miss an entry that commits after later ones were read', async () => {
    const [early, late] = [await here.signedUp(), await here.signedUp()];
    const sessionId = sessionIdOf(early);
    await direct.query('BEGIN');
    await insertEntry(direct, sessionId);
    await late.post('/auth/logout');
    await expectRefusedThere(late);
    expect((await askAt(there, early)).status).toBe(200);
    await direct.query('COMMIT');
    await expectRefusedThere(early);
  });

  test('misses no entry, in whatever order transactions begin and commit', async () => {
    const userId = await idOf(await here.signedUp());
    const writers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = new pg.Client({
          connectionString: (database.settings as { databaseUrl: string }).databaseUrl,
        });
        await client.connect();
        return client;
      }),
    );
    const ids = Array.from({ length: 200 }, () => uuidv7({ msecs: clock.now().getTime() }));
    await Promise.all(
      writers.map(async (client, nr) => {
        for (const id of ids.filter((_, i) => i % writers.length === nr)) {
          await client.query('BEGIN');
          await insertEntry(client, id);
          await client.query('SELECT pg_sleep(random() ^ 3 * 0.2)');
          // Some are told of, most are not.
          if (Math.random() < 0.2) await client.query('NOTIFY tokenjar_blacklist');
          await client.query('COMMIT');
        }
        await client.end();
      }),
    );
    const committedAt = performance.now();
    for (const id of ids) await expectRefusedThere({ accessToken: tokenFor(id, userId) });
    expect(performance.now() - committedAt).toBeLessThan(5000);
  });

  // One that nobody told would find out 150 ms after on average.
  if (blacklistFeed === 'auto')
    test('notifies the other instances, which need not wait for their next poll', async () => {
      const latencies: number[] = [];
      for (let i = 0; i < 12; i++) {
        const user = await here.signedUp();
        await user.post('/auth/logout');
        latencies.push(await expectRefusedThere(user));
      }
      const prompt = latencies.filter((latency) => latency < 75);
      expect(prompt.length).toBeGreaterThanOrEqual(9);
    });

  test('a new instance does not load expired entries', async () => {
    const user = await here.signedUp();
    const sessionId = sessionIdOf(user);
    await insertEntry(direct, sessionId, -1);
    const third = await startApp({ blacklistFeed, clock }, database);
    try {
      expect((await askAt(third, user)).status).toBe(200);
      await user.post('/auth/logout');
      expect(
        (
          await eventually(
            () => askAt(third, user),
            ({ status }) => status !== 200,
          )
        ).status,
      ).toBe(401);
    } finally {
      await third.close();
    }
  });

  const tokenFor = (sessionId: string, userId: number): string =>
    here.app.get(AccessTokens).issue(
      {
        sessionId,
        userId,
        roles: [],
        scopes: [],
        claimsEpoch: 0,
        rolesEpoch: 0,
        amr: [],
        acr: 'aal1',
        authTime: 0,
      },
      clock.now(),
      new Date(clock.now().getTime() + 86_400_000),
    ).token;

  const insertEntry = (client: pg.Client, sessionId: string, expiresIn = 600) =>
    client.query(
      `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at) VALUES ($1, 'logout', $2, $3)`,
      [sessionId, clock.now(), new Date(clock.now().getTime() + expiresIn * 1000)],
    );
});
