import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startApp, type TestApp } from '../../support/app.js';
import { TestClock } from '../../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../../support/database.js';
import { Database, type Queries } from '../../../src/database/database.js';
import type { SideConnection } from '../../../src/database/side-connection.js';
import { type Statement, statement } from '../../../src/database/statement.js';
import { BlacklistFeed, type BlacklistRow } from '../../../src/users/blacklist/blacklist-feed.js';
import { sessionsIn } from '../../support/packed-entries.js';

const PAGE = 5000;
const LOOKED_AT = statement<[], { entries: number }>(
  '',
  `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS entries FROM pg_stat_user_tables
   WHERE schemaname = 'tokenjar' AND relname = 'blacklist'`,
);
const clock = new TestClock();

/** How many entries were looked at on a connection, in tables and indexes. */
async function entriesLookedAt(connection: Pick<Queries, 'run'>): Promise<number> {
  await connection.run(statement('', 'SELECT pg_stat_force_next_flush()'), []);
  const [looked] = await connection.run(LOOKED_AT, []);
  return looked?.entries ?? NaN;
}

/** One that keeps what it hears. */
function feedOf(queries: Pick<Queries, 'run'>) {
  const heard: BlacklistRow[] = [];
  const sessions: string[] = [];
  const times: Date[] = [];
  const hears = {
    entries: (ofUsers: BlacklistRow[], ofSessions: Uint8Array) => {
      heard.push(...ofUsers);
      sessions.push(...sessionsIn(ofSessions));
    },
    time: (said: Date) => void times.push(said),
  };
  return { feed: new BlacklistFeed(queries, hears, clock), heard, sessions, times };
}

