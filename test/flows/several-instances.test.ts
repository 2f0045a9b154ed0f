import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { readPart } from '../support/jwt.js';
import { type StatementCounter, tapStatements } from '../support/statement-counter.js';

// The embedded database belongs to one process.
(isEmbedded ? describe.skip : describe)('two instances on one database', () => {
  let database: TestDatabase;
  let tap: StatementCounter;
  let clock: TestClock;
  let instances: [TestApp, TestApp];
  beforeAll(async () => {
    database = await createDatabase();
    tap = await tapStatements((database.settings as { databaseUrl: string }).databaseUrl);
    clock = new TestClock();
    const start = () => startApp({ databaseUrl: tap.databaseUrl, clock }, database);
    instances = [await start(), await start()];
  });
  afterAll(async () => {
    for (const instance of instances) await instance.close();
    await tap.close();
    await database.drop();
  });

  const cookieOf = (answer: Answer) => /refresh_token=([^;]+)/.exec(answer.setCookie[0] ?? '')?.[1];
  const refreshAt = (instance: TestApp, cookie: string): Promise<Answer> =>
    instance.browser().post('/auth/token/refresh', undefined, { cookie: `refresh_token=${cookie}` });
  const tokenOf = async (browser: Browser) => (await browser.refreshCookie()) ?? '';

  test('twenty concurrent refreshes of one token get the same cookie', async () => {
    const user = await instances[0].signedUp();
    const token = await tokenOf(user);
    clock.pastRotation();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => refreshAt(instances[i % 2] as TestApp, token)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
    expect(cookieOf(answers[0] as Answer)).toBeDefined();
    const rows = await instances[0].sql(
      'SELECT generation FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1',
      [user.email],
    );
    expect(rows).toEqual([{ generation: 2 }]);
  });

  test('revocations hold while ACCESS_TOKEN_LIFETIME is raised instance by instance', async () => {
    const raised = { databaseUrl: tap.databaseUrl, clock, accessTokenLifetime: '12h' };
    const first = await startApp(raised, database);
    try {
      const user = await first.signedUp();
      const { accessToken } = user;
      const cookie = await tokenOf(user);
      // One that still has the ten minutes.
      const logout = await instances[0]
        .browser()
        .post('/auth/logout', undefined, { cookie: `refresh_token=${cookie}` });
      expect(logout.status).toBe(204);
      clock.advance(3600);
      const second = await startApp(raised, database);
      try {
        const answer = await second
          .browser()
          .get('/auth/session', { headers: { authorization: `Bearer ${accessToken}` } });
        expect([answer.status, answer.body.code]).toEqual([401, 'token_blacklisted']);
      } finally {
        await second.close();
      }
    } finally {
      await first.close();
    }
  });

  test('each instance accepts the other’s tokens while ALGORITHM is changed', async () => {
    const user = await instances[0].signedUp();
    const changed = await startApp({ databaseUrl: tap.databaseUrl, clock, algorithm: 'ES384' }, database);
    try {
      const statusAt = async (instance: TestApp, browser: Browser) =>
        (
          await instance
            .browser()
            .get('/auth/session', { headers: { authorization: `Bearer ${browser.accessToken}` } })
        ).status;
      expect(await statusAt(changed, user)).toBe(200);
      const algorithms: unknown[] = [];
      // All sign with the former one until the new one is published for long enough.
      for (const seconds of [0, 599, 2]) {
        clock.advance(seconds);
        for (const signer of [changed, ...instances]) {
          const other = await signer.signedUp();
          algorithms.push(readPart(other.accessToken ?? '', 0).alg);
          for (const instance of [changed, ...instances]) expect(await statusAt(instance, other)).toBe(200);
        }
      }
      expect(algorithms).toEqual([...Array<string>(6).fill('ES256'), ...Array<string>(3).fill('ES384')]);
    } finally {
      await changed.close();
    }
  });

  test('an old copy used at one instance ends the session at both', async () => {
    const user = await instances[0].signedUp();
    const stolen = await tokenOf(user);
    clock.pastRotation();
    const second = cookieOf(await refreshAt(instances[0], stolen)) ?? '';
    clock.pastRotation();
    const third = cookieOf(await refreshAt(instances[1], second)) ?? '';
    const thief = await refreshAt(instances[0], stolen);
    expect([thief.status, thief.body.code]).toEqual([401, 'token_reused']);
    const owner = await refreshAt(instances[1], third);
    expect([owner.status, owner.body.code]).toEqual([401, 'token_blacklisted']);
  });

  test('a thousand forged refresh tokens cost no statement', async () => {
    const user = await instances[0].signedUp();
    const [header = '', payload = ''] = (await tokenOf(user)).split('.');
    const forge = (i: number) => {
      const signed = `${header}.${payload}`;
      return `${signed}.${createHmac('sha256', `guess ${i}`).update(signed).digest('base64url')}`;
    };
    let refused = 0;
    const count = await tap.countDuring(async () => {
      for (let i = 0; i < 1000; i += 20) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, j) => refreshAt(instances[j % 2] as TestApp, forge(i + j))),
        );
        refused += answers.filter(({ body }) => body.code === 'token_invalid').length;
      }
    });
    expect([refused, count]).toEqual([1000, 0]);
  });
});
