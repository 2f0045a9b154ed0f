import { SCHEMA } from './schema.js';

/** Runs a statement on one connection, and returns its rows. */
export type Run = <Row>(text: string, values?: unknown[]) => Promise<Row[]>;

/** A table of ours. */
export interface CopiedTable {
  name: string;
  /** Those that are not generated. */
  columns: readonly string[];
}

/** What a table contains: its rows, in any order. */
export interface TableDigest {
  rows: number;
  /** **Shape** MD5 of the sorted MD5s of the rows, in hex: against mistakes, not against attackers. */
  digest: string;
}

/** A copy is not what it was made from. */
export class CopyDiffers extends Error {}

/** How many rows are read and written at once. */
const BATCH = 500;
const CURSOR = 'tokenjar_copy';

/**
 * Runs `work` in one transaction, which sees one state of the database; nothing stays if it fails. That state is taken by
 * its first query, and no statement here is one: `work` may lock tables before.
 *
 * On the embedded database, everybody else waits meanwhile: all connections share one session.
 */
export async function inSnapshot<Result>(
  run: Run,
  mode: 'READ ONLY' | 'READ WRITE',
  work: () => Promise<Result>,
): Promise<Result> {
  await run(`BEGIN ISOLATION LEVEL REPEATABLE READ ${mode}`);
  try {
    for (const setting of ["TimeZone = 'UTC'", 'statement_timeout = 0', 'extra_float_digits = 1'])
      await run(`SET LOCAL ${setting}`);
    const result = await work();
    await run('COMMIT');
    return result;
  } catch (error) {
    await run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** All tables but that of the migrations, each after those that it refers to. */
export async function tablesIn(run: Run): Promise<CopiedTable[]> {
  const rows = await run<CopiedTable & { parents: string[] }>(
    `SELECT c.relname::text AS name,
      ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attname) AS columns,
      ARRAY(SELECT p.relname::text FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
        WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS parents
      FROM pg_class c
      WHERE c.relnamespace = to_regnamespace('${SCHEMA}') AND c.relkind = 'r' AND c.relname <> 'migrations'
      ORDER BY 1`,
  );
  const sorted: CopiedTable[] = [];
  let rest = rows;
  while (rest.length > 0) {
    const waiting = new Set(rest.map(({ name }) => name));
    const ready = rest.filter(({ parents }) => !parents.some((parent) => waiting.has(parent)));
    if (ready.length === 0) throw new Error('the tables refer to each other in a circle');
    sorted.push(...ready.map(({ name, columns }) => ({ name, columns })));
    rest = rest.filter((table) => !ready.includes(table));
  }
  return sorted;
}

/** The names of the migrations that ran. */
export const migrationsIn = async (run: Run): Promise<string[]> =>
  (await run<{ name: string }>(`SELECT name FROM ${SCHEMA}.migrations ORDER BY timestamp, name`)).map(
    ({ name }) => name,
  );

/** Reads the rows of a table in batches. **Shape** a JSON object each, without line breaks. */
export async function* rowsOf(run: Run, table: CopiedTable): AsyncGenerator<string[]> {
  await run(`DECLARE ${CURSOR} NO SCROLL CURSOR FOR ${rowsAsJson(table)}`);
  for (;;) {
    const rows = await run<{ line: string }>(`FETCH ${BATCH} FROM ${CURSOR}`);
    if (rows.length > 0) yield rows.map(({ line }) => line);
    if (rows.length < BATCH) break;
  }
  await run(`CLOSE ${CURSOR}`);
}

/** Writes rows as {@link rowsOf} reads them. */
export async function writeRows(run: Run, { name, columns }: CopiedTable, lines: readonly string[]) {
  const list = columns.map(quoted).join(', ');
  await run(
    `INSERT INTO ${SCHEMA}.${quoted(name)} (${list}) OVERRIDING SYSTEM VALUE
      SELECT ${list} FROM json_populate_recordset(NULL::${SCHEMA}.${quoted(name)}, $1::json)`,
    [`[${lines.join(',')}]`],
  );
}

export async function digestOf(run: Run, table: CopiedTable): Promise<TableDigest> {
  const [digest] = await run<TableDigest>(
    `SELECT count(*)::int AS rows, md5(coalesce(string_agg(hash, '' ORDER BY hash COLLATE "C"), '')) AS digest
      FROM (SELECT md5(line) AS hash FROM (${rowsAsJson(table)}) lines) hashes`,
  );
  return digest ?? { rows: 0, digest: '' };
}

/** Empties the tables of a new schema, where migrations have put rows, and lets no trigger change what is written. */
export async function prepareTables(run: Run, tables: readonly CopiedTable[]): Promise<void> {
  const names = tables.map(({ name }) => `${SCHEMA}.${quoted(name)}`);
  for (const name of names) await run(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  await run(`TRUNCATE ${names.join(', ')}`);
}

/** Lets triggers run again. */
export async function finishTables(run: Run, tables: readonly CopiedTable[]): Promise<void> {
  for (const { name } of tables) await run(`ALTER TABLE ${SCHEMA}.${quoted(name)} ENABLE TRIGGER USER`);
}

/** Where the numbers of a table go on. */
export interface SequenceState {
  table: string;
  column: string;
  last: string;
  isCalled: boolean;
}

/** The states of all sequences: numbers of deleted rows are not given out again. */
export async function sequencesIn(run: Run): Promise<SequenceState[]> {
  const owned = await run<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname::text AS table, a.attname::text AS column,
      pg_get_serial_sequence('${SCHEMA}.' || quote_ident(c.relname), a.attname) AS sequence
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
      WHERE c.relnamespace = to_regnamespace('${SCHEMA}') AND c.relname <> 'migrations' ORDER BY 1, 2`,
  );
  const states: SequenceState[] = [];
  for (const { table, column, sequence } of owned) {
    const [state] = await run<{ last: string; isCalled: boolean }>(
      `SELECT last_value::text AS last, is_called AS "isCalled" FROM ${sequence}`,
    );
    if (state) states.push({ table, column, ...state });
  }
  return states;
}

export async function setSequence(run: Run, { table, column, last, isCalled }: SequenceState): Promise<void> {
  await run(`SELECT setval(pg_get_serial_sequence($1, $2), $3::bigint, $4)`, [
    `${SCHEMA}.${quoted(table)}`,
    column,
    last,
    isCalled,
  ]);
}

/** @throws {CopyDiffers} if a table has other rows than the one that it is a copy of. */
export async function verifyCopy(run: Run, table: CopiedTable, expected: TableDigest): Promise<void> {
  const { rows, digest } = await digestOf(run, table);
  if (rows !== expected.rows || digest !== expected.digest)
    throw new CopyDiffers(
      `the copy of ${table.name} differs (${rows} of ${expected.rows} rows); nothing was kept`,
    );
}

const rowsAsJson = ({ name, columns }: CopiedTable): string =>
  `SELECT row_to_json(r)::text AS line FROM (SELECT ${columns.map(quoted).join(', ')} FROM ${SCHEMA}.${quoted(name)}) r`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
