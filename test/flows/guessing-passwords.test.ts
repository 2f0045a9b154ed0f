import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { contractOf } from '../support/contract.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

const WRONG = 'not the password at all';

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(
    { rateLimit: true, trustedProxies: ['loopback'], limitRegistrationNetwork: 'off' },
    database,
  );
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

let hosts = 0;
/** Each in a /24 of its own. */
const newAddress = () => `10.${++hosts & 255}.${hosts >> 8}.1`;

/** A login from an address, in a browser that is new unless one is given. */
const login = (email: string, password: string, from = newAddress(), browser: Browser = app.browser()) =>
  browser.post('/auth/login', { email, password }, { headers: { 'x-forwarded-for': from } });

/** Tries wrong passwords until the answer is another one, and says how many were let through. */
async function guess(send: () => Promise<Answer>, most = 40): Promise<{ guesses: number; refused: Answer }> {
  for (let guesses = 0; guesses < most; guesses++) {
    const answer = await send();
    if (answer.status !== 401) return { guesses, refused: answer };
  }
  throw new Error(`${most} guesses were let through`);
}

/** Everything on the wire but the time. */
const wireOf = ({ status, headers, text }: Answer) => ({
  status,
  headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date')),
  text,
});

describe('guesses at one account, each from another address', () => {
  test('are stopped within 20 attempts, and do not reveal whether the account exists', async () => {
    const { email } = await app.signedUp();
    const known = await guess(() => login(email, WRONG));
    const nobody = uniqueEmail();
    const other = await guess(() => login(nobody, WRONG));
    expect(known.guesses).toBe(10);
    expect(other.guesses).toBe(known.guesses);
    expect(known.refused.status).toBe(429);
    expect(known.refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(known.refused.headers.get('retry-after')).toBe('60');
    expect(known.refused.headers.get('ratelimit-policy')).toBe('"login-account";q=10;w=86400');
    expect(known.refused.headers.get('ratelimit')).toBe('"login-account";r=0;t=60');
    expect(wireOf(other.refused)).toEqual(wireOf(known.refused));
    const contract = await contractOf(app);
    contract.check({ method: 'POST', path: '/auth/login', ...known.refused });
  });

  test('are refused even with the right password, for longer each time', async () => {
    const { email } = await app.signedUp();
    await guess(() => login(email, WRONG));
    expect((await login(email, PASSWORD)).status).toBe(429);
    app.clock.advance(60);
    expect((await login(email, WRONG)).status).toBe(401);
    const { headers } = await login(email, WRONG);
    expect(headers.get('retry-after')).toBe('120');
    app.clock.advance(120);
    expect((await login(email, PASSWORD)).status).toBe(200);
  });

  test('are stopped when they are concurrent', async () => {
    const { email } = await app.signedUp();
    const answers = await Promise.all(Array.from({ length: 40 }, () => login(email, WRONG)));
    const statuses = answers.map(({ status }) => status);
    // Where there is no room for a hash, the try was none.
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(30);
  });
});

describe('an account locked by guesses', () => {
  test('stays open to a known device, which has a counter of its own', async () => {
    const owner = await app.signedUp();
    await guess(() => login(owner.email, WRONG));
    expect((await login(owner.email, PASSWORD)).status).toBe(429);
    expect((await login(owner.email, PASSWORD, newAddress(), owner)).status).toBe(200);
    // Its own wrong passwords count, there and nowhere else.
    const other = app.browser();
    app.clock.advance(60);
    expect((await login(owner.email, PASSWORD, newAddress(), other)).status).toBe(200);
    expect((await guess(() => login(owner.email, WRONG, newAddress(), owner))).guesses).toBe(10);
    expect((await login(owner.email, PASSWORD, newAddress(), other)).status).toBe(200);
  });

  test('is not opened by a forged or changed cookie, or that of another account', async () => {
    const victim = await app.signedUp();
    const thief = await app.signedUp();
    await guess(() => login(victim.email, WRONG));
    const cookieOf = async (browser: Browser) =>
      (await browser.jar.getCookies(app.url)).find(({ key }) => key === 'known_device')?.value ?? '';
    const own = await cookieOf(thief);
    const genuine = await cookieOf(victim);
    expect(genuine).toMatch(/^[\w-]{12}\.[\w-]{11}\.[\w-]{22}$/);
    const changed = genuine.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const cookie of [
      own,
      changed,
      `${'a'.repeat(12)}.${'b'.repeat(22)}`,
      `${'a'.repeat(12)}.${'c'.repeat(11)}.${'b'.repeat(22)}`,
      '~',
      'x'.repeat(4000),
    ]) {
      const answer = await app
        .browser()
        .post(
          '/auth/login',
          { email: victim.email, password: PASSWORD },
          { cookie: `known_device=${cookie}`, headers: { 'x-forwarded-for': newAddress() } },
        );
      expect(answer.status).toBe(429);
    }
    const answer = await app
      .browser()
      .post(
        '/auth/login',
        { email: victim.email, password: PASSWORD },
        { cookie: `known_device=${own}~${genuine}`, headers: { 'x-forwarded-for': newAddress() } },
      );
    expect(answer.status).toBe(200);
  });

  test('is not revealed by the cookie, which lasts and covers several accounts', async () => {
    const browser = app.browser();
    const accounts = [await app.signedUp(), await app.signedUp()];
    for (const { email } of accounts) {
      const { setCookie } = await login(email, PASSWORD, newAddress(), browser);
      const line = setCookie.find((each) => each.startsWith('known_device=')) ?? '';
      expect(line).toMatch(/; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Strict$/);
      expect(line).not.toContain(email);
    }
    for (const { email } of accounts) {
      await guess(() => login(email, WRONG));
      expect((await login(email, PASSWORD, newAddress(), browser)).status).toBe(200);
    }
  });
});

