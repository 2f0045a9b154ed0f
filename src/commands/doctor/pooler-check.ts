import type { TimedClient } from '../../database/timed-client.js';
import type { Findings } from './finding.js';

/** What every connection sets at its start, as PostgreSQL shows it, and a pooler may swallow. */
const EXPECTED = {
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  search_path: 'pg_catalog',
  statement_timeout: '15s',
  lock_timeout: '0',
} as const;

/**
 * Whether a pooler stands between, and whether it keeps what Tokenjar relies on: the parameters of a session and, in
 * transaction mode, prepared statements.
 */
export async function checkPooler(
  client: TimedClient,
  connect: () => TimedClient,
  findings: Findings,
): Promise<void> {
  const { rows } = await client.query<Record<string, string> & { pid: number }>(
    `SELECT pg_backend_pid() AS pid, ${Object.keys(EXPECTED)
      .map((name) => `current_setting('${name}') AS ${name}`)
      .join(', ')}`,
  );
  const [session] = rows;
  if (!session) return;
  // A pooler assigns its own process IDs.
  const { processID: own } = client as unknown as { processID: number };
  const isPooled = session.pid !== own;
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const value = session[name] ?? '';
    if (value === expected) continue;
    const message = `${name} is ${JSON.stringify(value)} in a session${isPooled ? ' behind the pooler' : ''}, and Tokenjar relies on ${JSON.stringify(expected)}`;
    const cure = `Set it on the role: ALTER ROLE … SET ${name} = '${expected}' (docs/operations.md#the-address-of-the-database)`;
    if (name === 'default_transaction_isolation') findings.error(message, cure);
    else findings.warning(message, cure);
  }
  if (isPooled && !(await keepsPrepared(client, connect)))
    findings.error(
      'the pooler loses prepared statements between transactions, so that requests fail',
      'PgBouncer 1.21 or newer with max_prepared_statements above 0, or session mode.',
    );
}

const PREPARED = { name: 'tokenjar_doctor', text: 'SELECT 1' };

/** Lets another client occupy the connection on which a statement was prepared, and runs it once more. */
async function keepsPrepared(client: TimedClient, connect: () => TimedClient): Promise<boolean> {
  const other = connect();
  other.on('error', () => undefined);
  await other.connect();
  try {
    await client.query(PREPARED);
    await other.query('BEGIN');
    await other.query('SELECT 1');
    await client.query(PREPARED);
    return true;
  } catch (error) {
    // invalid_sql_statement_name, duplicate_prepared_statement, protocol_violation.
    if (['26000', '42P05', '08P01'].includes(String((error as { code?: unknown }).code))) return false;
    throw error;
  } finally {
    await other.query('ROLLBACK').catch(() => undefined);
    await other.end().catch(() => undefined);
  }
}
