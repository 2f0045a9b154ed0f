import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runOnPool } from '../../src/database/pool.js';
import { TimedClient } from '../../src/database/timed-client.js';
import { createEmptyDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

// What is embedded has no connections.
const serverTest = isEmbedded ? test.skip : test;

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createEmptyDatabase();
  const { databaseUrl: connectionString } = database.settings as { databaseUrl: string };
  pool = new pg.Pool({ connectionString, max: 1, Client: TimedClient });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const pids = async (): Promise<unknown[]> => runOnPool(pool, { text: 'SELECT pg_backend_pid() AS pid' });

serverTest.each([
  ['ended', 'SELECT pg_terminate_backend(pg_backend_pid())', '57P01'],
  ['that accepts no writes', 'CREATE TABLE t ()', '25006'],
])('a connection %s serves no other statement', async (_, text, code) => {
  const before = await pids();
  await runOnPool(pool, { text: 'SET default_transaction_read_only = on' });
  // Each of the next waits for the connection of the one before.
  const [failed, next] = await Promise.allSettled([runOnPool(pool, { text }), pids()]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { code } });
  expect(next.status).toBe('fulfilled');
  expect(await pids()).not.toEqual(before);
});

serverTest('nor the next transaction, whoever releases it', async () => {
  const client = await pool.connect();
  client.on('error', () => undefined);
  await client.query('BEGIN READ ONLY');
  await expect(client.query('CREATE TABLE t ()')).rejects.toMatchObject({ code: '25006' });
  client.release();
  await expect(pids()).resolves.toHaveLength(1);
});
