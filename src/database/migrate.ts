import { type DataSource, MigrationExecutor } from 'typeorm';
import { TimedClient, QUERY_TIMEOUT_MS } from './timed-client.js';
import { SCHEMA } from './schema.js';

/** An arbitrary constant; instances that start together queue on this lock. */
const MIGRATION_LOCK = 7_303_014_001;

/** Timeouts that a database or a role may set, and that would end the wait for another instance. The last one is new in PostgreSQL 17. */
const TIMEOUTS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
];
const NO_TIMEOUT = `SELECT set_config(name, '0', true) FROM pg_settings WHERE name = $1`;

/**
 * Updates the schema: runs all missing migrations in one transaction that holds an advisory lock, so that of several
 * instances starting together one migrates and the others find it done.
 *
 * @returns the names of the migrations that ran.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    // The connection may wait for another instance, or build an index.
    const client: unknown = await runner.connect();
    setQueryTimeout(client, Infinity);
    await runner.startTransaction('READ COMMITTED');
    for (const setting of TIMEOUTS) await runner.query(NO_TIMEOUT, [setting]);
    await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    // Checked first: IF NOT EXISTS requires the privilege to create even if the schema exists.
    const [found] = (await runner.query('SELECT to_regnamespace($1) IS NOT NULL AS exists', [SCHEMA])) as {
      exists: boolean;
    }[];
    if (!found?.exists) await runner.query(`CREATE SCHEMA ${SCHEMA}`);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'none';
    const done = await executor.executePendingMigrations();
    await runner.commitTransaction();
    return done.map(({ name }) => name);
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    setQueryTimeout(await runner.connect(), undefined);
    await runner.release();
  }
}

/** @param timeout of the connection to PostgreSQL; the default if undefined. **Unit** milliseconds. */
function setQueryTimeout(client: unknown, timeout = QUERY_TIMEOUT_MS): void {
  if (client instanceof TimedClient) client.timeout = timeout;
}

/** Whether migrations are missing. */
export async function isOutdated(dataSource: DataSource): Promise<boolean> {
  const [found] = await dataSource.query<{ migrations: string | null }[]>(
    `SELECT to_regclass('${SCHEMA}.migrations')::text AS migrations`,
  );
  return !found?.migrations || dataSource.showMigrations();
}
