import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JwtService } from '@nestjs/jwt';
import { SettingsError } from '../../src/config/check.js';
import { parseOptions } from '../../src/config/check.js';
import { readOwnKey, toSigningKey } from '../../src/keys/key-material.js';
import { type AccessSubject, AccessTokens } from '../../src/tokens/access-token.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { codeOf, hmac, type Json, part, pem, readPart, signed, unsigned } from '../support/jwt.js';
import { tokenUsers } from '../support/token-users.js';

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ringKey = toSigningKey(ours.privateKey, 'ES256');
const { kid } = ringKey;

const NOW = new TestClock().now();
const NOW_SECONDS = Math.floor(NOW.getTime() / 1000);
const SUBJECT: AccessSubject = {
  userId: 7,
  sessionId: '019aa111-2222-7333-8444-555566667777',
  roles: ['admin'],
  scopes: [],
  claimsEpoch: 0,
  rolesEpoch: 0,
  amr: ['pwd'],
  acr: 'aal1',
  authTime: NOW_SECONDS - 100,
};
const HEADER = { typ: 'at+jwt', alg: 'ES256', kid };
const CLAIMS = {
  iss: 'tokenjar',
  sub: '7',
  sid: SUBJECT.sessionId,
  roles: ['admin'],
  jti: randomUUID(),
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 600,
  amr: ['pwd'],
  acr: 'aal1',
  auth_time: NOW_SECONDS - 100,
  token_type: 'access',
};

/** Makes a token by hand, as nobody honest would. */
const signEs256 = (text: string, key = ours.privateKey) => signed(text, 'ES256', key);
const forge = (claims: Json = {}, header: Json = {}, key = ours.privateKey) =>
  signEs256(unsigned({ ...HEADER, ...header }, { ...CLAIMS, ...claims }), key);

function engine(settings: TokenjarInput = {}): AccessTokens {
  const options = parseOptions({ secretKey: SECRET_KEY, ...settings });
  return new AccessTokens(new JwtService({}), KeyRing.of(ringKey), options, tokenUsers(options));
}

