import { stat } from 'node:fs/promises';
import { createGzip } from 'node:zlib';
import {
  digestOf,
  inSnapshot,
  migrationsIn,
  rowsOf,
  type Run,
  sequencesIn,
  tablesIn,
} from '../database/table-copy.js';
import { VERSION } from '../version.js';
import { demandEmbedded, onEmbedded } from './embedded-data.js';
import { writeNewFile } from './new-file.js';
import { operatorSettings } from './settings.js';

/** The version of the form of the file. */
export const BACKUP_FORM = 1;

/**
 * Writes everything in the embedded database to a file, in one state, also while the server runs.
 *
 * **Shape** gzip of lines of JSON: a head, then for each table its name, its rows and its digest, then the sequences.
 */
export async function backup(path: string): Promise<string> {
  const settings = operatorSettings();
  demandEmbedded(settings, true);
  let rows = 0;
  await writeNewFile(path, (into) =>
    onEmbedded(settings, (run) =>
      inSnapshot(run, 'READ ONLY', () => {
        const noted = async function* () {
          for await (const line of linesOf(run)) {
            if (line.isRow) rows++;
            yield `${line.text}\n`;
          }
        };
        return into(noted(), createGzip());
      }),
    ),
  );
  const { size } = await stat(path);
  return `${path}: ${rows} rows, ${size} bytes. The SECRET_KEY is not in it: keep it elsewhere, without it nobody can use the backup.`;
}

async function* linesOf(run: Run): AsyncGenerator<{ text: string; isRow?: boolean }> {
  const migrations = await migrationsIn(run);
  const at = new Date().toISOString();
  yield { text: JSON.stringify({ tokenjar_backup: BACKUP_FORM, version: VERSION, at, migrations }) };
  for (const table of await tablesIn(run)) {
    yield { text: JSON.stringify({ table: table.name, columns: table.columns }) };
    for await (const lines of rowsOf(run, table)) for (const text of lines) yield { text, isRow: true };
    yield { text: JSON.stringify({ end: table.name, ...(await digestOf(run, table)) }) };
  }
  yield { text: JSON.stringify({ sequences: await sequencesIn(run), complete: true }) };
}
