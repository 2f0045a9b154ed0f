import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import pg from 'pg';
import { Blacklist } from '../../src/users/blacklist/blacklist.js';
import { KeyChanges } from '../../src/keys/key-changes.js';
import { KeyRotation } from '../../src/keys/key-rotation.js';
import { KeyWatch } from '../../src/keys/key-watch.js';
import { KeyRefusal } from '../../src/keys/key-refusal.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { isLong } from '../support/long.js';
import { expectProblem } from '../support/problem.js';

const OPERATOR = { ip: null, userAgent: null, requestId: null, actor: 'ada', isConnected: () => true };
const LEAD = 1;
/** After that long a key may sign. **Unit** seconds. */
const PUBLISHED = 600;

const kidOf = (token = ''): string => String(readPart(token, 0).kid);
const at = ({ url }: TestApp, token: string | undefined) =>
  new Browser(url).get('/auth/session', { headers: { authorization: `Bearer ${token}` } });
const changesOf = ({ app }: TestApp) => app.get(KeyChanges, { strict: false });
const signerOf = async (instance: TestApp) => kidOf((await instance.signedUp()).accessToken);

/** Runs at once what a running server does every minute. */
const rotateIfDue = ({ app }: TestApp) => app.get(KeyRotation, { strict: false }).runIfDue();

interface State {
  kid: string;
  state: string;
}
async function statesOf(app: TestApp): Promise<Record<string, string>> {
  const rows = await app.sql<State>(
    `SELECT kid, CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN signs_from IS NULL OR signs_from > $1 THEN 'next'
       WHEN signs_until IS NULL OR signs_until > $1 THEN 'current' ELSE 'retired' END AS state
     FROM tokenjar.signing_keys`,
    [app.clock.now()],
  );
  return Object.fromEntries(rows.map(({ kid, state }) => [kid, state]));
}

describe('one instance', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ keyRotation: '90d', accessTokenJitter: '0' });
  });
  afterAll(() => app.close());

  /** A change that another process made, such as a command, as far as the embedded database can have one. */
  const changed = async (act: () => Promise<Parameters<KeyWatch['take']>[0]>) =>
    app.app.get(KeyWatch, { strict: false }).take(await act());

  test('has two keys from the start: one signs, the next is published', async () => {
    const signer = await signerOf(app);
    const { body } = await app.browser().get('/.well-known/jwks.json');
    expect((body.keys as { kid: string }[]).map(({ kid }) => kid)).toContain(signer);
    expect(Object.values(await statesOf(app)).sort()).toEqual(['current', 'next']);
  });

  test('rotates by schedule, once', async () => {
    const before = await app.signedUp();
    expect(await rotateIfDue(app)).toBe(false);
    app.clock.advance(90 * 86_400);
    expect(await rotateIfDue(app)).toBe(true);
    expect(await rotateIfDue(app)).toBe(false);
    app.clock.advance(LEAD);
    const [was, is] = [kidOf(before.accessToken), await signerOf(app)];
    expect(await statesOf(app)).toMatchObject({ [was]: 'retired', [is]: 'current' });
    const [event] = await app.sql(
      `SELECT event, reason FROM tokenjar.audit_events WHERE event LIKE 'signing_key%' ORDER BY id DESC LIMIT 1`,
    );
    expect(event).toEqual({ event: 'signing_key_rotated', reason: is });
  });

  test('keeps a retired key until its last token has expired, then deletes it', async () => {
    app.clock.advance(PUBLISHED);
    const user = await app.signedUp();
    await changed(() => changesOf(app).rotate(OPERATOR));
    app.clock.advance(LEAD);
    expect(await signerOf(app)).not.toBe(kidOf(user.accessToken));
    app.clock.advance(597);
    expect((await at(app, user.accessToken)).status).toBe(200);
    const published = async () =>
      ((await app.browser().get('/.well-known/jwks.json')).body.keys as { kid: string }[]).map(
        ({ kid }) => kid,
      );
    expect(await published()).toContain(kidOf(user.accessToken));
    app.clock.advance(3 * 3600);
    expect(await published()).not.toContain(kidOf(user.accessToken));
    const purge = app.app.get(Purge, { strict: false });
    expect((await purge.run()).get('signing keys')).toBeGreaterThan(0);
    expect(Object.keys(await statesOf(app))).not.toContain(kidOf(user.accessToken));
  });

  test('refuses the tokens of a revoked key, also those that it verified before, and no session ends', async () => {
    const user = await app.signedUp();
    expect((await at(app, user.accessToken)).status).toBe(200);
    const kid = kidOf(user.accessToken);
    await changed(() => changesOf(app).revoke(kid, OPERATOR));
    expectProblem(await at(app, user.accessToken), 'token_invalid');
    expect((await user.refresh()).status).toBe(200);
    expect((await user.get('/auth/session')).status).toBe(200);
    const [row] = await app.sql<{ sealed_key: Buffer }>(
      'SELECT sealed_key FROM tokenjar.signing_keys WHERE kid = $1',
      [kid],
    );
    expect(row?.sealed_key).toHaveLength(0);
    await expect(changesOf(app).revoke(kid, OPERATOR)).rejects.toThrow(KeyRefusal);
  });
});

