import type { QueryConfig, Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** The pool that TypeORM keeps. Its types do not say that it is pg's. */
export const poolOf = (dataSource: DataSource): Pool =>
  (dataSource.driver as unknown as { master: Pool }).master;

/**
 * Runs a single statement on a connection of the pool, without TypeORM's query runner.
 *
 * The runner makes an object and several promises for each statement and broadcasts to subscribers that are not there:
 * a third of what a statement costs this process. pg's own `pool.query` closes the connection after any error and takes
 * a callback, which {@link ImpatientClient} cannot watch.
 *
 * @returns its rows.
 */
export async function runOnPool(pool: Pool | undefined, query: QueryConfig): Promise<unknown[]> {
  // TypeORM takes it away when the data source is closed.
  if (!pool) throw new Error('Driver not Connected');
  const client = await pool.connect();
  // A connection that breaks says so twice; without a listener the second time would end the process.
  client.on('error', ignore);
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    client.off('error', ignore);
    // The pool throws a broken one away by itself.
    client.release();
  }
}

const ignore = (): void => undefined;
