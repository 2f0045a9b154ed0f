import { SettingsError } from './config/check.js';
import { FolderInUse } from './database/folder-lock.js';
import { DatabaseUnusable, SchemaOutdated } from './database/open.js';

/** Says why a start failed in one line a problem, for whoever reads the terminal; undefined when we cannot tell. */
export function explainFailure(error: unknown): string[] | undefined {
  if (error instanceof SettingsError) return [...error.problems];
  if (error instanceof FolderInUse) return [`DATA_DIR: ${error.message}`];
  if (error instanceof SchemaOutdated) return [`MIGRATE: ${error.message}`];
  if (error instanceof DatabaseUnusable)
    return [`${error.setting}: ${error.message}: ${reasonOf(error.cause)}`];
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return [`PORT: ${message}; another program listens there`];
  if (code === 'EACCES') return [`PORT: ${message}`];
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return [`HOST: ${message}`];
  // No right to create the schema.
  if (code === '42501') return [`DATABASE_URL: ${message}`];
  return undefined;
}

/** An attempt on several addresses fails with a list of reasons and no sentence of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return line || (error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name);
}