describe('guesses from one network', () => {
  const spread = (from: () => string) => guess(() => login(uniqueEmail(), WRONG, from()), 60);

  test('are stopped however many accounts are tried', async () => {
    const { guesses, refused } = await spread(() => '192.0.2.200');
    expect(guesses).toBe(30);
    expect(refused.headers.get('ratelimit-policy')).toBe('"login-network";q=30;w=600');
    // Neighbours are not held up, and neither is a device that is known there.
    const { email } = await app.signedUp();
    expect((await login(email, PASSWORD, '192.0.2.201')).status).toBe(200);
  });

  test('are not helped by the addresses of an IPv6 line', async () => {
    let host = 0;
    const { guesses } = await spread(() => `2001:db8:aa:bb:${(++host).toString(16)}::1`);
    expect(guesses).toBe(30);
    const { email } = await app.signedUp();
    expect((await login(email, PASSWORD, '2001:db8:aa:bc::1')).status).toBe(200);
  });

  test('do not include successful sign-ins, so an office is not affected', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => app.signedUp()));
    for (let day = 0; day < 8; day++)
      for (const { email } of people) expect((await login(email, PASSWORD, '192.0.2.210')).status).toBe(200);
  });

  test('are not helped by a forged X-Forwarded-For without a trusted proxy', async () => {
    const direct = await startApp({ rateLimit: true });
    try {
      const send = () =>
        direct
          .browser()
          .post(
            '/auth/login',
            { email: uniqueEmail(), password: WRONG },
            { headers: { 'x-forwarded-for': newAddress(), forwarded: `for=${newAddress()}` } },
          );
      expect((await guess(send, 60)).guesses).toBe(30);
    } finally {
      await direct.close();
    }
  });
});

(isEmbedded ? test.skip : test)(
  'two instances share counters, however the requests are distributed',
  async () => {
    const settings = { rateLimit: true, trustedProxies: ['loopback'], clock: app.clock };
    const second = await startApp(settings, database);
    try {
      for (const every of [1, 2, 5]) {
        const email = uniqueEmail();
        let sent = 0;
        const { guesses } = await guess(() => {
          const browser = sent++ % every === 0 ? second.browser() : app.browser();
          return login(email, WRONG, newAddress(), browser);
        });
        expect(guesses).toBe(10);
      }
    } finally {
      await second.close();
    }
  },
);

