import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { Purge } from '../../src/housekeeping/purge.js';
import { startApp, type TestApp } from '../support/app.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let app: TestApp;
beforeEach(async () => {
  database = await createDatabase();
  app = await startApp({}, database);
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

const DAY = 86_400_000;
const count = async (table: string): Promise<number> => {
  const [row] = await app.sql<{ count: number }>(`SELECT count(*)::int AS count FROM tokenjar.${table}`);
  return row?.count ?? -1;
};

const purgedOf = async (what: string) => (await app.app.get(Purge).run()).get(what);

/** Sessions that began `age` days ago, some of them refreshed since. */
async function open(sessions: number, age: number, expiresIn: number): Promise<void> {
  const now = app.clock.now().getTime();
  await app.sql(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM $1::timestamptz) * 1000)::bigint + i), 12, '0') || '70008000' ||
         substr(md5(random()::text), 1, 12))::uuid, gen_random_uuid(), (SELECT min(id) FROM tokenjar.users), 1, 0, $1,
       $1, $1, $2, $3, '{pwd}' FROM generate_series(1, $4::int) i`,
    [new Date(now - age * DAY), new Date(now + expiresIn * DAY), new Date(now + 90 * DAY), sessions],
  );
}

test('deletes what has expired, in batches, and nothing else', async () => {
  const user = await app.signedUp();
  await open(1200, 40, -10);
  await open(700, 20, -1);
  await open(800, 20, 3);
  await open(300, 40, 0.5);
  await user.post('/auth/logout');
  // Entries of the blacklist live a day at least, and what has expired stays an hour.
  app.clock.advance(86_400 + 3600 + 60);
  const purged = await app.app.get(Purge).run();
  expect(Object.fromEntries(purged)).toEqual({
    'expired sessions': 1200 + 700 + 300,
    'entries of the blacklist': 1,
    'records of ended sessions': 0,
    'expired limits': 0,
    'audit events': 0,
    'expired API keys': 0,
    'expired Django tokens': 0,
    'IDs of deleted users': 0,
    'links of emails': 0,
    'codes that nobody entered': 0,
    'set-ups of authenticator apps that nobody finished': 0,
    'trusted devices': 0,
    'used passkey challenges': 0,
    'logins that nobody finished': 0,
    'identities that nobody signed in to link': 0,
    'used nonces of providers': 0,
    'codes that nobody fetched a sign-in with': 0,
    'registrations that nobody verified': 0,
    'invitations that nobody accepted': 0,
    'given-up emails': 0,
    'webhook deliveries': 0,
    'signing keys': 0,
  });
  expect(await count('sessions')).toBe(800);
  app.clock.advance(29 * 86_400);
  expect(await purgedOf('records of ended sessions')).toBe(1);
  expect(await count('ended_sessions')).toBe(0);
});

// Somebody else holds them, on a connection beside those of the app.
(isEmbedded ? test.skip : test)('leaves locked rows for the next run without waiting', async () => {
  await app.signedUp();
  await open(3, 40, -10);
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM tokenjar.sessions ORDER BY idle_expires_at LIMIT 1 FOR UPDATE');
  expect(await purgedOf('expired sessions')).toBe(2);
  await holder.query('ROLLBACK');
  await holder.end();
  expect(await purgedOf('expired sessions')).toBe(1);
});

test('runs in one of several instances, once per interval', async () => {
  const others = await Promise.all(
    Array.from({ length: isEmbedded ? 0 : 3 }, () => startApp({ clock: new TestClock() }, database)),
  );
  const purges = [app, ...others].map((each) => each.app.get(Purge));
  const ran = async () => (await Promise.all(purges.map((purge) => purge.runIfDue()))).filter(Boolean).length;
  expect(await ran()).toBe(1);
  expect(await ran()).toBe(0);
  for (const each of [app, ...others]) each.clock.advance(3600);
  expect(await ran()).toBe(1);
  for (const each of others) await each.close();
});