// The embedded database belongs to one process.
(isEmbedded ? describe.skip : describe)('two instances', () => {
  let database: TestDatabase;
  let clock: TestClock;
  let instances: TestApp[];
  let now: () => number;
  beforeAll(async () => {
    database = await createDatabase();
    clock = new TestClock();
    instances = [await startApp({ clock }, database), await startApp({ clock }, database)];
    // jose counts the age of what it keeps by this clock.
    now = Date.now;
    Date.now = () => clock.now().getTime();
  });
  afterAll(async () => {
    Date.now = now;
    for (const each of instances) await each.close();
    await database.drop();
  });

  /** The keys that this instance knows, so that a test can wait until it has heard. */
  const known = ({ app }: TestApp) => app.get(KeyWatch, { strict: false }).times;
  const heard = (kid: string, is: (key: ReturnType<typeof known>[number]) => boolean) =>
    eventually(
      () => instances.every((each) => known(each).some((key) => key.kid === kid && is(key))),
      (all) => all,
    );

  test('rotate at one moment, once though both are due', async () => {
    clock.advance(PUBLISHED);
    const before = await signerOf(instances[0] as TestApp);
    const made = await Promise.allSettled(instances.map((each) => changesOf(each).rotate(OPERATOR)));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await heard(before, ({ signsUntil }) => signsUntil !== null);
    for (const each of instances) expect(await signerOf(each)).toBe(before);
    clock.advance(LEAD);
    const [first, second] = await Promise.all(instances.map(signerOf));
    expect(first).toBe(second);
    expect(first).not.toBe(before);
  });

  test('three rotations and a revocation under load: no good token is refused, here or by jose', async () => {
    clock.advance(PUBLISHED);
    const figures = { verified: 0, refusedGood: 0, atServices: 0, refusedByServices: 0, logouts: 0 };
    const jwks = new URL('/.well-known/jwks.json', instances[1]?.url);
    const remote = createRemoteJWKSet(jwks);
    // The strictest that the header allows: nothing is read again for an unknown key, until the copy is too old.
    let copy: { readAt: number; keys: ReturnType<typeof createLocalJWKSet> } | undefined;
    const strict: typeof remote = Object.assign(
      async (...input: Parameters<ReturnType<typeof createLocalJWKSet>>) => {
        if (!copy || clock.now().getTime() - copy.readAt >= 300_000)
          copy = {
            readAt: clock.now().getTime(),
            keys: createLocalJWKSet((await (await fetch(jwks)).json()) as JSONWebKeySet),
          };
        return copy.keys(...input);
      },
      remote,
    );
    const users = await Promise.all(
      Array.from({ length: 6 }, (_, i) => (instances[i % 2] as TestApp).signedUp()),
    );
    let revoked = '';
    const round = () =>
      Promise.all(
        users.map(async (user) => {
          if ((await user.refresh()).status !== 200) figures.logouts++;
          const { accessToken = '' } = user;
          if (kidOf(accessToken) === revoked) return;
          for (const each of instances) {
            figures.verified++;
            if ((await at(each, accessToken)).status !== 200) figures.refusedGood++;
          }
          for (const keys of [remote, strict]) {
            figures.atServices++;
            await jwtVerify(accessToken, keys, { currentDate: clock.now() }).catch(
              () => figures.refusedByServices++,
            );
          }
        }),
      );
    for (let rotation = 0; rotation < 3; rotation++) {
      await round();
      const { accessToken } = users[0] as Browser;
      await changesOf(instances[rotation % 2] as TestApp).rotate(OPERATOR);
      await round();
      await heard(kidOf(accessToken), ({ signsUntil }) => signsUntil !== null);
      clock.advance(LEAD);
      for (let i = 0; i < (isLong ? 20 : 3); i++) {
        await round();
        clock.advance(isLong ? 40 : 250);
      }
    }
    const token = users[0]?.accessToken ?? '';
    const kid = kidOf(token);
    expect((await at(instances[1] as TestApp, token)).status).toBe(200);
    const began = performance.now();
    await changesOf(instances[0] as TestApp).revoke(kid, OPERATOR);
    revoked = kid;
    // The instance that did not do it hears of it.
    const refusals = await Promise.all(
      instances.map((each) =>
        eventually(
          () => at(each, token),
          ({ status }) => status === 401,
        ),
      ),
    );
    const took = performance.now() - began;
    for (const refusal of refusals) expectProblem(refusal, 'token_invalid');
    await round();
    clock.advance(601);
    await round();
    await expect(
      jwtVerify(token, strict, { currentDate: new Date(clock.now().getTime() - 301_000) }),
    ).rejects.toThrow(errors.JWKSNoMatchingKey);
    console.log({ ...figures, refusedEverywhereAfterMs: Math.round(took) });
    expect(took).toBeLessThan(1000);
    expect([figures.refusedGood, figures.refusedByServices, figures.logouts]).toEqual([0, 0, 0]);
    expect(figures.verified).toBeGreaterThan(100);
  });

  test('one that has not heard of a key reads it for a token, and once a second at most for junk', async () => {
    const [here, there] = instances as [TestApp, TestApp];
    const user = await here.signedUp();
    const watch = there.app.get(KeyWatch, { strict: false });
    // As after a pause.
    watch.take(watch.times.filter(({ kid }) => kid !== kidOf(user.accessToken)) as never);
    expect((await at(there, user.accessToken)).status).toBe(200);
    const [, claims, signature] = (user.accessToken ?? '').split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })).toString(
      'base64url',
    );
    const began = watch.times;
    expectProblem(await at(there, `${header}.${claims}.${signature}`), 'token_invalid');
    expect(watch.times).toBe(began);
  });

  test('a database that lost the last rotation and revocation gets them back from memory', async () => {
    const [here] = instances as [TestApp];
    // What a replica has that lags behind by the next two changes.
    const stood = await here.sql<Record<string, unknown>>('SELECT * FROM tokenjar.signing_keys');
    const revoked = await here.signedUp();
    await changesOf(here).revoke(kidOf(revoked.accessToken), OPERATOR);
    await heard(kidOf(revoked.accessToken), ({ revokedAt }) => revokedAt !== null);
    clock.advance(PUBLISHED);
    const before = await signerOf(here);
    await changesOf(here).rotate(OPERATOR);
    await heard(before, ({ signsUntil }) => signsUntil !== null);
    clock.advance(LEAD);
    const user = await here.signedUp();
    // Made after the replica's last commit.
    expect(stood.map(({ kid }) => kid)).not.toContain(kidOf(user.accessToken));
    for (const each of instances) each.app.get(KeyWatch, { strict: false }).whenLost();
    await here.sql('DELETE FROM tokenjar.signing_keys');
    await here.sql(
      `INSERT INTO tokenjar.signing_keys SELECT * FROM jsonb_populate_recordset(NULL::tokenjar.signing_keys, $1::jsonb)`,
      [
        JSON.stringify(
          stood.map((row) => ({ ...row, sealed_key: `\\x${(row.sealed_key as Buffer).toString('hex')}` })),
        ),
      ],
    );
    await eventually(
      async () => (await statesOf(here))[kidOf(revoked.accessToken)],
      (state) => state === 'revoked',
    );
    for (const each of instances) {
      expect((await at(each, user.accessToken)).status).toBe(200);
      expectProblem(await at(each, revoked.accessToken), 'token_invalid');
    }
    expect((await statesOf(here))[kidOf(user.accessToken)]).toBe('current');
  });

  test('one that has heard nothing for a while refuses the first token of a key that was revoked meanwhile', async () => {
    const [, there] = instances as [TestApp, TestApp];
    const { accessToken } = await there.signedUp();
    expect((await at(there, accessToken)).status).toBe(200);
    const { databaseUrl } = database.settings as { databaseUrl: string };
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    // It can read nothing, as if it were frozen or cut off.
    await other.query('BEGIN; LOCK TABLE tokenjar.signing_keys');
    const blacklist = there.app.get(Blacklist, { strict: false });
    await eventually(
      () => blacklist.age,
      (age) => age > 900,
    );
    await other.query(`UPDATE tokenjar.signing_keys SET revoked_at = $1 WHERE kid = $2`, [
      clock.now(),
      kidOf(accessToken),
    ]);
    const answer = at(there, accessToken);
    // Once it waits for news.
    await eventually(
      () => other.query(`SELECT FROM pg_locks WHERE NOT granted`),
      ({ rowCount }) => rowCount !== 0,
    );
    await other.query('COMMIT');
    await other.end();
    expectProblem(await answer, 'token_invalid');
  });
});