describe('issuing', () => {
  const later = new Date(NOW.getTime() + 86_400_000);

  test('contains exactly these headers and claims', () => {
    const { token, expiresIn } = engine().issue(SUBJECT, NOW, later);
    expect(readPart(token, 0)).toEqual({ typ: 'at+jwt', alg: 'ES256', kid });
    expect(readPart(token, 1)).toEqual({
      iss: 'tokenjar',
      sub: '7',
      sid: SUBJECT.sessionId,
      roles: ['admin'],
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: NOW_SECONDS - 100,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + expiresIn,
      token_type: 'access',
    });
  });

  test.each([100, 148, 300, 600])('issues a token with %i roles only if it is accepted', (count) => {
    const roles = Array.from({ length: count }, (_, i) => `organisation-${i}:administrator-of-documents`);
    const issue = () => engine().issue({ ...SUBJECT, roles }, NOW, later).token;
    const outcome = codeOf(issue);
    if (outcome === 'accepted') expect(engine().verify(issue(), NOW).roles).toEqual(roles);
    else expect([outcome, count >= 148]).toEqual(['token_too_large', true]);
  });

  test('reads a token signed before USER_ID_CLAIM was changed', () => {
    const former = engine().issue(SUBJECT, NOW, later).token;
    expect(engine({ userIdClaim: 'user_id' }).verify(former, NOW).userId).toBe(7);
    const named = engine({ userIdClaim: 'user_id' }).issue(SUBJECT, NOW, later).token;
    expect(engine().verify(named, NOW).userId).toBe(7);
  });

  test('is up to 5 % shorter, in whole seconds, and every token has its own jti', () => {
    const tokens = engine();
    const issued = Array.from({ length: 400 }, () => tokens.issue(SUBJECT, NOW, later));
    const lives = issued.map(({ expiresIn }) => expiresIn);
    expect(lives.every((life) => Number.isInteger(life) && life >= 570 && life <= 600)).toBe(true);
    expect(Math.max(...lives) - Math.min(...lives)).toBeGreaterThan(20);
    expect(new Set(issued.map(({ token }) => readPart(token, 1).jti)).size).toBe(400);
  });

  test.each<[TokenjarInput, number]>([
    [{ accessTokenJitter: '0%' }, 600],
    [{ accessTokenJitter: 0, accessTokenLifetime: '1s' }, 1],
    [{ accessTokenLifetime: '10s' }, 10],
    [{ accessTokenJitter: 0, accessTokenLifetime: 1.5 }, 1],
  ])('%j gives %d s', (settings, life) => {
    expect(engine(settings).issue(SUBJECT, NOW, later).expiresIn).toBe(life);
  });

  test.each([
    [100, 100],
    [599.9, expect.any(Number)],
    [1, 1],
    [0, 1],
    [-50, 1],
  ])('a session with %d s left caps it', (left, life) => {
    const { token, expiresIn } = engine().issue(SUBJECT, NOW, new Date(NOW.getTime() + left * 1000));
    expect(expiresIn).toEqual(life);
    expect(expiresIn).toBeLessThanOrEqual(Math.max(1, left + 1));
    expect(readPart(token, 1).exp).toBe(NOW_SECONDS + expiresIn);
  });

  test('adds claims of the host, which replace none of ours', () => {
    const claims = {
      tenant: 'a',
      sub: '1',
      exp: 9e9,
      iat: 0,
      roles: ['root'],
      sid: 'x',
      iss: 'x',
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'aal2',
      auth_time: 9e9,
      token_type: 'refresh',
    };
    const { token } = engine().issue(SUBJECT, NOW, later, claims);
    expect(readPart(token, 1)).toMatchObject({
      tenant: 'a',
      sub: '7',
      iat: NOW_SECONDS,
      roles: ['admin'],
      iss: 'tokenjar',
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: NOW_SECONDS - 100,
      token_type: 'access',
    });
    expect(engine().verify(token, NOW).all.tenant).toBe('a');
  });

  test('treats a token of an earlier version as weak and as old as its session', () => {
    const former = forge({ amr: undefined, acr: undefined, auth_time: undefined });
    const { amr, acr, authTime } = engine().verify(former, NOW);
    expect([amr, acr, authTime]).toEqual([[], 'aal1', Math.floor(0x019aa1112222 / 1000)]);
  });
});

const publicTexts = [
  pem(ours.publicKey),
  pem(ours.publicKey).trim(),
  JSON.stringify(ours.publicKey.export({ format: 'jwk' })),
];
const theirJwk = theirs.publicKey.export({ format: 'jwk' });
const withoutSignature = (alg: string) => `${unsigned({ ...HEADER, alg }, CLAIMS)}.`;
const good = forge();
const [goodHead = '', goodClaims = '', goodSignature = ''] = good.split('.');

