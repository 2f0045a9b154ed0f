import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrl } from './server.js';

/** An empty database on the same server as `DATABASE_URL`. */
export interface OwnDatabase {
  url: URL;
  drop: () => Promise<void>;
}

export async function createDatabase(purpose: string): Promise<OwnDatabase> {
  const name = `bench_${purpose}_${randomBytes(3).toString('hex')}`;
  await ask(`CREATE DATABASE ${name}`);
  const url = new URL(databaseUrl());
  url.pathname = `/${name}`;
  return { url, drop: () => ask(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function ask(statement: string): Promise<void> {
  const client = await connect(new URL(databaseUrl()));
  await client.query(statement).finally(() => client.end());
}

export async function connect(url: URL): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url.href });
  // Dropping the database closes remaining connections.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
