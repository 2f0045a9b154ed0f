import { createHmac, generateKeyPairSync, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

async function withApp(settings: TokenjarInput, use: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startApp(settings, database);
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

const claimsOf = (token = '', part = 1) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>;
const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

/** Asks with another scheme word or token. */
const me = (user: Browser, authorization = `Bearer ${user.accessToken}`) =>
  user.get('/auth/user', { headers: { authorization } });

describe('claims', () => {
  test('ISSUER and AUDIENCE are added and required', () =>
    withApp({ issuer: 'https://a.example', audience: 'web,api' }, async (app) => {
      const user = await app.signedUp();
      expect(claimsOf(user.accessToken)).toMatchObject({ iss: 'https://a.example', aud: ['web', 'api'] });
      expect((await me(user)).status).toBe(200);
      for (const other of [
        { issuer: 'https://b.example', audience: 'web' },
        { issuer: 'https://a.example', audience: 'x' },
      ])
        await withApp(other, async (strict) => {
          const { status, body } = await me(
            Object.assign(strict.browser(), { accessToken: user.accessToken }),
          );
          expect([status, body.code]).toEqual([401, 'token_invalid']);
        });
    }));

  test('one AUDIENCE of several is enough; an empty ISSUER and no AUDIENCE add nothing', async () => {
    await withApp({ audience: 'web', issuer: '' }, async (app) => {
      const user = await app.signedUp();
      expect(claimsOf(user.accessToken)).not.toHaveProperty('iss');
      await withApp({ audience: 'web,api', issuer: '' }, async (wider) => {
        expect((await me(Object.assign(wider.browser(), { accessToken: user.accessToken }))).status).toBe(
          200,
        );
      });
    });
    await withApp({ issuer: '' }, async (app) => {
      expect(claimsOf((await app.signedUp()).accessToken)).not.toHaveProperty('aud');
    });
  });

  test('USER_ID_CLAIM names the claim, a string, in place of sub', () =>
    withApp({ userIdClaim: 'uid' }, async (app) => {
      const user = await app.signedUp();
      const { body } = await me(user);
      expect(claimsOf(user.accessToken).uid).toBe(String(body.id));
      expect(claimsOf(user.accessToken)).not.toHaveProperty('sub');
    }));
});

describe('time', () => {
  test('ACCESS_TOKEN_LIFETIME ends an access token, and LEEWAY extends it', async () => {
    for (const [leeway, status] of [
      ['0s', 401],
      ['5s', 200],
    ] as const)
      await withApp({ accessTokenLifetime: '2m', accessTokenJitter: 0, leeway }, async (app) => {
        const user = await app.signedUp();
        const { iat, exp } = claimsOf(user.accessToken) as { iat: number; exp: number };
        expect(exp - iat).toBe(120);
        app.clock.advance(119);
        expect((await me(user)).status).toBe(200);
        app.clock.advance(4);
        expect([leeway, (await me(user)).status]).toEqual([leeway, status]);
        app.clock.advance(3);
        expect([leeway, (await me(user)).body.code]).toEqual([leeway, 'token_expired']);
      });
  });

  test('REFRESH_TOKEN_LIFETIME restarts with every rotation, SESSION_MAX_LIFETIME does not', () =>
    withApp({ refreshTokenLifetime: '1h', sessionMaxLifetime: '2h' }, async (app) => {
      const user = await app.signedUp();
      const idle = await app.signedUp();
      for (let step = 0; step < 2; step++) {
        app.clock.advance(3000);
        expect((await user.post('/auth/token/refresh')).status).toBe(200);
      }
      expect((await idle.post('/auth/token/refresh')).body.code).toBe('token_expired');
      app.clock.advance(1300);
      expect((await user.post('/auth/token/refresh')).body.code).toBe('token_expired');
    }));

  test('ROTATE_REFRESH_TOKENS=off keeps one token for the whole session', () =>
    withApp({ rotateRefreshTokens: false, refreshTokenLifetime: '1h' }, async (app) => {
      const user = await app.signedUp();
      const before = await user.refreshCookie();
      for (let step = 0; step < 3; step++) {
        app.clock.advance(1000);
        const { status, setCookie } = await user.post('/auth/token/refresh');
        expect([status, setCookie]).toEqual([200, []]);
      }
      expect(await user.refreshCookie()).toBe(before);
      app.clock.advance(700);
      expect((await user.post('/auth/token/refresh')).body.code).toBe('token_expired');
    }));

  test('REFRESH_ROTATE_AFTER=0s replaces the token at every refresh, like simplejwt', () =>
    withApp({ refreshRotateAfter: '0s' }, async (app) => {
      const user = await app.signedUp();
      const before = await user.refreshCookie();
      app.clock.advance(1);
      expect((await user.post('/auth/token/refresh')).setCookie).toHaveLength(1);
      expect(await user.refreshCookie()).not.toBe(before);
    }));

  test.each([
    [true, expect.any(Date)],
    [false, null],
  ])('UPDATE_LAST_LOGIN=%s', (updateLastLogin, expected) =>
    withApp({ updateLastLogin }, async (app) => {
      const { email } = await app.signedUp();
      app.clock.advance(60);
      await app.browser().post('/auth/login', { email, password: PASSWORD });
      const [row] = await app.sql<{ last_login_at: Date | null }>(
        'SELECT last_login_at FROM tokenjar.users WHERE email = $1',
        [email],
      );
      expect(row?.last_login_at).toEqual(expected);
      if (row?.last_login_at) expect(seconds(row.last_login_at)).toBe(seconds(app.clock.now()));
    }),
  );
});

describe('requests and responses', () => {
  test('AUTH_HEADER_TYPES are the accepted schemes, and the first is used in the challenge', () =>
    withApp({ authHeaderTypes: 'JWT,Token' }, async (app) => {
      const user = await app.signedUp();
      const statusOf = async (scheme: string) => (await me(user, `${scheme} ${user.accessToken}`)).status;
      expect([await statusOf('JWT'), await statusOf('token'), await statusOf('Bearer')]).toEqual([
        200, 200, 401,
      ]);
      expect((await me(user, '')).headers.get('www-authenticate')).toBe('JWT');
      const { body } = await app.browser().post('/auth/login', { email: user.email, password: PASSWORD });
      expect(body.token_type).toBe('JWT');
    }));

  test.each([true, false])('RETURN_EXPIRATION=%s', (returnExpiration) =>
    withApp({ dialect: 'django', returnExpiration }, async (app) => {
      const email = `expiry-${returnExpiration}@example.com`;
      const account = { email, password1: PASSWORD, password2: PASSWORD };
      expect((await app.browser().post('/auth/registration', account)).status).toBe(201);
      const { body } = await app.browser().post('/auth/login', { email, password: PASSWORD });
      if (!returnExpiration) return expect(body).not.toHaveProperty('access_expiration');
      const { exp } = claimsOf(String(body.access)) as { exp: number };
      expect(seconds(new Date(String(body.access_expiration)))).toBe(exp);
      expect(seconds(new Date(String(body.refresh_expiration)))).toBeGreaterThan(exp);
    }),
  );

  test('COOKIE_NAME, COOKIE_PATH, COOKIE_DOMAIN, COOKIE_SAMESITE and COOKIE_SECURE', () =>
    withApp(
      {
        cookieName: 'rt',
        cookiePath: '/auth',
        cookieDomain: 'example.com',
        cookieSamesite: 'none',
        cookieSecure: true,
        cookiePrefix: 'none',
      },
      async (app) => {
        const email = 'cookie@example.com';
        const response = await fetch(`${app.url}/auth/registration`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password: PASSWORD }),
        });
        const [line = ''] = response.headers.getSetCookie();
        expect(attributesOf(line)).toMatchObject({
          name: 'rt',
          path: '/auth',
          domain: 'example.com',
          samesite: 'None',
          secure: true,
          httponly: true,
        });
        const cookie = line.split(';')[0] ?? '';
        const { status } = await app.browser().post('/auth/token/refresh', undefined, { cookie });
        expect(status).toBe(200);
      },
    ));
});

describe('keys', () => {
  test.each([
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)('SIGNING_KEY and VERIFYING_KEY, %s', (algorithm, { privateKey, publicKey }) =>
    withApp(
      {
        algorithm,
        signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        verifyingKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
      async (app) => {
        const { accessToken = '' } = await app.signedUp();
        const [head = '', payload = '', signature = ''] = accessToken.split('.');
        const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
        expect(
          verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')),
        ).toBe(true);
        const { body } = await app.browser().get('/.well-known/jwks.json');
        const { kid } = claimsOf(accessToken, 0);
        expect(body.keys).toEqual([
          { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
        ]);
      },
    ),
  );

  test('a Django site and Tokenjar read the same key', async () => {
    // On a database where another algorithm has signed, it takes its turn later.
    const app = await startApp({ dialect: 'django' });
    try {
      const account = { email: 'django@example.com', password1: PASSWORD, password2: PASSWORD };
      const { body } = await app.browser().post('/auth/registration', account);
      const [head, payload, signature] = String(body.access).split('.');
      const expected = createHmac('sha256', SECRET_KEY).update(`${head}.${payload}`).digest('base64url');
      expect(signature).toBe(expected);
    } finally {
      await app.close();
    }
  });
});