/** What is presented, and what is said to it: over HTTP as in the engine itself. */
const PRESENTED: [what: string, token: string, code: string][] = [
  ['ours, made by hand', good, 'accepted'],
  ['typ with its prefix', forge({}, { typ: 'application/at+jwt' }), 'accepted'],
  ['typ in capitals', forge({}, { typ: 'AT+JWT' }), 'accepted'],
  ['a key brought along and not needed', forge({}, { jwk: theirJwk }), 'accepted'],
  ['iat a second ahead, as clocks are', forge({ iat: NOW_SECONDS + 1 }), 'accepted'],
  ['nbf now', forge({ nbf: NOW_SECONDS }), 'accepted'],
  ['its last second', forge({ exp: NOW_SECONDS + 1 }), 'accepted'],

  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): [string, string, string][] => [
    [`alg ${alg} without a signature`, withoutSignature(alg), 'token_invalid'],
    [`alg ${alg} with a good one`, signEs256(unsigned({ ...HEADER, alg }, CLAIMS)), 'token_invalid'],
  ]),
  ...publicTexts.flatMap((secret, i): [string, string, string][] => [
    [
      `HS256 under the public key as a text (${i})`,
      hmac(unsigned({ ...HEADER, alg: 'HS256' }, CLAIMS), secret),
      'token_invalid',
    ],
    [
      `HS512 under the public key as a text (${i})`,
      hmac(unsigned({ ...HEADER, alg: 'HS512' }, CLAIMS), secret, 512),
      'token_invalid',
    ],
    [`ES256 in name, an HMAC in truth (${i})`, hmac(unsigned(HEADER, CLAIMS), secret), 'token_invalid'],
  ]),
  ...['ES384', 'RS256', 'PS256', 'EdDSA', 'es256'].map((alg): [string, string, string] => [
    `alg ${alg}`,
    forge({}, { alg }),
    'token_invalid',
  ]),
  ...[undefined, null, 256, ['ES256'], { toString: 'ES256' }].map((alg): [string, string, string] => [
    `alg ${JSON.stringify(alg)}`,
    forge({}, { alg }),
    'token_invalid',
  ]),

  ['another key under our kid', forge({}, {}, theirs.privateKey), 'token_invalid'],
  ['another key, brought as jwk', forge({}, { jwk: theirJwk }, theirs.privateKey), 'token_invalid'],
  [
    'another key, brought as jwk, without kid',
    forge({}, { jwk: theirJwk, kid: undefined }, theirs.privateKey),
    'token_invalid',
  ],
  [
    'another key by jku',
    forge({}, { jku: 'http://127.0.0.1:1/jwks.json', kid: 'theirs' }, theirs.privateKey),
    'token_invalid',
  ],
  [
    'another key by x5u',
    forge({}, { x5u: 'http://127.0.0.1:1/cert.pem' }, theirs.privateKey),
    'token_invalid',
  ],
  ['another key by x5c', forge({}, { x5c: ['MIIB'] }, theirs.privateKey), 'token_invalid'],
  ...[
    undefined,
    null,
    '',
    'other',
    '../../../../dev/null',
    "' UNION SELECT 'secret",
    '__proto__',
    0,
    [kid],
    { kid },
  ].map((other): [string, string, string] => [
    `kid ${JSON.stringify(other)}`,
    forge({}, { kid: other }),
    'token_invalid',
  ]),
  ...[['b64'], ['exp'], [], null, 'exp', false].map((crit): [string, string, string] => [
    `crit ${JSON.stringify(crit)}`,
    forge({}, { crit, b64: true }),
    'token_invalid',
  ]),
  ...[undefined, 'JWT', 'at+jwt ', 'at jwt', '', null, 1, ['at+jwt']].map((typ): [string, string, string] => [
    `typ ${JSON.stringify(typ)}`,
    forge({}, { typ }),
    'token_invalid',
  ]),

  ...[
    undefined,
    null,
    '',
    'soon',
    String(NOW_SECONDS + 600),
    NOW_SECONDS + 600.5,
    -1,
    1e300,
    253_402_300_800,
    [NOW_SECONDS + 600],
    {},
    true,
  ].map((exp): [string, string, string] => [`exp ${JSON.stringify(exp)}`, forge({ exp }), 'token_invalid']),
  ...[0, NOW_SECONDS - 1, NOW_SECONDS].map((exp): [string, string, string] => [
    `exp ${exp - NOW_SECONDS} s from now`,
    forge({ exp }),
    'token_expired',
  ]),
  ...[
    undefined,
    null,
    'now',
    String(NOW_SECONDS),
    NOW_SECONDS + 0.5,
    -1,
    1e300,
    [NOW_SECONDS],
    NOW_SECONDS + 2,
    NOW_SECONDS + 3600,
  ].map((iat): [string, string, string] => [`iat ${JSON.stringify(iat)}`, forge({ iat }), 'token_invalid']),
  ...[null, 'now', NOW_SECONDS + 1, NOW_SECONDS + 0.5, 1e300, []].map((nbf): [string, string, string] => [
    `nbf ${JSON.stringify(nbf)}`,
    forge({ nbf }),
    'token_invalid',
  ]),
  ...[undefined, null, '', 'Tokenjar', 'https://evil.example', ['tokenjar'], { tokenjar: 1 }].map(
    (iss): [string, string, string] => [`iss ${JSON.stringify(iss)}`, forge({ iss }), 'token_invalid'],
  ),
  ...[undefined, null, '', 1, ['a']].map((jti): [string, string, string] => [
    `jti ${JSON.stringify(jti)}`,
    forge({ jti }),
    'token_invalid',
  ]),
  ...[
    undefined,
    null,
    '',
    'x',
    1,
    [CLAIMS.sid],
    CLAIMS.sid.toUpperCase().replace('1', 'A'),
    `${CLAIMS.sid}\n`,
  ].map((sid): [string, string, string] => [`sid ${JSON.stringify(sid)}`, forge({ sid }), 'token_invalid']),
  ...[undefined, null, '', 'refresh', 'Access', 'id', ['access'], true].map(
    (type): [string, string, string] => [
      `token_type ${JSON.stringify(type)}`,
      forge({ token_type: type }),
      type === undefined ? 'token_invalid' : 'token_wrong_type',
    ],
  ),
  // Well signed, and nobody we could know.
  ...[
    undefined,
    null,
    '',
    'ada',
    '0',
    '-1',
    '01',
    '+7',
    ' 7',
    '7\n',
    '7.0',
    '7e0',
    '0x7',
    7,
    ['7'],
    '9007199254740993',
    '12345678901234567',
  ].map((sub): [string, string, string] => [`sub ${JSON.stringify(sub)}`, forge({ sub }), 'user_not_found']),

  [
    'a signature of zeros',
    `${goodHead}.${goodClaims}.${Buffer.alloc(64).toString('base64url')}`,
    'token_invalid',
  ],
  [
    'a signature in DER',
    `${goodHead}.${goodClaims}.${sign('sha256', Buffer.from(`${goodHead}.${goodClaims}`), ours.privateKey).toString('base64url')}`,
    'token_invalid',
  ],
  ['half a signature', `${goodHead}.${goodClaims}.${goodSignature.slice(0, 43)}`, 'token_invalid'],
  ['a byte too many', `${good}AA`, 'token_invalid'],
  ['no signature', `${goodHead}.${goodClaims}.`, 'token_invalid'],
  ['two parts', `${goodHead}.${goodClaims}`, 'token_invalid'],
  ['four parts', `${good}.${goodSignature}`, 'token_invalid'],
  ['five parts, as if encrypted', `${goodHead}..${goodClaims}.${goodSignature}.`, 'token_invalid'],
  ['two dots in a row', good.replace('.', '..'), 'token_invalid'],
  ['a dot before', `.${good}`, 'token_invalid'],
  ['only dots', '..', 'token_invalid'],
  [
    'other claims under the signature',
    `${goodHead}.${part({ ...CLAIMS, sub: '8' })}.${goodSignature}`,
    'token_invalid',
  ],
  ['a word', 'undefined', 'token_invalid'],
  ['10 kB', forge({ pad: 'x'.repeat(7_500) }), 'token_invalid'],
  ['10 kB of nothing', 'a'.repeat(10_240), 'token_invalid'],
  ...['null', '1', '"text"', '[]', '', '{', '{"exp":'].flatMap((text): [string, string, string][] => [
    [`claims ${text}, well signed`, signEs256(unsigned(HEADER, text)), 'token_invalid'],
    [`header ${text}`, signEs256(unsigned(text, CLAIMS)), 'token_invalid'],
  ]),
];

