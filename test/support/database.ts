import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { QUICK_DIRECTORY } from './quick-directory.mjs';
import { noteStatements } from './statements-run.js';

/** The database of a test app: its settings, and how to drop it. */
export interface TestDatabase {
  settings: { databaseUrl: string } | { dataDir: string; database: 'embedded' };
  drop(): Promise<void>;
}

export const isEmbedded = (globalThis as { TEST_DATABASE?: string }).TEST_DATABASE === 'embedded';

if (isEmbedded) noteStatements(requiredVariable('TEST_EMBEDDED'));

/** A database for one test file, with our schema. */
export const createDatabase = (): Promise<TestDatabase> =>
  isEmbedded ? createEmbedded() : createPostgres(process.env.TEST_TEMPLATE);

/** One without the schema. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createPostgres();

async function createEmbedded(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(QUICK_DIRECTORY, 'tokenjar-data-'));
  // A thousand files: Node's own copy takes three times as long.
  await promisify(execFile)('cp', ['-R', join(requiredVariable('TEST_EMBEDDED'), 'postgres'), dataDir]);
  return {
    settings: { dataDir, database: 'embedded' },
    drop: () => rm(dataDir, { recursive: true, force: true }),
  };
}

/** @param template the database to copy; nothing if the server existed before. */
async function createPostgres(template = 'template1'): Promise<TestDatabase> {
  const server = requiredVariable('TEST_DATABASE_URL');
  const name = `tokenjar_test_${randomBytes(6).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${template} ${process.env.TEST_COPY ?? ''}`);
  const url = new URL(server);
  url.pathname = name;
  return {
    settings: { databaseUrl: url.href },
    drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function execute(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function requiredVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} was not set by the global set-up`);
  return value;
}
