import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { Sessions } from '../../src/users/sessions/sessions.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { PARTITIONS, partition, partitionsOf } from './partitioned.js';

/** A statement that the app sent. */
interface Sent {
  name: string;
  text: string;
  values: unknown[];
}

let database: TestDatabase;
let client: pg.Client;
let app: TestApp;
let sent: Sent[] | undefined;
const proto = pg.Client.prototype as unknown as { query: (this: unknown, ...args: unknown[]) => unknown };
const { query } = proto;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: (database.settings as { databaseUrl: string }).databaseUrl });
  await client.connect();
  await partition(client);
  app = await startApp({ sessionLimit: 3, updateLastLogin: true }, database);
  proto.query = function (...args) {
    note(args);
    return query.apply(this, args);
  };
}, 120_000);
afterAll(async () => {
  proto.query = query;
  await app.close();
  await client.end();
  await database.drop();
});

/** The audit chain seals what was recorded; no request waits for it. */
const IN_BACKGROUND = /audit_batches/;

function note([first, second]: unknown[]): void {
  const {
    name = '',
    text,
    values,
  } = (typeof first === 'string' ? { text: first, values: second } : first) as Sent;
  if (/^(WITH|SELECT|INSERT|UPDATE|DELETE)\b/.test(text)) sent?.push({ name, text, values: values ?? [] });
}

/** The statements on the tables of users that are sent meanwhile. */
async function during(act: () => Promise<unknown>): Promise<Sent[]> {
  sent = [];
  await act();
  const all = sent;
  sent = undefined;
  return all.filter(
    ({ text }) =>
      !IN_BACKGROUND.test(text) && /tokenjar"?\."?(users|sessions|ended_sessions|audit_events)\b/.test(text),
  );
}

/** What the statements of a request read. */
interface Reading {
  /** How many partitions, by the name of the statement. */
  partitions: Record<string, number>;
  /** Which ones, of all of them. */
  numbers: number[];
}

async function read(act: () => Promise<Answer>, status = 200): Promise<Reading> {
  const statements = await during(async () => expect((await act()).status).toBe(status));
  expect(statements.length).toBeGreaterThan(0);
  const partitions: Record<string, number> = {};
  const numbers = new Set<number>();
  for (const each of statements) {
    const found = await partitionsOf(client, each);
    partitions[nameOf(each)] = found.length;
    for (const number of found) numbers.add(number);
  }
  return { partitions, numbers: [...numbers] };
}

/** Those of TypeORM have no name. */
const nameOf = ({ name, text }: Sent): string =>
  name ||
  text
    .replace(/^UPDATE "tokenjar"\."users" SET "last_login_at".*/, 'users, the last login')
    .replace(/^SELECT .*? FROM "tokenjar"\."(\w+)" "\w+" WHERE .*?"(\w+)" = .*$/, '$1 by $2');

/** The partition of a user. */
async function homeOf(ids: readonly unknown[]): Promise<number[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT tableoid::regclass::text AS name FROM tokenjar.users WHERE id = ANY ($1::bigint[])`,
    [ids],
  );
  return rows.map(({ name }) => Number(/\d+$/.exec(name)?.[0]));
}

/** The session of the access token. */
const decode = ({ accessToken = '' }: Browser): { sid: string } =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };

async function idOf(browser: Browser): Promise<unknown> {
  return (await browser.get('/auth/user')).body.id;
}

/** All statements read the partition of the user, and no other. */
async function expectHome(reading: Promise<Reading>, browser: Browser): Promise<void> {
  expect((await reading).numbers).toEqual(await homeOf([await idOf(browser)]));
}

const login = (browser: Browser, email: string) => browser.post('/auth/login', { email, password: PASSWORD });

/** What a login does not know yet is whose it is. */
const BY_EMAIL = { user_by_email: PARTITIONS };

test('a refresh that rotates, keeps or repeats reads one partition', async () => {
  const browser = await app.signedUp();
  await expectHome(
    read(() => browser.refresh()),
    browser,
  );
  app.clock.pastRotation();
  const other = await browser.copy();
  const rotates = await read(() => browser.refresh());
  expect(rotates.partitions).toEqual({ session_advance: 1 });
  await expectHome(
    read(() => other.refresh()),
    browser,
  );
});

test('a refresh of a session that has ended looks everywhere once, for somebody who names another user', async () => {
  const browser = await app.signedUp();
  const copy = await browser.copy();
  expect((await read(() => browser.post('/auth/logout', {}), 204)).partitions).toEqual({
    session_end_by_token: 1,
  });
  expect((await read(() => copy.refresh(), 401)).partitions).toEqual({
    session_find: 1,
    session_lost: PARTITIONS,
  });
});

test('what a login writes is in one partition, also when it replaces a session and ends the oldest', async () => {
  const browser = await app.signedUp();
  const other = app.browser();
  const first = await read(() => login(other, browser.email));
  const again = await read(() => login(other, browser.email));
  for (const [{ partitions }, opens] of [
    [first, 'session_open'],
    [again, 'session_open_replacing'],
  ] as const)
    expect(partitions).toEqual({
      ...BY_EMAIL,
      session_lock_user: 1,
      session_end_oldest: 1,
      [opens]: 1,
      'users, the last login': 1,
    });
});

test('a login in a browser of somebody else reads the partitions of both', async () => {
  const users = [await app.signedUp(), await app.signedUp()] as const;
  const ids = [await idOf(users[0]), await idOf(users[1])];
  const { partitions } = await read(() => login(users[0], users[1].email));
  expect(partitions.session_open_replacing).toBe((await homeOf(ids)).length);
});

test.each(['/auth/user', '/auth/sessions', '/auth/sessions/ended', '/auth/activity'])(
  '%s reads one partition',
  async (path) => {
    const browser = await app.signedUp();
    await expectHome(
      read(() => browser.get(path)),
      browser,
    );
  },
);

test('of several cookies, the sessions that live are looked for at their users', async () => {
  const id = Number(await idOf(await app.signedUp()));
  const [living] = await during(() =>
    app.app.get(Sessions).living([{ lookupId: 'a'.repeat(32), userId: id }]),
  );
  expect(await partitionsOf(client, living as Sent)).toEqual(await homeOf([id]));
});

test('to end a session, or all others, reads and writes one partition', async () => {
  const browser = await app.signedUp();
  const other = app.browser();
  await login(other, browser.email);
  const { sid: id } = decode(other);
  await expectHome(
    read(() => browser.send('DELETE', `/auth/sessions/${id}`), 204),
    browser,
  );
  await expectHome(
    read(() => browser.send('DELETE', '/auth/sessions'), 204),
    browser,
  );
});

test('a statement that several refreshes share reads the partitions of their users', async () => {
  const browsers: Browser[] = [];
  for (let i = 0; i < 20; i++) browsers.push(await app.signedUp());
  let shared: Sent | undefined;
  // Whether refreshes arrive in one turn is up to the network.
  for (let tries = 0; tries < 10 && !shared; tries++) {
    app.clock.pastRotation();
    const all = await during(() => Promise.all(browsers.map((each) => each.refresh())));
    shared = all.find(({ name }) => name === 'session_advance_many');
  }
  const [, userIds = ''] = (shared as Sent).values as string[];
  const homes = await homeOf(userIds.slice(1, -1).split(','));
  expect(homes.length).toBeLessThan(PARTITIONS);
  expect(await partitionsOf(client, shared as Sent, true)).toEqual(homes.sort((a, b) => a - b));
});
