import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { operatorAs } from '../../src/commands/operator.js';
import { FactorResetRun } from '../../src/mfa/factor-reset-run.js';
import { FactorResets } from '../../src/mfa/factor-resets.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, secretOf, startMailServer } from '../support/smtp.js';
import { expectProblem } from '../support/problem.js';

const NEXT = 'a rather different set of words';

// A third connection has to hold the account while one instance waits for it and the other opens a session.
(isEmbedded ? describe.skip : describe)('a sign-in concurrent with an end of all sessions', () => {
  let database: TestDatabase;
  let mail: MailServer;
  let holder: pg.Client;
  let clock: TestClock;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    database = await createDatabase();
    mail = await startMailServer();
    holder = new pg.Client((database.settings as { databaseUrl: string }).databaseUrl);
    await holder.connect();
    clock = new TestClock();
    const start = () => startApp({ clock, smtpUrl: mail.url, frontendUrl: 'https://app.example' }, database);
    [here, there] = [await start(), await start()];
  });
  afterAll(async () => {
    await here.close();
    await there.close();
    await holder.end();
    await mail.stop();
    await database.drop();
  });

  const idOf = async (email: string) => {
    const [row] = await here.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
    return Number(row?.id);
  };
  const waits = async () => {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await here.sql(sql)).length > 0;
  };

  type Owner = Browser & { email: string };
  const ends: Record<string, (owner: Owner) => Promise<() => Promise<unknown>>> = {
    'the deletion of the account': (owner) =>
      Promise.resolve(() => owner.delete('/auth/user', { password: PASSWORD })),
    'a change of the password': (owner) =>
      Promise.resolve(() =>
        owner.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT }),
      ),
    'a reset of the password': async (owner) => {
      await owner.post('/auth/password/reset', { email: owner.email });
      const { link } = await mail.emailTo(owner.email);
      const token = secretOf(link);
      return () => here.browser().post('/auth/password/reset/confirm', { token, new_password: NEXT });
    },
    'the end of all other sessions': (owner) => Promise.resolve(() => owner.delete('/auth/sessions')),
    'the end of all sessions by an operator': async ({ email }) => {
      const id = await idOf(email);
      return () => here.app.get(SessionEnding).endAll(id, 'ended_by_operator');
    },
    'the removal of second factors by an operator': async ({ email }) => {
      const [resets, run] = [
        here.app.get(FactorResets, { strict: false }),
        here.app.get(FactorResetRun, { strict: false }),
      ];
      await resets.request(await idOf(email), operatorAs('Grace'));
      await run.run();
      clock.advance(86_401);
      return () => run.run();
    },
    'a deactivation': async ({ email }) => {
      const id = await idOf(email);
      return () => here.app.get(SessionEnding).deactivateUser(id);
    },
  };

  test.each(Object.keys(ends))('is ended by it: %s', async (name) => {
    const owner = await here.signedUp();
    const end = await ends[name]?.(owner);
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM tokenjar.users WHERE email = $1 FOR SHARE', [owner.email]);
    const ending = end?.();
    await eventually(waits, (isSo) => isSo);
    clock.advance(1);
    const late = there.browser();
    expect((await late.login(owner.email)).status).toBe(200);
    expect((await late.get('/auth/session')).status).toBe(200);
    await holder.query('ROLLBACK');
    await ending;

    for (const instance of [here, there]) {
      const { accessToken } = late;
      const send = { headers: { authorization: `Bearer ${accessToken}` } };
      const answer = await eventually(
        () => instance.browser().get('/auth/session', send),
        ({ status }) => status === 401,
      );
      expectProblem(answer, 'token_blacklisted');
    }
    expect((await late.refresh()).status).toBe(401);
    const sql = 'SELECT 1 FROM tokenjar.sessions WHERE id = ($1::jsonb ->> $2)::uuid';
    const claims = Buffer.from(late.accessToken?.split('.')[1] ?? '', 'base64url').toString();
    expect(await here.sql(sql, [claims, 'sid'])).toEqual([]);
  });
});
