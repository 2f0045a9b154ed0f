import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { Database } from '../../../src/database/database.js';
import { BlacklistFeed } from '../../../src/users/blacklist/blacklist-feed.js';
import { startApp, type TestApp } from '../../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../../support/database.js';
import { sessionsIn } from '../../support/packed-entries.js';
import { isLong } from '../../support/long.js';
import { TestClock } from '../../support/clock.js';

/** More than a page, and less. */
const COUNTS = [1, 1, 1, 1, 1, 1, 1, 5000, 6000];
const WRITERS = 3;

type Act = { writer: number; does: 'insert' | 'commit' | 'roll back'; count: number };

const act: fc.Arbitrary<Act> = fc.record({
  writer: fc.nat(WRITERS - 1),
  does: fc.constantFrom('insert', 'insert', 'commit', 'commit', 'roll back'),
  count: fc.constantFrom(...COUNTS),
});
/** What happens before a read, and what before each of its pages. */
const round = fc.record({
  before: fc.array(act, { minLength: 2, maxLength: 8 }),
  between: fc.array(fc.array(act, { maxLength: 3 }), { maxLength: 4 }),
});

(isEmbedded ? describe.skip : describe)('while transactions end in any order', () => {
  const clock = new TestClock();
  let database: TestDatabase;
  let app: TestApp;
  let writers: pg.Client[];
  beforeAll(async () => {
    database = await createDatabase();
    app = await startApp({ clock }, database);
    const { databaseUrl: connectionString } = database.settings as { databaseUrl: string };
    writers = Array.from({ length: WRITERS }, () => new pg.Client({ connectionString }));
    for (const writer of writers) await writer.connect();
  });
  afterAll(async () => {
    for (const writer of writers) await writer.end();
    await app.close();
    await database.drop();
  });

  test(
    'what was committed before a read began has been read when it ends, and nothing else that did not come to be',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(round, { minLength: 3, maxLength: 6 }), async (rounds) => {
          // Of a run that failed.
          for (const writer of writers) await writer.query('ROLLBACK');
          await app.sql('DELETE FROM tokenjar.blacklist');
          const open = writers.map((): string[] => []);
          const committed = new Set<string>();
          const heard = new Set<string>();
          const perform = async ({ writer, does, count }: Act) => {
            const [client, rows] = [writers[writer] as pg.Client, open[writer] as string[]];
            if (does === 'insert') {
              if (rows.length === 0) await client.query('BEGIN');
              const inserted = await client.query<{ session_id: string }>(INSERT, [clock.now(), count]);
              rows.push(...inserted.rows.map(({ session_id }) => session_id));
            } else if (rows.length > 0) {
              await client.query(does === 'commit' ? 'COMMIT' : 'ROLLBACK');
              if (does === 'commit') for (const row of rows) committed.add(row);
              open[writer] = [];
            }
          };
          let between: Act[][] = [];
          const queries = app.app.get(Database);
          const feed = new BlacklistFeed(
            {
              run: async (statement, values) => {
                for (const each of between.shift() ?? []) await perform(each);
                return queries.run(statement, values);
              },
            },
            {
              entries: (_ofUsers, ofSessions) => sessionsIn(ofSessions).forEach((id) => heard.add(id)),
              time: () => undefined,
            },
            clock,
          );
          for (const { before, between: acts } of rounds) {
            for (const each of before) await perform(each);
            const due = [...committed];
            between = acts;
            await feed.read();
            expect(due.filter((row) => !heard.has(row))).toEqual([]);
          }
          for (let writer = 0; writer < WRITERS; writer++)
            await perform({ writer, does: 'commit', count: 0 });
          between = [];
          await feed.read();
          expect(heard.size).toBe(committed.size);
          expect([...heard].filter((row) => !committed.has(row))).toEqual([]);
        }),
        { numRuns: isLong ? 100 : 5 },
      ),
    isLong ? 300_000 : 60_000,
  );
});

const INSERT = `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
  SELECT gen_random_uuid(), 'logout', $1::timestamptz, $1::timestamptz + interval '10 min' FROM generate_series(1, $2)
  RETURNING session_id`;
