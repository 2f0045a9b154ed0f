import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import type { SigningIn } from '../../src/hooks/hooks.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer } from '../support/browser.js';
import { hmac, type Json, pem, readPart, signed, unsigned } from '../support/jwt.js';
import { addSiteUser, COLUMN, SITE_KEY, siteClaims, siteToken } from './site.js';
import { revokeClaimOf } from '../../src/django/password-marks.js';

const YEAR = 365 * 86_400;

/** Presents a token as the cookie of the site. */
const present = (app: TestApp, token: string, cookie = 'refresh_token'): Promise<Answer> =>
  app.browser().send('POST', '/auth/token/refresh', { json: {}, cookie: `${cookie}=${token}` });

const accessOf = ({ body, text }: Answer): string => {
  const access = body.access ?? body.access_token;
  if (typeof access !== 'string') throw new Error(`no access token: ${text}`);
  return access;
};
const sessionOf = (answer: Answer): unknown => readPart(accessOf(answer), 1).sid;
const cookieOf = ({ setCookie }: Answer): string | undefined =>
  /refresh_token=([^;]+)/.exec(setCookie.find((line) => /refresh_token=[^;]/.test(line)) ?? '')?.[1];

/** A user with a token of the site. */
async function someone(app: TestApp, changed: Json = {}) {
  const user = await addSiteUser(app);
  return { ...user, token: siteToken(siteClaims(app, user.id, changed)) };
}

const DIALECTS: readonly TokenjarInput[] = [
  { dialect: 'standard' },
  { dialect: 'django' },
  { dialect: 'django-legacy' },
  { dialect: 'envelope' },
];

describe.each(DIALECTS)('a refresh token of a Django site, in the dialect $dialect', (settings) => {
  let app: TestApp;
  beforeAll(async () => (app = await startApp({ ...settings, djangoSecretKey: SITE_KEY })));
  afterAll(() => app.close());

  test('opens a session with one factor that is as old as the token, and gets our cookie', async () => {
    const { id, token } = await someone(app);
    const answer = await present(app, token);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    const access = (answer.body.token as Json | undefined)?.access ?? accessOf(answer);
    expect(readPart(access as string, 1)).toMatchObject({
      acr: 'aal1',
      amr: [],
      auth_time: expect.any(Number),
    });
    const authTime = readPart(access as string, 1).auth_time as number;
    expect(app.clock.now().getTime() / 1000 - authTime).toBeGreaterThan(YEAR - 10);
    const [sessions] = await app.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM tokenjar.sessions WHERE user_id = $1',
      [id],
    );
    expect(sessions?.count).toBe(1);
    const again = await app
      .browser()
      .send('POST', '/auth/token/refresh', { json: {}, cookie: `refresh_token=${cookieOf(answer)}` });
    expect(again.status).toBe(200);
  });

  test('refuses what the site would refuse, in the words of the dialect', async () => {
    const { id, token } = await someone(app);
    const claims = siteClaims(app, id);
    const now = Math.floor(app.clock.now().getTime() / 1000);
    const cases: Record<string, [token: string, code: string, detail: string]> = {
      expired: [siteToken({ ...claims, exp: now - 1 }), 'token_expired', 'Token is expired'],
      'to come': [siteToken({ ...claims, iat: now + 60 }), 'token_invalid', 'Token is invalid'],
      'nbf to come': [siteToken({ ...claims, nbf: now + 60 }), 'token_invalid', 'Token is invalid'],
      'no exp': [siteToken({ ...claims, exp: undefined }), 'token_invalid', "Token has no 'exp' claim"],
      'no jti': [siteToken({ ...claims, jti: undefined }), 'token_invalid', 'Token has no id'],
      'no type': [siteToken({ ...claims, token_type: undefined }), 'token_invalid', 'Token has no type'],
      access: [siteToken({ ...claims, token_type: 'access' }), 'token_wrong_type', 'Token has wrong type'],
      sliding: [siteToken({ ...claims, token_type: 'sliding' }), 'token_wrong_type', 'Token has wrong type'],
      'no user': [
        siteToken({ ...claims, user_id: undefined }),
        'token_invalid',
        'Token contained no recognizable user identification',
      ],
      'nobody there': [
        siteToken({ ...claims, user_id: 999_999 }),
        'user_not_found',
        'No active account found for the given token.',
      ],
      'another key': [siteToken(claims, `${SITE_KEY}!`), 'token_invalid', 'Token is invalid'],
      'cut off': [token.slice(0, -3), 'token_invalid', 'Token is invalid'],
      'another algorithm': [
        hmac(unsigned({ alg: 'HS512', typ: 'JWT' }, claims), SITE_KEY, 512),
        'token_invalid',
        'Token is invalid',
      ],
      'no algorithm': [
        `${unsigned({ alg: 'none', typ: 'JWT' }, claims)}.`,
        'token_invalid',
        'Token is invalid',
      ],
      'critical extension': [
        siteToken(claims, SITE_KEY, { crit: ['b64'] }),
        'token_invalid',
        'Token is invalid',
      ],
    };
    for (const [name, [sent, code, detail]] of Object.entries(cases)) {
      const { status, body } = await present(app, sent);
      expect([name, status, body.code ?? body.error, body.detail]).toEqual(
        settings.dialect?.startsWith('django')
          ? [name, 401, code === 'user_not_found' ? undefined : 'token_not_valid', detail]
          : [name, 401, settings.dialect === 'envelope' ? 401 : code, expect.anything()].map((each, i) =>
              settings.dialect === 'envelope' && i === 3 ? undefined : each,
            ),
      );
    }
  });
});

