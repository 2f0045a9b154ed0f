import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { InFlight } from '../../src/limits/in-flight.js';
import { Limits } from '../../src/limits/limits.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser, PASSWORD } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';

/** Failures of others. From 20 on they are credential stuffing, and an address may fail once. */
const STUFFED = 30;

describe('people who sign in behind one address at the same moment', () => {
  let instances: TestApp[];
  let emails: string[];
  beforeAll(async () => {
    const settings = { rateLimit: true, limitLoginFailures: '20/10m' };
    const first = await startApp({ ...settings, limitRegistrationNetwork: 'off' });
    instances = [first];
    // The embedded database belongs to one process.
    if (!isEmbedded) instances.push(await startApp({ ...settings, clock: first.clock }, first.database));
    emails = [];
    for (let i = 0; i < 8; i++) emails.push((await first.signedUp()).email);
  }, 60_000);
  afterAll(async () => {
    for (const instance of instances.reverse()) await instance.close();
  });

  beforeEach(async () => {
    const [app] = instances as [TestApp];
    app.clock.advance(86_400);
    await app.sql('DELETE FROM tokenjar.limits');
  });
  /** From many addresses, none of which is that of the people. */
  async function stuff(): Promise<void> {
    const [app] = instances as [TestApp];
    const limits = app.app.get(Limits, { strict: false });
    for (let i = 0; i < STUFFED; i++) {
      const attempt = { caller: { ip: `10.9.${i}.1` }, account: `listed-${i}@example.com` };
      await (await limits.consume('login', attempt)).settle('failure');
    }
  }
  /** Each in a browser of their own, in turn at the instances. */
  const signIn = (passwords: string[]) =>
    Promise.all(
      passwords.map(async (password, i) => {
        const { url } = instances[i % instances.length] as TestApp;
        return new Browser(url).login(emails[i] ?? '', password);
      }),
    );
  const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);

  test.each([2, 3, 5, 8])('all %i with their passwords get in during credential stuffing', async (people) => {
    await stuff();
    for (let round = 0; round < 3; round++) {
      const answers = await signIn(Array<string>(people).fill(PASSWORD));
      expect(statuses(answers)).toEqual(Array<number>(people).fill(200));
    }
  });

  test.each([2, 5, 8])('of %i guesses at once one is judged, as of those one by one', async (guesses) => {
    await stuff();
    const answers = await signIn(Array<string>(guesses).fill('a wrong password'));
    expect(statuses(answers).sort()).toEqual([401, ...Array<number>(guesses - 1).fill(429)]);
    // Nobody waits for what has failed, and whoever is refused learns how long.
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(5);
  });

  test('a wrong one among them takes what it takes alone, and no more', async () => {
    await stuff();
    const answers = await signIn([PASSWORD, 'a wrong password', PASSWORD, PASSWORD]);
    expect(answers[1]?.status).not.toBe(200);
    const others = statuses(answers).filter((_, i) => i !== 1);
    expect(others.every((status) => status === 200 || status === 429)).toBe(true);
    // Whether it went before or after them, the next has to wait for it alone.
    const isCounted = answers[1]?.status === 401;
    expect((await signIn([PASSWORD]))[0]?.status).toBe(isCounted ? 429 : 200);
  });

  test('the same where the quota of a network or an account is nearly used up', async () => {
    const [app] = instances as [TestApp];
    const limits = app.app.get(Limits, { strict: false });
    // The account has 5, of which one is left; both tabs come at once.
    const [email = ''] = emails;
    for (let i = 0; i < 4; i++)
      await (
        await limits.consume('login', { caller: { ip: `10.8.${i}.1` }, account: email })
      ).settle('failure');
    const tabs = await Promise.all(
      [0, 1, 2].map((i) => new Browser((instances[i % instances.length] as TestApp).url).login(email)),
    );
    expect(statuses(tabs)).toEqual([200, 200, 200]);
  });

  test('each waits as long as it may itself, whoever began to wait before it', async () => {
    const [app] = instances as [TestApp];
    const now = app.clock.now();
    const key = Buffer.from('a block');
    await app.sql(
      `INSERT INTO tokenjar.limits (key, count, counted_at, blocked_until, in_flight_until, passed, added, expires_at)
        VALUES ($1, 1, $2, $3, $3, true, 1, $3)`,
      [key, now, new Date(now.getTime() + 5000)],
    );
    const inFlight = new InFlight(app.app.get(Database, { strict: false }), app.clock);
    const began = performance.now();
    const first = inFlight.outcome(key, began + 100);
    const second = inFlight.outcome(key, began + 2500);
    expect(await first).toBe('unknown');
    expect(performance.now() - began).toBeLessThan(1000);
    await app.sql('DELETE FROM tokenjar.limits WHERE key = $1', [key]);
    expect(await second).toBe('released');
  });

  test('an attempt without an outcome is not awaited for long', async () => {
    const [app] = instances as [TestApp];
    await stuff();
    const limits = app.app.get(Limits, { strict: false });
    // Its instance was killed.
    await limits.consume('login', { caller: { ip: '127.0.0.1' }, account: 'killed@example.com' });
    const began = performance.now();
    const [refused] = await signIn([PASSWORD]);
    expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([429, '5']);
    expect(performance.now() - began).toBeLessThan(8000);
    app.clock.advance(5);
    const [later] = await signIn([PASSWORD]);
    expect(later?.status).toBe(429);
    expect(Number(later?.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});
