/**
 * Whether a variable is one that Kubernetes adds to every pod for a service, whatever the service is called: for
 * `mail` they are `MAIL_SERVICE_HOST`, `MAIL_SERVICE_PORT`, `MAIL_SERVICE_PORT_SMTP`, `MAIL_PORT=tcp://10.96.12.7:25`
 * and `MAIL_PORT_25_TCP` with `_PROTO`, `_PORT` and `_ADDR`. It is not a typing error.
 *
 * **Source** Kubernetes documentation, "Accessing the Service", environment variables.
 */
export const isServiceLink = (name: string, value: string): boolean =>
  /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
  (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//i.test(value));

/** Common names for the address of a database that Tokenjar does not read. */
const DATABASE_NAME =
  /^(DATABASE|DB|POSTGRES(QL)?|PG(SQL)?)_?(PRIVATE_|PUBLIC_)?(URL|URI|DSN|HOST|CONNECTION(_STRING)?)(_FILE|_NON_POOLING)?$/;

/** Whether a name contains the address of a database for other programs. */
export const namesDatabase = (name: string): boolean => DATABASE_NAME.test(name) && name !== 'DATABASE_URL';

/** Removes byte order marks from names: files written by Windows begin with one. */
export function withoutByteOrderMarks(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.map(([name, value]) => [name.replace(/^\uFEFF/, ''), value]));
}
