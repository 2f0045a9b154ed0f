import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedDatabase, startEmbedded } from '../../src/database/embedded.js';
import { DirectoryInUse, lockFolder } from '../../src/database/folder-lock.js';

let folder: string;
let running: EmbeddedDatabase[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenjar-embedded-'));
  running = [];
});
afterEach(async () => {
  for (const database of running) await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir = folder): Promise<EmbeddedDatabase> {
  const database = await startEmbedded(dataDir);
  running.push(database);
  return database;
}

async function stop(database: EmbeddedDatabase): Promise<void> {
  running = running.filter((each) => each !== database);
  await database.stop();
}

async function query({ host, port }: EmbeddedDatabase, text: string): Promise<unknown[]> {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

test('what was written is there after a stop, and one process at a time has it', async () => {
  await chmod(folder, 0o755);
  // A process that was killed leaves its socket and a half made cluster behind.
  await writeFile(join(folder, '.s.PGSQL.5432'), '');
  await mkdir(join(folder, 'postgres.new', 'base'), { recursive: true });

  const first = await start();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).not.toContain('postgres.new');
  await query(first, 'CREATE TABLE notes AS SELECT 42 AS number');
  await expect(startEmbedded(folder)).rejects.toThrow(DirectoryInUse);
  expect(await query(first, 'SELECT number FROM notes')).toEqual([{ number: 42 }]);
  await stop(first);

  expect(await query(await start(), 'SELECT number FROM notes')).toEqual([{ number: 42 }]);
});

test('a folder too deep for a socket has it elsewhere, closed to others, and cleans up', async () => {
  const deep = join(folder, 'd'.repeat(120));
  const database = await start(deep);
  expect(database.host.startsWith(deep)).toBe(false);
  expect((await stat(database.host)).mode & 0o777).toBe(0o700);
  expect(await query(database, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stop(database);
  await expect(stat(database.host)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what is no database is refused and left as it is, and the folder is free again', async () => {
  await mkdir(join(folder, 'postgres'));
  await writeFile(join(folder, 'postgres', 'PG_VERSION'), '9.6\n');
  await expect(startEmbedded(folder)).rejects.toThrow();
  expect(await readdir(join(folder, 'postgres'))).toEqual(['PG_VERSION']);
  const lock = await lockFolder(folder);
  await lock.release();
});
