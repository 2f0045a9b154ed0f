import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedDatabase, startEmbedded } from '../../src/database/embedded.js';
import { DirectoryInUse, lockDirectory } from '../../src/database/directory-lock.js';
import { QUICK_DIRECTORY } from '../support/quick-directory.mjs';

let directory: string;
let running: EmbeddedDatabase[];
beforeEach(async () => {
  directory = await mkdtemp(join(QUICK_DIRECTORY, 'tokenjar-embedded-'));
  running = [];
});
afterEach(async () => {
  for (const database of running) await database.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(dataDir = directory): Promise<EmbeddedDatabase> {
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

test('keeps its data across restarts, and serves one process at a time', async () => {
  await chmod(directory, 0o755);
  // A process that was killed leaves its socket and a half made cluster behind.
  await writeFile(join(directory, '.s.PGSQL.5432'), '');
  await mkdir(join(directory, 'postgres.new', 'base'), { recursive: true });

  const first = await start();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await readdir(directory)).not.toContain('postgres.new');
  await query(first, 'CREATE TABLE notes AS SELECT 42 AS number');
  await expect(startEmbedded(directory)).rejects.toThrow(DirectoryInUse);
  expect(await query(first, 'SELECT number FROM notes')).toEqual([{ number: 42 }]);
  await stop(first);

  expect(await query(await start(), 'SELECT number FROM notes')).toEqual([{ number: 42 }]);
});

test('uses a private socket elsewhere for a path that is too long, and removes it', async () => {
  const deep = join(directory, 'd'.repeat(120));
  const database = await start(deep);
  expect(database.host.startsWith(deep)).toBe(false);
  expect((await stat(database.host)).mode & 0o777).toBe(0o700);
  expect(await query(database, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stop(database);
  await expect(stat(database.host)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('refuses a directory that is not a database, leaves it unchanged, and releases the lock', async () => {
  await mkdir(join(directory, 'postgres'));
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '9.6\n');
  await expect(startEmbedded(directory)).rejects.toThrow();
  expect(await readdir(join(directory, 'postgres'))).toEqual(['PG_VERSION']);
  const lock = await lockDirectory(directory);
  await lock.release();
});