describe('checking', () => {
  const tokens = engine();

  test.each(PRESENTED)('%s', (_what, token, code) => {
    expect(codeOf(() => tokens.verify(token, NOW))).toBe(code);
  });

  test('a token has one spelling, and no other bits at the end of its signature', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = digits.charAt(digits.indexOf(good.slice(-1)) ^ 1);
    const other = good.slice(0, -1) + last;
    expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(good, 'base64url'));
    for (const spelt of [other, `${good}==`, `${good} `, `${good}\n`])
      expect(codeOf(() => engine().verify(spelt, NOW))).toBe('token_invalid');
  });

  test('passes on the claims, and ignores invalid roles', () => {
    const claims = tokens.verify(good, NOW);
    expect(claims).toEqual({
      jti: CLAIMS.jti,
      iat: CLAIMS.iat,
      exp: CLAIMS.exp,
      userId: 7,
      sessionId: CLAIMS.sid,
      roles: ['admin'],
      scopes: [],
      claimsEpoch: 0,
      rolesEpoch: 0,
      amr: ['pwd'],
      acr: 'aal1',
      authTime: NOW_SECONDS - 100,
      all: CLAIMS,
    });
    for (const [roles, expected] of [
      ['admin', []],
      [undefined, []],
      [{ 0: 'admin' }, []],
      [
        ['a', 1, null, 'b'],
        ['a', 'b'],
      ],
    ])
      expect(tokens.verify(forge({ roles }), NOW).roles).toEqual(expected);
  });

  test('LEEWAY shifts exp, iat and nbf, and no further', () => {
    const lenient = engine({ leeway: '10s' });
    const at = (claims: Json) => codeOf(() => lenient.verify(forge(claims), NOW));
    expect(at({ exp: NOW_SECONDS - 9 })).toBe('accepted');
    expect(at({ exp: NOW_SECONDS - 10 })).toBe('token_expired');
    expect(at({ iat: NOW_SECONDS + 11 })).toBe('accepted');
    expect(at({ iat: NOW_SECONDS + 12 })).toBe('token_invalid');
    expect(at({ nbf: NOW_SECONDS + 10 })).toBe('accepted');
    expect(at({ nbf: NOW_SECONDS + 11 })).toBe('token_invalid');
  });

  test.each<[TokenjarInput, Json, string]>([
    [{ audience: 'api' }, { aud: 'api' }, 'accepted'],
    [{ audience: 'api' }, { aud: ['other', 'api'] }, 'accepted'],
    [{ audience: 'api,web' }, { aud: 'web' }, 'accepted'],
    [{ audience: 'api' }, {}, 'token_invalid'],
    [{ audience: 'api' }, { aud: 'api2' }, 'token_invalid'],
    [{ audience: 'api' }, { aud: [] }, 'token_invalid'],
    [{ audience: 'api' }, { aud: { api: 1 } }, 'token_invalid'],
    [{ audience: 'api' }, { aud: '^api$' }, 'token_invalid'],
    [{}, { aud: 'whatever' }, 'accepted'],
    [{ issuer: '' }, { iss: 'whatever' }, 'accepted'],
    [{ issuer: '' }, { iss: undefined }, 'accepted'],
    [{ issuer: 'https://id.example' }, {}, 'token_invalid'],
    // Signed before the claim had another name.
    [{ userIdClaim: 'user_id' }, {}, 'accepted'],
    [{ userIdClaim: 'user_id' }, { sub: undefined }, 'user_not_found'],
    // Of another issuer that shares the key.
    [{}, { sub: undefined, sid: undefined, user_id: '7' }, 'token_invalid'],
    [{ userIdClaim: 'user_id' }, { user_id: '7', sub: undefined }, 'accepted'],
  ])('%j and %j: %s', (settings, claims, code) => {
    expect(codeOf(() => engine(settings).verify(forge(claims), NOW))).toBe(code);
  });
});