describe('other limits', () => {
  test('limit registrations from one network', async () => {
    const limited = await startApp({ rateLimit: true, limitRegistrationNetwork: '3/1h' });
    try {
      const register = () =>
        limited.browser().post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await register()).status);
      expect(statuses).toEqual([201, 201, 201, 429]);
      limited.clock.advance(20 * 60);
      expect((await register()).status).toBe(201);
    } finally {
      await limited.close();
    }
  });

  test('limit registrations of one address, from anywhere, whether or not it is taken', async () => {
    const limited = await startApp({
      ...{ rateLimit: true, trustedProxies: ['loopback'], limitRegistrationAccount: '2/1h' },
    });
    try {
      const register = (email: string, password = PASSWORD) =>
        limited
          .browser()
          .post('/auth/registration', { email, password }, { headers: { 'x-forwarded-for': newAddress() } });
      const taken = uniqueEmail();
      const codes = [];
      for (let i = 0; i < 3; i++) codes.push((await register(taken)).body.code);
      expect(codes).toEqual([undefined, 'email_taken', 'rate_limited']);
      // What is refused before any work does not count.
      const free = uniqueEmail();
      for (let i = 0; i < 3; i++)
        expect((await register(free, 'short')).body.code).toBe('password_too_short');
      expect((await register(free)).status).toBe(201);
      limited.clock.advance(30 * 60);
      const { headers } = await register(taken);
      expect(headers.get('ratelimit-policy')).toBeNull();
      expect((await register(taken)).headers.get('ratelimit-policy')).toBe(
        '"registration-account";q=2;w=3600',
      );
    } finally {
      await limited.close();
    }
  });

  test('limit attempts at the user’s own password', async () => {
    const user = await app.signedUp();
    const change = (old: string) =>
      user.post('/auth/password/change', { old_password: old, new_password: 'another set of words' });
    const { guesses } = await guess(() => change(WRONG));
    expect(guesses).toBe(10);
    expect((await user.delete('/auth/user', { password: PASSWORD })).status).toBe(429);
    app.clock.advance(90);
    user.accessToken = undefined;
    await user.refresh();
    expect((await change(PASSWORD)).status).toBe(200);
  });

  describe.each<[string, (user: Browser, password: string) => Promise<Answer>]>([
    [
      'change the password',
      (user, password) =>
        user.post('/auth/password/change', { old_password: password, new_password: 'another set of words' }),
    ],
    [
      'change the address',
      (user, password) => user.post('/auth/email/change', { new_email: uniqueEmail(), password }),
    ],
    ['delete the account', (user, password) => user.delete('/auth/user', { password })],
  ])('a stolen access token used up by wrong passwords to %s', (_name, guessWith) => {
    test.each([
      ['change the password', '/auth/password/change', 200],
      ['change the address', '/auth/email/change', 200],
      ['delete the account', '/auth/user', 204],
    ])('does not keep the owner from signing in to %s', async (_what, path, done) => {
      const user = await app.signedUp();
      const { guesses } = await guess(() => guessWith(user, WRONG));
      expect(guesses).toBe(10);
      const owner = app.browser();
      expect((await owner.login(user.email)).status).toBe(200);
      const answer =
        path === '/auth/user'
          ? await owner.delete(path, { password: PASSWORD })
          : await owner.post(path, {
              ...{ old_password: PASSWORD, new_password: 'another set of words' },
              ...{ password: PASSWORD, new_email: uniqueEmail() },
            });
      expect(answer.status).toBe(done);
    });
  });

  test('limit invalid refresh tokens from one network, while valid ones pass', async () => {
    const limited = await startApp({ rateLimit: true, limitRefreshNetwork: '5/1m' });
    try {
      const honest = await limited.signedUp();
      const junk = () =>
        limited.browser().post('/auth/token/refresh', undefined, { cookie: 'refresh_token=junk' });
      const statuses = [];
      for (let i = 0; i < 7; i++) statuses.push((await junk()).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
      expect((await honest.refresh()).status).toBe(200);
      limited.clock.advance(60);
      expect((await junk()).status).toBe(401);
    } finally {
      await limited.close();
    }
  });

  test('are all off with RATE_LIMIT=off', async () => {
    const free = await startApp({ rateLimit: false, limitLoginAccount: '1/1d' });
    try {
      const { email } = await free.signedUp();
      const send = (password: string) => free.browser().login(email, password);
      for (let i = 0; i < 5; i++) expect((await send(WRONG)).status).toBe(401);
      const { status, setCookie } = await send(PASSWORD);
      expect([status, setCookie.length]).toEqual([200, 1]);
      expect(await free.sql('SELECT 1 FROM tokenjar.limits')).toEqual([]);
    } finally {
      await free.close();
    }
  });

  test('use the words of Django REST framework in the django dialect', async () => {
    const django = await startApp({ rateLimit: true, dialect: 'django', limitLoginAccount: '1/1d' });
    try {
      const send = () => django.browser().post('/auth/login', { email: 'ada@example.com', password: WRONG });
      expect((await send()).status).toBe(400);
      const { status, body } = await send();
      expect([status, body]).toEqual([
        429,
        { detail: 'Request was throttled. Expected available in 60 seconds.' },
      ]);
    } finally {
      await django.close();
    }
  });
});
