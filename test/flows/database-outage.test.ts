import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';

// The embedded database cannot be away while the server is there.
(isEmbedded ? describe.skip : describe)('while the database is unavailable', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let app: TestApp;
  /** Past the proxy. */
  let direct: pg.Client;
  beforeAll(async () => {
    database = await createDatabase();
    const { databaseUrl } = database.settings as { databaseUrl: string };
    proxy = await startProxy(databaseUrl);
    direct = new pg.Client({ connectionString: databaseUrl });
    await direct.connect();
    app = await startApp({ databaseUrl: proxy.through(databaseUrl) }, database);
  });
  afterAll(async () => {
    await app.close();
    await proxy.cut();
    await direct.end();
    await database.drop();
  });

  const told = ({ status, body, headers, setCookie }: Answer) => ({
    status,
    code: body?.code,
    retryAfter: Number(headers.get('retry-after')) > 0,
    setCookie,
  });
  const AWAY = { status: 503, code: 'database_unavailable', retryAfter: true, setCookie: [] };

  test('nobody is signed out: requests get 503, and succeed again afterwards', async () => {
    const user = await app.signedUp();
    const { email } = user;
    const token = await user.refreshCookie();
    const accessToken = user.accessToken;
    // Old enough to be replaced, which is a write.
    app.clock.advance(130);
    const older = await app.signedUp();
    await proxy.cut();

    const asked: [string, Answer][] = [
      ['login', await user.login(email)],
      ['token', await user.post('/auth/token', { email, password: PASSWORD })],
      ['registration', await user.post('/auth/registration', { email: uniqueEmail(), password: PASSWORD })],
      ['refresh, to rotate', await user.refresh()],
      ['refresh, to keep', await older.refresh()],
      ['verify', await user.post('/auth/token/verify', { token })],
      ['blacklist', await user.post('/auth/token/blacklist')],
      ['logout', await user.post('/auth/logout')],
      ['logout without a cookie', await user.post('/auth/logout', undefined, { cookie: 'none=1' })],
      ['user', await user.get('/auth/user')],
      ['change of the user', await user.patch('/auth/user', { locale: 'de' })],
      ['deletion', await user.delete('/auth/user', { password: PASSWORD })],
      [
        'change of the password',
        await user.post('/auth/password/change', { old_password: PASSWORD, new_password: `new ${PASSWORD}` }),
      ],
      ['sessions', await user.get('/auth/sessions')],
      ['end of the others', await user.delete('/auth/sessions')],
    ];
    expect(asked.map(([what, answer]) => [what, told(answer)])).toEqual(asked.map(([what]) => [what, AWAY]));

    const ready = await user.get('/health/ready');
    expect(told(ready)).toEqual({ ...AWAY, code: 'not_ready' });
    for (const path of ['/health/live', '/.well-known/jwks.json'])
      expect([path, (await user.get(path)).status]).toEqual([path, 200]);
    // Another instance may have revoked the token since: who cannot know lets nobody in.
    const guarded = await firstRefusal(() => user.get('/auth/session'));
    expect(told(guarded)).toEqual(AWAY);
    expect(told(await user.post('/auth/token/verify', { token: accessToken }))).toEqual(AWAY);

    await proxy.restore();
    expect(await user.refreshCookie()).toBe(token);
    for (const path of ['/health/ready', '/auth/user', '/auth/sessions'])
      expect([path, (await user.get(path)).status]).toEqual([path, 200]);
    expect((await older.refresh()).status).toBe(200);
    const refreshed = await user.refresh();
    expect(refreshed.status).toBe(200);
    expect(refreshed.setCookie).toHaveLength(1);
    expect((await app.browser().login(email)).status).toBe(200);
    expect((await user.post('/auth/logout')).status).toBe(204);
  });

  test('answers requests that wait for the database when it fails', async () => {
    const user = await app.signedUp();
    await direct.query('BEGIN');
    await direct.query('LOCK TABLE tokenjar.users');
    const login = app.browser().login(user.email);
    await untilSomebodyWaits();
    await proxy.cut();
    expect(told(await login)).toEqual(AWAY);
    await direct.query('COMMIT');
    await proxy.restore();
    expect((await user.login(user.email)).status).toBe(200);
  });

  test('at most one request fails because of connections that the server closed', async () => {
    const user = await app.signedUp();
    // So that there are several to close.
    await Promise.all(Array.from({ length: 8 }, () => user.get('/auth/user')));
    const { rowCount } = await direct.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    expect(rowCount).toBeGreaterThan(1);

    const answers: Answer[] = [];
    for (let i = 0; i < 12; i++) answers.push(await user.get('/auth/user'));
    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed.map(told)).toEqual(failed.length === 0 ? [] : [AWAY]);
    expect((await user.refresh()).status).toBe(200);
  });

  describe('while the database is read-only', () => {
    const setReadOnly = async (isReadOnly: boolean) => {
      const [{ name } = { name: '' }] = (
        await direct.query<{ name: string }>('SELECT current_database() AS name')
      ).rows;
      await direct.query(
        isReadOnly
          ? `ALTER DATABASE ${name} SET default_transaction_read_only = on`
          : `ALTER DATABASE ${name} RESET default_transaction_read_only`,
      );
    };
    const endAllConnections = () =>
      direct.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );

    test('it is not ready, nobody is signed out, and it recovers with the database', async () => {
      const user = await app.signedUp();
      app.clock.advance(130);
      await setReadOnly(true);
      await endAllConnections();
      const ready = () => user.get('/health/ready');
      const refused = await eventually(ready, ({ status }) => status !== 200);
      expect(told(refused)).toEqual({ ...AWAY, code: 'not_ready' });
      const login = () => app.browser().login(user.email);
      for (const answer of [await login(), await user.refresh(), await ready()])
        expect([answer.status, answer.setCookie]).toEqual([503, []]);
      // What only reads goes on.
      expect((await user.get('/auth/sessions')).status).toBe(200);

      // Sessions of PostgreSQL that began meanwhile stay as they are: nobody ends them for us now.
      await setReadOnly(false);
      expect((await eventually(ready, ({ status }) => status === 200)).status).toBe(200);
      expect((await eventually(login, ({ status }) => status === 200)).status).toBe(200);
      const refreshed = await eventually(
        () => user.refresh(),
        ({ status }) => status === 200,
      );
      expect([refreshed.status, refreshed.setCookie.length]).toEqual([200, 1]);
    });
  });

  /** What is known of revocations is trusted for 900 ms. */
  async function firstRefusal(send: () => Promise<Answer>): Promise<Answer> {
    const began = performance.now();
    for (;;) {
      const answer = await send();
      if (answer.status !== 200 || performance.now() - began > 5000) return answer;
    }
  }

  async function untilSomebodyWaits(): Promise<void> {
    for (let tries = 0; tries < 10_000; tries++) {
      const { rowCount } = await direct.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rowCount) return;
    }
    throw new Error('nobody waited');
  }
});
