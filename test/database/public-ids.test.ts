import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { PublicIds1765150000000 } from '../../src/database/migrations/1765150000000-public-ids.js';
import { migrate } from '../../src/database/migrate.js';
import { openDataSource, SchemaOutdated } from '../../src/database/open.js';
import { ENTITIES } from '../../src/entities.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let given: TestDatabase;
let databaseUrl: string;
let client: pg.Client;
beforeEach(async () => {
  given = await createEmptyDatabase();
  if (!('databaseUrl' in given.settings)) throw new Error('these tests are about PostgreSQL');
  ({ databaseUrl } = given.settings);
  client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await given.drop();
});

const open = (mode: 'auto' | 'off' = 'auto') =>
  openDataSource({ databaseUrl, databasePoolSize: 2, dataDir: '', migrate: mode }, ENTITIES);

/** A database of before there were public IDs, with users. */
async function before(users: number): Promise<void> {
  const dataSource = await open();
  const { name } = new PublicIds1765150000000();
  for (let last: string | undefined; last !== name;) {
    const [row] = await dataSource.query<{ name: string }[]>(
      'SELECT name FROM tokenjar.migrations ORDER BY id DESC LIMIT 1',
    );
    last = row?.name;
    await dataSource.undoLastMigration();
  }
  await dataSource.destroy();
  await client.query(
    `INSERT INTO tokenjar.users (email, created_at) SELECT 'user' || i || '@example.com', now() FROM generate_series(1, $1) i`,
    [users],
  );
}

async function state() {
  const { rows } = await client.query<{ missing: number; distinct: number; random: number }>(
    `SELECT count(*) FILTER (WHERE public_id IS NULL)::int AS missing, count(DISTINCT public_id)::int AS distinct,
      count(*) FILTER (WHERE public_id::text ~ '^.{14}4.{4}[89ab]')::int AS random FROM tokenjar.users`,
  );
  return rows[0];
}

test('gives each user of before a public ID of their own, in batches, also with two instances at once', async () => {
  await before(5001);
  await expect(open('off')).rejects.toThrow(SchemaOutdated);
  const opened = await Promise.all([open(), open()]);
  expect(await state()).toEqual({ missing: 0, distinct: 5001, random: 5001 });
  const { rows } = await client.query(
    `SELECT attnotnull, (SELECT count(*)::int FROM pg_constraint WHERE conname = 'users_public_id_complete') AS checks
      FROM pg_attribute WHERE attrelid = 'tokenjar.users'::regclass AND attname = 'public_id'`,
  );
  expect(rows).toEqual([{ attnotnull: true, checks: 0 }]);
  for (const dataSource of opened) await dataSource.destroy();
  await (await open('off')).destroy();
});

test('goes on where it was interrupted, and until then the server does not start', async () => {
  await before(10);
  const dataSource = await open();
  await client.query('ALTER TABLE tokenjar.users ALTER COLUMN public_id DROP NOT NULL');
  await client.query('UPDATE tokenjar.users SET public_id = NULL WHERE id > 5');
  const { rows: kept } = await client.query(
    'SELECT id, public_id FROM tokenjar.users WHERE id <= 5 ORDER BY id',
  );
  await expect(open('off')).rejects.toThrow(SchemaOutdated);
  expect(await migrate(dataSource)).toEqual([]);
  expect(await state()).toEqual({ missing: 0, distinct: 10, random: 10 });
  const { rows } = await client.query('SELECT id, public_id FROM tokenjar.users WHERE id <= 5 ORDER BY id');
  expect(rows).toEqual(kept);
  await dataSource.destroy();
});

test('an instance of the version before goes on: it adds, changes and deletes users meanwhile', async () => {
  await before(3000);
  const old = new pg.Client({ connectionString: databaseUrl });
  await old.connect();
  // It holds a row for as long as the migration runs, and everything else is done by then.
  await old.query('BEGIN');
  await old.query(`UPDATE tokenjar.users SET locale = 'ko' WHERE id = 7`);
  let isDone = false;
  const migrating = open().then((dataSource) => {
    isDone = true;
    return dataSource;
  });
  // The migration itself waits for nobody who reads or writes rows for long, but for this transaction.
  await old.query('COMMIT');
  for (let round = 0; !isDone; round++) {
    await old.query(
      `INSERT INTO tokenjar.users (email, created_at) VALUES ('new' || $1 || '@example.com', now())`,
      [round],
    );
    await old.query(`UPDATE tokenjar.users SET locale = 'ko' WHERE id = $1`, [3000 - (round % 1000)]);
    await old.query('DELETE FROM tokenjar.users WHERE id = $1', [1500 - (round % 500)]);
  }
  await old.end();
  expect(await state()).toMatchObject({ missing: 0 });
  await (await migrating).destroy();
});

test('the public ID of a deleted user is kept, and that of a row that was written again stays the first', async () => {
  const dataSource = await open();
  const add = `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES (42, 'a@example.com', now()) RETURNING public_id`;
  const [first] = (await client.query<{ public_id: string }>(add)).rows;
  await client.query('DELETE FROM tokenjar.users');
  await client.query(add);
  await client.query('DELETE FROM tokenjar.users');
  const { rows } = await client.query('SELECT id, public_id FROM tokenjar.deleted_users');
  expect(rows).toEqual([{ id: '42', public_id: first?.public_id }]);
  await dataSource.destroy();
});