describe('reads', () => {
  /** Of everything: after which ID. Of what is new: after which place, and what of transactions that were in progress. */
  type Asked =
    { all: number } | { after: [writtenBy: number, id: number]; late?: [xid: number, id: number][] };
  let asked: Asked[];
  let answers: (() => unknown[])[];
  const queries = {
    async run<Values extends unknown[], Row>(
      _statement: Statement<Values, Row>,
      [, ...values]: NoInfer<Values>,
    ) {
      asked.push(askedBy(values as [number] | NewValues));
      const answer = answers.shift();
      if (!answer) throw new Error('no answer left');
      return Promise.resolve(answer() as Row[]);
    },
  };
  type NewValues = [inProgress: number[], afterEach: number[], writtenBy: number, after: number];
  const askedBy = (values: [number] | NewValues): Asked => {
    if (values.length === 1) return { all: values[0] };
    const [inProgress, afterEach, writtenBy, after] = values;
    const late = inProgress.map((xid, n): [number, number] => [xid, afterEach[n] as number]);
    return { after: [writtenBy, after], ...(late.length > 0 && { late }) };
  };
  beforeEach(() => {
    asked = [];
    answers = [];
  });

  const page = (snapshot: string, { server = 1, first = 1, rows = 0, by = 0, standby = false } = {}) => {
    const last = rows > 0 ? { last_id: first + rows - 1, last_written_by: by } : {};
    const state = { snapshot, server: new Date(server), standby, now: clock.now(), id: null, sessions: null };
    const entries = Array.from({ length: rows }, (_, i) => ({ id: first + i }));
    return () => [{ ...state, count: rows, ...last }, ...entries];
  };
  const fails = () => {
    throw new Error('the connection broke');
  };

  test('everything at first, then what the last read could not see', async () => {
    answers = [page('1:1:'), page('5:9:5,7'), page('9:9:')];
    const { feed } = feedOf(queries);
    for (let i = 0; i < 3; i++) await feed.read();
    expect(asked).toEqual([
      { all: 0 },
      { after: [1, 0] },
      {
        after: [9, 0],
        late: [
          [5, 0],
          [7, 0],
        ],
      },
    ]);
  });

  test('what is new page by page, from the last entry of each', async () => {
    answers = [
      page('5:5:'),
      page('9:9:', { rows: PAGE, by: 7 }),
      page('10:10:', { rows: PAGE, first: PAGE + 1, by: 8 }),
      page('11:11:', { rows: 1, first: 3, by: 8 }),
      page('9:9:'),
    ];
    const { feed, heard } = feedOf(queries);
    for (let i = 0; i < 3; i++) await feed.read();
    expect(heard).toHaveLength(2 * PAGE + 1);
    expect(asked.slice(1)).toEqual([
      { after: [5, 0] },
      { after: [7, PAGE] },
      { after: [8, 2 * PAGE] },
      { after: [9, 0] },
    ]);
  });

  test('what was in progress first, a transaction after the other, and none of it twice', async () => {
    answers = [
      page('5:20:6,9'),
      page('30:30:', { rows: PAGE, by: 6 }),
      page('31:31:', { rows: PAGE, first: PAGE + 1, by: 9 }),
      page('32:32:', { rows: PAGE, first: 3, by: 25 }),
      page('33:33:'),
    ];
    const { feed } = feedOf(queries);
    await feed.read();
    await feed.read();
    expect(asked.slice(1)).toEqual([
      {
        after: [20, 0],
        late: [
          [6, 0],
          [9, 0],
        ],
      },
      {
        after: [20, 0],
        late: [
          [6, PAGE],
          [9, 0],
        ],
      },
      { after: [20, 0], late: [[9, 2 * PAGE]] },
      { after: [25, PAGE + 2] },
    ]);
  });

  test('no further than the first page could see, or a storm would keep it for ever', async () => {
    answers = [
      page('5:5:'),
      page('9:9:', { rows: PAGE, by: 8 }),
      page('20:20:', { rows: PAGE, first: PAGE + 1, by: 9 }),
      page('30:30:', { rows: 1, by: 25 }),
    ];
    const { feed } = feedOf(queries);
    for (let i = 0; i < 3; i++) await feed.read();
    expect(asked.slice(1)).toEqual([{ after: [5, 0] }, { after: [8, PAGE] }, { after: [9, 0] }]);
  });

  test.each(['', '1:x:', '1::', '1:3:2,x', '9007199254740993:9007199254740994:'])(
    'not from a snapshot that it cannot read: %j',
    async (snapshot) => {
      answers = [page(snapshot), page('9:9:')];
      const { feed } = feedOf(queries);
      await feed.read();
      await expect(feed.read()).rejects.toThrow('not a snapshot');
    },
  );

  test('page by page until one is not full; the first snapshot counts', async () => {
    answers = [
      page('1:1:', { rows: PAGE }),
      page('2:2:', { first: PAGE + 1, rows: PAGE }),
      page('3:3:', { first: 2 * PAGE + 1, rows: 1 }),
      page('4:4:'),
    ];
    const { feed, heard, times } = feedOf(queries);
    await feed.read();
    expect([heard.length, times.length]).toEqual([2 * PAGE + 1, 1]);
    await feed.read();
    expect(asked).toEqual([{ all: 0 }, { all: PAGE }, { all: 2 * PAGE }, { after: [1, 0] }]);
  });

  test('everything again after a failure', async () => {
    answers = [
      page('1:1:', { rows: PAGE }),
      fails,
      page('2:2:'),
      page('3:3:', { rows: PAGE, by: 2 }),
      fails,
      page('4:4:'),
    ];
    const { feed } = feedOf(queries);
    await expect(feed.read()).rejects.toThrow('the connection broke');
    await feed.read();
    await expect(feed.read()).rejects.toThrow('the connection broke');
    await feed.read();
    expect(asked).toEqual([
      { all: 0 },
      { all: PAGE },
      { all: 0 },
      { after: [2, 0] },
      { after: [2, PAGE] },
      { after: [2, 0] },
    ]);
  });

  test('everything again when the server has changed, because it reuses numbers', async () => {
    answers = [
      page('100:100:', { server: 1 }),
      page('90:90:', { server: 2, rows: 1 }),
      page('90:91:90', { server: 2, rows: 3 }),
      page('95:95:', { server: 2 }),
    ];
    const { feed, heard } = feedOf(queries);
    for (let i = 0; i < 3; i++) await feed.read();
    expect(asked).toEqual([{ all: 0 }, { after: [100, 0] }, { all: 0 }, { after: [91, 0], late: [[90, 0]] }]);
    expect(heard).toHaveLength(4);
  });

  test('everything once more when that failed', async () => {
    answers = [
      page('100:100:', { server: 1 }),
      page('90:90:', { server: 2 }),
      fails,
      page('91:91:', { server: 2 }),
      page('92:92:', { server: 2 }),
      page('93:93:', { server: 2 }),
    ];
    const { feed } = feedOf(queries);
    await feed.read();
    await expect(feed.read()).rejects.toThrow('the connection broke');
    await feed.read();
    await feed.read();
    expect(asked).toEqual([
      { all: 0 },
      { after: [100, 0] },
      { all: 0 },
      { after: [100, 0] },
      { all: 0 },
      { after: [92, 0] },
    ]);
  });

  test('nothing from a standby, which may lag', async () => {
    answers = [page('1:1:'), page('2:2:', { standby: true }), page('3:3:')];
    const { feed } = feedOf(queries);
    await feed.read();
    await expect(feed.read()).rejects.toThrow('standby');
    await feed.read();
    expect(asked).toEqual([{ all: 0 }, { after: [1, 0] }, { after: [1, 0] }]);
  });
});

