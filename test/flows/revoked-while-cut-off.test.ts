import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Blacklist } from '../../src/users/blacklist/blacklist.js';
import { type Key, keyOf } from '../support/api-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually, untilRefused } from '../support/eventually.js';
import { longTest } from '../support/long.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** From the revocation to the last token that is let in. **Unit** milliseconds. */
const PROMISED = 1000;
const FEED = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tokenjar feed'`;

// The embedded database cannot be away while the server is there.
const describeOnPostgres = isEmbedded ? describe.skip : describe;

describeOnPostgres('an instance that does not hear of revocations lets nobody in', () => {
  let database: TestDatabase;
  let databaseUrl: string;
  let direct: pg.Client;
  /** Where sessions end, with a connection of its own. */
  let here: TestApp;
  beforeAll(async () => {
    database = await createDatabase();
    ({ databaseUrl } = database.settings as { databaseUrl: string });
    direct = new pg.Client({ connectionString: databaseUrl });
    await direct.connect();
    here = await startApp({ apiKeys: true }, database);
  });
  afterAll(async () => {
    await here.close();
    await direct.end();
    await database.drop();
  });

  let proxy: TcpProxy;
  let there: TestApp;
  async function startBehind(started: TcpProxy): Promise<void> {
    proxy = started;
    there = await startApp({ apiKeys: true, databaseUrl: proxy.through(databaseUrl) }, database);
  }
  afterEach(async () => {
    await there.close();
    await proxy.cut();
  });

  const askThere = ({ accessToken }: Browser) =>
    new Browser(there.url).get('/auth/session', { headers: { authorization: `Bearer ${accessToken}` } });
  const codeThere = async (user: Browser) => {
    const { status, body } = await askThere(user);
    return status === 200 ? 'accepted' : body.code;
  };
  const isReady = async () => (await there.browser().get('/health/ready')).status === 200;
  const readiness = async () => {
    const { status, body } = await there.browser().get('/health/ready');
    return [status, body.code ?? body.status];
  };

  /** Two users, known to be accepted there. */
  async function twoUsers(): Promise<[Browser, Browser]> {
    const users: [Browser, Browser] = [await here.signedUp(), await here.signedUp()];
    for (const user of users) expect(await codeThere(user)).toBe('accepted');
    return users;
  }

  async function expectRefused(user: Browser, code: string): Promise<number> {
    const { refusal, acceptedFor } = await untilRefused(() => askThere(user));
    expect([refusal.status, refusal.body.code]).toEqual([code === 'database_unavailable' ? 503 : 401, code]);
    expect(acceptedFor).toBeLessThan(PROMISED);
    return acceptedFor;
  }

  describe('while the database', () => {
    beforeEach(async () => startBehind(await startProxy(databaseUrl)));

    test('is unavailable', async () => {
      const [gone, stays] = await twoUsers();
      await proxy.cut();
      await gone.post('/auth/logout');
      await expectRefused(gone, 'database_unavailable');
      expect(await codeThere(stays)).toBe('database_unavailable');
      expect(await readiness()).toEqual([503, 'not_ready']);
      for (let i = 0; i < 5; i++) expect(await codeThere(gone)).toBe('database_unavailable');

      await proxy.restore();
      expect(
        await eventually(
          () => codeThere(gone),
          (code) => code !== 'database_unavailable',
        ),
      ).toBe('token_blacklisted');
      expect(await codeThere(stays)).toBe('accepted');
      expect(await readiness()).toEqual([200, 'ok']);
    });

    test('is unavailable, a revoked API key is refused as well', async () => {
      const [owner] = await twoUsers();
      const [gone, stays] = [await keyOf(here, owner), await keyOf(here, owner)];
      for (const { browser } of [gone, stays]) expect(await codeThere(browser)).toBe('accepted');
      await proxy.cut();
      expect((await owner.delete(`/auth/keys/${gone.id}`)).status).toBe(204);
      for (const { browser } of [gone, stays]) await expectRefused(browser, 'database_unavailable');
      await proxy.restore();
      const settled = (key: Key) =>
        eventually(
          () => codeThere(key.browser),
          (code) => code !== 'database_unavailable',
        );
      expect([await settled(gone), await settled(stays)]).toEqual(['token_invalid', 'accepted']);
    });

    test('is unavailable, tokens revoked before are still refused with the reason', async () => {
      const [gone, stays] = await twoUsers();
      await gone.post('/auth/logout');
      await expectRefused(gone, 'token_blacklisted');
      await proxy.cut();
      await expectRefused(stays, 'database_unavailable');
      expect(await codeThere(gone)).toBe('token_blacklisted');
      await proxy.restore();
    });

    test('does not respond', async () => {
      const [gone] = await twoUsers();
      proxy.stall();
      await gone.post('/auth/logout');
      await expectRefused(gone, 'database_unavailable');
      // Each waits for an attempt at most.
      const began = performance.now();
      expect(await Promise.all([codeThere(gone), codeThere(gone), codeThere(gone)])).toEqual(
        Array(3).fill('database_unavailable'),
      );
      expect(performance.now() - began).toBeLessThan(5000);
      await proxy.cut();
      await proxy.restore();
      expect(
        await eventually(
          () => codeThere(gone),
          (code) => code !== 'database_unavailable',
        ),
      ).toBe('token_blacklisted');
    });

    longTest('does not respond, the instance still stops', async () => {
      await twoUsers();
      proxy.stall();
      const [, stays] = [await here.signedUp(), await here.signedUp()];
      await untilRefused(() => askThere(stays));
      const began = performance.now();
      // The pool has its own timeout; the feed must not add to it.
      await there.app.get(Blacklist).onApplicationShutdown();
      expect(performance.now() - began).toBeLessThan(1500);
    });

    test('closes the feed’s connection repeatedly', async () => {
      for (let i = 0; i < 3; i++) {
        const [gone, stays] = await twoUsers();
        const { rowCount } = await direct.query(`SELECT pg_terminate_backend(pid) ${FEED}`);
        // Those of both instances.
        expect(rowCount).toBe(2);
        await gone.post('/auth/logout');
        const { refusal, acceptedFor } = await untilRefused(() => askThere(gone));
        expect([refusal.status, refusal.body.code]).toEqual([401, 'token_blacklisted']);
        expect(acceptedFor).toBeLessThan(PROMISED);
        expect(await codeThere(stays)).toBe('accepted');
        expect(await eventually(feeds, (count) => count === 2)).toBe(2);
      }
      expect(await isReady()).toBe(true);
    });

    longTest('responds too slowly to ever be up to date, requests still get the right response', async () => {
      const [gone, stays] = await twoUsers();
      proxy.delay(500);
      await gone.post('/auth/logout');
      await expectRefused(gone, 'token_blacklisted');
      const answers = await Promise.all([codeThere(stays), codeThere(gone), codeThere(stays)]);
      expect(answers).toEqual(['accepted', 'token_blacklisted', 'accepted']);
    });
  });

  test('polls behind a pooler, where it receives no notifications', async () => {
    // PgBouncer tells clients a process id of its own making.
    const withForeignIds = (chunk: Buffer): Buffer => {
      const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) chunk.writeInt32BE(0x7ead_beef, at + 5);
      return chunk;
    };
    await startBehind(await startProxy(databaseUrl, withForeignIds));
    expect(there.log.filter((line) => line.includes('Notifications do not arrive'))).toHaveLength(1);
    expect(here.log.filter((line) => line.includes('Notifications do not arrive'))).toEqual([]);
    const { rows } = await direct.query<{ query: string }>(`SELECT query ${FEED} AND query LIKE 'LISTEN%'`);
    expect(rows).toEqual([]);
    for (let i = 0; i < 3; i++) {
      const [gone, owner] = await twoUsers();
      const key = await keyOf(here, owner);
      expect(await codeThere(key.browser)).toBe('accepted');
      await gone.post('/auth/logout');
      expect(await expectRefused(gone, 'token_blacklisted')).toBeLessThan(900);
      await owner.delete(`/auth/keys/${key.id}`);
      expect(await expectRefused(key.browser, 'token_invalid')).toBeLessThan(900);
    }
  });

  const feeds = async () => (await direct.query(`SELECT 1 ${FEED}`)).rowCount ?? 0;
});
