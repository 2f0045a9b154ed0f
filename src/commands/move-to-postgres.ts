import { counted } from '../counted.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOperatorEnvironment } from '../config/env.js';
import { SECRET_KEY_FILE } from '../config/secret-key.js';
import { connectionBeside } from '../database/data-source.js';
import { openDataSource } from '../database/open.js';
import {
  digestOf,
  finishTables,
  inSnapshot,
  prepareTables,
  rowsOf,
  type Run,
  sequencesIn,
  setSequence,
  tablesIn,
  verifyCopy,
  writeRows,
} from '../database/table-copy.js';
import { TimedClient } from '../database/timed-client.js';
import { ENTITIES } from '../entities.js';
import { demandEmbedded, demandNoUsers, onOneConnection, runOn } from './embedded-data.js';

/**
 * Copies the embedded database to PostgreSQL, with accounts and sessions, in one transaction. The server must not run:
 * what it wrote meanwhile would be lost. The embedded database stays as it is.
 *
 * @param progress called with the number of rows so far.
 */
export async function moveToPostgres(url: string, progress?: (rows: number) => void): Promise<string> {
  const settings = readOperatorEnvironment();
  demandEmbedded(settings, true);
  const source = await openDataSource({ ...settings, migrate: 'auto' }, ENTITIES);
  try {
    const client = new TimedClient(connectionBeside(url, 'tokenjar move'));
    client.timeout = Infinity;
    await client.connect();
    try {
      await demandUnused(runOn(client));
      const target = await openDataSource({ ...settings, databaseUrl: url, migrate: 'auto' }, ENTITIES);
      await target.destroy();
      const rows = await onOneConnection(source, (from) => copy(from, runOn(client), progress));
      return doneText(rows, settings.dataDir);
    } finally {
      await client.end();
    }
  } finally {
    await source.destroy();
  }
}

const copy = (from: Run, to: Run, progress: ((rows: number) => void) | undefined): Promise<number> =>
  inSnapshot(from, 'READ ONLY', () =>
    inSnapshot(to, 'READ WRITE', async () => {
      // A server that runs on the target already, and its users, wait or are seen.
      await to('LOCK TABLE tokenjar.users IN ACCESS EXCLUSIVE MODE');
      const tables = await tablesIn(to);
      await demandNoUsers(to, 'The target');
      await prepareTables(to, tables);
      let rows = 0;
      for (const table of tables) {
        for await (const lines of rowsOf(from, table)) {
          await writeRows(to, table, lines);
          rows += lines.length;
          progress?.(rows);
        }
        await verifyCopy(to, table, await digestOf(from, table));
      }
      for (const sequence of await sequencesIn(from)) await setSequence(to, sequence);
      await finishTables(to, tables);
      return rows;
    }),
  );

/** Before anything is migrated there: it may be the database of another server, of another version. */
async function demandUnused(to: Run): Promise<void> {
  const [found] = await to<{ users: string | null }>(`SELECT to_regclass('tokenjar.users') AS users`);
  if (found?.users != null) await demandNoUsers(to, 'The target');
}

function doneText(rows: number, dataDir: string): string {
  const key = join(dataDir, SECRET_KEY_FILE);
  const keep = existsSync(key)
    ? `with DATABASE_URL and SECRET_KEY_FILE=${key} (or its content as SECRET_KEY)`
    : 'with DATABASE_URL and the same SECRET_KEY';
  return `Moved ${counted(rows, 'row')}. Start the server ${keep}: sessions go on. ${dataDir} is unchanged; delete it once all is well, but keep the key.`;
}
