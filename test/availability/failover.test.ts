import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Postgres } from '../../torture/postgres.js';
import { PostgresPair } from '../../torture/postgres-pair.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { eventually, untilRefused } from '../support/eventually.js';
import { longTest } from '../support/long.js';
import { RefreshLoad } from '../support/refresh-load.js';
import { build, type ServerProcess, startProcess } from '../support/server-process.js';

/** Where a standby can be made. */
const failoverTest = Postgres.canBeFollowed ? longTest : test.skip;

beforeAll(build, 240_000);

const FAILOVERS = 3;
const BROWSERS = 12;
/** What is committed this long before the end is lost. **Unit** milliseconds. */
const LOSS = 1000;

let pair: PostgresPair;
let servers: ServerProcess[] = [];
let bases: string[];
beforeEach(async () => {
  pair = await PostgresPair.create();
  servers = [start(), start()];
  bases = await Promise.all(servers.map(({ url }) => url));
}, 120_000);
afterEach(async () => {
  for (const server of servers) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await pair.remove();
});

const start = (): ServerProcess =>
  startProcess({
    DATABASE_URL: pair.url,
    SECRET_KEY,
    RATE_LIMIT: 'off',
    DOCS: 'off',
    REFRESH_GRACE: '500ms',
    REFRESH_GIVE_UP: '500ms',
    REFRESH_ROTATE_AFTER: '2s',
  });

const adoptions = (): number =>
  servers.reduce((sum, server) => sum + server.said().split('the token was adopted').length - 1, 0);

async function signedUp(base: string): Promise<Browser & { email: string }> {
  const browser = Object.assign(new Browser(base), { email: uniqueEmail() });
  const { status } = await browser.post('/auth/registration', { email: browser.email, password: PASSWORD });
  expect(status).toBe(201);
  return browser;
}

/** Waits until every browser of the load has refreshed once more. @returns **Unit** seconds. */
async function untilRefreshesGoOn(load: RefreshLoad): Promise<{ first: number; all: number }> {
  const from = performance.now();
  const after = async (count: number) => {
    const goesOn = () => load.refreshedSince(from) >= count;
    expect(await eventually(goesOn, Boolean, 60_000)).toBe(true);
    return Math.round(performance.now() - from) / 1000;
  };
  return { first: await after(1), all: await after(BROWSERS) };
}

async function isEndedEverywhere(user: Browser): Promise<void> {
  const [, other = ''] = bases;
  expect((await user.post('/auth/logout')).status).toBe(204);
  const elsewhere = new Browser(other);
  elsewhere.accessToken = user.accessToken;
  const { refusal, acceptedFor } = await untilRefused(() => elsewhere.get('/auth/session'));
  expect(refusal.body.code).toBe('token_blacklisted');
  expect(acceptedFor).toBeLessThan(1000);
}

failoverTest(
  'three failovers to a replica that lacks the last second: nobody who was signed in is signed out',
  async () => {
    const load = await RefreshLoad.signUp(bases, BROWSERS);
    const before = await signedUp(bases[0] ?? '');
    load.start();
    for (let n = 1; n <= FAILOVERS; n++) {
      await pair.cutReplication();
      const newcomer = await signedUp(bases[0] ?? '');
      const rotationsThen = load.counts.rotations;
      await eventually(() => load.counts.rotations > rotationsThen + 3, Boolean, LOSS * 5);
      const lost = load.counts.rotations - rotationsThen;
      const promotion = pair.failOver();
      const { first, all } = await untilRefreshesGoOn(load);
      const promoted = Math.round(await promotion) / 1000;
      console.info(
        `failover ${n}: ${lost} rotations lost, promoted after ${promoted} s, ` +
          `refreshes go on after ${first} s, all of them after ${all} s (busy machine)`,
      );
      // What began in the lost second is gone: its address is free, and its session cannot be told from an ended one.
      const refused = await newcomer.refresh();
      expect([refused.status, refused.body.code]).toEqual([401, 'user_not_found']);
      const again = { email: newcomer.email, password: PASSWORD };
      expect((await newcomer.post('/auth/registration', again)).status).toBe(201);
      await pair.rebuild();
    }
    const { answers, failures } = await load.stop();
    console.info(`${JSON.stringify(answers)}, ${adoptions()} tokens adopted`);
    expect(failures).toEqual([]);
    expect(adoptions()).toBeGreaterThanOrEqual(FAILOVERS);
    expect((await before.refresh()).status).toBe(200);
    await isEndedEverywhere(before);
    const connections = await pair.primary.query<{ name: string }>(
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE application_name LIKE 'tokenjar%' ORDER BY 1`,
    );
    expect(connections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tokenjar', 'tokenjar feed']),
    );
  },
  600_000,
);

failoverTest(
  'a failover with synchronous replication loses nothing',
  async () => {
    await pair.replicateSynchronously();
    const load = await RefreshLoad.signUp(bases, BROWSERS);
    load.start();
    await eventually(
      () => load.counts.rotations,
      (count) => count > BROWSERS,
      30_000,
    );
    const newcomer = await signedUp(bases[0] ?? '');
    const promotion = pair.failOver();
    const { first, all } = await untilRefreshesGoOn(load);
    await promotion;
    console.info(`refreshes go on after ${first} s, all of them after ${all} s (busy machine)`);
    expect((await newcomer.refresh()).status).toBe(200);
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
  },
  300_000,
);
