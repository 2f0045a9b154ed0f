import { SettingsError } from './config/check.js';
import { FolderInUse } from './database/folder-lock.js';
import { SchemaOutdated } from './database/open.js';
import { isUnavailable } from './database/unavailable.js';

/** Says why a start failed in one line a problem, for whoever reads the terminal; undefined when we cannot tell. */
export function explainFailure(error: unknown): string[] | undefined {
  if (error instanceof SettingsError) return [...error.problems];
  if (error instanceof FolderInUse) return [`DATA_DIR: ${error.message}`];
  if (error instanceof SchemaOutdated) return [`MIGRATE: ${error.message}`];
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return [`PORT: ${message}; another program listens there`];
  if (code === 'EACCES' || code === 'EROFS') return [`${message}: no permission`];
  if (code === 'EADDRNOTAVAIL') return [`HOST: ${message}`];
  // 28: wrong password or role, 3D000: no such database, 42501: no right to create the schema.
  if (isUnavailable(error) || /^(28|3D000|42501)/.test(code ?? ''))
    return [`DATABASE_URL: the database cannot be used: ${reasonOf(error)}`];
  return undefined;
}

/** An attempt on several addresses fails with a list of reasons and no sentence of its own. */
const reasonOf = (error: Error): string =>
  error.message || (error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name);