describe('on PostgreSQL', () => {
  let database: TestDatabase;
  let app: TestApp;
  let queries: Database;
  beforeAll(async () => {
    database = await createDatabase();
    app = await startApp({ clock }, database);
    queries = app.app.get(Database);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(() => app.sql('DELETE FROM tokenjar.blacklist'));

  const insert = (count: number, expiresIn = 600) =>
    app.sql(
      `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
       SELECT gen_random_uuid(), 'logout', $1, $2 FROM generate_series(1, $3)`,
      [clock.now(), new Date(clock.now().getTime() + expiresIn * 1000), count],
    );
  const distinct = (ids: string[]) => new Set(ids).size;

  test.each([0, 1, PAGE - 1, PAGE, PAGE + 1, 25_000])(
    '%i entries are read, and none twice',
    async (count) => {
      await insert(count);
      const { feed, sessions } = feedOf(queries);
      await feed.read();
      expect([sessions.length, distinct(sessions)]).toEqual([count, count]);
      await feed.read();
      expect(sessions.length).toBe(count);
    },
  );

  test.each([1, PAGE, 25_000])('reads %i new entries, none twice', async (count) => {
    await insert(3);
    const { feed, sessions } = feedOf(queries);
    await feed.read();
    await insert(count);
    await feed.read();
    await feed.read();
    expect([sessions.length, distinct(sessions)]).toEqual([count + 3, count + 3]);
  });

  test('reads as fast where PostgreSQL takes the table for empty, as after many entries have expired', async () => {
    await insert(25_000);
    await app.sql('DELETE FROM tokenjar.blacklist');
    await app.sql('ANALYZE tokenjar.blacklist');
    const { feed, sessions } = feedOf(queries);
    await feed.read();
    await insert(25_000);
    // A join of what is new with itself would compare each entry with every other one.
    await feed.read();
    expect(distinct(sessions)).toBe(25_000);
  });

  (isEmbedded ? test.skip : test)(
    'a storm costs its entries, although the plan is from before it',
    async () => {
      const connection = queries.dedicatedConnection(
        'tokenjar feed',
        undefined,
        () => undefined,
      ) as SideConnection;
      const { feed, sessions } = feedOf(connection);
      await app.sql('VACUUM ANALYZE tokenjar.blacklist');
      // PostgreSQL keeps a plan from the sixth time on: that of an empty table.
      for (let i = 0; i < 7; i++) await feed.read();
      await insert(40_000);
      const before = await entriesLookedAt(connection);
      await feed.read();
      const after = await entriesLookedAt(connection);
      // Nor does the table cost anything afterwards.
      for (let i = 0; i < 8; i++) await feed.read();
      const later = await entriesLookedAt(connection);
      await connection.close();
      expect(distinct(sessions)).toBe(40_000);
      // Once for the first page, and once for all others.
      expect(after - before).toBeLessThan(3 * 40_000);
      expect(later - after).toBeLessThan(100);
    },
  );

  test('reads what concerns users beside sessions, and when each expires', async () => {
    const { feed, heard, sessions } = feedOf(queries);
    await feed.read();
    await insert(3);
    const expiry = new Date(clock.now().getTime() + 60_001);
    await app.sql(
      `INSERT INTO tokenjar.blacklist (user_id, began_until, claims_epoch, reason, created_at, expires_at)
       VALUES (1, $1, NULL, 'password_change', $1, $2), (2, NULL, 7, 'outdated', $1, $2)`,
      [clock.now(), expiry],
    );
    await insert(2);
    await feed.read();
    expect(distinct(sessions)).toBe(5);
    const none = { session_id: null, except_session_id: null, expires_at: expiry };
    expect(heard).toEqual([
      expect.objectContaining({ ...none, user_id: 1, began_until: clock.now(), claims_epoch: null }),
      expect.objectContaining({
        ...none,
        user_id: 2,
        began_until: null,
        claims_epoch: 7,
        reason: 'outdated',
      }),
    ]);
  });

  test('reads what it had taken for expired, once the clock was set back', async () => {
    const { feed, sessions } = feedOf(queries);
    await feed.read();
    await insert(5);
    clock.advance(3600);
    await feed.read();
    expect(sessions).toEqual([]);
    clock.advance(-3600);
    await feed.read();
    expect(distinct(sessions)).toBe(5);
  });

  (isEmbedded ? test.skip : test)(
    'a transaction that has been writing for long costs nothing, and is read when it ends',
    async () => {
      const { databaseUrl } = database.settings as { databaseUrl: string };
      const old = new pg.Client({ connectionString: databaseUrl });
      await old.connect();
      const { feed, sessions } = feedOf(queries);
      try {
        await old.query('BEGIN');
        await old.query(
          `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
           SELECT gen_random_uuid(), 'logout', $1::timestamptz, $1::timestamptz + interval '10 min'`,
          [clock.now()],
        );
        await insert(20_000);
        await feed.read();
        const before = await entriesLookedAt(queries);
        for (let i = 0; i < 10; i++) await feed.read();
        // The app reads them, too: once, and statistics of other connections arrive late.
        expect((await entriesLookedAt(queries)) - before).toBeLessThan(3 * 20_000);
        expect(distinct(sessions)).toBe(20_000);
        await old.query('COMMIT');
        await feed.read();
        expect(distinct(sessions)).toBe(20_001);
      } finally {
        await old.end();
      }
    },
  );

  test('does not read expired entries', async () => {
    const { feed, sessions } = feedOf(queries);
    await feed.read();
    await insert(5, -1);
    await feed.read();
    const other = feedOf(queries);
    await other.feed.read();
    expect([sessions, other.sessions]).toEqual([[], []]);
  });
});