describe('the session of an old token', () => {
  let app: TestApp;
  const asked: SigningIn[] = [];
  const unwelcome = new Set<number>();
  const maySignIn = (signing: SigningIn) => {
    asked.push(signing);
    return !unwelcome.has(signing.user.id);
  };
  beforeAll(
    async () =>
      (app = await startApp({
        dialect: 'django',
        djangoSecretKey: SITE_KEY,
        updateLastLogin: true,
        maySignIn,
      })),
  );
  afterAll(() => app.close());

  test('is one, however many tabs present the token at once, and whenever', async () => {
    const { token } = await someone(app);
    const answers = await Promise.all(Array.from({ length: 8 }, () => present(app, token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(sessionOf)).size).toBe(1);
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
    app.clock.advance(86_400);
    answers.push(await present(app, token));
    expect([new Set(answers.map(sessionOf)).size, new Set(answers.map(cookieOf)).size]).toEqual([1, 1]);
  });

  test('the host is asked, once for each session, whether its user may sign in', async () => {
    const { id, token } = await someone(app);
    unwelcome.add(id);
    const refused = await present(app, token);
    expect([refused.status, refused.setCookie]).toEqual([403, []]);
    unwelcome.delete(id);
    asked.length = 0;
    for (const answer of [await present(app, token), await present(app, token)])
      expect(answer.status).toBe(200);
    expect(asked).toEqual([expect.objectContaining({ user: expect.objectContaining({ id }), methods: [] })]);
  });

  test('ends when the old token comes after the token of the session was replaced', async () => {
    const { token } = await someone(app);
    const first = await present(app, token);
    app.clock.advance(130);
    const second = await present(app, cookieOf(first) ?? '');
    expect([second.status, cookieOf(second)]).toEqual([
      200,
      expect.not.stringMatching(cookieOf(first) ?? ''),
    ]);
    expect((await present(app, token)).body).toEqual({
      detail: 'Token is blacklisted',
      code: 'token_not_valid',
    });
    expect((await present(app, cookieOf(second) ?? '')).status).toBe(401);
  });

  test.each(['integer', 'text', 'UUID'])('knows its user by a key that is %s', async (kind) => {
    const siteKey = kind === 'UUID' ? '6f1c1f0e-8a9b-4f6e-9d2a-0b6a3c1d2e4f' : undefined;
    const user = await addSiteUser(app, { siteKey });
    const named = kind === 'integer' ? user.id : user.siteKey;
    const answer = await present(app, siteToken(siteClaims(app, named)));
    expect(readPart(accessOf(answer), 1).user_id).toBe(String(user.id));
  });

  test('takes a token without iat, of before simplejwt 5, and one that lives past 2038', async () => {
    const { token } = await someone(app, { iat: undefined, exp: 4_000_000_000 });
    const answer = await present(app, token);
    expect([answer.status, readPart(accessOf(answer), 1).auth_time]).toEqual([200, 0]);
  });

  test('is found by a token in the body, unless a cookie has come meanwhile', async () => {
    const { token } = await someone(app);
    const browser = app.browser();
    const first = await browser.post('/auth/token/refresh', { refresh: token });
    expect([first.status, await browser.refreshCookie()]).toEqual([200, cookieOf(first)]);
    app.clock.advance(130);
    for (let turn = 0; turn < 2; turn++)
      expect(sessionOf(await browser.post('/auth/token/refresh', { refresh: token }))).toBe(sessionOf(first));
  });

  test('is not opened after a sign-out with the old token, and ends with it if it was', async () => {
    for (const isOpened of [false, true]) {
      const { token } = await someone(app);
      const opened = isOpened ? await present(app, token) : undefined;
      const out = await app
        .browser()
        .send('POST', '/auth/logout', { json: {}, cookie: `refresh_token=${token}` });
      expect([out.status, out.setCookie.join()]).toEqual([200, expect.stringContaining('refresh_token=;')]);
      expect((await present(app, token)).body.detail).toBe('Token is blacklisted');
      if (opened) expect((await present(app, cookieOf(opened) ?? '')).status).toBe(401);
    }
  });

  test('is not opened after what ends all sessions: a deactivation, another password, signing out everywhere', async () => {
    const changes: Record<string, string> = {
      deactivation: `WITH off AS (UPDATE tokenjar.users SET is_active = false WHERE id = $1 RETURNING id) SELECT 1`,
      password: `UPDATE tokenjar.users SET password_hash = 'another' WHERE id = $1`,
    };
    for (const change of Object.values(changes)) {
      const { id, token } = await someone(app);
      await app.sql(change, [id]);
      await app.sql('UPDATE tokenjar.users SET is_active = true WHERE id = $1', [id]);
      expect((await present(app, token)).body.detail).toBe('Token is blacklisted');
    }
    const { id, token } = await someone(app);
    const other = siteToken(siteClaims(app, id));
    const browser = app.browser();
    browser.accessToken = accessOf(await present(app, token));
    expect((await browser.delete('/auth/sessions')).status).toBe(204);
    expect((await present(app, other)).body.detail).toBe('Token is blacklisted');
    const gone = await someone(app);
    await app.sql('DELETE FROM tokenjar.users WHERE id = $1', [gone.id]);
    expect((await present(app, gone.token)).body.detail).toBe('No active account found for the given token.');
  });

  test('is not opened for a token that the site had blacklisted, or an inactive user', async () => {
    const { token, id } = await someone(app);
    await app.sql(`INSERT INTO tokenjar.django_tokens (digest, expires_at) VALUES (sha256($1), now())`, [
      Buffer.from(readPart(token, 1).jti as string),
    ]);
    expect((await present(app, token)).body).toEqual({
      detail: 'Token is blacklisted',
      code: 'token_not_valid',
    });
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [id]);
    const inactive = siteToken(siteClaims(app, id));
    expect((await present(app, inactive)).body).toEqual({
      detail: 'No active account found for the given token.',
    });
  });

  test('verifies as the token does, and not once it is refused', async () => {
    const { token, id } = await someone(app);
    const verify = () => app.browser().post('/auth/token/verify', { token });
    expect([(await verify()).status, (await present(app, token)).status, (await verify()).status]).toEqual([
      200, 200, 200,
    ]);
    await app.sql('DELETE FROM tokenjar.sessions WHERE user_id = $1', [id]);
    expect((await verify()).status).toBe(400);
  });

  test('an access token of the site lives until it expires, and with its user', async () => {
    const user = await addSiteUser(app, { roles: ['editors'] });
    const browser = app.browser();
    browser.accessToken = siteToken(siteClaims(app, user.id, { token_type: 'access' }));
    expect((await browser.get('/auth/user')).body).toMatchObject({ pk: user.id, email: user.email });
    // It is no recent sign-in, whoever has it.
    expect((await browser.get('/auth/mfa/totp/activate')).status).toBe(401);
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [user.id]);
    expect((await browser.get('/auth/user')).body).toEqual({
      detail: 'User is inactive',
      code: 'user_inactive',
    });
    await app.sql('DELETE FROM tokenjar.users WHERE id = $1', [user.id]);
    expect((await browser.get('/auth/user')).body).toEqual({
      detail: 'User not found',
      code: 'user_not_found',
    });
    browser.accessToken = siteToken(siteClaims(app, user.id));
    expect((await browser.get('/auth/user')).status).toBe(401);
  });
});

