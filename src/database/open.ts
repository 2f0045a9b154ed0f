import type { DataSource } from 'typeorm';
import { createDataSource, EmbeddedDataSource } from './data-source.js';
import { startEmbedded } from './embedded.js';
import { DirectoryInUse } from './directory-lock.js';
import { isOutdated, migrate } from './migrate.js';

export interface DatabaseSettings {
  databaseUrl?: string | undefined;
  databasePoolSize: number;
  dataDir: string;
  migrate: 'auto' | 'off';
}

/** The schema is older than this version requires, and `MIGRATE=off` forbids changing it. */
export class SchemaOutdated extends Error {
  constructor() {
    super('the database is missing migrations; run npm run migrate first');
    this.name = 'SchemaOutdated';
  }
}

/** The database cannot be opened with these settings. The cause says why. */
export class DatabaseUnusable extends Error {
  constructor(
    readonly setting: 'DATABASE_URL' | 'DATA_DIR',
    cause: unknown,
  ) {
    super('the database cannot be used', { cause });
    this.name = 'DatabaseUnusable';
  }
}

/**
 * Connects to PostgreSQL, or starts the embedded database, and updates the schema.
 *
 * @throws {DatabaseUnusable}, {SchemaOutdated}, {DirectoryInUse}, and leaves nothing open then.
 */
export async function openDataSource(
  settings: DatabaseSettings,
  entities: (new () => object)[],
): Promise<DataSource> {
  const { databaseUrl, databasePoolSize, dataDir } = settings;
  if (databaseUrl) {
    const connection = { address: { url: databaseUrl }, poolSize: databasePoolSize };
    return usable('DATABASE_URL', () => opened(createDataSource(connection, entities), settings.migrate));
  }
  return usable('DATA_DIR', async () => {
    const embedded = await startEmbedded(dataDir);
    try {
      return await opened(new EmbeddedDataSource(embedded, entities), settings.migrate);
    } catch (error) {
      await embedded.stop();
      throw error;
    }
  });
}

async function opened(dataSource: DataSource, mode: 'auto' | 'off'): Promise<DataSource> {
  try {
    await dataSource.initialize();
    await prepareSchema(dataSource, mode);
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  }
}

/** Names the setting at fault. @throws {DatabaseUnusable} */
async function usable<Opened>(
  setting: 'DATABASE_URL' | 'DATA_DIR',
  attempt: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof DirectoryInUse || error instanceof SchemaOutdated) throw error;
    throw new DatabaseUnusable(setting, error);
  }
}

async function prepareSchema(dataSource: DataSource, mode: 'auto' | 'off'): Promise<void> {
  if (mode === 'auto') await migrate(dataSource);
  else if (await isOutdated(dataSource)) throw new SchemaOutdated();
}
