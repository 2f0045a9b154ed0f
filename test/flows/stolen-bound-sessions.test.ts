import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp, PASSWORD, startApp, uniqueEmail } from '../support/app.js';
import { BoundDevice, challengeIn, type DeviceAnswer, offerIn } from '../support/bound-device.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ deviceBoundSessions: true, cookieSecure: true });
});
afterAll(() => app.close());

const outcome = ({ status, code }: DeviceAnswer) => [status, code];
const REQUIRED = [403, 'device_proof_required'];

/** A browser that has signed up, and whose session has a key if it takes the offer. */
async function signedUp(binds = true): Promise<BoundDevice & { email: string }> {
  const device = Object.assign(new BoundDevice(app.url, binds), { email: uniqueEmail() });
  await device.post('/auth/registration', { email: device.email, password: PASSWORD });
  return device;
}

/** One whose session is bound. */
async function bound() {
  const device = await signedUp();
  expect((await device.refresh()).status).toBe(200);
  return device;
}

describe('the owner', () => {
  test('goes on if the answer to the binding is lost: the browser has forgotten the key', async () => {
    const device = new BoundDevice(app.url);
    const { headers } = await device.send('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    await device.copyOfJar().bind(offerIn(headers) ?? { path: '', challenge: '' });
    for (let i = 0; i < 3; i++) {
      app.clock.pastRotation();
      expect((await device.refresh()).status).toBe(200);
    }
  });

  test('goes on if the answer to the first proof is lost', async () => {
    const device = await signedUp();
    const challenge = challengeIn((await device.ask()).headers) ?? '';
    await device.answer(challenge);
    device.cookies.delete('__Host-device_proof');
    expect((await device.refresh()).status).toBe(200);
  });

  test('goes on while the clock is behind the last challenge', async () => {
    const device = await bound();
    // More than that is refused of the refresh token itself.
    for (const back of [1, 15, 30]) {
      // Into the first second of the three minutes of a challenge, so that the step leads into the three before.
      app.clock.advance(540 - ((app.clock.now().getTime() / 1000) % 180));
      expect((await device.refresh()).status).toBe(200);
      app.clock.advance(-back);
      // Chromium forgets the key after four responses that are refused.
      expect((await device.prove()).status).toBe(200);
      expect((await device.send('/auth/token/refresh')).status).toBe(200);
    }
    app.clock.advance(5000);
    expect((await device.refresh()).status).toBe(200);
  });

  test('goes on after the clock was set back, and no proof of the future counts', async () => {
    const device = await bound();
    app.clock.advance(540);
    await device.prove();
    const thief = device.copyOfJar();
    // The token is from before that, and stays within the ten minutes that it is accepted.
    app.clock.advance(-700);
    expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(REQUIRED);
    expect((await device.prove()).status).toBe(200);
    expect((await device.send('/auth/token/refresh')).status).toBe(200);
    app.clock.advance(5000);
    expect((await device.refresh()).status).toBe(200);
  });

  test('comes back after days', async () => {
    const device = await bound();
    app.clock.advance(6 * 86_400);
    expect((await device.refresh()).status).toBe(200);
  });
});

describe('a thief who has the cookies', () => {
  test('cannot bind the session, whenever they were copied', async () => {
    const owner = new BoundDevice(app.url);
    const { headers } = await owner.send('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    const offer = offerIn(headers) ?? { path: '', challenge: '' };
    const before = owner.copyOfJar();
    const challenge = async () => challengeIn((await before.ask()).headers) ?? 'none';
    const bind = async () => outcome(await before.bind({ path: offer.path, challenge: await challenge() }));
    expect(await bind()).toEqual([403, 'device_binding_refused']);
    await owner.bind(offer);
    expect(await bind()).toEqual([403, 'device_binding_refused']);
    expect((await owner.refresh()).status).toBe(200);
    expect(await bind()).toEqual([403, 'device_binding_refused']);
    expect(outcome(await before.refresh())).toEqual(REQUIRED);
    expect((await owner.refresh()).status).toBe(200);
  });

  test('is let in between the sign-in and the first proof at most, and is out with it', async () => {
    const owner = await signedUp();
    const thief = owner.copyOfJar();
    expect((await thief.refresh()).status).toBe(200);
    expect((await owner.refresh()).status).toBe(200);
    expect(outcome(await thief.refresh())).toEqual(REQUIRED);
    app.clock.pastRotation();
    expect((await owner.refresh()).status).toBe(200);
    expect(outcome(await thief.refresh())).toEqual(REQUIRED);
  });

  test('rotates once at most with a proof that was never used, and the owner goes on', async () => {
    const owner = await bound();
    app.clock.pastRotation();
    await owner.prove();
    const thief = owner.copyOfJar();
    const stolen = owner.proof;
    expect((await thief.send('/auth/token/refresh')).status).toBe(200);
    thief.proof = stolen;
    expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(REQUIRED);
    expect((await owner.refresh()).status).toBe(200);
    expect((await owner.refresh()).status).toBe(200);
    thief.proof = stolen;
    expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(REQUIRED);
  });

  test('has the rest of five minutes for a token that is not replaced in them', async () => {
    const owner = await bound();
    await owner.prove();
    const thief = owner.copyOfJar();
    const stolen = owner.proof;
    for (const [age, answer] of [
      [0, [200, undefined]],
      [60, [200, undefined]],
      [241, REQUIRED],
    ] as const) {
      app.clock.advance(age);
      thief.proof = stolen;
      expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(answer);
    }
    // The browser has dropped it by its age.
    owner.proof = undefined;
    expect((await owner.refresh()).status).toBe(200);
  });

  test('and a response of the device has six minutes, and none after a newer one', async () => {
    const owner = await bound();
    app.clock.advance(180);
    await owner.prove();
    const [thief, stolen] = [owner.copyOfJar(), owner.signed ?? ''];
    thief.cookies.delete('__Host-device_proof');
    expect((await thief.replay(stolen)).status).toBe(200);
    app.clock.advance(180);
    await owner.prove();
    expect(outcome(await thief.replay(stolen))).toEqual(REQUIRED);
    await owner.prove();
    const last = owner.signed ?? '';
    app.clock.advance(361);
    expect(outcome(await thief.replay(last))).toEqual(REQUIRED);
    // The browser has dropped the proof by its age.
    owner.cookies.delete('__Host-device_proof');
    expect((await owner.refresh()).status).toBe(200);
  });

  test('does not lock its owner out by asking for challenges, or by responses of other keys', async () => {
    const owner = await bound();
    const thief = owner.copyOfJar();
    const other = await bound();
    for (let i = 0; i < 20; i++) {
      app.clock.advance(20);
      const challenge = challengeIn((await thief.ask()).headers) ?? '';
      const response = await other.sign(challenge, { jwk: await other.publicKey() });
      expect(outcome(await thief.replay(response))).toEqual(REQUIRED);
      expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(REQUIRED);
    }
    expect((await owner.prove()).status).toBe(200);
    expect((await owner.refresh()).status).toBe(200);
  });

  test('does not advance the session in one statement with its owner', async () => {
    const owner = await bound();
    for (const order of ['thief first', 'owner first']) {
      app.clock.pastRotation();
      await owner.prove();
      const thief = owner.copyOfJar();
      thief.cookies.delete('__Host-device_proof');
      const refreshes = [thief, owner].map((each) => () => each.send('/auth/token/refresh'));
      const turn = order === 'thief first' ? refreshes : refreshes.reverse();
      const answers = await Promise.all(turn.map((refresh) => refresh()));
      const [ofThief, ofOwner] = order === 'thief first' ? answers : answers.reverse();
      expect([order, ofThief?.status, ofOwner?.status]).toEqual([order, 403, 200]);
    }
  });

  test('gets no tokens from any other operation that takes the cookie', async () => {
    const owner = await bound();
    const thief = owner.copyOfJar();
    const refresh = thief.cookies.get('__Host-refresh_token');
    const posts: [string, unknown?][] = [
      ['/auth/token/verify', { token: refresh }],
      ['/auth/token/refresh', { refresh_token: refresh }],
      ['/auth/token/refresh', { optional: true }],
      ['/auth/login', {}],
      ['/auth/token/device'],
      ['/auth/token/device/proof'],
    ];
    for (const [path, json] of posts) {
      const { body, headers } = await thief.send(path, json);
      expect([path, body.access_token, headers.getSetCookie()]).toEqual([path, undefined, []]);
    }
    for (const path of ['/auth/session', '/auth/sessions', '/auth/user', '/auth/activity'])
      expect([path, (await thief.send(path, undefined, {}, 'GET')).status]).toEqual([path, 401]);
    expect((await owner.refresh()).status).toBe(200);
  });

  test('learns nothing of the state of a session that is bound', async () => {
    const owner = await bound();
    const old = owner.copyOfJar();
    app.clock.pastRotation();
    await owner.refresh();
    const young = owner.copyOfJar();
    app.clock.pastRotation();
    await owner.refresh();
    const [first, second] = [await old.refresh(), await young.refresh()];
    expect(first.body).toEqual(second.body);
    expect(JSON.stringify(first.body)).not.toContain(owner.sessionId);
  });
});

describe('whoever is in the way', () => {
  test('makes no browser forget its key: what may pass is no 4xx where a device proves itself', async () => {
    const owner = await bound();
    const other = await bound();
    const own = owner.cookies.get('__Host-refresh_token') ?? '';
    const planted = other.cookies.get('__Host-refresh_token') ?? '';
    const proof = '/auth/token/device/proof';
    const refresh = '/auth/token/refresh';
    const ways: [string, Record<string, string>, number][] = [
      ['origin_refused', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
      ['cookie_ambiguous', { cookie: `__Host-refresh_token=${own}; __Host-refresh_token=${planted}` }, 400],
      ['token_invalid', { cookie: `__Host-refresh_token=${own.replace(/.$/, '')}` }, 401],
    ];
    for (const [code, headers, elsewhere] of ways) {
      expect(outcome(await owner.send(proof, undefined, headers))).toEqual([503, code]);
      expect(outcome(await owner.send(refresh, undefined, headers))).toEqual([elsewhere, code]);
    }
  });

  test('gets no proof for a token whose generation was changed', async () => {
    const owner = await bound();
    app.clock.pastRotation();
    await owner.prove();
    const used = owner.proof ?? '';
    expect((await owner.refresh()).status).toBe(200);
    const thief = owner.copyOfJar();
    for (const by of [1, 2, 1e6]) {
      thief.proof = used.replace(/^\w+/, (digits) => (Number.parseInt(digits, 36) + by).toString(36));
      expect(outcome(await thief.send('/auth/token/refresh'))).toEqual(REQUIRED);
    }
    expect((await owner.refresh()).status).toBe(200);
  });
});