// The embedded database belongs to one process.
(isEmbedded ? describe.skip : describe)('a change of ALGORITHM in simplejwt’s format', () => {
  let database: TestDatabase;
  const running: TestApp[] = [];
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.close();
  });
  afterAll(() => database.drop());

  test.each([
    ['HS256', 'ES256'],
    ['ES256', 'HS256'],
  ] as const)('from %s to %s, instance by instance, signs nobody out', async (from, to) => {
    const clock = new TestClock();
    const start = async (algorithm: 'HS256' | 'ES256') => {
      const app = await startApp({ clock, algorithm, tokenFormat: 'simplejwt' }, database);
      running.push(app);
      return app;
    };
    const old = await start(from);
    await old.sql('DELETE FROM tokenjar.signing_keys');
    const before = await start(from);
    const user = await before.signedUp();
    const after = await start(to);
    const seen = new Set<unknown>();
    for (const seconds of [0, 122, 600]) {
      clock.advance(seconds);
      for (const each of [before, after]) {
        const browser = new Browser(each.url);
        await browser.setRefreshCookie((await user.refreshCookie()) ?? '');
        const answer = await browser.refresh();
        expect([seconds, answer.status]).toEqual([seconds, 200]);
        await user.setRefreshCookie((await browser.refreshCookie()) ?? '');
        seen.add(readPart(browser.accessToken ?? '', 0).alg);
        for (const other of [before, after]) expect((await at(other, browser.accessToken)).status).toBe(200);
      }
    }
    expect([...seen]).toContain(to);
  });
});
