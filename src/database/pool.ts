import type { QueryConfig, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Metrics } from '../measures.js';

/** The pool of TypeORM, which is pg's, although the types do not say so. */
export const poolOf = (dataSource: DataSource): Pool =>
  (dataSource.driver as unknown as { master: Pool }).master;

/** Reports how much of the pool is in use. */
export function watchPool(dataSource: DataSource, metrics: Metrics): void {
  const pool = poolOf(dataSource);
  metrics.watch('tokenjar_database_connections', () => pool.totalCount);
  metrics.watch('tokenjar_database_connections_idle', () => pool.idleCount);
  metrics.watch('tokenjar_database_waiting', () => pool.waitingCount);
}

/**
 * Runs a single statement on a connection of the pool, without TypeORM's query runner.
 *
 * The query runner creates an object and several promises for each statement and notifies subscribers that do not exist:
 * a third of the CPU time of a statement here. pg's own `pool.query` closes the connection after any error and uses a
 * callback, which {@link TimedClient} cannot observe.
 *
 * @returns its rows.
 */
export async function runOnPool(pool: Pool | undefined, query: QueryConfig): Promise<unknown[]> {
  // TypeORM removes it when the data source is closed.
  if (!pool) throw new Error('Driver not Connected');
  const client = await pool.connect();
  // A broken connection emits its error twice; without a listener the second one would end the process.
  client.on('error', ignore);
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    client.off('error', ignore);
    client.release();
  }
}

const ignore = (): void => undefined;
