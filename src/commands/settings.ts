import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type OperatorSettings, readOperatorEnvironment } from '../config/env.js';
import { CommandError } from './command-error.js';

/**
 * The settings of a command. No command creates a database, or changes the schema of one, unless it was asked to: the
 * address may have been forgotten, or that of another database.
 *
 * @throws {SettingsError} @throws {CommandError} if there is no embedded database to work on.
 */
export function operatorSettings(): OperatorSettings {
  const settings = readOperatorEnvironment();
  const { databaseUrl, database, dataDir } = settings;
  const isMeant =
    databaseUrl !== undefined || database === 'embedded' || existsSync(join(dataDir, 'postgres'));
  if (!isMeant)
    throw new CommandError(
      `DATABASE_URL: is not set, and ${dataDir} (DATA_DIR) holds no embedded database; DATABASE=embedded makes one`,
    );
  return { ...settings, migrate: 'off' };
}
