/**
 * What the migration to public IDs costs where there are a million users: how long it takes, and what others wait for
 * meanwhile, who read users, change users and sign in.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/public-ids.ts --users 1000000
 *
 * The tables are a database of its own, as the version before leaves them: each user has a session.
 */
import { parseArgs } from 'node:util';
import { createDataSource } from '../src/database/data-source.js';
import { migrate } from '../src/database/migrate.js';
import { PublicIds1765150000000 } from '../src/database/migrations/1765150000000-public-ids.js';
import { ENTITIES } from '../src/entities.js';
import { connect, createDatabase } from './database.js';

const { values } = parseArgs({ options: { users: { type: 'string', default: '1000000' } } });
const USERS = Number(values.users);
/** Of each of those who wait. **Unit** milliseconds. */
const PAUSE = 5;

const OTHERS = {
  'reads a user': 'SELECT id, email, roles FROM tokenjar.users WHERE id = $1',
  'changes a user': 'UPDATE tokenjar.users SET last_login_at = now() WHERE id = $1',
  'signs in': `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at,
      created_at, last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
    SELECT gen_random_uuid(), gen_random_uuid(), $1, 1, 0, now(), now(), now(), now() + interval '1 day',
      now() + interval '1 day', '{pwd}'`,
  refreshes: `UPDATE tokenjar.sessions SET last_used_at = now() WHERE user_id = $1`,
};

const database = await createDatabase('public_ids');
const dataSource = createDataSource({ address: { url: database.url.href }, poolSize: 2 }, ENTITIES);
await dataSource.initialize();
try {
  await fill();
  const before = await size();
  const isOver = { value: false };
  const others = Object.entries(OTHERS).map(([name, text]) => keepDoing(name, text, isOver));
  const began = performance.now();
  await migrate(dataSource);
  const took = performance.now() - began;
  isOver.value = true;
  console.log(
    `${USERS} users in ${(took / 1000).toFixed(1)} s; the table grew from ${before} to ${await size()}\n`,
  );
  console.log('| meanwhile | times | p50 | p99 | longest |\n|---|---|---|---|---|');
  for (const line of await Promise.all(others)) console.log(line);
} finally {
  await dataSource.destroy();
  await database.drop();
}

/** The tables of the version before, with users. */
async function fill(): Promise<void> {
  await migrate(dataSource);
  const { name } = new PublicIds1765150000000();
  for (let last: string | undefined; last !== name;) {
    const [row] = await dataSource.query<{ name: string }[]>(
      'SELECT name FROM tokenjar.migrations ORDER BY id DESC LIMIT 1',
    );
    last = row?.name;
    await dataSource.undoLastMigration();
  }
  const db = await connect(database.url);
  await db.query(
    `INSERT INTO tokenjar.users (email, password_hash, created_at)
      SELECT 'user' || i || '@example.com', repeat('x', 97), now() FROM generate_series(1, $1::int) i`,
    [USERS],
  );
  await db.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
        last_used_at, idle_expires_at, absolute_expires_at, auth_methods)
      SELECT gen_random_uuid(), gen_random_uuid(), id, 1, 0, now(), now(), now(), now() + interval '1 day',
        now() + interval '1 day', '{pwd}' FROM tokenjar.users`,
  );
  await db.query('VACUUM ANALYZE tokenjar.users');
  await db.query('VACUUM ANALYZE tokenjar.sessions');
  await db.end();
}

async function size(): Promise<string> {
  const [row] = await dataSource.query<{ size: string }[]>(
    `SELECT pg_size_pretty(pg_total_relation_size('tokenjar.users')) AS size`,
  );
  return row?.size ?? '';
}

async function keepDoing(name: string, text: string, isOver: { value: boolean }): Promise<string> {
  const db = await connect(database.url);
  const times: number[] = [];
  while (!isOver.value) {
    const began = performance.now();
    await db.query(text, [1 + Math.floor(Math.random() * USERS)]);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  await db.end();
  times.sort((one, other) => one - other);
  const at = (part: number) => `${(times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1)} ms`;
  return `| ${name} | ${times.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`;
}
