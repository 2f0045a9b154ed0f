import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RefusalRecords } from '../../src/audit/refusal-records.js';
import { type TestApp, PASSWORD, startApp, uniqueEmail } from '../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { BoundDevice, challengeIn, type DeviceAnswer, offerIn } from '../support/bound-device.js';

const ON = { deviceBoundSessions: true, cookieSecure: true };

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(ON, database);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const outcome = ({ status, code }: DeviceAnswer) => [status, code];
const REQUIRED = [403, 'device_proof_required'];
const REFUSED = [403, 'device_binding_refused'];

/** A browser that has registered an account, and binds the session unless it is told not to. */
async function signedUp(binds = true): Promise<BoundDevice & { email: string }> {
  const device = Object.assign(new BoundDevice(app.url, binds), { email: uniqueEmail() });
  const answer = await device.post('/auth/registration', { email: device.email, password: PASSWORD });
  expect(answer.status).toBe(201);
  // It is bound with the first proof.
  if (binds) expect((await device.refresh()).status).toBe(200);
  return device;
}

/** One that has an offer, and has not taken it. */
async function offered() {
  const device = new BoundDevice(app.url);
  const { headers } = await device.send('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  const offer = offerIn(headers);
  if (!offer) throw new Error('nothing was offered');
  return { device, offer };
}

const rowOf = async ({ sessionId }: BoundDevice) =>
  (
    await app.sql<{ bound_jwk: string; generation: number; proven_at: Date }>(
      'SELECT bound_jwk, generation, proven_at FROM tokenjar.sessions WHERE id = $1',
      [sessionId],
    )
  )[0];

const eventsOf = ({ sessionId }: BoundDevice) =>
  app.sql<{ event: string }>('SELECT event FROM tokenjar.audit_events WHERE session_id = $1 ORDER BY id', [
    sessionId,
  ]);

describe('a sign-in', () => {
  test('binds the session to the key of its browser, and says what needs a proof', async () => {
    const { device, offer } = await offered();
    expect(offer.path).toBe('/auth/token/device');
    const bound = await device.bind(offer);
    expect(bound.status).toBe(200);
    expect(bound.headers.get('cache-control')).toBe('no-store');
    expect(bound.body).toEqual({
      session_identifier: expect.any(String),
      refresh_url: '/auth/token/device/proof',
      scope: {
        include_site: false,
        scope_specification: [
          { type: 'exclude', domain: '*', path: '/' },
          { type: 'include', domain: '*', path: '/auth/token/refresh' },
        ],
      },
      credentials: [
        {
          type: 'cookie',
          name: '__Host-device_proof',
          attributes: 'Path=/; Secure; HttpOnly; SameSite=Strict',
        },
      ],
    });
    // One that waits for the first refresh could be copied with the other cookies.
    expect(device.proof).toBeUndefined();
    expect(JSON.parse((await rowOf(device))?.bound_jwk ?? '')).toEqual(await device.publicKey());
    const isBound = async () => (await eventsOf(device)).some(({ event }) => event === 'device_bound');
    expect(await isBound()).toBe(false);
    await device.prove();
    expect(await isBound()).toBe(true);
  });

  test('leaves the session as it is where the browser takes no offer', async () => {
    const device = await signedUp(false);
    for (let i = 0; i < 2; i++) {
      app.clock.pastRotation();
      expect((await device.refresh()).status).toBe(200);
    }
    const [session] = (await device.send('/auth/sessions', undefined, {}, 'GET')).body as unknown as object[];
    expect(session).toMatchObject({ device_bound: false });
  });

  test('is shown in the list of sessions', async () => {
    const device = await signedUp();
    const [session] = (await device.send('/auth/sessions', undefined, {}, 'GET')).body as unknown as object[];
    expect(session).toMatchObject({ id: device.sessionId, device_bound: true });
  });

  test('binds once: neither a second key nor a race takes the session over', async () => {
    const { device, offer } = await offered();
    const others = [device.copyOfJar(), device.copyOfJar(), device.copyOfJar()];
    const answers = await Promise.all([device, ...others].map((each) => each.bind(offer)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(outcome(answer)).toEqual(REFUSED);
    const late = device.copyOfJar();
    expect(outcome(await late.bind(offer))).toEqual(REFUSED);
  });

  test('may be asked twice with the same key, as after a lost answer', async () => {
    const { device, offer } = await offered();
    const first = await device.bind(offer);
    const again = await device.send(offer.path, undefined, {
      'Secure-Session-Response': device.signed ?? '',
    });
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  test('is not bound by an old offer, that of another session, or a challenge that is for something else', async () => {
    const { device: other, offer: foreign } = await offered();
    const { device, offer } = await offered();
    expect(outcome(await device.bind({ ...offer, challenge: foreign.challenge }))).toEqual(REFUSED);
    const [time, mac = ''] = offer.challenge.split('.');
    const later = `${(Number.parseInt(time ?? '', 36) + 1).toString(36)}.${mac}`;
    expect(outcome(await device.bind({ ...offer, challenge: later }))).toEqual(REFUSED);
    await other.bind(foreign);
    const forProofs = challengeIn((await other.ask()).headers) ?? '';
    expect(outcome(await other.copyOfJar().bind({ ...foreign, challenge: forProofs }))).toEqual(REFUSED);
    app.clock.advance(301);
    expect(outcome(await device.bind(offer))).toEqual(REFUSED);
  });

  test('is not bound by what is no proof of a key', async () => {
    const { device, offer } = await offered();
    await device.bind({ ...offer, challenge: 'not ours' });
    const jwk = await device.publicKey();
    const good = await device.sign(offer.challenge, { jwk });
    const [head = '', payload = '', signature = ''] = good.split('.');
    const headed = (changed: object) =>
      [Buffer.from(JSON.stringify(changed)).toString('base64url'), payload, signature].join('.');
    const alike = { alg: 'ES256', typ: 'dbsc+jwt', jwk };
    const others = [
      await device.sign(offer.challenge, { jwk, typ: 'JWT' }),
      await device.sign(offer.challenge, { jwk, typ: undefined }),
      await device.sign(offer.challenge),
      headed({ ...alike, alg: 'none' }),
      headed({ ...alike, alg: 'HS256' }),
      headed({ ...alike, crit: ['b64'], b64: false }),
      headed({ ...alike, jwk: { ...jwk, x: jwk.y } }),
      headed({ ...alike, jwk: { ...jwk, crv: 'P-384' } }),
      headed({ ...alike, jwk: { kty: 'oct', k: 'AAAA' } }),
      `${head}.${payload}.`,
      `${head}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      'a.b.c',
      '',
      'x'.repeat(5000),
    ];
    for (const response of others)
      expect(
        outcome(await device.send(offer.path, undefined, { 'Secure-Session-Response': response })),
      ).toEqual(REFUSED);
    expect(outcome(await device.send(offer.path))).toEqual(REFUSED);
    const bound = await device.send(offer.path, undefined, { 'Secure-Session-Response': `"${good}"` });
    expect(bound.status).toBe(200);
  });
});

describe('a refresh of a bound session', () => {
  test('goes on with proofs, for hours', async () => {
    const device = await signedUp();
    for (let i = 0; i < 30; i++) {
      app.clock.advance(480);
      expect((await device.refresh()).status).toBe(200);
      expect(device.proof).toBeUndefined();
    }
    expect((await rowOf(device))?.generation).toBe(31);
  });

  test('asks for no more signatures than Chrome makes, however often pages are reloaded', async () => {
    const device = await signedUp();
    const challenges = new Set<string>();
    for (let i = 0; i < 54; i++) {
      app.clock.advance(10);
      challenges.add(challengeIn((await device.ask()).headers) ?? '');
      expect((await device.refresh()).status).toBe(200);
    }
    // And one for the binding: six in nine minutes.
    expect(challenges.size).toBeLessThanOrEqual(5);
  });

  test('is refused at once to whoever has copied the jar, and the owner goes on', async () => {
    const owner = await signedUp();
    const early = owner.copyOfJar();
    expect(outcome(await early.refresh())).toEqual(REQUIRED);
    app.clock.advance(480);
    await owner.refresh();
    const thief = owner.copyOfJar();
    for (const copy of [thief, early]) {
      for (const age of [0, 31, 121, 600]) {
        app.clock.advance(age);
        expect(outcome(await copy.refresh())).toEqual(REQUIRED);
      }
      // Its own key proves nothing.
      await copy.bind({ path: '/auth/token/device', challenge: 'x' });
      expect(outcome(await copy.prove())).toEqual(REQUIRED);
      expect(copy.cookies.size).toBeGreaterThan(0);
      expect((await owner.refresh()).status).toBe(200);
    }
    const [ended] = await app.sql('SELECT 1 FROM tokenjar.blacklist WHERE session_id = $1', [
      owner.sessionId,
    ]);
    expect(ended).toBeUndefined();
  });

  test('tells its user of a copy', async () => {
    const owner = await signedUp();
    for (let i = 0; i < 3; i++) await owner.copyOfJar().refresh();
    await app.app.get(RefusalRecords).flush();
    const activity = await owner.send('/auth/activity', undefined, {}, 'GET');
    expect(activity.body).toContainEqual(
      expect.objectContaining({ event: 'device_proof_missing', outcome: 'failure', count: 3 }),
    );
  });

  test('works once with a proof: the next needs another', async () => {
    const device = await signedUp();
    await device.prove();
    const [first, second] = await Promise.all([device.refresh(), device.send('/auth/token/refresh')]);
    // Two tabs share one.
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(outcome(await device.send('/auth/token/refresh'))).toEqual(REQUIRED);
    expect((await device.refresh()).status).toBe(200);
  });

  test('goes on after a lost answer, with the proof that the browser still has', async () => {
    const device = await signedUp();
    for (const age of [1, 31, 90, 290]) {
      app.clock.pastRotation();
      await device.prove();
      const lost = device.copyOfJar();
      expect((await lost.refresh()).status).toBe(200);
      app.clock.advance(age);
      const again = await device.refresh();
      // In between it may have to wait.
      expect([200, 503]).toContain(again.status);
      app.clock.advance(120);
      expect((await device.refresh()).status === 200 || (await device.refresh()).status === 200).toBe(true);
    }
  });

  test('takes a proof for its token and those before it: after each lost answer once', async () => {
    const device = await signedUp();
    app.clock.pastRotation();
    const old = device.copyOfJar();
    expect((await device.refresh()).status).toBe(200);
    // The answer to that was lost.
    const lost = device.copyOfJar();
    for (const [name, value] of old.cookies) device.cookies.set(name, value);
    await device.prove();
    const proof = device.proof;
    for (let i = 0; i < 2; i++) {
      const again = device.copyOfJar();
      expect((await again.send('/auth/token/refresh')).status).toBe(200);
      expect(again.cookies).toEqual(lost.cookies);
      again.proof = proof;
      expect(outcome(await again.send('/auth/token/refresh'))).toEqual(REQUIRED);
    }
    // What a tab has sent late comes with the proof of the newer token.
    await lost.bindAs(device).prove();
    old.proof = lost.proof;
    expect((await old.send('/auth/token/refresh')).status).toBe(200);
  });

  test('drops a proof that is too old, so that the browser makes another', async () => {
    const device = await signedUp();
    await device.prove();
    app.clock.advance(301);
    expect(outcome(await device.send('/auth/token/refresh'))).toEqual(REQUIRED);
    expect(device.proof).toBeUndefined();
    expect([...device.cookies.keys()]).toContain('__Host-refresh_token');
    expect((await device.refresh()).status).toBe(200);
  });

  test('takes no proof of another session', async () => {
    const [one, other] = [await signedUp(), await signedUp()];
    await other.prove();
    const foreign = other.proof ?? '';
    const challenge = challengeIn((await one.ask()).headers) ?? '';
    for (const proof of [foreign, foreign.slice(0, -1), challenge]) {
      one.cookies.set('__Host-device_proof', proof);
      expect(outcome(await one.send('/auth/token/refresh'))).toEqual(REQUIRED);
    }
  });

  test('shares a statement with others, and each is judged by its own proof', async () => {
    const devices = await Promise.all(Array.from({ length: 9 }, (_, i) => signedUp(i % 3 > 0)));
    app.clock.pastRotation();
    await Promise.all(devices.filter((_, i) => i % 3 === 1).map((device) => device.prove()));
    const answers = await Promise.all(devices.map((device) => device.send('/auth/token/refresh')));
    expect(answers.map(outcome)).toEqual(devices.map((_, i) => (i % 3 === 2 ? REQUIRED : [200, undefined])));
    const generations = await Promise.all(devices.map(rowOf));
    expect(generations.map((row) => row?.generation)).toEqual([
      undefined,
      2,
      1,
      undefined,
      2,
      1,
      undefined,
      2,
      1,
    ]);
  });

  test('is judged before the rules: an old copy without a proof ends nothing', async () => {
    const owner = await signedUp();
    const copy = owner.copyOfJar();
    for (let i = 0; i < 3; i++) {
      app.clock.pastRotation();
      await owner.refresh();
    }
    expect(outcome(await copy.refresh())).toEqual(REQUIRED);
    expect((await owner.refresh()).status).toBe(200);
  });

  test('is told that it has ended once it has expired', async () => {
    const device = await signedUp();
    app.clock.advance(31 * 86_400);
    expect((await device.send('/auth/token/refresh')).status).toBe(401);
    // A database that was set back knows an earlier end than the token.
    const other = await signedUp();
    await app.sql('UPDATE tokenjar.sessions SET idle_expires_at = $2 WHERE id = $1', [
      other.sessionId,
      app.clock.now(),
    ]);
    expect(outcome(await other.send('/auth/token/refresh'))).toEqual([401, 'token_expired']);
  });
});

describe('a proof', () => {
  test('is refused for an older challenge than the last one, of another device, or of nobody', async () => {
    const device = await signedUp();
    const old = challengeIn((await device.ask()).headers) ?? '';
    app.clock.advance(180);
    const fresh = challengeIn((await device.ask()).headers) ?? '';
    expect(fresh).not.toBe(old);
    expect((await device.answer(fresh)).status).toBe(200);
    const late = await device.answer(old);
    expect(outcome(late)).toEqual(REQUIRED);
    // The browser tries again with the newest.
    expect(challengeIn(late.headers)).toBe(fresh);
    expect((await device.answer(fresh)).status).toBe(200);
    app.clock.advance(361);
    expect(outcome(await device.answer(fresh))).toEqual(REQUIRED);
    expect(outcome(await device.replay('a.b.c'))).toEqual(REQUIRED);
    const other = await signedUp();
    const wrong = await other.sign(challengeIn((await device.ask()).headers) ?? '');
    expect(outcome(await device.replay(wrong))).toEqual(REQUIRED);
  });

  test('may come from two tabs at once', async () => {
    const device = await signedUp();
    const challenge = challengeIn((await device.ask()).headers) ?? '';
    const both = await Promise.all([device.answer(challenge), device.answer(challenge)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('ends the binding in a browser whose session is another one by now, or is not bound', async () => {
    const device = await signedUp();
    const before = device.sessionId;
    await device.send('/auth/login', { email: device.email, password: PASSWORD });
    const over = await device.prove();
    expect([over.status, over.body]).toEqual([200, { session_identifier: before, continue: false }]);
    app.clock.pastRotation();
    expect((await device.refresh()).status).toBe(200);
    // The other one is bound as well.
    await device.post('/auth/login', { email: device.email, password: PASSWORD });
    device.sessionId = before;
    expect((await device.ask()).body).toEqual({ session_identifier: before, continue: false });
  });

  test('is over with a sign-out', async () => {
    const device = await signedUp();
    const jar = device.copyOfJar();
    expect((await device.send('/auth/logout')).status).toBe(204);
    expect(outcome(await device.prove())).toEqual([401, 'refresh_missing']);
    expect(device.sessionId).toBeUndefined();
    for (const [name, value] of jar.cookies) device.cookies.set(name, value);
    expect(outcome(await device.prove())).toEqual([401, 'token_blacklisted']);
    expect(outcome(await device.refresh())).toEqual([401, 'token_blacklisted']);
  });
});

describe('turned off', () => {
  const PROOF = '/auth/token/device/proof';
  const OVER = { session_identifier: expect.any(String), continue: false };

  async function restarted(settings: object, ...devices: BoundDevice[]): Promise<void> {
    await app.close();
    app = await startApp({ ...settings, clock: app.clock }, database);
    for (const device of devices) device.base = app.url;
  }

  test('and on again, it has released the sessions whose browsers came, and the others go on with their keys', async () => {
    const [asks, waits] = [await signedUp(), await signedUp()];
    const { sessionId } = asks;
    await restarted({ cookieSecure: true }, asks, waits);
    // Not what it is asked for: the session of this browser keeps its key.
    const other = waits.copyOfJar();
    other.sessionId = sessionId;
    expect((await other.ask()).body).toEqual(OVER);
    const answers = [await asks.ask(), await asks.prove(), await asks.ask(), await asks.refresh()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
    expect(answers.slice(0, 2).map(({ body }) => body)).toEqual([OVER, OVER]);
    const bind = await asks.bind({ path: '/auth/token/device', challenge: 'x' });
    expect(outcome(bind)).toEqual([404, 'not_found']);
    const again = await asks.send('/auth/login', { email: asks.email, password: PASSWORD });
    for (const { headers } of [...answers, bind, again]) {
      expect([...headers.keys()].filter((name) => name.startsWith('secure-session'))).toEqual([]);
      expect(headers.getSetCookie().join()).not.toContain('device_proof');
    }
    const rows = await app.sql(
      `SELECT event FROM tokenjar.audit_events WHERE session_id = $1 AND event LIKE 'device_%' ORDER BY id`,
      [sessionId],
    );
    expect(rows).toEqual([{ event: 'device_bound' }, { event: 'device_released' }]);

    await restarted(ON, asks, waits);
    expect((await asks.refresh()).status).toBe(200);
    expect(outcome(await waits.copyOfJar().refresh())).toEqual(REQUIRED);
    expect((await waits.refresh()).status).toBe(200);
  });

  (isEmbedded ? test.skip : test)('by one of two instances, it signs nobody out', async () => {
    const off = await startApp({ cookieSecure: true, clock: app.clock }, database);
    try {
      const device = await signedUp();
      const goesOn = async (at: TestApp) => {
        app.clock.pastRotation();
        device.base = at.url;
        expect((await device.refresh()).status).toBe(200);
      };
      await goesOn(app);
      const challenge = challengeIn((await device.ask()).headers) ?? '';
      const { sessionId } = device;
      device.base = off.url;
      expect((await device.prove()).body.continue).toBe(false);
      device.base = app.url;
      // As after a lost answer.
      device.sessionId = sessionId;
      expect((await device.prove()).body.continue).toBe(false);
      // A challenge is no offer, also where the session has no key any more.
      const thief = device.copyOfJar();
      expect(outcome(await thief.bind({ path: '/auth/token/device', challenge }))).toEqual(REFUSED);
      for (const at of [off, app, off]) await goesOn(at);
      // What the one offers, the other does not take; and what the one has bound, the other releases before it counts.
      const login = { email: device.email, password: PASSWORD };
      const { headers } = await device.send('/auth/login', login);
      const offer = offerIn(headers);
      expect(offer).toBeUndefined();
      device.base = app.url;
      const bound = await device.post('/auth/login', login);
      expect(bound.status).toBe(200);
      expect(device.sessionId).toBeDefined();
      for (const at of [off, app, off, app]) await goesOn(at);
      const taken = offerIn((await device.send('/auth/login', login)).headers);
      device.base = off.url;
      expect((await device.bind(taken ?? { path: PROOF, challenge: '' })).status).toBe(404);
      for (const at of [app, off]) await goesOn(at);
    } finally {
      await off.close();
    }
  });
});
