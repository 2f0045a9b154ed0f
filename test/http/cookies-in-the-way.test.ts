import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { hmac, unsigned } from '../support/jwt.js';

/** What a Cookie header holds beside, or in place of, the one cookie that we set for this scheme. */

const HTTPS = { 'x-forwarded-proto': 'https' };
const HTTP = { 'x-forwarded-proto': 'http' };
const HOST = { 'x-forwarded-host': 'id.app.example.com' };

let database: TestDatabase;
let app: TestApp;
let verbatim: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(
    { trustedProxies: ['127.0.0.1'], rateLimit: true, limitRegistrationNetwork: 'off' },
    database,
  );
  verbatim = await startApp(
    { trustedProxies: ['127.0.0.1'], cookiePrefix: 'none', clock: app.clock },
    database,
  );
});
afterAll(async () => {
  await verbatim.close();
  await app.close();
  await database.drop();
});

interface User {
  email: string;
  token: string;
  accessToken: string;
  device: string;
}

const pairsOf = ({ setCookie }: Answer): Record<string, string> => {
  const pairs = setCookie.map((line) => line.split(';')[0] ?? '');
  return Object.fromEntries(
    pairs.map((pair): [string, string] => [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ]),
  );
};
const namesOf = ({ setCookie }: Answer) => setCookie.map((line) => line.slice(0, line.indexOf('=')));

/** Signs up over a scheme; the cookies are kept by hand. */
async function signedUp(headers: Record<string, string>, at = app): Promise<User> {
  const email = uniqueEmail();
  const answer = await at.browser().post('/auth/registration', { email, password: PASSWORD }, { headers });
  expect(answer.status).toBe(201);
  const pairs = pairsOf(answer);
  const named = (end: string) => Object.entries(pairs).find(([name]) => name.endsWith(end))?.[1] as string;
  return {
    email,
    token: named('refresh_token'),
    device: named('known_device'),
    accessToken: String(answer.body.access_token),
  };
}

const send = (path: string, cookie: string, headers: Record<string, string>, json?: object, at = app) =>
  at.browser().post(path, json, { cookie, headers });
const refresh = (cookie: string, headers: Record<string, string>, at = app) =>
  send('/auth/token/refresh', cookie, headers, undefined, at);
const isAlive = async (user: User) =>
  (await Object.assign(app.browser(), { accessToken: user.accessToken }).get('/auth/session')).status === 200;

describe('a scheme that differs from that of the sign-in', () => {
  const WAYS: [string, Record<string, string>, Record<string, string>, string][] = [
    ['https outside, http inside', HTTPS, HTTP, '__Host-refresh_token'],
    ['http before TLS came', HTTP, HTTPS, 'refresh_token'],
  ];

  test.each(WAYS)('%s: a refresh finds the cookie', async (_what, before, now, name) => {
    const user = await signedUp(before);
    expect((await refresh(`${name}=${user.token}`, now)).status).toBe(200);
    app.clock.advance(150);
    const rotated = await refresh(`${name}=${user.token}`, now);
    expect(rotated.status).toBe(200);
    // Over https it gets the prefix that it lacked, and the old name goes.
    const set = rotated.setCookie.filter((line) => attributesOf(line)['max-age'] !== '0').map(attributesOf);
    expect(set).toEqual([expect.objectContaining({ name: '__Host-refresh_token', secure: true, path: '/' })]);
    const gone = rotated.setCookie.map(attributesOf).filter((line) => line['max-age'] === '0');
    expect(gone.map(({ name }) => name)).toEqual(name === 'refresh_token' ? ['refresh_token'] : []);
  });

  test.each(WAYS)(
    '%s: a logout ends the session and clears what was found',
    async (_what, before, now, name) => {
      const user = await signedUp(before);
      const answer = await send('/auth/logout', `${name}=${user.token}`, now);
      expect([answer.status, namesOf(answer)]).toEqual([204, [name]]);
      const [line] = answer.setCookie.map(attributesOf);
      expect(line).toMatchObject({ 'max-age': '0', path: '/' });
      // A browser takes a line for a prefixed name only if it keeps the prefix's rules.
      expect(line?.secure).toBe(name === '__Host-refresh_token' ? true : now === HTTPS ? true : undefined);
      expect(await isAlive(user)).toBe(false);
    },
  );

  test.each(WAYS)(
    '%s: blacklisting and a dead cookie go by the name that was found',
    async (_what, before, now, name) => {
      const user = await signedUp(before);
      const listed = await send('/auth/token/blacklist', `${name}=${user.token}`, now);
      expect([listed.status, namesOf(listed)]).toEqual([204, [name]]);
      if (name === 'refresh_token') return;
      const dead = await refresh(`${name}=${user.token}`, now);
      expect([dead.status, namesOf(dead)]).toEqual([401, [name]]);
    },
  );

  test.each(WAYS)('%s: the device is recognised', async (_what, before, now, name) => {
    const user = await signedUp(before);
    const device = `${name.replace('refresh_token', 'known_device')}=${user.device}`;
    const login = await send('/auth/login', device, now, { email: user.email, password: PASSWORD });
    expect(login.status).toBe(200);
    const [row] = await app.sql<{ reason: string | null }>(
      `SELECT a.reason FROM tokenjar.audit_events a JOIN tokenjar.users u ON u.id = a.user_id
       WHERE u.email = $1 AND event = 'login' ORDER BY a.id DESC LIMIT 1`,
      [user.email],
    );
    expect(row?.reason).toBeNull();
  });

  test('a sign-in over http from a browser with a prefixed cookie sets a prefixed one', async () => {
    const user = await signedUp(HTTPS);
    const cookie = `__Host-refresh_token=${user.token}`;
    const login = await send('/auth/login', cookie, HTTP, { email: user.email, password: PASSWORD });
    expect(namesOf(login).filter((name) => name.endsWith('refresh_token'))).toEqual(['__Host-refresh_token']);
    expect(await isAlive(user)).toBe(false);
  });
});

