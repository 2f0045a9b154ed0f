/**
 * The effect of refreshes on the table of sessions: rows, size, HOT updates.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/session-table.ts --refreshes 1000000 --sessions 10000
 *
 * The database has to be empty. The server is the built one (`npm run build`), every refresh rotates, and every response
 * is checked: one that is not 200 with a new cookie ends the run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { lineChart } from './plot.js';
import { openSessions, Refreshing } from './refreshing.js';
import { databaseUrl, startServer } from './server.js';

const { values } = parseArgs({
  options: {
    refreshes: { type: 'string', default: '1000000' },
    sessions: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '16' },
    plot: { type: 'string', default: 'docs/images/session-table.svg' },
  },
});
const REFRESHES = Number(values.refreshes);
const SESSIONS = Number(values.sessions);
const CLIENTS = Number(values.clients);
interface Sample {
  refreshes: number;
  rows: number;
  bytes: number;
  indexBytes: number;
  updates: number;
  hot: number;
}

const db = new pg.Client({ connectionString: databaseUrl() });
await db.connect();
const server = await startServer({ REFRESH_ROTATE_AFTER: '0s' });
try {
  await run();
} finally {
  await server.stop();
  await db.end();
}

async function run(): Promise<void> {
  const cookies = await openSessions(db, SESSIONS);
  await db.query('VACUUM ANALYZE tokenjar.sessions');
  const samples = [await sample(0)];
  const refreshing = new Refreshing(server.url, cookies, CLIENTS);
  const began = performance.now();
  let nextSample = REFRESHES / 40;
  await refreshing.run(async () => {
    const { done } = refreshing;
    if (done >= REFRESHES) refreshing.stop();
    if (done < nextSample) return;
    nextSample += REFRESHES / 40;
    samples.push(await sample(done));
  });
  const seconds = (performance.now() - began) / 1000;
  await db.query('VACUUM tokenjar.sessions');
  samples.push(await sample(refreshing.done));
  await report(samples, seconds, refreshing.done);
}

async function sample(refreshes: number): Promise<Sample> {
  await db.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await db.query<Omit<Sample, 'refreshes'>>(
    `SELECT (SELECT count(*)::int FROM tokenjar.sessions) AS rows,
       pg_relation_size('tokenjar.sessions')::int AS bytes, pg_indexes_size('tokenjar.sessions')::int AS "indexBytes",
       n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot
     FROM pg_stat_user_tables WHERE schemaname = 'tokenjar' AND relname = 'sessions'`,
  );
  const [row] = rows;
  if (!row) throw new Error('the table of sessions is not there');
  return { refreshes, ...row };
}

async function report(samples: Sample[], seconds: number, done: number): Promise<void> {
  const [first] = samples;
  // Statistics are delayed; those of the last update are available after the vacuum.
  const last = samples.at(-1);
  if (!first || !last) return;
  const show = (name: string, from: number, to: number) => console.log(`| ${name} | ${from} | ${to} |`);
  console.log(
    `${done} refreshes of ${SESSIONS} sessions in ${seconds.toFixed(0)} s, each with a new cookie\n`,
  );
  console.log('| | before | after, vacuumed |\n|---|---|---|');
  show('rows', first.rows, last.rows);
  show('bytes of the table', first.bytes, last.bytes);
  show('bytes of its indexes', first.indexBytes, last.indexBytes);
  console.log(
    `\nHOT: ${((100 * last.hot) / last.updates).toFixed(2)} % of ${last.updates} updates counted by PostgreSQL`,
  );
  await mkdir(dirname(values.plot), { recursive: true });
  await writeFile(
    values.plot,
    lineChart('The table of sessions while it is refreshed', 'refreshes', 'bytes', [
      { name: 'table', points: samples.map((each) => [each.refreshes, each.bytes]) },
      { name: 'indexes', points: samples.map((each) => [each.refreshes, each.indexBytes]) },
    ]),
  );
}
