import type { Options } from '../../config/options.js';
import { deriveKey } from '../../crypto/derive.js';
import { unseal } from '../../crypto/seal.js';
import { connectionBeside, createDataSource } from '../../database/data-source.js';
import { SCHEMA } from '../../database/schema.js';
import { TimedClient } from '../../database/timed-client.js';
import { describeFailure } from '../../mail/failure.js';
import { type Finding, Findings } from './finding.js';
import { checkPooler } from './pooler-check.js';

/** The oldest version that is supported. */
const OLDEST = 140_000;
/** The server follows the clock of the database; other services that verify tokens do not. **Unit** milliseconds. */
const MOST_APART_MS = 30_000;
/** What other connections may need. */
const SPARE = 3;

/** Everything about PostgreSQL; the embedded database brings all of this itself. */
export async function checkDatabase(options: Options): Promise<Finding[]> {
  const findings = new Findings('database');
  const { databaseUrl } = options;
  if (databaseUrl === undefined) return findings.all;
  const connect = () => new TimedClient(connectionBeside(databaseUrl, 'tokenjar doctor'));
  const client = connect();
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    findings.error(
      `DATABASE_URL: the database cannot be reached: ${describeFailure(error)}`,
      'Correct the address, or start the database: docs/operations.md#the-address-of-the-database',
    );
    return findings.all;
  }
  try {
    await checkServer(client, options, findings);
    await checkPooler(client, connect, findings);
    if (await checkRights(client, options, findings)) await checkKeys(client, options, findings);
  } catch (error) {
    findings.error(
      `DATABASE_URL: the database could not be examined: ${describeFailure(error)}`,
      'Run doctor again once the database responds.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
  return findings.all;
}

async function checkServer(
  client: TimedClient,
  { databasePoolSize, webConcurrency }: Options,
  findings: Findings,
): Promise<void> {
  const before = Date.now();
  const { rows } = await client.query<{ now: Date; version: number; most: number; is_read_only: boolean }>(
    `SELECT clock_timestamp() AS now, current_setting('server_version_num')::int AS version,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
      pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS is_read_only`,
  );
  const [row] = rows;
  if (!row) return;
  const apart = row.now.getTime() - (before + Date.now()) / 2;
  if (row.version < OLDEST)
    findings.error(
      `PostgreSQL ${Math.floor(row.version / 10_000)} is older than 14`,
      'Upgrade the database server.',
    );
  if (row.is_read_only)
    findings.error(
      'DATABASE_URL: the database accepts no writes (a replica?)',
      'Name the primary, or all hosts and target_session_attrs=primary.',
    );
  if (Math.abs(apart) > MOST_APART_MS)
    findings.warning(
      `the clocks of this machine and of the database are ${Math.round(Math.abs(apart) / 1000)} s apart; the server follows the database, and services that verify its tokens follow their own clock`,
      'Synchronise both clocks (NTP).',
    );
  const wanted = webConcurrency * (databasePoolSize + 2);
  if (wanted + SPARE > row.most)
    findings.error(
      `one instance opens up to ${wanted} connections (WEB_CONCURRENCY × (DATABASE_POOL_SIZE + 2)), and the database admits ${row.most}`,
      'Lower DATABASE_POOL_SIZE, raise max_connections, or put a pooler between.',
    );
}

/** @returns whether the tables can be read. */
async function checkRights(client: TimedClient, { migrate }: Options, findings: Findings): Promise<boolean> {
  const { rows } = await client.query<{
    exists: boolean;
    is_owner: boolean;
    may_create: boolean;
    lacks: string[];
  }>(
    `SELECT n.oid IS NOT NULL AS exists, coalesce(pg_has_role(n.nspowner, 'USAGE'), false) AS is_owner,
      has_database_privilege(current_database(), 'CREATE') AS may_create,
      ARRAY(SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r' AND NOT (
        has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
        AND has_table_privilege(c.oid, 'DELETE')) ORDER BY 1) AS lacks
      FROM (SELECT to_regnamespace('${SCHEMA}') AS oid) found LEFT JOIN pg_namespace n ON n.oid = found.oid`,
  );
  const [row] = rows;
  if (!row) return false;
  if (!row.exists && !row.may_create && migrate === 'auto')
    findings.error(
      `the role may not create the schema ${SCHEMA}, which does not exist yet`,
      'GRANT CREATE ON DATABASE … TO the role, or run tokenjar migrate as another role and set MIGRATE=off.',
    );
  if (row.lacks.length > 0)
    findings.error(
      `the role may not read and write ${row.lacks.length} tables, such as ${SCHEMA}.${row.lacks[0] ?? ''}`,
      `Let the role own the schema (ALTER SCHEMA ${SCHEMA} OWNER TO …, and its tables), or GRANT USAGE ON SCHEMA and SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${SCHEMA}.`,
    );
  else if (row.exists) await checkMigrations(client, row.is_owner, migrate, findings);
  else if (migrate === 'off')
    findings.error(`MIGRATE: off, but the database has no schema ${SCHEMA}`, 'Run tokenjar migrate.');
  return row.exists && row.lacks.length === 0;
}

async function checkMigrations(
  client: TimedClient,
  isOwner: boolean,
  migrate: Options['migrate'],
  findings: Findings,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${SCHEMA}.migrations`);
  const done = new Set(rows.map(({ name }) => name));
  const known = knownMigrations();
  const missing = known.filter((name) => !done.has(name));
  const unknown = [...done].filter((name) => !known.includes(name));
  if (missing.length > 0 && migrate === 'off')
    findings.error(
      `MIGRATE: off, but the database lacks ${missing.length} migrations, so this version does not start`,
      'Run tokenjar migrate.',
    );
  else if (missing.length > 0 && !isOwner)
    findings.error(
      `the role does not own the schema ${SCHEMA}, so it cannot run ${missing.length} missing migrations`,
      'Run tokenjar migrate as its owner, and set MIGRATE=off.',
    );
  if (unknown.length > 0)
    findings.warning(
      `the database was migrated by a newer version (${unknown.length} migrations are unknown here)`,
      'Update Tokenjar.',
    );
}

/** Of this version, without a connection. */
function knownMigrations(): string[] {
  const { options } = createDataSource({ address: { url: 'postgres://localhost' }, poolSize: 1 }, []);
  return Object.values(options.migrations ?? []).map((each) => (each as { name: string }).name);
}

/** Whether `SECRET_KEY` decrypts the signing keys in the database: with another one the server does not start. */
async function checkKeys(
  client: TimedClient,
  { secretKey, secretKeyFallbacks, signingKey }: Options,
  findings: Findings,
): Promise<void> {
  if (secretKey === undefined || signingKey !== undefined) return;
  const { rows } = await client.query<{ kid: string; sealed_key: Buffer }>(
    `SELECT kid, sealed_key FROM ${SCHEMA}.signing_keys k
      WHERE to_jsonb(k)->>'revoked_at' IS NULL AND algorithm NOT LIKE 'HS%'`,
  );
  const keys = [secretKey, ...secretKeyFallbacks].map((each) => deriveKey(each, 'sealed signing key'));
  const isOpen = ({ kid, sealed_key }: { kid: string; sealed_key: Buffer }) =>
    keys.some((key) => unseal(key, sealed_key, `signing key ${kid}`) !== undefined);
  if (!rows.every(isOpen))
    findings.error(
      'SECRET_KEY: does not decrypt the signing key in the database, which was made with another one',
      'Set the SECRET_KEY that the database was used with, here or in SECRET_KEY_FALLBACKS: docs/operations.md#secret_key',
    );
}
