import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { createDataSource } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import { migrate } from '../../src/database/migrate.js';
import { openDataSource, SchemaOutdated } from '../../src/database/open.js';
import { SCHEMA } from '../../src/database/schema.js';
import { statement } from '../../src/database/statement.js';
import { ENTITIES } from '../../src/entities.js';
import { explainFailure } from '../../src/server/startup-error.js';
import { eventually } from '../support/eventually.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let given: TestDatabase;
let databaseUrl: string;
let open: Database[];
beforeEach(async () => {
  given = await createEmptyDatabase();
  if (!('databaseUrl' in given.settings)) throw new Error('these tests are about PostgreSQL');
  ({ databaseUrl } = given.settings);
  open = [];
});
afterEach(async () => {
  for (const database of open) await database.close();
  await given.drop();
});

async function start(mode: 'auto' | 'off' = 'auto', url = databaseUrl): Promise<Database> {
  const settings = { databaseUrl: url, databasePoolSize: 2, dataDir: '', migrate: mode };
  const database = new Database(await openDataSource(settings, ENTITIES), url);
  open.push(database);
  return database;
}

const query = <Row>(database: Database, text: string): Promise<Row[]> =>
  database.run(statement<[], Row>('', text), []);
const tablesOf = async (database: Database): Promise<string[]> => {
  const rows = await query<{ name: string }>(
    database,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${SCHEMA}' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

const TABLES = [
  'api_keys',
  'audit_anchors',
  'audit_batches',
  'audit_events',
  'blacklist',
  'deleted_users',
  'django_tokens',
  'django_users',
  'ended_sessions',
  'factor_resets',
  'factors',
  'identities',
  'imported_users',
  'invitations',
  'jobs',
  'limits',
  'login_codes',
  'migrations',
  'one_time_tokens',
  'outbox',
  'passkey_users',
  'passkeys',
  'pending_identities',
  'pending_logins',
  'pending_registrations',
  'provider_codes',
  'recovery_codes',
  'roles',
  'sessions',
  'signing_keys',
  'suspended_recipients',
  'totp_secrets',
  'totp_setups',
  'trusted_devices',
  'used_challenges',
  'used_nonces',
  'users',
  'webhook_deliveries',
  'webhook_endpoints',
];

test('migrates an empty database once for five concurrent processes', async () => {
  const databases = await Promise.all(Array.from({ length: 5 }, () => start()));
  for (const database of databases) expect(await tablesOf(database)).toEqual(TABLES);
  const [first] = databases as [Database];
  const ran = await query<{ name: string }>(first, `SELECT name FROM ${SCHEMA}.migrations ORDER BY id`);
  expect(ran.map(({ name }) => name)).toEqual(first.dataSource.migrations.map(({ name }) => name));
});

test('migrates down and up again', async () => {
  const database = await start();
  const { dataSource } = database;
  const names = dataSource.migrations.map(({ name }) => name);
  for (let i = 0; i < names.length; i++) await dataSource.undoLastMigration();
  expect(await tablesOf(database)).toEqual(['migrations']);
  expect(await migrate(dataSource)).toEqual(names);
  expect(await tablesOf(database)).toEqual(TABLES);
  expect(await migrate(dataSource)).toEqual([]);
});

test('lets others pass while it waits for a table, and goes on when it is free', async () => {
  const database = await start();
  const { dataSource } = database;
  const names = dataSource.migrations.map(({ name = '' }) => name);
  const pending = names.slice(names.indexOf('PendingUsernames1765130001000'));
  for (let i = 0; i < pending.length; i++) await dataSource.undoLastMigration();
  const other = await createDataSource({ address: { url: databaseUrl }, poolSize: 1 }, ENTITIES).initialize();
  const migrated = await dataSource.transaction(async (backup) => {
    await backup.query(`LOCK TABLE ${SCHEMA}.pending_registrations IN ACCESS SHARE MODE`);
    const migrating = migrate(other).finally(() => other.destroy());
    const waiting = `SELECT 1 FROM pg_locks WHERE relation = '${SCHEMA}.pending_registrations'::regclass AND NOT granted`;
    expect(
      await eventually(
        () => query<object>(database, waiting),
        (rows) => rows.length > 0,
      ),
    ).toHaveLength(1);
    // It waits behind the migration, and is not cancelled: the migration is.
    await query(database, `SELECT 1 FROM ${SCHEMA}.pending_registrations LIMIT 1`);
    return { migrating };
  });
  expect(await migrated.migrating).toEqual(pending);
});

test('moves the operator of a command from the user agent to a column, and back', async () => {
  const database = await start();
  const { dataSource } = database;
  const names = dataSource.migrations.map(({ name = '' }) => name);
  const undo = async () => {
    for (let i = names.length; i > names.indexOf('NamedOperators1764410001000'); i--)
      await dataSource.undoLastMigration();
  };
  const BEFORE = [
    'tokenjar/0.9.0 (operator: ada, ops@host)',
    'tokenjar/0.9.0',
    'Mozilla/5.0 (operator: me)',
    null,
  ];
  await undo();
  for (const agent of BEFORE)
    await database.run(
      statement<[agent: string | null]>(
        '',
        `INSERT INTO ${SCHEMA}.audit_events (at, event, outcome, user_agent) VALUES (now(), 'login', 'success', $1)`,
      ),
      [agent],
    );
  await migrate(dataSource);
  const rows = () => query(database, `SELECT user_agent, actor FROM ${SCHEMA}.audit_events ORDER BY id`);
  expect(await rows()).toEqual([
    { user_agent: 'tokenjar/0.9.0', actor: 'ada, ops@host' },
    ...BEFORE.slice(1).map((agent) => ({ user_agent: agent, actor: null })),
  ]);
  await expect(query(database, `UPDATE ${SCHEMA}.audit_events SET actor = 'eve'`)).rejects.toThrow(
    'never changed',
  );
  await undo();
  const agents = await query<{ user_agent: string | null }>(
    database,
    `SELECT user_agent FROM ${SCHEMA}.audit_events ORDER BY id`,
  );
  expect(agents.map(({ user_agent: agent }) => agent)).toEqual(BEFORE);
});

test('refuses IDs that JavaScript cannot represent', async () => {
  const database = await start();
  const insert = (id: string) =>
    query(
      database,
      `INSERT INTO ${SCHEMA}.users (id, email, created_at) VALUES (${id}, 'u${id}@example.com', now())`,
    );
  await insert('9007199254740991');
  await expect(insert('9007199254740992')).rejects.toThrow('users_id_at_most_9007199254740991');
  await expect(insert('0')).rejects.toThrow('users_id_at_most_9007199254740991');
});

describe('MIGRATE=off', () => {
  test('refuses an empty database and leaves it empty', async () => {
    await expect(start('off')).rejects.toThrow(SchemaOutdated);
    const dataSource = await createDataSource(
      { address: { url: databaseUrl }, poolSize: 1 },
      [],
    ).initialize();
    const found = await dataSource.query<object[]>(`SELECT 1 FROM pg_namespace WHERE nspname = '${SCHEMA}'`);
    await dataSource.destroy();
    expect(found).toEqual([]);
  });

  test('refuses an outdated schema', async () => {
    const { dataSource } = await start();
    await dataSource.undoLastMigration();
    await expect(start('off')).rejects.toThrow('run npm run migrate first');
  });

  test('accepts an up-to-date schema', async () => {
    await start();
    expect(await tablesOf(await start('off'))).toEqual(TABLES);
  });
});

describe('the entities', () => {
  @Entity({ schema: SCHEMA, name: 'users' })
  class OtherUser {
    @PrimaryColumn({ type: 'bigint' })
    id!: string;

    @Column({ type: 'text' })
    nickname!: string;
  }

  const missingFor = async (entities: (new () => object)[]): Promise<string[]> => {
    await start();
    const dataSource = createDataSource({ address: { url: databaseUrl }, poolSize: 1 }, entities);
    await dataSource.initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    return upQueries.map(({ query: text }) => text);
  };

  test('match the migrations', async () => {
    expect(await missingFor(ENTITIES)).toEqual([]);
  });

  test('are compared in a way that finds differences', async () => {
    expect(await missingFor([OtherUser])).toContainEqual(
      expect.stringContaining('ADD "nickname" text NOT NULL'),
    );
  });
});

describe('a database with unusual settings', () => {
  const HABITS = [
    ...["datestyle = 'German, DMY'", "datestyle = 'SQL, MDY'", "intervalstyle = 'sql_standard'"],
    ...["timezone = 'Asia/Kathmandu'", "bytea_output = 'escape'", 'extra_float_digits = -15'],
    ...['standard_conforming_strings = off', "search_path = 'nowhere'", "lock_timeout = '1ms'"],
    ...["idle_in_transaction_session_timeout = '50ms'", "statement_timeout = '20s'", 'array_nulls = off'],
  ];

  test.each(HABITS)('%s affects neither the start nor the data', async (habit) => {
    const name = new URL(databaseUrl).pathname.slice(1);
    const first = await start();
    await query(first, `ALTER DATABASE ${name} SET ${habit}`);
    const [one, two] = await Promise.all([start(), start()]);
    const moment = new Date('2026-02-03T04:05:06.789Z');
    for (const database of [one, two]) {
      const [row] = await database.run(
        statement<[at: Date]>(
          '',
          `SELECT $1::timestamptz AS at, '\\x00ff'::bytea AS bytes, 0.1::float8 + 0.2 AS sum`,
        ),
        [moment],
      );
      expect(row).toEqual({ at: moment, bytes: Buffer.from([0, 255]), sum: 0.1 + 0.2 });
    }
  });

  test('waits for a lock of another instance, whatever lock_timeout says', async () => {
    const name = new URL(databaseUrl).pathname.slice(1);
    const first = await start();
    await query(first, `ALTER DATABASE ${name} SET lock_timeout = '1ms'`);
    const migrated = await first.dataSource.transaction(async (other) => {
      await other.query('SELECT pg_advisory_xact_lock(7303014001)');
      const starting = start();
      // It is in the queue for the lock by then.
      await eventually(
        () => query<object>(first, `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`),
        (rows) => rows.length > 0,
      );
      return { starting };
    });
    expect(await tablesOf(await migrated.starting)).toEqual(TABLES);
  });

  test('names a read-only server instead of printing a stack', async () => {
    const name = new URL(databaseUrl).pathname.slice(1);
    await query(await start(), `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    // Nothing is missing, so it starts: requests are answered with 503 until it takes writes again.
    const database = await start();
    await database.dataSource.query(`SET default_transaction_read_only = off`);
    const other = await createEmptyDatabase();
    try {
      const { databaseUrl: url } = other.settings as { databaseUrl: string };
      const empty = new URL(url).pathname.slice(1);
      await query(database, `ALTER DATABASE ${empty} SET default_transaction_read_only = on`);
      const failure: unknown = await start('auto', url).catch((error: unknown) => error);
      expect(explainFailure(failure)).toEqual([
        'DATABASE_URL: the database cannot be used: cannot execute CREATE SCHEMA in a read-only transaction',
      ]);
    } finally {
      await other.drop();
    }
  });

  test('uses the first of several hosts that accepts writes', async () => {
    const name = new URL(databaseUrl).pathname.slice(1);
    const { host, username } = new URL(databaseUrl);
    // Nobody listens at the first.
    const several = `postgres://${username}@127.0.0.1:1,${host}/${name}?target_session_attrs=read-write`;
    const database = await start('auto', several);
    expect(await tablesOf(database)).toEqual(TABLES);
    const beside = database.dedicatedConnection('tokenjar test', undefined, () => undefined);
    expect(await beside?.run(statement('', 'SELECT 1 AS one'), [])).toEqual([{ one: 1 }]);
    await beside?.close();
    await query(database, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await expect(start('auto', several)).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/ECONNREFUSED.*does not accept writes/) },
    });
  });

  const isolationOf = async (database: Database): Promise<unknown[]> => {
    const [alone] = await query<object>(database, 'SHOW transaction_isolation');
    const [inside] = await database.transaction((tx) =>
      tx.run(statement('', 'SHOW transaction_isolation'), []),
    );
    return [alone, inside];
  };
  const READ_COMMITTED = { transaction_isolation: 'read committed' };

  test.each([
    ['', ''],
    [', nor with options in the address', '?options=-c%20work_mem%3D8MB'],
  ])('ignores a default isolation level of serializable%s', async (_, search) => {
    const name = new URL(databaseUrl).pathname.slice(1);
    await query(await start(), `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    expect(await isolationOf(await start('auto', databaseUrl + search))).toEqual([
      READ_COMMITTED,
      READ_COMMITTED,
    ]);
  });

  test('lets a role without CREATE start if the schema exists', async () => {
    const owner = await start();
    const url = new URL(databaseUrl);
    const role = `app_${url.pathname.slice(1)}`;
    url.username = role;
    await query(owner, `CREATE ROLE ${role} LOGIN`);
    try {
      await query(owner, `GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}`);
      await query(owner, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${SCHEMA} TO ${role}`);
      const app = await start('auto', url.href);
      expect(await query(app, `SELECT count(*)::int AS count FROM ${SCHEMA}.users`)).toEqual([{ count: 0 }]);
    } finally {
      await query(owner, `DROP OWNED BY ${role}`);
      await query(owner, `DROP ROLE ${role}`);
    }
  });
});
