import { setTimeout as wait } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, QueryFailedError, type QueryRunner } from 'typeorm';
import { completePublicIds, hasPublicIds } from './complete-public-ids.js';
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
/**
 * A migration that waits for a lock makes all statements on that table wait behind it. It gives up, lets them pass and
 * tries again. **Unit** milliseconds.
 */
const LOCK_TIMEOUT_MS = 2000;
const LIMIT_LOCKS = `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`;
const PAUSE_MS = 1000;
const MOST_TRIES = 100;
/** `lock_not_available`. **Source** PostgreSQL documentation, appendix A. */
const LOCK_STATE = '55P03';

const NO_TIMEOUT = `SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY ($1::text[])`;

/**
 * Updates the schema: runs all missing migrations in one transaction that holds an advisory lock, so that of several
 * instances starting together one migrates and the others find it done. What would write every row of a large table
 * follows after that, in small transactions.
 *
 * It waits for a table up to two seconds, and tries again for minutes: a backup or a report may hold it.
 *
 * @returns the names of the migrations that ran.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const done = await patiently(() => runPending(dataSource));
  await patiently(() =>
    withRunner(dataSource, (runner) => completePublicIds((...of) => runAlone(runner, ...of))),
  );
  return done;
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || tries === MOST_TRIES) throw error;
      await wait(PAUSE_MS);
    }
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: unknown }).code === LOCK_STATE;

const runPending = (dataSource: DataSource): Promise<string[]> =>
  withRunner(dataSource, async (runner) => {
    await begin(runner);
    await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await runner.query(LIMIT_LOCKS);
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
  });

/** Runs a function with a connection that may wait for another instance, or build an index. */
async function withRunner<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client: unknown = await runner.connect();
    setQueryTimeout(client, Infinity);
    return await work(runner);
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    setQueryTimeout(await runner.connect(), undefined);
    await runner.release();
  }
}

/** Without the timeouts that a database or a role may set. */
async function begin(runner: QueryRunner): Promise<void> {
  await runner.startTransaction('READ COMMITTED');
  await runner.query(NO_TIMEOUT, [TIMEOUTS]);
}

async function runAlone(runner: QueryRunner, text: string, values?: unknown[]): Promise<unknown> {
  await begin(runner);
  try {
    await runner.query(LIMIT_LOCKS);
    const rows: unknown = await runner.query(text, values);
    await runner.commitTransaction();
    return rows;
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
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
  if (!found?.migrations || (await dataSource.showMigrations())) return true;
  return !(await hasPublicIds((text) => dataSource.query(text)));
}