describe('prefixes', () => {
  test('over https, a token issued under a prefix is refused without it', async () => {
    const attacker = await signedUp(HTTPS);
    for (const name of ['refresh_token', '__Secure-refresh_token']) {
      const { status, body, setCookie } = await refresh(`${name}=${attacker.token}`, HTTPS);
      expect([name, status, body.code, setCookie]).toEqual([name, 401, 'refresh_missing', []]);
    }
  });

  test.each([
    ['opened with a prefix', HTTPS],
    ['opened without', HTTP],
  ])('the prefixed session wins over a planted one, %s', async (_what, scheme) => {
    const [victim, attacker] = [await signedUp(HTTPS), await signedUp(scheme)];
    const planted = `refresh_token=${attacker.token}; __Host-refresh_token=${victim.token}`;
    for (const at of [HTTPS, HTTP]) {
      const { status, body } = await refresh(planted, at);
      expect([status, (body.user as { email: string }).email]).toEqual([200, victim.email]);
    }
  });

  test('signing out ends both sessions, and signing in removes both cookies', async () => {
    const [victim, attacker] = [await signedUp(HTTPS), await signedUp(HTTP)];
    const planted = `refresh_token=${attacker.token}; __Host-refresh_token=${victim.token}`;
    const login = await send(
      '/auth/login',
      planted,
      { ...HTTPS, ...HOST },
      { email: victim.email, password: PASSWORD },
    );
    expect([login.status, await isAlive(victim), await isAlive(attacker)]).toEqual([200, false, false]);
    const expired = login.setCookie.map(attributesOf).filter((line) => line['max-age'] === '0');
    expect(expired).toContainEqual(
      expect.objectContaining({ name: 'refresh_token', domain: 'example.com', path: '/' }),
    );
  });
});