describe('a site with other settings', () => {
  test('has its claims, issuer, audience, cookie, and tokens bound to the password', async () => {
    const app = await startApp({
      dialect: 'django',
      djangoSecretKey: SITE_KEY,
      djangoUserIdClaim: 'uid',
      djangoJtiClaim: 'token_id',
      djangoTokenTypeClaim: 'kind',
      djangoIssuer: 'the site',
      djangoAudience: ['shop', 'blog'],
      djangoCheckRevokeToken: true,
      djangoCookieName: 'old_refresh',
    });
    try {
      const { id } = await addSiteUser(app);
      const { exp, iat } = siteClaims(app, id);
      const claims: Json = {
        kind: 'refresh',
        ...{ exp, iat, token_id: 'a'.repeat(32), uid: String(id), iss: 'the site', aud: 'blog' },
        hash_password: revokeClaimOf(COLUMN),
      };
      const refused = async (changed: Json) => {
        const { status, body } = await present(app, siteToken({ ...claims, ...changed }), 'old_refresh');
        return [status, body.code ?? body.detail];
      };
      expect(await refused({ iss: undefined })).toEqual([401, 'token_not_valid']);
      expect(await refused({ aud: 'elsewhere' })).toEqual([401, 'token_not_valid']);
      expect(await refused({ hash_password: revokeClaimOf('another') })).toEqual([401, 'password_changed']);
      expect(await refused({ hash_password: undefined })).toEqual([401, 'password_changed']);
      const browser = app.browser();
      await browser.jar.setCookie(`old_refresh=${siteToken(claims)}; Path=/`, app.url);
      const answer = await browser.refresh();
      expect([answer.status, (await browser.jar.getCookies(app.url)).map(({ key }) => key)]).toEqual([
        200,
        ['refresh_token'],
      ]);
      expect((await browser.refresh()).status).toBe(200);
    } finally {
      await app.close();
    }
  });

  test('signed with RSA: its key verifies, and is no secret', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const app = await startApp({ djangoVerifyingKey: pem(publicKey), djangoAlgorithm: 'RS256' });
    try {
      const { id } = await addSiteUser(app);
      const claims = siteClaims(app, id);
      const confused = hmac(unsigned({ alg: 'HS256', typ: 'JWT' }, claims), pem(publicKey));
      expect((await present(app, confused)).body.code).toBe('token_invalid');
      const none = `${unsigned({ alg: 'none', typ: 'JWT' }, claims)}.`;
      expect((await present(app, none)).body.code).toBe('token_invalid');
      const good = signed(unsigned({ alg: 'RS256', typ: 'JWT' }, claims), 'RS256', privateKey);
      expect((await present(app, good)).status).toBe(200);
    } finally {
      await app.close();
    }
  });

  test('without rotation, here neither: the old token names its session for months', async () => {
    const app = await startApp({
      dialect: 'django',
      rotateRefreshTokens: false,
      sessionMaxLifetime: 10 * YEAR,
      refreshTokenIn: 'body',
      // The key of the site is our own.
      secretKey: SECRET_KEY,
    });
    try {
      const { id } = await addSiteUser(app);
      const token = siteToken(siteClaims(app, id, { exp: undefined }), SECRET_KEY);
      expect((await app.browser().post('/auth/token/refresh', { refresh: token })).status).toBe(401);
      const live = siteToken(siteClaims(app, id), SECRET_KEY);
      const first = await app.browser().post('/auth/token/refresh', { refresh: live });
      app.clock.advance(90 * 86_400);
      const months = await app.browser().post('/auth/token/refresh', { refresh: live });
      expect([months.status, sessionOf(months)]).toEqual([200, sessionOf(first)]);
      // Access tokens lived longer there than ours do, and their users may have UUIDs.
      const { id: other } = await addSiteUser(app, { siteKey: '0b5c3dd9-3f0b-4f5d-9c77-0b9f3a1a2b3c' });
      for (const [key, pk] of [
        [id, id],
        ['0b5c3dd9-3f0b-4f5d-9c77-0b9f3a1a2b3c', other],
      ]) {
        const browser = app.browser();
        browser.accessToken = siteToken(siteClaims(app, key, { token_type: 'access' }), SECRET_KEY);
        expect((await browser.get('/auth/user')).body).toMatchObject({ pk });
      }
      app.clock.advance(YEAR);
      expect((await app.browser().post('/auth/token/refresh', { refresh: live })).body.detail).toBe(
        'Token is expired',
      );
      // Ours are not taken for those of the site, though the key is the same.
      const email = uniqueEmail();
      const login = await app
        .browser()
        .post('/auth/registration', { email, password1: PASSWORD, password2: PASSWORD });
      const own = login.body.refresh as string;
      const rotated = await app.browser().post('/auth/token/refresh', { refresh: own });
      expect(sessionOf(rotated)).toBe(readPart(accessOf(login), 1).sid);
    } finally {
      await app.close();
    }
  });
});
