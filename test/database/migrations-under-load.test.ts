import { expect } from '@jest/globals';
import pg from 'pg';
import { type DataSource, MigrationExecutor } from 'typeorm';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { ENTITIES } from '../../src/entities.js';
import { createEmptyDatabase } from '../support/database.js';
import { longTest } from '../support/long.js';

const USERS = 50_000;
/** What a user may notice, on a machine that does other things too. **Unit** milliseconds. */
const LONGEST_WAIT = 5000;

/** Reads and writes users and sessions by their IDs, as every release does. */
class Traffic {
  private readonly running: Promise<void>[];
  private isOver = false;
  private longest = 0;
  private count = 0;

  constructor(clients: readonly pg.Client[]) {
    this.running = clients.map((client, i) => this.go(client, i));
  }

  /** The longest statement since it was last asked. **Unit** milliseconds. */
  takeLongest(): number {
    const { longest } = this;
    this.longest = 0;
    return Math.round(longest);
  }

  async stop(): Promise<number> {
    this.isOver = true;
    await Promise.all(this.running);
    return this.count;
  }

  private async go(client: pg.Client, first: number): Promise<void> {
    for (let id = first + 1; !this.isOver; id = ((id + 7) % USERS) + 1) {
      const began = performance.now();
      await client.query('SELECT id, email FROM tokenjar.users WHERE id = $1', [id]);
      await client.query('UPDATE tokenjar.sessions SET last_used_at = now() WHERE user_id = $1', [id]);
      this.longest = Math.max(this.longest, performance.now() - began);
      this.count++;
    }
  }
}

async function fill(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO tokenjar.users (email, password_hash, created_at)
     SELECT 'user' || n || '@example.com', 'x', now() FROM generate_series(1, ${USERS}) n`,
  );
  await client.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
     SELECT gen_random_uuid(), gen_random_uuid(), id, 1, 0, now(), now(), now(), now() + interval '1 day',
       now() + interval '1 day', '{pwd}' FROM tokenjar.users`,
  );
}

/** Runs the next migration, as {@link migrate} does. @returns its name; undefined if there is none. */
async function next(dataSource: DataSource): Promise<string | undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'none';
    const [pending] = await executor.getPendingMigrations();
    if (pending) await executor.executeMigration(pending);
    await runner.commitTransaction();
    return pending?.name;
  } finally {
    await runner.release();
  }
}

longTest(
  'every migration, up and down, on filled tables under traffic: no statement waits for long',
  async () => {
    const database = await createEmptyDatabase();
    const { databaseUrl: url } = database.settings as { databaseUrl: string };
    const dataSource = await createDataSource({ address: { url }, poolSize: 3 }, ENTITIES).initialize();
    const clients = [0, 1, 2].map(() => new pg.Client({ connectionString: url }));
    try {
      await migrate(dataSource);
      const names = dataSource.migrations.map(({ name = '' }) => name);
      for (let i = 1; i < names.length; i++) await dataSource.undoLastMigration();
      for (const client of clients) await client.connect();
      await fill(clients[0] as pg.Client);

      const traffic = new Traffic(clients.slice(1));
      const waits: [string, number, number][] = [];
      const note = async (what: string, act: () => Promise<unknown>) => {
        traffic.takeLongest();
        const began = performance.now();
        await act();
        waits.push([what, Math.round(performance.now() - began), traffic.takeLongest()]);
      };
      for (const name of names.slice(1))
        await note(`${name} up`, async () => expect(await next(dataSource)).toBe(name));
      expect(await next(dataSource)).toBeUndefined();
      for (const name of names.slice(1).reverse())
        await note(`${name} down`, () => dataSource.undoLastMigration());
      expect(await traffic.stop()).toBeGreaterThan(names.length);

      const longest = [...waits].sort(([, , one], [, , other]) => other - one).slice(0, 8);
      console.info(
        longest.map(([what, took, wait]) => `${what}: ${took} ms, longest wait ${wait} ms`).join('\n'),
      );
      expect(longest.filter(([, , wait]) => wait > LONGEST_WAIT)).toEqual([]);
    } finally {
      for (const client of clients) await client.end().catch(() => undefined);
      await dataSource.destroy();
      await database.drop();
    }
  },
  600_000,
);