describe('over HTTP', () => {
  let database: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    database = await createDatabase();
    app = await startApp({ signingKey: pem(ours.privateKey) }, database);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function withApp(settings: TokenjarInput, use: (app: TestApp) => Promise<void>): Promise<void> {
    const other = await startApp(settings, database);
    try {
      await use(other);
    } finally {
      await other.close();
    }
  }

  const present = (authorization: string, server = app) =>
    server.browser().get('/auth/session', { headers: { authorization } });

  test.each(PRESENTED)('%s', async (_what, token, code) => {
    const { status, body } = await present(`Bearer ${token}`);
    expect([status, body.code ?? 'accepted']).toEqual([code === 'accepted' ? 200 : 401, code]);
  });

  test('refuses a refresh token', async () => {
    const cookie = await (await app.signedUp()).refreshCookie();
    const { status, body } = await present(`Bearer ${cookie}`);
    expect([status, body.code]).toEqual([401, 'token_wrong_type']);
  });

  test.each([
    ['Bearer', 'bad_authorization_header'],
    ['Bearer ', 'bad_authorization_header'],
    ['Bearer a b', 'bad_authorization_header'],
    [`Bearer ${good}, Bearer ${good}`, 'bad_authorization_header'],
    ['Basic dXNlcjpwYXNzd29yZA==', 'access_missing'],
    [good, 'access_missing'],
    ['', 'access_missing'],
    ['"Bearer" a', 'access_missing'],
  ])('Authorization: %s', async (authorization, code) => {
    const { status, body } = await present(authorization);
    expect([status, body.code]).toEqual([401, code]);
  });

  test('AUTH_HEADER_TYPES names the schemes, case-insensitively', () =>
    withApp({ signingKey: pem(ours.privateKey), authHeaderTypes: 'JWT,Bearer' }, async (server) => {
      for (const scheme of ['JWT', 'jwt', 'Bearer', 'bEARER']) {
        const { status } = await present(`${scheme} ${good}`, server);
        expect([scheme, status]).toEqual([scheme, 200]);
      }
      const refused = await present(`Token ${good}`, server);
      expect([refused.status, refused.body.code]).toEqual([401, 'access_missing']);
      expect(refused.headers.get('www-authenticate')).toBe('JWT');
      const user = await server.signedUp();
      const login = await user.refresh();
      expect([login.status, login.body.token_type]).toEqual([200, 'JWT']);
    }));

  test.each<[TokenjarInput, Json, string[]]>([
    [{ issuer: '' }, { sub: expect.any(String) }, ['iss', 'aud']],
    [{ audience: 'api' }, { aud: 'api', iss: 'tokenjar' }, []],
    [{ audience: ['api', 'web'] }, { aud: ['api', 'web'] }, []],
    [{ userIdClaim: 'user_id' }, { user_id: expect.any(String) }, ['sub', 'aud']],
  ])('%j adds and requires %j', (settings, claims, absent) =>
    withApp({ signingKey: pem(ours.privateKey), ...settings }, async (server) => {
      const { accessToken = '' } = await server.signedUp();
      expect(readPart(accessToken, 1)).toMatchObject(claims);
      expect(Object.keys(readPart(accessToken, 1)).filter((claim) => absent.includes(claim))).toEqual([]);
      expect((await present(`Bearer ${accessToken}`, server)).status).toBe(200);
    }),
  );

  describe('ALGORITHM', () => {
    // A server with keys signs with them until the new one is published: test/flows/keys-rotate.test.ts.
    beforeEach(() => app.sql('DELETE FROM tokenjar.signing_keys'));

    test.each(['ES256', 'ES384', 'ES512', 'RS256', 'PS256'] as const)(
      '%s: anybody verifies offline with the published key',
      (algorithm) =>
        withApp({ algorithm }, async (server) => {
          const { accessToken = '' } = await server.signedUp();
          expect((await present(`Bearer ${accessToken}`, server)).status).toBe(200);

          const { body, headers } = await server.browser().get('/.well-known/jwks.json');
          const keys = body.keys as JsonWebKey[];
          const header = readPart(accessToken, 0);
          const jwk = keys.find((key) => key.kid === header.kid);
          expect(header).toEqual({
            typ: 'at+jwt',
            alg: algorithm,
            kid: expect.stringMatching(/^[\w-]{43}$/),
          });
          expect(jwk).toMatchObject({ alg: algorithm, use: 'sig' });
          expect(keys.flatMap(Object.keys)).not.toContain('d');
          expect(headers.get('cache-control')).toBe('public, max-age=300');
          expect(isSignedBy(accessToken, jwk ?? {}, algorithm)).toBe(true);
          expect(isSignedBy(accessToken.replace('.', '.a'), jwk ?? {}, algorithm)).toBe(false);
        }),
    );

    test.each(['HS256', 'HS384', 'HS512'] as const)('%s: publishes no key', (algorithm) =>
      withApp({ algorithm }, async (server) => {
        const { accessToken = '' } = await server.signedUp();
        expect(readPart(accessToken, 0)).toEqual({ typ: 'at+jwt', alg: algorithm });
        expect((await present(`Bearer ${accessToken}`, server)).status).toBe(200);
        const { keys } = (await server.browser().get('/.well-known/jwks.json')).body as unknown as {
          keys: { kty: string; alg: string }[];
        };
        expect(keys.filter(({ kty, alg }) => kty === 'oct' || alg.startsWith('HS'))).toEqual([]);
        // Not SECRET_KEY itself: what it signs elsewhere is no token of ours.
        const claims = readPart(accessToken, 1);
        const text = unsigned({ typ: 'at+jwt', alg: algorithm }, claims);
        const bits = Number(algorithm.slice(2));
        expect((await present(`Bearer ${hmac(text, SECRET_KEY, bits)}`, server)).body.code).toBe(
          'token_invalid',
        );
      }),
    );

    test('accepts a token of the former algorithm after a change', async () => {
      let before = '';
      await withApp({ algorithm: 'ES256' }, async (server) => {
        before = (await server.signedUp()).accessToken ?? '';
      });
      await withApp({ algorithm: 'ES384' }, async (server) => {
        expect((await present(`Bearer ${before}`, server)).status).toBe(200);
      });
    });
  });

  describe('SIGNING_KEY', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tokenjar-keys-'));
    afterAll(() => rmSync(directory, { recursive: true }));
    const file = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const privateJwk = JSON.stringify(ours.privateKey.export({ format: 'jwk' }));
    const publicJwk = JSON.stringify(ours.publicKey.export({ format: 'jwk' }));
    const jwkWith = (more: JsonWebKey) =>
      JSON.stringify({ ...ours.privateKey.export({ format: 'jwk' }), ...more });
    const theirPublicHalf = theirs.publicKey.export({ format: 'jwk' });
    const smallExponent = pem(
      generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
    );

    test.each([
      ['PEM', pem(ours.privateKey), pem(ours.publicKey)],
      ['PEM on one line', pem(ours.privateKey).replaceAll('\n', '\\n'), undefined],
      ['SEC1 PEM', ours.privateKey.export({ format: 'pem', type: 'sec1' }).toString(), undefined],
      ['JWK', privateJwk, publicJwk],
      ['path of a PEM', file('private.pem', pem(ours.privateKey)), file('public.pem', pem(ours.publicKey))],
      ['path of a JWK', file('private.json', privateJwk), file('public.json', publicJwk)],
    ])('%s', (_form, signingKey, verifyingKey) =>
      withApp({ signingKey, verifyingKey }, async (server) => {
        expect((await present(`Bearer ${good}`, server)).status).toBe(200);
        const { accessToken = '' } = await server.signedUp();
        expect(isSignedBy(accessToken, ours.publicKey.export({ format: 'jwk' }), 'ES256')).toBe(true);
        const { body } = await server.browser().get('/.well-known/jwks.json');
        expect(body.keys).toEqual([
          { ...ours.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
        ]);
      }),
    );

    test('of HS256 is the secret itself', () =>
      withApp({ algorithm: 'HS256', signingKey: SECRET_KEY }, async (server) => {
        const token = hmac(unsigned({ typ: 'at+jwt', alg: 'HS256' }, CLAIMS), SECRET_KEY);
        expect((await present(`Bearer ${token}`, server)).status).toBe(200);
      }));

    test('a JWK may contain its purpose', () =>
      withApp({ signingKey: jwkWith({ use: 'sig', key_ops: ['sign'], alg: 'ES256' }) }, async (server) => {
        expect((await present(`Bearer ${good}`, server)).status).toBe(200);
      }));

    const rsa = (modulusLength: number) => pem(generateKeyPairSync('rsa', { modulusLength }).privateKey);
    test.each<[string, TokenjarInput, RegExp]>([
      ['of another curve', { signingKey: pem(ours.privateKey), algorithm: 'ES384' }, /^SIGNING_KEY: /],
      ['of another kind', { signingKey: pem(ours.privateKey), algorithm: 'RS256' }, /^SIGNING_KEY: /],
      ['RSA for ES256', { signingKey: rsa(2048) }, /^SIGNING_KEY: /],
      ['too short an RSA key', { signingKey: rsa(1024), algorithm: 'RS256' }, /^SIGNING_KEY: /],
      ['too short a secret', { signingKey: 'x'.repeat(31), algorithm: 'HS256' }, /^SIGNING_KEY: .*32 bytes/],
      ['too short a secret for HS512', { signingKey: 'x'.repeat(63), algorithm: 'HS512' }, /64 bytes/],
      [
        'an RSA key of too small an exponent',
        { signingKey: smallExponent, algorithm: 'RS256' },
        /^SIGNING_KEY: /,
      ],
      ['a public key as a secret', { signingKey: pem(ours.publicKey), algorithm: 'HS256' }, /^SIGNING_KEY: /],
      ['a public JWK as a secret', { signingKey: publicJwk, algorithm: 'HS256' }, /^SIGNING_KEY: /],
      ['a JWK for encryption', { signingKey: jwkWith({ use: 'enc' }) }, /^SIGNING_KEY: /],
      ['a JWK for agreeing on keys', { signingKey: jwkWith({ key_ops: ['deriveKey'] }) }, /^SIGNING_KEY: /],
      ['a JWK for another algorithm', { signingKey: jwkWith({ alg: 'ECDH-ES' }) }, /^SIGNING_KEY: /],
      ['a JWK made of two keys', { signingKey: jwkWith(theirPublicHalf) }, /^SIGNING_KEY: /],
      ['a public key', { signingKey: pem(ours.publicKey) }, /^SIGNING_KEY: /],
      ['a public JWK', { signingKey: publicJwk }, /^SIGNING_KEY: /],
      ['no key', { signingKey: '{"kty":"EC"}' }, /^SIGNING_KEY: /],
      ['no JSON', { signingKey: '{' }, /^SIGNING_KEY: /],
      ['no file', { signingKey: join(directory, 'nowhere.pem') }, /^SIGNING_KEY: /],
      ['a directory', { signingKey: directory }, /^SIGNING_KEY: /],
      [
        'halves that do not fit',
        { signingKey: pem(ours.privateKey), verifyingKey: pem(theirs.publicKey) },
        /^VERIFYING_KEY: /,
      ],
      [
        'a public half that is none',
        { signingKey: pem(ours.privateKey), verifyingKey: '{}' },
        /^VERIFYING_KEY: /,
      ],
      ['only a public half', { verifyingKey: pem(ours.publicKey) }, /^VERIFYING_KEY: /],
    ])('refuses %s at startup, without showing it', (_what, settings, sentence) => {
      let refusal: unknown;
      try {
        readOwnKey(parseOptions({ secretKey: SECRET_KEY, ...settings }));
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(SettingsError);
      expect((refusal as Error).message).toMatch(sentence);
      expect((refusal as Error).message).not.toContain('x'.repeat(31));
      expect((refusal as Error).message).not.toContain('BEGIN');
    });
  });
});

/** Checks a token with nothing but node:crypto and a JWK, as another service would. */
function isSignedBy(token: string, jwk: JsonWebKey, algorithm: string): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.');
  return verify(
    `sha${algorithm.slice(2)}`,
    Buffer.from(`${head}.${claims}`),
    {
      key: createPublicKey({ key: jwk, format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
      ...(algorithm.startsWith('PS') && {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
    },
    Buffer.from(signature, 'base64url'),
  );
}
