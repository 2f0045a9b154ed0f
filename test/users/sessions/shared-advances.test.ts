import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { parseOptions } from '../../../src/config/check.js';
import { Database } from '../../../src/database/database.js';
import { TokenjarError } from '../../../src/errors.js';
import type { Caller } from '../../../src/http/caller.js';
import type { RefreshSubject } from '../../../src/tokens/refresh-token.js';
import { SessionRefresh } from '../../../src/users/sessions/session-refresh.js';
import { Sessions } from '../../../src/users/sessions/sessions.js';
import { SharedAdvances } from '../../../src/users/sessions/shared-advances.js';
import {
  inSomeOrder,
  type IssuedToken,
  type Outcome,
  type Row,
  type Session,
} from '../../model/session-model.js';
import { SECRET_KEY, startApp, type TestApp } from '../../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../../support/database.js';
import { isLong } from '../../support/long.js';
import { type StatementCounter, tapStatements } from '../../support/statement-counter.js';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.js';

/** Two instances on one database: the first with a proxy before it, the embedded database with one alone. */
let database: TestDatabase;
let tap: StatementCounter | undefined;
let proxy: TcpProxy | undefined;
let app: TestApp;
let other: TestApp | undefined;
/** Is told once that the database has answered to a statement for several, and the answer is lost. */
let overhear: (() => void) | undefined;

beforeAll(async () => {
  database = await createDatabase();
  if ('databaseUrl' in database.settings) {
    const url = database.settings.databaseUrl;
    tap = await tapStatements(url);
    proxy = await startProxy(tap.databaseUrl, (chunk) => {
      // The name of its column.
      if (!overhear || !chunk.includes('place')) return chunk;
      overhear();
      overhear = undefined;
      return Buffer.alloc(0);
    });
    app = await startApp({ databaseUrl: proxy.through(tap.databaseUrl) }, database);
    other = await startApp({ clock: app.clock }, database);
  } else app = await startApp({}, database);
  // The clock of the tests begins within a second; the model counts whole ones.
  app.clock.advance(1 - (app.clock.now().getTime() % 1000) / 1000);
  await app.signedUp();
  await app.sql(
    `INSERT INTO tokenjar.users (email, created_at, is_active) VALUES ('inactive@example.com', now(), false)`,
  );
});
afterAll(async () => {
  await other?.close();
  await app.close();
  await proxy?.cut();
  await tap?.close();
  await database.drop();
});

const now = () => app.clock.now().getTime() / 1000;
const AGENT = 'Mozilla/5.0 "quoted", {with} \\ all that arrays escape';
const caller = (userAgent: string | null = AGENT, isConnected = true): Caller => ({
  ip: '2001:db8::1',
  userAgent,
  requestId: null,
  isConnected: () => isConnected,
});

