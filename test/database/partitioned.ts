import type pg from 'pg';

/** How many partitions there are: so many that two users rarely share one. */
export const PARTITIONS = 16;

/** The tables of what a user has on the path of a session, and the column that names the user. */
const TABLES: Readonly<Record<string, string>> = {
  users: 'id',
  sessions: 'user_id',
  ended_sessions: 'user_id',
  audit_events: 'user_id',
};

interface Definition {
  text: string;
  isPrimary: boolean;
  isUnique: boolean;
}

/**
 * Distributes the tables by hash of the user, as a database of many nodes would: rows of a user have the same number of
 * partition in each table. A unique index has to contain the user; where it cannot, it is a plain one.
 */
export async function partition(client: pg.Client): Promise<void> {
  const { rows: references } = await client.query<{ table: string; name: string; text: string }>(
    `SELECT conrelid::regclass AS table, conname AS name, pg_get_constraintdef(oid) AS text FROM pg_constraint
     WHERE contype = 'f' AND confrelid = 'tokenjar.users'::regclass`,
  );
  for (const [table, key] of Object.entries(TABLES)) await distribute(client, table, key);
  for (const { table, name, text } of references)
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${text}`);
}

async function distribute(client: pg.Client, table: string, key: string): Promise<void> {
  await client.query(`ALTER TABLE tokenjar.${table} RENAME TO whole`);
  const { rows: indexes } = await client.query<Definition>(
    `SELECT pg_get_indexdef(indexrelid) AS text, indisprimary AS "isPrimary", indisunique AS "isUnique"
     FROM pg_index WHERE indrelid = 'tokenjar.whole'::regclass`,
  );
  const { rows: triggers } = await client.query<{ text: string }>(
    `SELECT pg_get_triggerdef(oid) AS text FROM pg_trigger
     WHERE tgrelid = 'tokenjar.whole'::regclass AND NOT tgisinternal`,
  );
  await client.query(
    `CREATE TABLE tokenjar.${table} (LIKE tokenjar.whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING IDENTITY)
     PARTITION BY HASH (${key})`,
  );
  for (let i = 0; i < PARTITIONS; i++)
    await client.query(
      `CREATE TABLE tokenjar.${table}_p${i} PARTITION OF tokenjar.${table}
       FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${i})`,
    );
  for (const each of indexes) await client.query(indexOn(each, table, key));
  for (const { text } of triggers) await client.query(text.replace('tokenjar.whole', `tokenjar.${table}`));
  // With the constraints of other tables that refer to it.
  await client.query('DROP TABLE tokenjar.whole CASCADE');
  const { rows: sequences } = await client.query<{ name: string | null }>(
    `SELECT pg_get_serial_sequence('tokenjar.${table}', 'id') AS name`,
  );
  const [{ name = null } = {}] = sequences;
  if (name !== null) await client.query(`ALTER SEQUENCE ${name} RENAME TO ${table}_id_seq`);
}

function indexOn({ text, isPrimary, isUnique }: Definition, table: string, key: string): string {
  const columns = /\((.*?)\)/.exec(text)?.[1] ?? '';
  const withKey = columns.split(', ').includes(key) ? columns : `${columns}, ${key}`;
  if (isPrimary) return `ALTER TABLE tokenjar.${table} ADD PRIMARY KEY (${withKey})`;
  const moved = text.replace(/INDEX \S+ ON (ONLY )?tokenjar\.whole/, `INDEX ON tokenjar.${table}`);
  return isUnique && table !== 'users'
    ? moved.replace(`(${columns})`, `(${withKey})`)
    : moved.replace('UNIQUE ', '');
}

/** A step of a plan, as `EXPLAIN (FORMAT JSON)` shows it. */
interface Step {
  'Relation Name'?: string;
  'Actual Loops'?: number;
  Plans?: Step[];
}

/**
 * The numbers of the partitions that a statement reads.
 *
 * @param isRun whether it is run, joining row by row as with many rows, and those are left out that it turned out not to
 *   need; nothing of it stays.
 */
export async function partitionsOf(
  client: pg.Client,
  { text, values }: { text: string; values: unknown[] },
  isRun = false,
): Promise<number[]> {
  await client.query('BEGIN');
  if (isRun)
    await client.query(
      'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off',
    );
  const { rows } = await client
    .query<{ 'QUERY PLAN': [{ Plan: Step }] }>(
      `EXPLAIN (FORMAT JSON${isRun ? ', ANALYZE' : ''}) ${text}`,
      values,
    )
    .finally(() => client.query('ROLLBACK'));
  const found = new Set<number>();
  const visit = (step: Step): void => {
    const [, number] = /_p(\d+)$/.exec(step['Relation Name'] ?? '') ?? [];
    if (number !== undefined && step['Actual Loops'] !== 0) found.add(Number(number));
    for (const below of step.Plans ?? []) visit(below);
  };
  for (const row of rows) visit(row['QUERY PLAN'][0].Plan);
  return [...found].sort((a, b) => a - b);
}
