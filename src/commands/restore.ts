import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
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
  tablesIn,
  verifyCopy,
  writeRows,
} from '../database/table-copy.js';
import { ENTITIES } from '../entities.js';
import { readOperatorEnvironment } from '../config/env.js';
import { BACKUP_FORM } from './backup.js';
import { CommandError } from './command-error.js';
import { demandEmbedded, demandNoUsers, onOneConnection } from './embedded-data.js';

const BATCH = 500;

interface Head {
  tokenjar_backup: number;
  version: string;
  at: string;
  migrations: string[];
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
    return `Restored ${rows} rows of ${head.at} into ${settings.dataDir}. Start the server with the SECRET_KEY that it had then.`;
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
  const write = async (into: CopiedTable) => {
    if (waiting.length > 0) await writeRows(run, into, waiting);
    rows += waiting.length;
    waiting = [];
  };
  for (;;) {
    const next = await lines.next();
    if (next.done === true) throw new CommandError('The file ends too early; nothing was restored.');
    const line = next.value;
    if (table === undefined) {
      const said = JSON.parse(line) as {
        table?: string;
        columns?: string[];
        sequences?: SequenceState[];
        complete?: true;
      };
      if (said.complete) {
        for (const sequence of said.sequences ?? []) await setSequence(run, sequence);
        break;
      }
      table = tables.get(said.table ?? '');
      if (table === undefined || JSON.stringify(table.columns) !== JSON.stringify(said.columns))
        throw new CommandError('The file does not belong to this version; nothing was restored.');
    } else if (line.startsWith('{"end":')) {
      await write(table);
      await verifyCopy(run, table, JSON.parse(line) as { rows: number; digest: string });
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
    yield* createInterface({ input: unpacked, crlfDelay: Infinity });
    if (unpacked.errored) throw unpacked.errored;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES') throw new CommandError(message);
    throw new CommandError(`${path} is not a backup, or is damaged (${message}); nothing was restored.`);
  }
}

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
