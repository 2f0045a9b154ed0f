import type pg from 'pg';

const MOMENT = '2026-06-01T00:00:00Z';
/** One value for each type, so that the rows and the parameters of a statement mean each other. */
const VALUES: Readonly<Record<string, string | Buffer>> = {
  bigint: '1',
  integer: '1',
  smallint: '1',
  'double precision': '1',
  numeric: '1',
  real: '1',
  boolean: 'true',
  uuid: '00000000-0000-4000-8000-000000000001',
  'timestamp with time zone': MOMENT,
  date: MOMENT,
  interval: '1 second',
  inet: '192.0.2.1',
  bytea: Buffer.alloc(32, 1),
  json: '{}',
  jsonb: '{}',
  xid8: '1',
  pg_snapshot: '1:1:',
};

/** A value of a type of PostgreSQL. */
export function valueOf(type: string): string | Buffer {
  const plain = type.replace(/\(\d+\)/, '');
  return plain.endsWith('[]') ? '{}' : (VALUES[plain] ?? 'a');
}

interface ColumnRow {
  table: string;
  column: string;
  type: string;
}

/**
 * Puts a row into every table of the schema whose checks accept these values; what may be null is null.
 *
 * @returns the tables that have one.
 */
export async function fill(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<ColumnRow>(
    `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'tokenjar'::regnamespace AND c.relkind = 'r' AND c.relname <> 'migrations'
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attidentity = '' AND NOT a.atthasdef
     ORDER BY 1, a.attnum`,
  );
  const waiting = grouped(rows);
  const filled: string[] = [];
  // A row may need one of another table: again until nothing more succeeds.
  for (let before = -1; before < filled.length && waiting.size > 0;) {
    before = filled.length;
    for (const [table, columns] of waiting) {
      const names = columns.map(({ column }) => `"${column}"`).join(', ');
      const places = columns.map((_, i) => `$${i + 1}`).join(', ');
      try {
        await client.query(
          `INSERT INTO tokenjar.${table} (${names}) VALUES (${places})`,
          columns.map(({ type }) => valueOf(type)),
        );
        filled.push(table);
        waiting.delete(table);
      } catch {
        // Its checks want other values, or a row that is not there yet.
      }
    }
  }
  return filled;
}

function grouped(rows: readonly ColumnRow[]): Map<string, ColumnRow[]> {
  const groups = new Map<string, ColumnRow[]>();
  for (const row of rows) groups.set(row.table, [...(groups.get(row.table) ?? []), row]);
  return groups;
}
