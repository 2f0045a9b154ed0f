import type { Row, SiteReader } from './source.js';

/** The site cannot be read as it is: the message says what to do. */
export class SiteProblem extends Error {}

/** A table of the site, or a view. */
export interface Table {
  schema: string;
  name: string;
  /** The type of each column. */
  columns: Map<string, string>;
  /** The primary key, where it is one column. */
  key: string | undefined;
  /** Columns that by themselves are unique. */
  unique: Set<string>;
}

/** A column of a table that points to another table. */
export interface Reference {
  from: Table;
  column: string;
  to: Table;
}

export interface Catalog {
  tables: readonly Table[];
  references: readonly Reference[];
}

/** Every table, from the catalog, which a role that may only read some can read as a whole. */
const TABLES = `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, format_type(a.atttypid, NULL) AS type,
    (i.indisprimary IS TRUE)::text AS key, (EXISTS (
      SELECT FROM pg_index u WHERE u.indrelid = c.oid AND u.indisunique AND u.indnkeyatts = 1 AND u.indkey[0] = a.attnum
        AND u.indpred IS NULL
    ))::text AS is_unique
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1 AND a.attnum = i.indkey[0]
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tokenjar')
    AND n.nspname !~ '^pg_' ORDER BY 1, 2, a.attnum`;

/** Which table another one points to with a column of its own. */
const REFERENCES = `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, fn.nspname AS to_schema, f.relname AS to_name
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
  WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 ORDER BY 1, 2, 3`;

/** Reads which tables there are, and how they are connected. */
export async function readCatalog(source: SiteReader): Promise<Catalog> {
  const tables = new Map<string, Table>();
  for (const row of await source.read(TABLES)) addColumn(tables, row);
  const references: Reference[] = [];
  for (const { schema, name, column, to_schema: toSchema, to_name: toName } of await source.read(
    REFERENCES,
  )) {
    const from = tables.get(`${schema} ${name}`);
    const to = tables.get(`${toSchema} ${toName}`);
    if (from && to) references.push({ from, column: column ?? '', to });
  }
  return { tables: [...tables.values()], references };
}

function addColumn(tables: Map<string, Table>, { schema, name, column, type, key, is_unique }: Row): void {
  const id = `${schema} ${name}`;
  const table = tables.get(id) ?? {
    schema: schema ?? '',
    name: name ?? '',
    columns: new Map(),
    key: undefined,
    unique: new Set(),
  };
  table.columns.set(column ?? '', type ?? '');
  if (key === 'true') table.key = column ?? undefined;
  if (is_unique === 'true') table.unique.add(column ?? '');
  tables.set(id, table);
}

/** Tables by a name that may be with its schema; those of `public` are the usual ones. */
export function tablesNamed(tables: readonly Table[], said: string): Table[] {
  const [name = '', schema] = said.split('.').reverse();
  const all = tables.filter((each) => each.name === name && (schema ?? each.schema) === each.schema);
  const usual = all.filter((each) => each.schema === 'public');
  return usual.length === 1 ? usual : all;
}
