import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import pg, { type ClientConfig } from 'pg';
import { type DatabaseUrl, parseDatabaseUrl } from '../config/database-url.js';

/** How pg connects to PostgreSQL: of several hosts, the first one that accepts writes is used. */
export interface PostgresConfig extends ClientConfig {
  hosts: DatabaseUrl['hosts'];
}

/** Every bigint of ours is a safe integer, so that it can be a number; pg would give a text. */
export const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(pg.types.builtins.INT8, Number);

/** What differs between the connections. **Unit** milliseconds. */
interface Purpose {
  applicationName: string;
  connectTimeout: number;
}

/**
 * The parameters of every session, whatever the defaults of the database or the role. pg only parses times in ISO format;
 * a compare-and-swap that lost has to see the current row; `statement_timeout` ends the wait for a lock; an unusual
 * `search_path` could put other functions before PostgreSQL's own.
 */
const SESSION = [
  'default_transaction_isolation=read\\ committed',
  'default_transaction_deferrable=off',
  'search_path=pg_catalog',
  'extra_float_digits=1',
  'bytea_output=hex',
  'array_nulls=on',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=60s',
  'idle_session_timeout=0',
];

/**
 * The configuration of all connections, so that pool, feed, emails and migrations cannot differ.
 *
 * @throws {DatabaseUrlError} also if a certificate file cannot be read.
 */
export function postgresConfig(url: string, { applicationName, connectTimeout }: Purpose): PostgresConfig {
  const { hosts, user, password, database, parameters } = parseDatabaseUrl(url);
  const [first] = hosts;
  const { options = '', connect_timeout, channel_binding, sslnegotiation } = parameters;
  const tls = tlsOf(parameters);
  return {
    hosts,
    ...(first?.host !== undefined && { host: first.host }),
    ...(first?.port !== undefined && { port: first.port }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(tls !== undefined && { ssl: tls }),
    ...(sslnegotiation !== undefined && { sslnegotiation }),
    ...(channel_binding === 'require' && { enableChannelBinding: true }),
    // Ours come last and override others.
    options: [options, ...SESSION.map((setting) => `-c ${setting}`)].join(' ').trim(),
    statement_timeout: 15_000,
    application_name: parameters.application_name ?? applicationName,
    connectionTimeoutMillis: Number(connect_timeout) > 0 ? Number(connect_timeout) * 1000 : connectTimeout,
    keepAlive: true,
    types: TYPES,
  };
}

/**
 * What `sslmode` and its like mean: as pg 8 has it, each mode but `disable` and `no-verify` checks certificate and name;
 * with `uselibpqcompat=true` as libpq has it.
 */
function tlsOf(parameters: DatabaseUrl['parameters']): ConnectionOptions | boolean | undefined {
  const { ssl, sslmode, sslrootcert, sslcert, sslkey, sslpassword, sslnegotiation } = parameters;
  if (sslmode === 'disable' || (sslmode === undefined && ['0', 'false'].includes(ssl ?? ''))) return false;
  if (![sslmode, sslrootcert, sslcert, sslkey, ssl, sslnegotiation].some((each) => each !== undefined))
    return undefined;
  const isOwnCa = sslrootcert !== undefined && sslrootcert !== 'system';
  const isAsLibpq = parameters.uselibpqcompat === 'true';
  const isUnchecked =
    sslmode === 'no-verify' ||
    (sslmode === undefined && ssl === 'no-verify') ||
    (isAsLibpq && !isOwnCa && (sslmode === 'prefer' || sslmode === 'require'));
  const isNameFree = isAsLibpq && isOwnCa && (sslmode === 'require' || sslmode === 'verify-ca');
  return {
    ...(isOwnCa && { ca: readPem('sslrootcert', sslrootcert) }),
    ...(sslcert !== undefined && { cert: readPem('sslcert', sslcert) }),
    ...(sslkey !== undefined && { key: readPem('sslkey', sslkey) }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
    ...(isUnchecked && { rejectUnauthorized: false }),
    ...(isNameFree && { checkServerIdentity: () => undefined }),
  };
}

function readPem(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(
      `${parameter} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
