import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { ENTITIES } from '../../src/entities.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { ROOT } from '../support/server-process.js';
import { fill, valueOf } from './representative-rows.js';

/** What the previous release sends: `npm run record-release` writes it. */
interface Recorded {
  version: string;
  statements: { text: string; types: string[] }[];
}

const DIRECTORY = join(ROOT, 'test/database/previous-release');
const { statements } = JSON.parse(readFileSync(join(DIRECTORY, 'statements.json'), 'utf8')) as Recorded;

const databases: TestDatabase[] = [];
let clients: pg.Client[] = [];
let expected: string[];
beforeAll(async () => {
  clients = [await previousDatabase(false), await previousDatabase(true)];
  expected = await outcomes(clients[0] as pg.Client);
}, 120_000);
afterAll(async () => {
  for (const client of clients) await client.end();
  for (const database of databases) await database.drop();
});

/** A database as the previous release left it, with a row in nearly every table. */
async function previousDatabase(isMigrated: boolean): Promise<pg.Client> {
  const database = await createEmptyDatabase();
  databases.push(database);
  const { databaseUrl: url } = database.settings as { databaseUrl: string };
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(join(DIRECTORY, 'schema.sql'), 'utf8'));
  expect(await fill(client)).toEqual(
    expect.arrayContaining(['users', 'sessions', 'audit_events', 'api_keys']),
  );
  if (isMigrated) {
    const dataSource = await createDataSource({ address: { url }, poolSize: 1 }, ENTITIES).initialize();
    await migrate(dataSource);
    await dataSource.destroy();
  }
  return client;
}

/** What each statement comes to, after a change of the schema. Nothing of it stays. */
async function outcomes(client: pg.Client, change = 'SELECT 1'): Promise<string[]> {
  await client.query('BEGIN');
  try {
    await client.query(change);
    const found = [];
    for (const statement of statements) found.push(await outcomeOf(client, statement));
    return found;
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The names and types of its columns, or its error. */
async function outcomeOf(
  client: pg.Client,
  { text, types }: Recorded['statements'][number],
): Promise<string> {
  await client.query('SAVEPOINT before');
  try {
    const { fields } = await client.query(text, types.map(valueOf));
    return fields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`).join(', ');
  } catch (error) {
    const { code, column, message } = error as pg.DatabaseError;
    return `${code} ${column ?? message}`;
  } finally {
    await client.query('ROLLBACK TO before');
  }
}

/** The statements that come to something else than with the schema of their release. */
async function differences(change?: string): Promise<string[]> {
  const found = await outcomes(clients[1] as pg.Client, change);
  return statements.flatMap(({ text }, i) =>
    found[i] === expected[i] ? [] : [`${text}\n  was: ${expected[i]}\n  is: ${found[i]}`],
  );
}

test('every statement of the previous release does the same with the newest schema', async () => {
  expect(statements.length).toBeGreaterThan(250);
  // Most of them find or write something.
  expect(expected.filter((outcome) => !/^\w{5} /.test(outcome)).length).toBeGreaterThan(200);
  expect(await differences()).toEqual([]);
});

test.each([
  ['a column that is gone', 'ALTER TABLE tokenjar.sessions DROP COLUMN user_agent'],
  ['a column of another type', 'ALTER TABLE tokenjar.outbox ALTER COLUMN attempts TYPE text'],
  ['a column with another name', 'ALTER TABLE tokenjar.users RENAME COLUMN locale TO language'],
  [
    'a new column that has to be filled',
    `ALTER TABLE tokenjar.sessions ADD COLUMN x integer NOT NULL DEFAULT 1;
     ALTER TABLE tokenjar.sessions ALTER COLUMN x DROP DEFAULT`,
  ],
  ['a table that is gone', 'DROP TABLE tokenjar.limits'],
])('%s is noticed', async (_, change) => {
  expect((await differences(change)).length).toBeGreaterThan(0);
});
