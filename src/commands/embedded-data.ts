import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { type OperatorSettings } from '../config/env.js';
import { TYPES } from '../database/client-config.js';
import { findEmbedded } from '../database/embedded.js';
import { openDataSource } from '../database/open.js';
import type { Run } from '../database/table-copy.js';
import { ENTITIES } from '../entities.js';
import { CommandError } from './command-error.js';

/** @throws {CommandError} if the settings name PostgreSQL, or there is no embedded database. */
export function demandEmbedded({ databaseUrl, dataDir }: OperatorSettings, isThere: boolean): void {
  if (databaseUrl !== undefined)
    throw new CommandError(
      'DATABASE_URL: is set, and this command is for the embedded database; PostgreSQL has pg_dump and pg_restore',
    );
  if (isThere && !existsSync(join(dataDir, 'postgres')))
    throw new CommandError(`DATA_DIR: there is no embedded database in ${dataDir}`);
}

/** Works on the embedded database: through the socket of the server that runs on it, or by itself. */
export async function onEmbedded<Result>(
  settings: OperatorSettings,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const running = await findEmbedded(settings.dataDir);
  if (running === undefined) {
    const dataSource = await openDataSource(settings, ENTITIES);
    try {
      return await onOneConnection(dataSource, work);
    } finally {
      await dataSource.destroy();
    }
  }
  const client = new pg.Client({ ...running, user: 'postgres', database: 'postgres', types: TYPES });
  await client.connect();
  try {
    return await work(runOn(client));
  } finally {
    await client.end();
  }
}

/** Statements on one connection of a data source. */
export async function onOneConnection<Result>(
  dataSource: DataSource,
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    return await work(
      <Row>(text: string, values?: unknown[]) => runner.query(text, values) as Promise<Row[]>,
    );
  } finally {
    await runner.release();
  }
}

export const runOn =
  (client: pg.Client): Run =>
  async <Row>(text: string, values?: unknown[]) =>
    (await client.query<object>(text, values)).rows as Row[];

/** @throws {CommandError} if there are users already. */
export async function demandNoUsers(run: Run, where: string): Promise<void> {
  const found = await run('SELECT FROM tokenjar.users LIMIT 1');
  if (found.length > 0)
    throw new CommandError(`${where} has users already; nothing was changed. Use an empty one.`);
}