/** Makes sessions of one user, in these states. */
async function open(
  states: readonly Row[],
  user: 'active' | 'inactive' = 'active',
): Promise<RefreshSubject[]> {
  const rows = await app.sql<{ lookup_id: string; user_id: number }>(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods)
     SELECT gen_random_uuid(), gen_random_uuid(), u.id, g.generation, g.parent, to_timestamp(g.rotated_at),
       $4::timestamptz - interval '1 day', to_timestamp(g.rotated_at), $4::timestamptz + interval '14 d',
       $4::timestamptz + interval '30 d', NULL, NULL, '{pwd}'
     FROM unnest($1::int[], $2::int[], $3::bigint[]) AS g (generation, parent, rotated_at)
       CROSS JOIN tokenjar.users u WHERE u.is_active = $5
     RETURNING lookup_id, user_id`,
    [
      states.map(({ generation }) => generation),
      states.map(({ parent }) => parent),
      states.map(({ rotatedAt }) => rotatedAt),
      app.clock.now(),
      user === 'active',
    ],
  );
  return rows.map(({ lookup_id, user_id }, i) => ({
    lookupId: lookup_id.replaceAll('-', ''),
    userId: Number(user_id),
    publicId: '',
    generation: (states[i] as Row).generation,
    issuedAt: (states[i] as Row).rotatedAt,
    expiresAt: now() + 1_000_000,
  }));
}

/** Sessions whose tokens are due. */
const openMany = (count: number) =>
  open(Array.from({ length: count }, () => ({ generation: 5, parent: 4, rotatedAt: now() - 1000 })));

const refreshing = (on: TestApp = app) => on.app.get(SessionRefresh);

/** What a refresh comes to: its verdict, or its code. */
const told = (refreshed: Promise<{ verdict: string }>): Promise<string> =>
  refreshed.then(
    ({ verdict }) => verdict,
    (error: unknown) => (error instanceof TokenjarError ? error.code : 'failed'),
  );

async function rowOf(lookupId: string): Promise<Session> {
  const [row] = await app.sql<{ generation: number; parent: number; rotated_at: Date }>(
    'SELECT generation, parent_generation AS parent, rotated_at FROM tokenjar.sessions WHERE lookup_id = $1',
    [lookupId],
  );
  return (
    row && { generation: row.generation, parent: row.parent, rotatedAt: row.rotated_at.getTime() / 1000 }
  );
}

const onPostgres = isEmbedded ? test.skip : test;

test('many at once are advanced as one would be', async () => {
  const tokens = await openMany(40);
  const refreshed = await Promise.all(tokens.map((token) => refreshing().refresh(token, caller())));
  for (const [i, { session, outcome, verdict }] of refreshed.entries()) {
    expect([outcome, verdict]).toEqual(['issued', 'rotate']);
    const { lookupId } = tokens[i] as RefreshSubject;
    const found = await app.app.get(Sessions).find(tokens[i] as RefreshSubject);
    expect(session).toEqual(found);
    expect(await rowOf(lookupId)).toEqual({ generation: 6, parent: 5, rotatedAt: now() });
  }
  const [kept] = await app.sql(
    `SELECT count(*)::int AS count FROM tokenjar.sessions WHERE user_agent = $1 AND ip = '2001:db8::1' AND last_used_at = $2`,
    [AGENT, app.clock.now()],
  );
  expect(kept).toEqual({ count: 40 });
});

onPostgres(
  'one statement for up to 32 of a turn, one each for two; the strict profile shares none',
  async () => {
    const cost = async (count: number, advances = app.app.get(SharedAdvances)) => {
      const tokens = await openMany(count);
      const all = () =>
        Promise.all(tokens.map((token) => advances.advance(token, caller(), app.clock.now())));
      let advanced: unknown[] = [];
      const statements = await (tap as StatementCounter).countDuring(async () => (advanced = await all()));
      expect(advanced).not.toContain(undefined);
      return statements;
    };
    expect([await cost(1), await cost(2), await cost(3), await cost(32), await cost(40)]).toEqual([
      1, 2, 1, 1, 2,
    ]);
    const strict = parseOptions({ secretKey: SECRET_KEY, refreshGrace: 0 });
    const parts = [app.app.get(Database), app.app.get(Sessions), app.clock] as const;
    expect(await cost(5, new SharedAdvances(...parts, strict))).toBe(5);
  },
);

test('a token presented many times at once is replaced once, and repeated to the others', async () => {
  const [token, ...rest] = (await openMany(4)) as [RefreshSubject, ...RefreshSubject[]];
  const all = [token, token, ...rest, token, token].map((each) => refreshing().refresh(each, caller()));
  const refreshed = await Promise.all(all);
  const ofToken = [0, 1, 5, 6].map((i) => refreshed[i]);
  expect(ofToken.map((each) => each?.verdict)).toEqual(['rotate', 'repeat', 'repeat', 'repeat']);
  expect(new Set(ofToken.map((each) => each?.session.generation))).toEqual(new Set([6]));
});

onPostgres('a row that somebody has locked delays nobody else', async () => {
  const tokens = await openMany(6);
  const holder = new pg.Client({
    connectionString: (database.settings as { databaseUrl: string }).databaseUrl,
  });
  holder.on('error', () => undefined);
  await holder.connect();
  try {
    // Whoever waits for it makes it lose its lock.
    await holder.query("SET idle_in_transaction_session_timeout = '4s'");
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM tokenjar.sessions WHERE lookup_id = $1 FOR UPDATE', [
      tokens[2]?.lookupId,
    ]);
    const all = tokens.map((token) => told(refreshing().refresh(token, caller())));
    expect(await Promise.all(all.toSpliced(2, 1))).toEqual(Array(5).fill('rotate'));
    const commit = await holder.query('COMMIT').catch((error: Error) => error.message);
    expect(commit).toMatchObject({ command: 'COMMIT' });
    expect(await all[2]).toBe('rotate');
  } finally {
    await holder.end();
  }
});

onPostgres(
  'two instances that advance the same sessions in other orders never wait for each other in a circle',
  async () => {
    const deadlocks = async () => {
      const [row] = await app.sql<{ deadlocks: number }>(
        'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      );
      return row?.deadlocks;
    };
    const before = await deadlocks();
    for (let round = 0; round < (isLong ? 100 : 10); round++) {
      const tokens = await openMany(30);
      const on = (instance: TestApp, each: RefreshSubject[]) =>
        Promise.all(each.map((token) => told(refreshing(instance).refresh(token, caller()))));
      const [here, there] = await Promise.all([on(app, tokens), on(other as TestApp, tokens.toReversed())]);
      const verdicts = tokens.map((_, i) => [here[i], there.toReversed()[i]].sort());
      expect(verdicts).toEqual(Array(30).fill(['repeat', 'rotate']));
    }
    expect(await deadlocks()).toBe(before);
  },
  60_000,
);

describe('a statement that fails', () => {
  beforeAll(async () => {
    const terminates = isEmbedded ? 'NULL' : 'pg_terminate_backend(pg_backend_pid())';
    await app.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.user_agent = 'bad' THEN RAISE 'a bad row'; END IF;
      IF NEW.user_agent = 'cut' THEN PERFORM ${terminates}; END IF;
      IF NEW.user_agent = 'unsupported' AND current_query() LIKE '%unnest%' THEN
        RAISE 'not here' USING ERRCODE = '0A000';
      END IF;
      RETURN NEW; END $$`);
    await app.sql(
      'CREATE TRIGGER refuse BEFORE UPDATE ON tokenjar.sessions FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
  });
  afterAll(async () => {
    await app.sql('DROP TRIGGER refuse ON tokenjar.sessions');
  });
  /** Nest has one logger for both. */
  const logs = () => [app, other].map((each) => each?.log ?? []);
  const lines = (words: string) =>
    logs()
      .flat()
      .filter((line) => line.includes(words));
  beforeEach(() => logs().forEach((log) => void log.splice(0)));

  /** Refreshes six sessions, one of them by a browser of this name. */
  const withOne = async (userAgent: string) => {
    const tokens = await openMany(6);
    const all = tokens.map((token, i) =>
      told(refreshing().refresh(token, caller(i === 3 ? userAgent : AGENT))),
    );
    return { tokens, verdicts: await Promise.all(all) };
  };

  test('a row that cannot be written fails alone', async () => {
    const { tokens, verdicts } = await withOne('bad');
    expect(verdicts).toEqual(['rotate', 'rotate', 'rotate', 'failed', 'rotate', 'rotate']);
    expect(await rowOf(tokens[3]?.lookupId ?? '')).toMatchObject({ generation: 5 });
    expect(lines('each is tried alone')).toHaveLength(1);
  });

  onPostgres('a connection that is lost before the commit costs the others nothing', async () => {
    const { verdicts } = await withOne('cut');
    expect(verdicts).toEqual(['rotate', 'rotate', 'rotate', 'failed', 'rotate', 'rotate']);
  });

  onPostgres('whoever has gone, or came too long ago, is not tried again', async () => {
    const advances = app.app.get(SharedAdvances);
    const [a, b, c, d] = (await openMany(4)) as [
      RefreshSubject,
      RefreshSubject,
      RefreshSubject,
      RefreshSubject,
    ];
    const long = new Date(app.clock.now().getTime() - 21_000);
    const all = await Promise.allSettled([
      advances.advance(a, caller(), app.clock.now()),
      advances.advance(b, caller('cut'), app.clock.now()),
      advances.advance(c, caller(AGENT, false), app.clock.now()),
      advances.advance(d, caller(), long),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  });

  onPostgres(
    'an answer that is lost after the commit: each gets what it would get by asking again',
    async () => {
      const tokens = await openMany(6);
      overhear = () =>
        void other?.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'WITH g AS%' AND state = 'idle'`,
        );
      const verdicts = await Promise.all(tokens.map((token) => told(refreshing().refresh(token, caller()))));
      expect(verdicts).toEqual(Array(6).fill('repeat'));
      expect(await rowOf(tokens[0]?.lookupId ?? '')).toEqual({ generation: 6, parent: 5, rotatedAt: now() });
    },
  );

  test('a database that does not support it is asked once', async () => {
    const options = parseOptions({ secretKey: SECRET_KEY });
    const advances = new SharedAdvances(app.app.get(Database), app.app.get(Sessions), app.clock, options);
    const turn = async () => {
      const all = (await openMany(5)).map((each) =>
        advances.advance(each, caller('unsupported'), app.clock.now()),
      );
      return (await Promise.all(all)).filter(Boolean).length;
    };
    expect([await turn(), await turn()]).toEqual([0, 5]);
    expect(lines('from now on')).toHaveLength(1);
  });
});

/** A session as it may be, and the tokens of it that are presented at once, on either instance. */
interface Mix {
  kind: 'alive' | 'ended' | 'inactive';
  age: number;
  parent: number;
  presented: { generation: number; born: number; isOther: boolean }[];
}

const mix: fc.Arbitrary<Mix> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('alive' as const) },
    fc.constantFrom('ended' as const, 'inactive' as const),
  ),
  age: fc.constantFrom(10, 60, 110, 119, 121, 1000),
  parent: fc.constantFrom(4, 3),
  presented: fc.array(
    fc.record({
      generation: fc.oneof({ weight: 5, arbitrary: fc.constant(5) }, fc.constantFrom(1, 3, 4, 6, 7)),
      born: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.constantFrom(-100, -40, 3)),
      isOther: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

test('whatever comes in one turn, each is judged as if they had come one after the other', async () => {
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(mix, { minLength: 3, maxLength: 12 }), async (mixes) => {
      const states = mixes.map(({ age, parent }) => ({ generation: 5, parent, rotatedAt: now() - age }));
      const active = await open(states);
      const inactive = await open(states, 'inactive');
      const played = mixes.map(({ kind, presented }, i) => {
        const subject = (kind === 'inactive' ? inactive : active)[i] as RefreshSubject;
        const state = states[i] as Row;
        // A token of before was issued before, and whoever is of the current generation usually at its moment.
        const tokens = presented.map(({ generation, born }) => ({
          generation,
          parent: generation - 1,
          issuedAt: generation < 5 ? state.rotatedAt - 200 : Math.min(now(), state.rotatedAt + born),
          text: '',
        }));
        return { kind, subject, state, presented, tokens };
      });
      await app.sql('DELETE FROM tokenjar.sessions WHERE lookup_id = ANY ($1::uuid[])', [
        played.filter(({ kind }) => kind === 'ended').map(({ subject }) => subject.lookupId),
      ]);
      shared += mixes.length;
      await Promise.all(played.map(judgedOneByOne));
    }),
    { seed: Number(process.env.MODEL_SEED ?? 20_261_127), numRuns: isLong ? 400 : 30 },
  );
  expect(shared).toBeGreaterThan(100);
}, 120_000);

async function judgedOneByOne({
  kind,
  subject,
  state,
  presented,
  tokens,
}: {
  kind: Mix['kind'];
  subject: RefreshSubject;
  state: Row;
  presented: Mix['presented'];
  tokens: IssuedToken[];
}): Promise<void> {
  const outcomes = await Promise.all(
    tokens.map(async ({ generation, issuedAt }, i): Promise<Outcome> => {
      const on = presented[i]?.isOther ? (other ?? app) : app;
      try {
        const token = { ...subject, generation, issuedAt };
        const { session, outcome } = await refreshing(on).refresh(token, caller());
        return { status: 200, cookie: outcome === 'kept' ? 'none' : session.generation };
      } catch (error) {
        if (!(error instanceof TokenjarError)) throw error;
        return { status: error.status as 401 | 503 };
      }
    }),
  );
  const before = kind === 'alive' ? state : undefined;
  const requests = tokens.map((token, i) => ({ token, outcome: outcomes[i] as Outcome }));
  const possible = inSomeOrder(before, requests, now());
  const row = kind === 'inactive' ? undefined : await rowOf(subject.lookupId);
  const isExplained = possible.some((after) => JSON.stringify(after) === JSON.stringify(row));
  // Said in full, so that a failure explains itself.
  expect({ kind, state, now: now(), tokens, outcomes, row, isExplained }).toMatchObject({
    isExplained: true,
  });
}
