import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ signingKey });
});
afterAll(() => app.close());

const verify = (token: unknown) => app.browser().post('/auth/token/verify', { token });
const blacklist = (json?: unknown, cookie?: string) =>
  app.browser().post('/auth/token/blacklist', json, cookie === undefined ? {} : { cookie });

const isAlive = async (user: Browser) => (await user.get('/auth/session')).status === 200;
const isoIn = (seconds: number) =>
  new Date(Math.floor(app.clock.now().getTime() / 1000 + seconds) * 1000).toISOString();

/** Refreshes so often that the first token has long been replaced. @returns that one. */
async function agedToken(user: Browser, rotations = 3): Promise<string | undefined> {
  const old = await user.refreshCookie();
  for (let i = 0; i < rotations; i++) {
    app.clock.advance(150);
    expect((await user.refresh()).status).toBe(200);
  }
  return old;
}

describe('POST /auth/token/verify', () => {
  test('describes a valid token and its expiry', async () => {
    const user = app.browser();
    const { email } = await app.signedUp();
    const login = await user.post('/auth/login', { email, password: PASSWORD });
    const access = await verify(user.accessToken);
    expect([access.status, access.body]).toEqual([
      200,
      { token_type: 'access', expires_at: isoIn(Number(login.body.expires_in)) },
    ]);
    const refresh = await verify(await user.refreshCookie());
    expect([refresh.status, refresh.body]).toEqual([
      200,
      { token_type: 'refresh', expires_at: isoIn(14 * 86_400) },
    ]);
    expect([...access.setCookie, ...refresh.setCookie]).toEqual([]);
    expect(access.headers.get('cache-control')).toBe('no-store');
  });

  test.each(['junk', 'a.b.c', '..', 'null', `e30.e30.${'A'.repeat(86)}`])(
    '%s is token_invalid',
    async (token) => {
      const { status, body } = await verify(token);
      expect([status, body.code]).toEqual([401, 'token_invalid']);
    },
  );

  test.each([undefined, null, '', 1, {}, ['a'], 'a\0', 'x'.repeat(8193)])(
    '%j is bad input',
    async (token) => {
      const { status, body } = await verify(token);
      expect([status, body.code, Object.keys(body.errors as object)]).toEqual([
        400,
        'input_invalid',
        ['token'],
      ]);
    },
  );

  test('reports token_expired for either type', async () => {
    const user = await app.signedUp();
    const tokens = [user.accessToken, await user.refreshCookie()];
    app.clock.advance(14 * 86_400);
    for (const token of tokens) {
      const { status, body } = await verify(token);
      expect([status, body.code]).toEqual([401, 'token_expired']);
    }
  });

  test('reports token_blacklisted for either type after a sign-out', async () => {
    const user = await app.signedUp();
    const tokens = [user.accessToken, await user.refreshCookie()];
    await user.post('/auth/logout');
    for (const token of tokens) {
      const { status, body } = await verify(token);
      expect([status, body.code]).toEqual([401, 'token_blacklisted']);
    }
  });

  test('refuses a replaced token without counting it as reuse', async () => {
    const user = await app.signedUp();
    const parent = await agedToken(user, 1);
    expect((await verify(parent)).status).toBe(200);
    const ancestor = parent;
    await agedToken(user, 2);
    const { status, body } = await verify(ancestor);
    expect([status, body.code]).toEqual([401, 'token_blacklisted']);
    expect(await isAlive(user)).toBe(true);
    expect((await user.refresh()).status).toBe(200);
  });

  test('reports user_not_found for a valid signature with an unknown user', async () => {
    const other = await startApp({ signingKey, userIdClaim: 'account', clock: app.clock });
    try {
      const { status, body } = await verify((await other.signedUp()).accessToken);
      expect([status, body.code]).toEqual([401, 'user_not_found']);
    } finally {
      await other.close();
    }
  });

  test('ignores tokens in headers and cookies', async () => {
    const { accessToken } = await app.signedUp();
    const { status } = await app
      .browser()
      .post(
        '/auth/token/verify',
        { token: accessToken },
        { headers: { authorization: 'Bearer dead' }, cookie: 'refresh_token=dead' },
      );
    expect(status).toBe(200);
  });
});

