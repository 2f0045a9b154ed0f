import type { DataSource } from 'typeorm';
import { Database } from './database.js';
import { createDataSource } from './data-source.js';
import { type EmbeddedDatabase, startEmbedded } from './embedded.js';
import { isOutdated, migrate } from './migrate.js';

export interface DatabaseSettings {
  databaseUrl?: string | undefined;
  databasePoolSize: number;
  dataDir: string;
  migrate: 'auto' | 'off';
}

/** The schema is older than this version needs, and `MIGRATE=off` forbids to change it. */
export class SchemaOutdated extends Error {
  constructor() {
    super('MIGRATE=off and the database lacks migrations: run npm run migrate first');
    this.name = 'SchemaOutdated';
  }
}

/** Connects to PostgreSQL, or starts the embedded one, and brings the schema up to date. */
export async function openDatabase(
  settings: DatabaseSettings,
  entities: (new () => object)[],
): Promise<Database> {
  const embedded = settings.databaseUrl ? undefined : await startEmbedded(settings.dataDir);
  const dataSource = createDataSource(
    {
      address: settings.databaseUrl ? { url: settings.databaseUrl } : socketOf(embedded),
      // The embedded database does one thing at a time; a second connection would only queue inside it.
      poolSize: embedded ? 1 : settings.databasePoolSize,
    },
    entities,
  );
  const close = async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.stop();
  };
  try {
    await dataSource.initialize();
    await prepareSchema(dataSource, settings.migrate);
    return new Database(dataSource, !embedded, close);
  } catch (error) {
    await close();
    throw error;
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
