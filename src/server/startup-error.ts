import { SettingsError } from '../config/check.js';
import { DirectoryInUse } from '../database/directory-lock.js';
import { DatabaseUnusable, SchemaOutdated } from '../database/open.js';
import { TokenjarError } from '../errors.js';

/** Explains a failed start in one line per problem; undefined if the reason is unknown. */
export function explainFailure(error: unknown): string[] | undefined {
  if (error instanceof SettingsError) return [...error.problems];
  if (error instanceof DirectoryInUse) return [`DATA_DIR: ${error.message}`];
  if (error instanceof SchemaOutdated) return [`MIGRATE: ${error.message}`];
  if (error instanceof DatabaseUnusable)
    return [`${error.setting}: ${error.message}: ${reasonOf(error.cause)}`];
  if (!(error instanceof Error)) return undefined;
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return [`PORT: ${message}; another program listens there`];
  if (code === 'EACCES' && syscall === 'listen') return [`PORT: ${message}`];
  if (code === 'EADDRNOTAVAIL' || ((code === 'ENOTFOUND' || code === 'EAI_AGAIN') && !isOfDatabase(error)))
    return [`HOST: ${message}`];
  if (isOfDatabase(error)) return [`DATABASE_URL: the database cannot be used: ${reasonOf(rootOf(error))}`];
  return undefined;
}

/** Whether the error is PostgreSQL's, which always has a severity, or pg's because the server was unreachable. */
const isOfDatabase = (error: Error): boolean =>
  (error instanceof TokenjarError && error.code === 'database_unavailable') || 'severity' in error;

/** The innermost cause. */
const rootOf = (error: unknown): unknown =>
  error instanceof TokenjarError && error.cause !== undefined ? rootOf(error.cause) : error;

/** A connection attempt to several addresses fails with a list of errors and no message of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  if (/self-signed certificate|unable to (get|verify)|certificate/i.test(line))
    return `${line}; name the authority that issued it with sslrootcert=/path/to/ca.pem in the address`;
  return line || (error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name);
}
