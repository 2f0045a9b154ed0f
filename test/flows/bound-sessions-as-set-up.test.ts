import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PrometheusMetrics } from '../../src/metrics/prometheus-metrics.js';
import { TokenjarModule, type TokenjarInput, type Wire } from '../../src/index.js';
import { type TestApp, PASSWORD, SECRET_KEY, startApp, uniqueEmail } from '../support/app.js';
import { BoundDevice, challengeIn, type DeviceAnswer, offerIn } from '../support/bound-device.js';
import { TestClock } from '../support/clock.js';
import { contractOf } from '../support/contract.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { startProxy } from '../support/tcp-proxy.js';

/** What is the same however a server is set up, and what happens while it is in trouble. */

const ON: TokenjarInput = { deviceBoundSessions: true, cookieSecure: true };

let database: TestDatabase;
const clock = new TestClock();
const running: { close(): Promise<unknown> }[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  for (const each of running.reverse()) await each.close();
  await database.drop();
});

async function start(settings: TokenjarInput = {}, on = database): Promise<TestApp> {
  const app = await startApp({ ...ON, clock, ...settings }, on);
  running.push(app);
  return app;
}

const outcome = ({ status, code }: DeviceAnswer) => [status, code];

/** A browser that has signed up and taken the offer, and what it was told. */
async function registered(url: string, path = '/auth/registration', headers: Record<string, string> = {}) {
  const device = new BoundDevice(url);
  const email = uniqueEmail();
  const passwords = { password: PASSWORD, password1: PASSWORD, password2: PASSWORD };
  const answer = await device.send(path, { email, ...passwords }, headers);
  expect(answer.status).toBe(201);
  const offer = offerIn(answer.headers);
  if (!offer) throw new Error('nothing was offered');
  return { device, email, answer, offer };
}

interface Told {
  refresh_url: string;
  scope: { scope_specification: { type: string; path: string }[] };
  credentials: [{ name: string; attributes: string }];
}

async function bound(url: string, path?: string) {
  const { device, offer, answer } = await registered(url, path);
  const told = (await device.bind(offer)).body as unknown as Told;
  expect((await device.refresh()).status).toBe(200);
  return { device, offer, told, answer };
}

const WAYS: [string, TokenjarInput, at?: { mount?: string; registration?: string; refresh?: string }][] = [
  ['as it is', {}],
  ['refresh tokens in both', { refreshTokenIn: 'both' }],
  [
    'the dialect of Django',
    { dialect: 'django' },
    { registration: '/auth/registration/', refresh: '/auth/token/refresh/' },
  ],
  [
    'that of older ones',
    { dialect: 'django-legacy' },
    { registration: '/auth/registration/', refresh: '/auth/token/refresh/' },
  ],
  ['the envelope', { dialect: 'envelope' }],
  ['the strict profile', { refreshGrace: 0 }],
  ['no rotation', { rotateRefreshTokens: false }],
  ['a domain', { cookieDomain: 'example.com' }],
  ['a path', { cookiePath: '/auth' }],
  ['no prefix', { cookiePrefix: 'none' }],
  ['pages of other sites', { cookieSamesite: 'none' }],
  ['frames of other sites', { cookieSamesite: 'none', cookiePartitioned: true }],
  [
    'below a path that a proxy removes',
    { publicUrl: 'https://example.com/id', pathPrefix: 'v1' },
    { mount: '/id', registration: '/v1/registration', refresh: '/v1/token/refresh' },
  ],
];

