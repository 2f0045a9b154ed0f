import { counted } from '../counted.js';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { openDataSource } from '../database/open.js';
import {
  type CopiedTable,
  finishTables,
  inSnapshot,
  migrationsIn,
  prepareTables,
  type Run,
  type SequenceState,
  setSequence,
  type TableDigest,
  tablesIn,
  verifyCopy,
  writeRows,
} from '../database/table-copy.js';
import { ENTITIES } from '../entities.js';
import { jsonLines } from '../transfer/files/json-lines.js';
import { readOperatorEnvironment } from '../config/env.js';
import { BACKUP_FORM } from './backup.js';
import { CommandError } from './command-error.js';
import { demandEmbedded, demandNoUsers, onOneConnection } from './embedded-data.js';

const BATCH = 500;
const DAMAGED = 'The file is damaged; nothing was restored.';

interface Head {
  tokenjar_backup: number;
  version: string;
  at: string;
  migrations: string[];
}

/** Between the rows of two tables. */
interface Step {
  table?: string;
  columns?: string[];
  sequences?: SequenceState[];
  complete?: true;
}

/** Fills an empty embedded database from the file of a backup. The server must not run. */
export async function restore(path: string): Promise<string> {
  const settings = readOperatorEnvironment();
  demandEmbedded(settings, false);
  const lines = linesIn(path);
  const first = await lines.next();
  const head = headIn(first.done === true ? '' : first.value, path);
  const dataSource = await openDataSource({ ...settings, migrate: 'auto' }, ENTITIES);
  try {
    const rows = await onOneConnection(dataSource, async (run) => {
      await demandNoUsers(run, `The database in ${settings.dataDir}`);
      demandSameVersion(head, await migrationsIn(run));
      return inSnapshot(run, 'READ WRITE', () => load(run, lines));
    });
    return `Restored ${counted(rows, 'row')} of ${head.at} into ${settings.dataDir}. Start the server with the SECRET_KEY that it had then.`;
  } finally {
    await dataSource.destroy();
  }
}

/** @returns the number of rows. @throws {CommandError} if the file is not complete. */
async function load(run: Run, lines: AsyncIterator<string, void>): Promise<number> {
  const tables = new Map((await tablesIn(run)).map((table) => [table.name, table]));
  await prepareTables(run, [...tables.values()]);
  let table: CopiedTable | undefined;
  let waiting: string[] = [];
  let rows = 0;
  const missing = new Set(tables.keys());
  const write = async (into: CopiedTable) => {
    try {
      if (waiting.length > 0) await writeRows(run, into, waiting);
    } catch (error) {
      throw isOfTheRows(error) ? new CommandError(DAMAGED) : error;
    }
    rows += waiting.length;
    waiting = [];
  };
  for (;;) {
    const next = await lines.next();
    if (next.done === true) throw new CommandError('The file ends too early; nothing was restored.');
    const line = next.value;
    if (table === undefined) {
      const said = parsed<Step>(line);
      if (said.complete) {
        if (missing.size > 0) throw new CommandError(DAMAGED);
        for (const sequence of said.sequences ?? []) await setSequence(run, sequence);
        break;
      }
      table = tables.get(said.table ?? '');
      if (table === undefined || JSON.stringify(table.columns) !== JSON.stringify(said.columns))
        throw new CommandError('The file does not belong to this version; nothing was restored.');
    } else if (line.startsWith('{"end":')) {
      await write(table);
      await verifyCopy(run, table, parsed<TableDigest>(line));
      missing.delete(table.name);
      table = undefined;
    } else {
      waiting.push(line);
      if (waiting.length >= BATCH) await write(table);
    }
  }
  await finishTables(run, [...tables.values()]);
  return rows;
}

async function* linesIn(path: string): AsyncGenerator<string, void> {
  const content = createReadStream(path).on('error', (error) => content.destroy(error));
  const unpacked = content.pipe(createGunzip());
  content.on('error', (error) => unpacked.destroy(error));
  try {
    // At line feeds alone: some versions of node:readline end one at U+2028 too, which is in what users have written.
    for await (const { bytes } of jsonLines(unpacked)) {
      if (!bytes) throw new CommandError(DAMAGED);
      yield bytes.toString();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES') throw new CommandError(message);
    throw new CommandError(`${path} is not a backup, or is damaged (${message}); nothing was restored.`);
  }
}

/** @throws {CommandError} if a line is no JSON. */
function parsed<Value extends object>(line: string): Value {
  try {
    return { ...(JSON.parse(line) as Value) };
  } catch {
    throw new CommandError(DAMAGED);
  }
}

/** **Source** PostgreSQL documentation, appendix "PostgreSQL Error Codes": data exceptions and violated constraints. */
const isOfTheRows = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));

function headIn(line: string, path: string): Head {
  let head: Partial<Head> = {};
  try {
    head = JSON.parse(line) as Partial<Head>;
  } catch {
    // Told below.
  }
  if (head.tokenjar_backup !== BACKUP_FORM || !Array.isArray(head.migrations))
    throw new CommandError(`${path} is not a backup of "tokenjar backup".`);
  return head as Head;
}

function demandSameVersion({ migrations, version }: Head, own: readonly string[]): void {
  if (JSON.stringify(migrations) !== JSON.stringify(own))
    throw new CommandError(
      `The backup was made by Tokenjar ${version} with other tables: restore it with that version, then start this one, which migrates it.`,
    );
}
