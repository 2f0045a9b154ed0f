import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

// A second connection has to hold the table while the app waits for it.
const describeOnPostgres = isEmbedded ? describe.skip : describe;

describeOnPostgres('a refresh that nobody waits for displaces nothing and ends nothing', () => {
  let database: TestDatabase;
  let app: TestApp;
  let locker: pg.Client;
  beforeAll(async () => {
    database = await createDatabase();
    app = await startApp({}, database);
    locker = new pg.Client((database.settings as { databaseUrl: string }).databaseUrl);
    await locker.connect();
  });
  afterAll(async () => {
    await locker.end();
    await app.close();
    await database.drop();
  });

  let victim: Browser;
  beforeEach(async () => {
    victim = await app.signedUp();
    await locker.query('BEGIN');
  });
  afterEach(() => locker.query('ROLLBACK'));

  /** Holds up every refresh until `release`. */
  const holdTable = () => locker.query('LOCK TABLE tokenjar.sessions IN ACCESS EXCLUSIVE MODE');
  const release = () => locker.query('ROLLBACK');
  const row = async () =>
    (
      await app.sql(
        'SELECT generation, parent_generation FROM tokenjar.sessions ORDER BY created_at DESC, id DESC LIMIT 1',
      )
    )[0];

  async function until(happens: () => Promise<boolean>): Promise<void> {
    while (!(await happens())) await new Promise(setImmediate);
  }
  const isHeld = async () =>
    (
      await locker.query(
        'SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
      )
    ).rowCount === 1;
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      app.app
        .getHttpServer()
        .getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count))),
    );

  /** A refresh on a connection of its own, which the test can close. */
  function rawRefresh(cookie: string) {
    const sent = request(`${app.url}/auth/token/refresh`, {
      method: 'POST',
      headers: { cookie },
      agent: false,
    });
    sent.on('error', () => undefined);
    sent.end();
    return sent;
  }

  const stale = { reissue: 101, reuse: 242 };

  test.each(['destroy', 'end'] as const)(
    'changes nothing when the connection closed (%s) before a reissue',
    async (how) => {
      const lost = `refresh_token=${await victim.refreshCookie()}`;
      app.clock.pastRotation();
      expect((await victim.refresh()).status).toBe(200);
      const before = await row();
      app.clock.advance(stale.reissue);
      await holdTable();
      const open = await connections();
      const sent = rawRefresh(lost);
      await until(isHeld);
      sent.socket?.[how]();
      await until(async () => (await connections()) <= open);
      await release();
      // Several, because the dropped request goes on beside the first.
      for (let i = 0; i < 5; i++) expect((await victim.refresh()).status).toBe(200);
      expect(await row()).toEqual(before);
    },
  );

  test('changes nothing when the connection closed before a reuse was judged', async () => {
    const old = `refresh_token=${await victim.refreshCookie()}`;
    for (let i = 0; i < 2; i++) {
      app.clock.pastRotation();
      expect((await victim.refresh()).status).toBe(200);
    }
    await holdTable();
    const open = await connections();
    const sent = rawRefresh(old);
    await until(isHeld);
    sent.socket?.destroy();
    await until(async () => (await connections()) <= open);
    await release();
    // Several, because the dropped request goes on beside the first.
    for (let i = 0; i < 5; i++) expect((await victim.refresh()).status).toBe(200);
  });

  test('answers 503 and changes nothing when a request took longer than clients wait', async () => {
    const lost = await victim.copy();
    app.clock.pastRotation();
    await victim.refresh();
    const before = await row();
    app.clock.advance(stale.reissue);
    await holdTable();
    const late = lost.refresh();
    await until(isHeld);
    app.clock.advance(20.001);
    await release();
    const answer = await late;
    expect([answer.status, answer.body.code, answer.setCookie]).toEqual([503, 'refresh_pending', []]);
    expect(await row()).toEqual(before);
  });

  test('reissues for the same request within the time that clients wait', async () => {
    const lost = await victim.copy();
    app.clock.pastRotation();
    await victim.refresh();
    app.clock.advance(stale.reissue);
    await holdTable();
    const late = lost.refresh();
    await until(isHeld);
    app.clock.advance(20);
    await release();
    expect((await late).status).toBe(200);
    expect(await row()).toEqual({ generation: 3, parent_generation: 1 });
  });
});