describe('without a prefix', () => {
  const OUTSIDE = { ...HTTPS, ...HOST };

  test('a warning is logged at startup', () => {
    expect(verbatim.log.join('\n')).toContain('COOKIE_PREFIX=none: over https, any subdomain');
    expect(app.log.join('\n')).not.toContain('COOKIE_PREFIX');
  });

  test('six planted cookies of ended sessions have no effect', async () => {
    const victim = await signedUp(HTTPS, verbatim);
    const planted: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { token } = await signedUp(HTTPS, verbatim);
      await send('/auth/logout', `refresh_token=${token}`, HTTPS, undefined, verbatim);
      planted.push(`refresh_token=${token}`);
    }
    const { status, body } = await refresh(
      [...planted, `refresh_token=${victim.token}`].join('; '),
      OUTSIDE,
      verbatim,
    );
    expect([status, (body.user as { email: string }).email]).toEqual([200, victim.email]);
  });

  test('planted cookies of live sessions are refused and expired where possible, and a sign-in ends them', async () => {
    const victim = await signedUp(HTTPS, verbatim);
    const planted: string[] = [];
    for (let i = 0; i < 6; i++) planted.push(`refresh_token=${(await signedUp(HTTPS, verbatim)).token}`);
    const jar = [...planted, `refresh_token=${victim.token}`].join('; ');

    const refused = await refresh(jar, OUTSIDE, verbatim);
    expect([refused.status, refused.body.code]).toEqual([400, 'cookie_ambiguous']);
    const expired = refused.setCookie.map(attributesOf);
    expect(new Set(expired.map(({ domain }) => domain))).toEqual(new Set(['app.example.com', 'example.com']));
    for (const path of ['/', '/auth', '/auth/token', '/auth/token/refresh'])
      expect(expired).toContainEqual(
        expect.objectContaining({ name: 'refresh_token', domain: 'example.com', path, 'max-age': '0' }),
      );
    expect(refused.setCookie.join('').length).toBeLessThan(3000);

    const login = await send(
      '/auth/login',
      jar,
      OUTSIDE,
      { email: victim.email, password: PASSWORD },
      verbatim,
    );
    expect(login.status).toBe(200);
    const fresh = pairsOf({ ...login, setCookie: login.setCookie.slice(-1) }).refresh_token as string;
    expect(login.setCookie.join('').length).toBeLessThan(3500);
    const after = await refresh(`${jar}; refresh_token=${fresh}`, OUTSIDE, verbatim);
    expect([after.status, (after.body.user as { email: string }).email]).toEqual([200, victim.email]);
  });

  test('no cookie is expired for a single label or an IP address', async () => {
    const [one, two] = [await signedUp(HTTP, verbatim), await signedUp(HTTP, verbatim)];
    for (const host of ['localhost', 'localhost:8080', '192.0.2.7', '[2001:db8::7]:443', 'example.com']) {
      const jar = `refresh_token=${one.token}; refresh_token=${two.token}`;
      const { status, setCookie } = await refresh(jar, { ...HTTPS, 'x-forwarded-host': host }, verbatim);
      expect([host, status, setCookie]).toEqual([host, 400, []]);
    }
  });

  test('invalid device cookies lock nobody out', async () => {
    const user = await signedUp(HTTP);
    const junk = Array.from(
      { length: 40 },
      (_, i) => `${String(i).padStart(12, 'x')}.${'A'.repeat(11)}.${'B'.repeat(22)}`,
    );
    const cookie = `known_device=${junk.join('~')}; known_device=${user.device}`;
    // Strangers have used up the account's tries.
    for (let i = 0; i < 12; i++)
      await app.browser().post('/auth/login', { email: user.email, password: 'wrong' });
    const stranger = await app.browser().login(user.email);
    expect(stranger.status).toBe(429);
    const owner = await send('/auth/login', cookie, HTTP, { email: user.email, password: PASSWORD });
    expect(owner.status).toBe(200);
  });
});

