import type { DataSource } from 'typeorm';
import { Database } from './database.js';
import { createDataSource } from './data-source.js';
import { type EmbeddedDatabase, startEmbedded } from './embedded.js';
import { DirectoryInUse } from './folder-lock.js';
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
    super('the database is missing migrations and MIGRATE=off: run npm run migrate first');
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

/** Connects to PostgreSQL, or starts the embedded database, and updates the schema. */
export async function openDatabase(
  settings: DatabaseSettings,
  entities: (new () => object)[],
): Promise<Database> {
  const { databaseUrl, databasePoolSize, dataDir } = settings;
  const embedded = databaseUrl ? undefined : await usable('DATA_DIR', () => startEmbedded(dataDir));
  let dataSource: DataSource | undefined;
  const close = async () => {
    if (dataSource?.isInitialized) await dataSource.destroy();
    await embedded?.stop();
  };
  try {
    dataSource = await usable(databaseUrl ? 'DATABASE_URL' : 'DATA_DIR', () =>
      createDataSource(
        {
          address: databaseUrl ? { url: databaseUrl } : socketOf(embedded),
          // The embedded database runs one statement at a time; a second connection would only queue inside it.
          poolSize: embedded ? 1 : databasePoolSize,
        },
        entities,
      ).initialize(),
    );
    const opened = dataSource;
    await usable(databaseUrl ? 'DATABASE_URL' : 'DATA_DIR', () => prepareSchema(opened, settings.migrate));
    return new Database(dataSource, databaseUrl, close);
  } catch (error) {
    await close();
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

function socketOf(embedded: EmbeddedDatabase | undefined): { host: string; port: number } {
  if (!embedded) throw new TypeError('neither DATABASE_URL nor an embedded database');
  return { host: embedded.host, port: embedded.port };
}