describe('POST /auth/token/blacklist', () => {
  test('ends the session and clears the cookie', async () => {
    const user = await app.signedUp();
    const { status, text, setCookie } = await user.post('/auth/token/blacklist');
    expect([status, text]).toEqual([204, '']);
    expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
    expect(await isAlive(user)).toBe(false);
  });

  test.each(['refresh', 'refresh_token'])('clears no cookie if the field %s is used', async (field) => {
    const [user, mine] = [await app.signedUp(), await app.signedUp()];
    const { status, setCookie } = await mine.post('/auth/token/blacklist', {
      [field]: await user.refreshCookie(),
    });
    expect([status, setCookie]).toEqual([204, []]);
    expect([await isAlive(user), await isAlive(mine)]).toEqual([false, true]);
  });

  test('clears the cookie if the field contains its token', async () => {
    const user = await app.signedUp();
    const { status, setCookie } = await user.post('/auth/token/blacklist', {
      refresh: await user.refreshCookie(),
    });
    expect([status, setCookie.length]).toEqual([204, 1]);
  });

  test('ends the session of a token replaced long ago', async () => {
    const user = await app.signedUp();
    expect((await blacklist({ refresh: await agedToken(user) })).status).toBe(204);
    expect(await isAlive(user)).toBe(false);
  });

  test('reports an ended session the second time', async () => {
    const refresh = await (await app.signedUp()).refreshCookie();
    expect((await blacklist({ refresh })).status).toBe(204);
    const { status, body } = await blacklist({ refresh });
    expect([status, body.code]).toEqual([401, 'token_blacklisted']);
  });

  test('succeeds once for concurrent requests', async () => {
    const refresh = await (await app.signedUp()).refreshCookie();
    const answers = await Promise.all(Array.from({ length: 5 }, () => blacklist({ refresh })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401, 401, 401]);
  });

  test.each<[string, (user: Browser) => unknown, number, string]>([
    ['nothing', () => undefined, 401, 'refresh_missing'],
    ['an empty object', () => ({}), 401, 'refresh_missing'],
    ['an empty text', () => ({ refresh: '' }), 401, 'refresh_missing'],
    ['junk', () => ({ refresh: 'junk' }), 401, 'token_invalid'],
    ['an access token', (user) => ({ refresh: user.accessToken }), 401, 'token_wrong_type'],
    ['a number', () => ({ refresh: 1 }), 400, 'input_invalid'],
    ['a list', () => ({ refresh_token: [] }), 400, 'input_invalid'],
    ['too long a text', () => ({ refresh: 'x'.repeat(8193) }), 400, 'input_invalid'],
  ])('refuses %s', async (_what, bodyFor, status, code) => {
    const user = await app.signedUp();
    const answer = await blacklist(bodyFor(user));
    expect([answer.status, answer.body.code, answer.setCookie]).toEqual([status, code, []]);
    expect(await isAlive(user)).toBe(true);
  });

  test('refuses an expired token', async () => {
    const refresh = await (await app.signedUp()).refreshCookie();
    app.clock.advance(14 * 86_400);
    const { status, body } = await blacklist({ refresh });
    expect([status, body.code]).toEqual([401, 'token_expired']);
  });

  describe('several cookies of the name, as at a refresh', () => {
    test.each([
      ['first', (good: string) => `refresh_token=${good}; refresh_token=junk`],
      ['last', (good: string) => `refresh_token=junk; refresh_token=${good}`],
    ])('uses the one that verifies: %s', async (_where, arrange) => {
      const user = await app.signedUp();
      const { status } = await blacklist(undefined, arrange((await user.refreshCookie()) ?? ''));
      expect(status).toBe(204);
      expect(await isAlive(user)).toBe(false);
    });

    test('refuses two that verify, and ends neither session', async () => {
      const [one, two] = [await app.signedUp(), await app.signedUp()];
      const cookie = `refresh_token=${await one.refreshCookie()}; refresh_token=${await two.refreshCookie()}`;
      const { status, body } = await blacklist(undefined, cookie);
      expect([status, body.code]).toEqual([400, 'cookie_ambiguous']);
      expect([await isAlive(one), await isAlive(two)]).toEqual([true, true]);
    });
  });
});