describe('cookies of other apps', () => {
  const neighbours = hmac(
    unsigned({ alg: 'HS256', typ: 'JWT' }, { sub: '1', token_type: 'refresh' }),
    'another key',
  );

  test.each([
    ['the token of another app', neighbours, []],
    ['junk', 'junk', ['refresh_token']],
    ['something like a token', `${neighbours.split('.')[0]}.@.@`, ['refresh_token']],
  ])('%s: a refresh refuses it, and clears only invalid ones of ours', async (_what, value, cleared) => {
    const answer = await refresh(`refresh_token=${value}`, HTTP);
    expect([answer.status, answer.body.code, namesOf(answer)]).toEqual([401, 'token_invalid', cleared]);
  });

  describe('beside our own', () => {
    const WAYS: [string, string, ((user: User) => object) | undefined, number][] = [
      ['a refresh that keeps', '/auth/token/refresh', undefined, 0],
      ['a refresh that rotates', '/auth/token/refresh', undefined, 150],
      ['a sign-in', '/auth/login', ({ email }) => ({ email, password: PASSWORD }), 0],
      ['a registration', '/auth/registration', () => ({ email: uniqueEmail(), password: PASSWORD }), 0],
      ['a logout', '/auth/logout', undefined, 0],
      ['blacklisting', '/auth/token/blacklist', undefined, 0],
    ];

    test.each(WAYS)('%s leaves the token of another app alone, under another name', async (...way) => {
      const [, path, body, age] = way;
      const user = await signedUp(HTTPS);
      app.clock.advance(age);
      const cookie = `refresh_token=${neighbours}; __Host-refresh_token=${user.token}`;
      const answer = await send(path, cookie, { ...HTTPS, ...HOST }, body?.(user));
      expect(answer.status).toBeLessThan(300);
      expect(namesOf(answer).filter((name) => !name.startsWith('__Host-'))).toEqual([]);
    });

    test.each(WAYS)('%s leaves it alone, under the same name of the parent domain', async (...way) => {
      const [, path, body, age] = way;
      const user = await signedUp(HTTP);
      app.clock.advance(age);
      const cookie = `refresh_token=${user.token}; refresh_token=${neighbours}`;
      const answer = await send(path, cookie, { ...HTTP, ...HOST }, body?.(user));
      expect(answer.status).toBeLessThan(300);
      // Our own place alone: the host that was asked, and no domain.
      const lines = answer.setCookie.map(attributesOf).filter(({ name }) => name === 'refresh_token');
      expect(lines.filter(({ domain, path: at }) => domain !== undefined || at !== '/')).toEqual([]);
    });

    test.each([HTTP, HTTPS])('a logout without a cookie of ours leaves it alone, %j', async (scheme) => {
      const answer = await send('/auth/logout', `refresh_token=${neighbours}`, scheme);
      expect([answer.status, namesOf(answer).includes('refresh_token')]).toEqual([204, false]);
    });
  });

  test('our own dead cookie is cleared', async () => {
    const user = await signedUp(HTTP);
    await send('/auth/logout', `refresh_token=${user.token}`, HTTP);
    const answer = await refresh(`refresh_token=${user.token}`, HTTP);
    expect([answer.status, namesOf(answer)]).toEqual([401, ['refresh_token']]);
  });
});

describe('COOKIE_PARTITIONED', () => {
  const settings: TokenjarInput = { cookiePartitioned: true, cookieSecure: true, cookieSamesite: 'none' };

  test('sets both cookies partitioned, and clears them likewise', async () => {
    const server = await startApp({ ...settings, rateLimit: true }, database);
    try {
      const user = server.browser();
      const email = uniqueEmail();
      const answer = await user.post('/auth/registration', { email, password: PASSWORD });
      const cookie = answer.setCookie.map((line) => line.split(';')[0]).join('; ');
      const out = await server.browser().post('/auth/logout', undefined, { cookie });
      const lines = [...answer.setCookie, ...out.setCookie].map(attributesOf);
      expect(lines).toHaveLength(3);
      for (const line of lines)
        expect(line).toMatchObject({ partitioned: true, secure: true, samesite: 'None', path: '/' });
    } finally {
      await server.close();
    }
  });
});

describe('REFRESH_TOKEN_IN=body and both: every answer carries the token', () => {
  const FIELDS = {
    standard: 'refresh_token',
    django: 'refresh',
    'django-legacy': 'refresh',
    envelope: 'refresh',
  };

  test.each(
    (['body', 'both'] as const).flatMap((where) =>
      (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((dialect) => [where, dialect] as const),
    ),
  )('%s, %s', async (refreshTokenIn, dialect) => {
    const server = await startApp({ refreshTokenIn, dialect });
    try {
      const email = uniqueEmail();
      const account = { email, password: PASSWORD, password1: PASSWORD, password2: PASSWORD };
      const browser = server.browser();
      expect((await browser.post('/auth/registration', account)).status).toBe(201);
      const login = await browser.post('/auth/token', account);
      const field = FIELDS[dialect];
      const tokenOf = ({ body }: Answer) => ((body.token as Answer['body'] | undefined) ?? body)[field];
      let token = tokenOf(login);
      expect(token).toEqual(expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/));
      // Young: kept. Old: replaced. Presented again: repeated. Each time the client stores what it is told.
      for (const age of [0, 10, 150, 5]) {
        server.clock.advance(age);
        const answer = await server.browser().post('/auth/token/refresh', { [field]: token });
        expect(answer.status).toBe(200);
        expect(tokenOf(answer)).toEqual(expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/));
        if (age < 100) expect(tokenOf(answer)).toBe(token);
        token = tokenOf(answer);
      }
    } finally {
      await server.close();
    }
  });
});