test.each(WAYS)('%s: binds, proves, rotates, and refuses a copy', async (_, settings, at = {}) => {
  const { mount = '', registration = '/auth/registration', refresh = '/auth/token/refresh' } = at;
  const app = await start(settings);
  const { device, offer } = await registered(app.url, registration);
  device.refreshPath = refresh;
  const contract = await contractOf(app);
  // Every answer is as documented, whatever a proxy puts before its path.
  device.heard = (heard) =>
    contract.check({ ...heard, path: heard.path.slice(heard.path.startsWith(mount) ? mount.length : 0) });
  const bindPath = `${mount}${refresh.replace(/refresh\/?$/, 'device')}`;
  expect(offer.path.replace(/\/$/, '')).toBe(bindPath);
  const answer = await device.bind(offer);
  expect(outcome(answer)).toEqual([200, undefined]);
  const told = answer.body as unknown as Told;
  expect(told.refresh_url.replace(/\/$/, '')).toBe(`${bindPath}/proof`);
  expect(told.scope.scope_specification.map(({ type, path }) => [type, path.replace(/\/$/, '')])).toEqual([
    ['exclude', ''],
    ['include', mount + refresh.replace(/\/$/, '')],
  ]);
  const proven = await device.prove();
  expect(proven.status).toBe(200);
  // As the browser was told, or it would not find the cookie.
  const [line = ''] = proven.headers.getSetCookie();
  const attributes = line.split('; ').filter((each) => !/^(max-age|expires)=/i.test(each));
  const { name, attributes: expected } = told.credentials[0];
  expect(attributes[0]?.split('=')[0]).toBe(name);
  expect(attributes.slice(1).sort()).toEqual(expected.split('; ').sort());
  for (let i = 0; i < 3; i++) {
    clock.pastRotation();
    expect((await device.refresh()).status).toBe(200);
    expect(device.proof).toBeUndefined();
  }
  const copy = device.copyOfJar();
  copy.heard = device.heard;
  clock.pastRotation();
  expect((await copy.refresh()).status).toBe(403);
  expect((await device.refresh()).status).toBe(200);
  const { refresh_url: proof } = told;
  const refused = [
    await device.send(offer.path),
    await device.send(proof, undefined, { cookie: 'none=1' }),
    await device.send(proof, undefined, {
      cookie: `${name.replace('device_proof', 'refresh_token')}=forged`,
    }),
    await device.send(proof, undefined, { origin: 'https://evil.example' }),
    await device.send(proof, undefined, { 'sec-secure-session-id': '"another"' }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([403, 401, 503, 503, 200]);
});

test('a session is proven in its leeway, and released by an instance that is off: else its browser forgets the key', async () => {
  const on = await start({ leeway: 60 });
  const off = await start({ deviceBoundSessions: false, leeway: 60 });
  const { device } = await bound(on.url);
  const [row] = (await on.sql('SELECT max(idle_expires_at) AS ends FROM tokenjar.sessions')) as [
    { ends: Date },
  ];
  clock.advance((row.ends.getTime() - clock.now().getTime()) / 1000 + 5);
  expect((await device.prove()).status).toBe(200);
  device.base = off.url;
  expect((await device.prove()).body.continue).toBe(false);
  expect((await device.send('/auth/token/refresh')).status).toBe(200);
  device.base = on.url;
  clock.pastRotation();
  expect((await device.send('/auth/token/refresh')).status).toBe(200);
});

test('only answers over https offer, and only they are counted; what becomes of them is counted too', async () => {
  const metrics = new PrometheusMetrics();
  const app = await start({ cookieSecure: 'auto', trustedProxies: ['127.0.0.1'], metrics });
  const counts = async () =>
    Object.fromEntries(
      [...(await metrics.text()).matchAll(/^tokenjar_device_bindings_total\{outcome="(\w+)"\} (\d+)$/gm)].map(
        ([, word = '', count]): [string, number] => [word, Number(count)],
      ),
    );
  const https = { 'x-forwarded-proto': 'https' };
  const account = () => ({ email: uniqueEmail(), password: PASSWORD });
  const plain = await new BoundDevice(app.url).send('/auth/registration', account());
  expect([plain.status, offerIn(plain.headers)]).toEqual([201, undefined]);
  expect(await counts()).toEqual({});
  const { device, offer } = await registered(app.url, '/auth/registration', https);
  expect(await counts()).toEqual({ offered: 1 });
  await device.bind({ ...offer, challenge: 'another' });
  expect(await counts()).toEqual({ offered: 1, refused: 1 });
  await device.bind(offer);
  await device.prove();
  await device.prove();
  expect(await counts()).toEqual({ offered: 1, refused: 1, bound: 1 });
  const off = await start({ deviceBoundSessions: false, cookieSecure: 'auto', metrics });
  device.base = off.url;
  await device.prove();
  expect(await counts()).toEqual({ offered: 1, refused: 1, bound: 1, released: 1 });
});

test('a refresh token in a body is bound as that in the cookie', async () => {
  const { device, answer } = await bound((await start({ refreshTokenIn: 'both' })).url);
  const json = { refresh_token: answer.body.refresh_token };
  const elsewhere = new BoundDevice(device.base);
  expect(outcome(await elsewhere.send('/auth/token/refresh', json))).toEqual([403, 'device_proof_required']);
  await device.prove();
  expect((await device.send('/auth/token/refresh', json)).status).toBe(200);
});

test('refresh tokens in bodies alone are not bound, on or off', async () => {
  for (const settings of [{}, { deviceBoundSessions: false }] satisfies TokenjarInput[]) {
    const app = await start({ refreshTokenIn: 'body', ...settings });
    const device = new BoundDevice(app.url);
    const { headers } = await device.send('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    expect(offerIn(headers)).toBeUndefined();
    const bind = await device.send('/auth/token/device');
    expect(bind.status).toBe(settings.deviceBoundSessions === false ? 404 : 401);
    expect(outcome(await device.ask())).toEqual([401, 'refresh_missing']);
  }
});

const rails: Wire = {
  paths: { refreshToken: 'POST /users/token', register: 'POST /users' },
  word: ({ code }) => ({ status: 418, contentType: 'application/json', body: { code } }),
};

test.each([
  ['fastify, with a prefix', () => new FastifyAdapter(), 'api', undefined, ['/api', '']],
  ['express, with a prefix', () => new ExpressAdapter(), 'api', undefined, ['/api', '']],
  ['fastify, below a path', () => new FastifyAdapter(), '', 'https://example.com/id', ['/id', '/id']],
  [
    'fastify, below a path, with a prefix',
    () => new FastifyAdapter(),
    'api',
    'https://example.com/id/api',
    ['/id/api', '/id'],
  ],
] as const)(
  'the app of a host on %s: browsers are told the paths that they see',
  async (_, adapterOf, prefix, publicUrl, [own, root]) => {
    const tokenjar = TokenjarModule.forRoot({
      ...(database.settings as { databaseUrl: string }),
      ...ON,
      secretKey: SECRET_KEY,
      rateLimit: false,
      wire: rails,
      passwordHash: { memoryCost: 8, timeCost: 1, parallelism: 1 },
      ...(publicUrl && { publicUrl }),
    });
    @Module({ imports: [tokenjar] })
    class HostModule {}
    const app: INestApplication = await NestFactory.create(HostModule, adapterOf() as FastifyAdapter, {
      logger: false,
    });
    if (prefix !== '') app.setGlobalPrefix(prefix);
    await app.listen(0, '127.0.0.1');
    running.push(app);
    const { device, offer } = await registered(
      (await app.getUrl()).replace('localhost', '127.0.0.1'),
      '/users',
    );
    expect(offer.path).toBe(`${own}/auth/token/device`);
    const served = (path: string) =>
      prefix === '' ? path.slice(own.length) : path.replace(own, `/${prefix}`);
    const told = (await device.bind({ ...offer, path: served(offer.path) })).body as unknown as Told;
    expect(told.refresh_url).toBe(`${own}/auth/token/device/proof`);
    expect(told.scope.scope_specification.slice(1).map(({ path }) => path)).toEqual([
      `${own}/auth/token/refresh`,
      `${root}/users/token`,
    ]);
    // At a status of the host's the browser would forget its key.
    const asked = await device.send(served(told.refresh_url));
    expect([asked.status, challengeIn(asked.headers)]).toEqual([403, expect.any(String)]);
  },
);

test('pages of other origins refresh too, if they are trusted', async () => {
  const trustedOrigins = [
    'https://app.example.com:8443',
    'https://*.preview.example.com',
    'capacitor://localhost',
  ];
  const app = await start({ trustedOrigins, cookieSamesite: 'none' });
  const { told } = await bound(app.url);
  expect(told).toMatchObject({ allowed_refresh_initiators: ['app.example.com', '*.preview.example.com'] });
  expect((await bound((await start()).url)).told).not.toHaveProperty('allowed_refresh_initiators');
});

test('two instances: each takes what the other has given', async () => {
  const [one, two] = [await start(), await start()];
  const { device, offer } = await registered(one.url);
  device.base = two.url;
  expect((await device.bind(offer)).status).toBe(200);
  for (let i = 0; i < 4; i++) {
    clock.pastRotation();
    device.base = one.url;
    const challenge = challengeIn((await device.ask()).headers) ?? '';
    device.base = two.url;
    expect((await device.answer(challenge)).status).toBe(200);
    device.base = i % 2 === 0 ? one.url : two.url;
    expect((await device.send('/auth/token/refresh')).status).toBe(200);
    expect(outcome(await device.copyOfJar().refresh())).toEqual([403, 'device_proof_required']);
  }
});

test('a new secret key: what was signed by the former one is taken while that is a fallback', async () => {
  // What it seals anew, the others could not open.
  const own = await createDatabase();
  running.push({ close: () => own.drop() });
  const before = await start({}, own);
  const secretKey = 'another secret of the tests, thirty-two bytes and more';
  const after = await start({ secretKey, secretKeyFallbacks: [SECRET_KEY] }, own);
  const { device, offer } = await registered(before.url);
  device.base = after.url;
  expect((await device.bind(offer)).status).toBe(200);
  device.base = before.url;
  const challenge = challengeIn((await device.ask()).headers) ?? '';
  device.base = after.url;
  expect((await device.answer(challenge)).status).toBe(200);
  device.proof = undefined;
  device.base = before.url;
  expect((await device.prove()).status).toBe(200);
  device.base = after.url;
  clock.pastRotation();
  expect((await device.send('/auth/token/refresh')).status).toBe(200);
  for (let i = 0; i < 2; i++) {
    clock.pastRotation();
    expect((await device.refresh()).status).toBe(200);
    expect(outcome(await device.copyOfJar().refresh())).toEqual([403, 'device_proof_required']);
  }
});

test('trouble of the database: nothing is lost, whatever it interrupts', async () => {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const proxy = await startProxy(databaseUrl);
  running.push({ close: () => proxy.cut() });
  const app = await start({ databaseUrl: proxy.through(databaseUrl) });
  const AWAY = [503, 'database_unavailable'];
  const { device, offer } = await registered(app.url);
  const away = async (act: () => Promise<DeviceAnswer>) => {
    await proxy.cut();
    expect(outcome(await act())).toEqual(AWAY);
    await proxy.restore();
  };
  await away(() => device.bind(offer));
  expect((await device.bind(offer)).status).toBe(200);
  await away(() => device.prove());
  expect((await device.refresh()).status).toBe(200);
  clock.pastRotation();
  const challenge = challengeIn((await device.ask()).headers) ?? '';
  await away(() => device.answer(challenge));
  expect((await device.answer(challenge)).status).toBe(200);
  // The proof stays for the next attempt.
  await away(() => device.send('/auth/token/refresh'));
  expect(device.proof).toBeDefined();
  expect((await device.send('/auth/token/refresh')).status).toBe(200);
  expect(outcome(await device.copyOfJar().refresh())).toEqual([403, 'device_proof_required']);
});

test('too many forged tokens from its network make no browser forget its key', async () => {
  const app = await start({ rateLimit: true, limitRefreshNetwork: '2/1m', limitRegistrationNetwork: 'off' });
  const { device } = await bound(app.url);
  const proof = '/auth/token/device/proof';
  const forged = { cookie: `__Host-refresh_token=${device.cookies.get('__Host-refresh_token')}x` };
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(outcome(await device.send(proof, undefined, forged)));
  expect(answers.slice(2)).toEqual([
    [503, 'rate_limited'],
    [503, 'rate_limited'],
  ]);
  expect((await device.refresh()).status).toBe(200);
});

describe('a clock that steps', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start();
  });

  const STEPS = [-120, 120, -590];
  test.each(STEPS)('by %d seconds: an honest browser goes on, whatever it interrupts', async (step) => {
    const { device: early, offer } = await registered(app.url);
    clock.advance(step);
    // An offer of the past still binds; one that is older than five minutes leaves the session unbound.
    expect((await early.bind(offer)).status).toBe(200);
    expect((await early.refresh()).status).toBe(200);
    clock.advance(1000);
    for (const moment of ['at rest', 'before the answer', 'before the refresh']) {
      const { device } = await bound(app.url);
      const stepsAt = (when: string) => when === moment && clock.advance(step);
      stepsAt('at rest');
      const challenge = challengeIn((await device.ask()).headers) ?? '';
      stepsAt('before the answer');
      expect([moment, (await device.answer(challenge)).status]).toEqual([moment, 200]);
      stepsAt('before the refresh');
      expect([moment, outcome(await device.send('/auth/token/refresh'))]).toEqual([moment, [200, undefined]]);
      expect(outcome(await device.copyOfJar().refresh())).toEqual([403, 'device_proof_required']);
      clock.advance(1000);
      expect((await device.refresh()).status).toBe(200);
    }
  });

  test('in simplejwt’s format the token of the future is refused, and the browser keeps its key', async () => {
    const site = await start({ dialect: 'django', tokenFormat: 'simplejwt', algorithm: 'HS256' });
    const { device } = await bound(site.url, '/auth/registration/');
    const { sessionId } = device;
    clock.advance(-120);
    expect(outcome(await device.prove())).toEqual([503, 'token_invalid']);
    expect(outcome(await device.send('/auth/token/refresh'))).toEqual([401, 'token_not_valid']);
    clock.advance(120);
    expect(device.sessionId).toBe(sessionId);
    expect((await device.refresh()).status).toBe(200);
    expect(outcome(await device.copyOfJar().refresh())).toEqual([403, 'device_proof_required']);
  });
});
