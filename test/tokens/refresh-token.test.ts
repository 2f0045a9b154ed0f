import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSecretKey, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { type RefreshSubject, RefreshTokens } from '../../src/tokens/refresh-token.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { attributesOf } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { codeOf, hmac as hmacUnder, type Json, part, signed, unsigned } from '../support/jwt.js';
import { tokenUsers } from '../support/token-users.js';

/** The key of the server under test, derived as DESIGN says and not by the code under test. */
const KEY = Buffer.from(hkdfSync('sha256', SECRET_KEY, '', 'tokenjar refresh token v1', 32));
const NOW = new TestClock().now();
const NOW_SECONDS = Math.floor(NOW.getTime() / 1000);
const HEADER = { alg: 'HS256', typ: 'JWT' };
const CLAIMS = {
  sub: '7',
  jti: '00112233445566778899aabbccddeeff',
  gen: 3,
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 1_209_600,
  token_type: 'refresh',
};
const SUBJECT: RefreshSubject = {
  userId: 7,
  lookupId: CLAIMS.jti,
  generation: 3,
  issuedAt: CLAIMS.iat,
  expiresAt: CLAIMS.exp,
};

const hmac = (text: string, key: Buffer | string = KEY, bits = 256) => hmacUnder(text, key, bits);
const forge = (claims: Json = {}, header: Json = {}, key: Buffer | string = KEY) =>
  hmac(unsigned({ ...HEADER, ...header }, { ...CLAIMS, ...claims }), key);

const engine = (key: Buffer = KEY, leeway = 0) =>
  new RefreshTokens(
    new JwtService({}),
    { key: createSecretKey(key), algorithm: 'HS256' },
    { leeway, userIdClaim: 'sub', tokenFormat: 'standard' },
    tokenUsers(),
  );

test('reads a token signed before USER_ID_CLAIM was changed', () => {
  const former = hmac(unsigned(HEADER, { ...CLAIMS, sub: undefined, account: '7' }));
  expect(engine().verify(former, NOW)).toEqual(SUBJECT);
});

describe('determinism', () => {
  test('the same row gives the same bytes, at any time and instance', () => {
    expect(engine().encode(SUBJECT)).toBe(engine().encode({ ...SUBJECT }));
  });

  test('the format is stable: issued cookies must stay repeatable', () => {
    const key = Buffer.alloc(32, 1);
    const pinned =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.' +
      Buffer.from(
        '{"sub":"7","jti":"00112233445566778899aabbccddeeff","gen":3,"iat":1772366400,"exp":1773576000,"token_type":"refresh"}',
      ).toString('base64url');
    expect(engine(key).encode(SUBJECT)).toBe(hmac(pinned, key));
  });

  test.each<Partial<RefreshSubject>>([
    { userId: 8 },
    { lookupId: 'f'.repeat(32) },
    { generation: 4 },
    { issuedAt: CLAIMS.iat + 1 },
    { expiresAt: CLAIMS.exp + 1 },
  ])('%j gives other bytes', (change) => {
    expect(engine().encode({ ...SUBJECT, ...change })).not.toBe(engine().encode(SUBJECT));
  });

  test('contains its values', () => {
    expect(engine().verify(engine().encode(SUBJECT), NOW)).toEqual(SUBJECT);
    expect(engine().identify(engine().encode(SUBJECT))).toEqual(SUBJECT);
  });
});

const good = forge();
const [head = '', claims = '', signature = ''] = good.split('.');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bySecretItself = forge({}, {}, SECRET_KEY);
const byAccessKey = forge(
  {},
  {},
  Buffer.from(hkdfSync('sha256', SECRET_KEY, '', 'tokenjar access token v1', 32)),
);

/** Tokens that no session can be behind: what the engine says of them, and so does every endpoint. */
const REFUSED: [what: string, token: string, code: string][] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): [string, string, string][] => [
    [`alg ${alg}, unsigned`, `${unsigned({ ...HEADER, alg }, CLAIMS)}.`, 'token_invalid'],
    [`alg ${alg}, signed`, forge({}, { alg }), 'token_invalid'],
  ]),
  ['HS384 under our key', hmac(unsigned({ ...HEADER, alg: 'HS384' }, CLAIMS), KEY, 384), 'token_invalid'],
  ['HS512 under our key', hmac(unsigned({ ...HEADER, alg: 'HS512' }, CLAIMS), KEY, 512), 'token_invalid'],
  ['HS384 in name', forge({}, { alg: 'HS384' }), 'token_invalid'],
  ['hs256', forge({}, { alg: 'hs256' }), 'token_invalid'],
  [
    'ES256 by a key of the caller',
    signed(
      unsigned({ ...HEADER, alg: 'ES256', jwk: pair.publicKey.export({ format: 'jwk' }) }, CLAIMS),
      'ES256',
      pair.privateKey,
    ),
    'token_invalid',
  ],
  ['under SECRET_KEY itself', bySecretItself, 'token_invalid'],
  ['under the key of another purpose', byAccessKey, 'token_invalid'],
  ['under no key', forge({}, {}, ''), 'token_invalid'],
  ['under zeros', forge({}, {}, Buffer.alloc(32)), 'token_invalid'],
  [
    'under a key it brings along',
    forge({}, { jwk: { kty: 'oct', k: Buffer.alloc(32).toString('base64url') } }, Buffer.alloc(32)),
    'token_invalid',
  ],
  ['crit', forge({}, { crit: ['b64'], b64: true }), 'token_invalid'],
  ['typ at+jwt', forge({}, { typ: 'at+jwt' }), 'token_invalid'],
  ['no typ', forge({}, { typ: undefined }), 'token_invalid'],
  ['kid that is no text', forge({}, { kid: { a: 1 } }), 'token_invalid'],

  ...[undefined, null, 'soon', NOW_SECONDS + 0.5, -1, 1e300, 253_402_300_800].map(
    (exp): [string, string, string] => [`exp ${JSON.stringify(exp)}`, forge({ exp }), 'token_invalid'],
  ),
  ['expired just now', forge({ exp: NOW_SECONDS }), 'token_expired'],
  ['expired long ago', forge({ exp: 1 }), 'token_expired'],
  ...[undefined, null, 'now', NOW_SECONDS + 0.5, -1, NOW_SECONDS + 601].map(
    (iat): [string, string, string] => [`iat ${JSON.stringify(iat)}`, forge({ iat }), 'token_invalid'],
  ),
  ['nbf ahead', forge({ nbf: NOW_SECONDS + 5 }), 'token_invalid'],
  ...[undefined, 'access', 'Refresh', ['refresh']].map((type): [string, string, string] => [
    `token_type ${JSON.stringify(type)}`,
    forge({ token_type: type }),
    type === undefined ? 'token_invalid' : 'token_wrong_type',
  ]),
  ...[
    undefined,
    '',
    'x',
    1,
    CLAIMS.jti.toUpperCase(),
    CLAIMS.jti.slice(1),
    `${CLAIMS.jti}0`,
    `${CLAIMS.jti}\n`,
    "' OR 1=1 --",
  ].map((jti): [string, string, string] => [`jti ${JSON.stringify(jti)}`, forge({ jti }), 'token_invalid']),
  ...[undefined, null, '', 7, '0', '-7', '07', '7.0', '7e1', 'ada', '9007199254740993'].map(
    (sub): [string, string, string] => [`sub ${JSON.stringify(sub)}`, forge({ sub }), 'token_invalid'],
  ),
  // 2³¹ − 1 is the last number of the column, and the successor needs one.
  ...[undefined, null, '3', 0, -1, 1.5, 1e300, [3], true, 2 ** 31 - 1, 2 ** 31, 2 ** 53].map(
    (gen): [string, string, string] => [`gen ${JSON.stringify(gen)}`, forge({ gen }), 'token_invalid'],
  ),
  [
    'other claims under the signature',
    `${head}.${part({ ...CLAIMS, sub: '8' })}.${signature}`,
    'token_invalid',
  ],
  ['no signature', `${head}.${claims}.`, 'token_invalid'],
  ['half a signature', `${head}.${claims}.${signature.slice(0, 20)}`, 'token_invalid'],
  ['zeros', `${head}.${claims}.${Buffer.alloc(32).toString('base64url')}`, 'token_invalid'],
  ['two parts', `${head}.${claims}`, 'token_invalid'],
  ['four parts', `${good}.${signature}`, 'token_invalid'],
  ['two dots', good.replace('.', '..'), 'token_invalid'],
  ['10 kB', forge({ pad: 'x'.repeat(7_500) }), 'token_invalid'],
  ['a word', 'undefined', 'token_invalid'],
  ...['null', '1', '"text"', '[]', '{'].map((text): [string, string, string] => [
    `claims ${text}`,
    hmac(unsigned(HEADER, text)),
    'token_invalid',
  ]),
];

describe('checking', () => {
  test('accepts one built by hand', () => {
    expect(engine().verify(good, NOW)).toEqual(SUBJECT);
  });

  test.each(REFUSED)('%s', (_what, token, code) => {
    expect(codeOf(() => engine().verify(token, NOW))).toBe(code);
  });

  test('LEEWAY shifts the expiry', () => {
    const at = (exp: number) => codeOf(() => engine(KEY, 10).verify(forge({ exp }), NOW));
    expect([at(NOW_SECONDS - 9), at(NOW_SECONDS - 10)]).toEqual(['accepted', 'token_expired']);
  });

  test('identifies an expired one, but not an access token or a forgery', () => {
    expect(engine().identify(forge({ exp: 1, iat: 1 }))).toMatchObject({ lookupId: CLAIMS.jti });
    expect(codeOf(() => engine().identify(forge({ token_type: 'access' })))).toBe('token_wrong_type');
    expect(codeOf(() => engine().identify(forge({}, {}, 'another key')))).toBe('token_invalid');
    expect(codeOf(() => engine().identify(forge({ exp: 'soon' })))).toBe('token_invalid');
    expect(codeOf(() => engine().identify(forge({ jti: 7 })))).toBe('token_invalid');
  });
});

describe('over HTTP', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  // A cookie cannot hold every byte; what cannot travel need not be refused.
  const presentable = REFUSED.filter(([, token]) => token.length < 8_000);

  /** Well-formed JWTs that are not signed as ours are: they may be another app's, whose cookie is left alone. */
  const FOREIGN = new Set([
    'alg none, signed',
    'alg None, signed',
    'alg NONE, signed',
    'alg nOnE, signed',
    'alg , signed',
    'HS384 under our key',
    'HS512 under our key',
    'HS384 in name',
    'hs256',
    'ES256 by a key of the caller',
    'under SECRET_KEY itself',
    'under the key of another purpose',
    'under no key',
    'under zeros',
    'under a key it brings along',
    'typ at+jwt',
    'no typ',
    'other claims under the signature',
    'half a signature',
    'zeros',
  ]);

  test.each(presentable)('refresh refuses: %s', async (what, token, code) => {
    const cookie = `refresh_token=${token}`;
    const { status, body, setCookie } = await app
      .browser()
      .post('/auth/token/refresh', undefined, { cookie });
    expect([status, body.code]).toEqual([401, code]);
    if (FOREIGN.has(what)) expect(setCookie).toEqual([]);
    else expect(attributesOf(setCookie[0] ?? '')).toMatchObject({ name: 'refresh_token', 'max-age': '0' });
  });

  test('the server sets exactly what its row says', async () => {
    const user = await app.signedUp();
    const [row] = await app.sql<{ lookup_id: string; user_id: number }>(
      'SELECT s.lookup_id, s.user_id FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE email = $1',
      [user.email],
    );
    const expected = {
      sub: String(row?.user_id),
      jti: row?.lookup_id.replaceAll('-', ''),
      gen: 1,
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 1_209_600,
      token_type: 'refresh',
    };
    expect(await user.refreshCookie()).toBe(hmac(unsigned(HEADER, expected)));
  });

  test('treats a valid token of an unknown session as ended', async () => {
    const { status, body } = await app
      .browser()
      .post('/auth/token/refresh', undefined, { cookie: `refresh_token=${good}` });
    // Nor was its user.
    expect([status, body.code]).toEqual([401, 'user_not_found']);
  });

  test('refuses an access token, live or expired', async () => {
    const { accessToken } = await app.signedUp();
    const present = () =>
      app.browser().post('/auth/token/refresh', undefined, { cookie: `refresh_token=${accessToken}` });
    const alive = await present();
    expect([alive.status, alive.body.code]).toEqual([401, 'token_wrong_type']);
    app.clock.pastAccessToken();
    const dead = await present();
    expect([dead.status, dead.body.code]).toEqual([401, 'token_wrong_type']);
  });

  describe("a token that names another user than its session's owner changes nothing", () => {
    const cookieOf = (token: string) => ({ cookie: `refresh_token=${token}` });
    test.each<[string, number, (token: string) => Promise<{ status: number; body: Json }>, unknown[]]>([
      ['refresh, young', 0, (t) => present('/auth/token/refresh', cookieOf(t)), [401, 'user_not_found']],
      ['refresh, due', 121, (t) => present('/auth/token/refresh', cookieOf(t)), [401, 'user_not_found']],
      ['verify', 0, (t) => present('/auth/token/verify', {}, { token: t }), [401, 'user_not_found']],
      ['blacklist', 0, (t) => present('/auth/token/blacklist', cookieOf(t)), [401, 'token_blacklisted']],
      ['logout', 0, (t) => present('/auth/logout', cookieOf(t)), [204, undefined]],
    ])('%s', async (_, age, ask, expected) => {
      const [mallory, ada] = [await app.signedUp(), await app.signedUp()];
      const row = () =>
        app.sql<{ lookup_id: string; generation: number; rotated_at: Date }>(
          'SELECT s.* FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE email = $1',
          [mallory.email],
        );
      const [victim] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [
        ada.email,
      ]);
      const before = await row();
      const iat = Math.floor(app.clock.now().getTime() / 1000);
      const jti = before[0]?.lookup_id.replaceAll('-', '');
      const token = forge({ sub: String(victim?.id), jti, gen: 1, iat, exp: iat + 1_209_600 });
      app.clock.advance(age);
      const { status, body } = await ask(token);
      expect([status, status === 204 ? undefined : body.code]).toEqual(expected);
      expect(await row()).toEqual(before);
    });

    const present = (path: string, headers: Record<string, string>, body?: Json) =>
      app.browser().post(path, body, headers);
  });
});

describe('our own tokens are recognised by their bytes', () => {
  /** Refuses whatever it is asked: what is let in, was not left to it. */
  class Refusing extends JwtService {
    override verify(): never {
      throw new Error('jsonwebtoken was asked');
    }
  }
  const byBytes = (text: string, key: Buffer = KEY) =>
    new RefreshTokens(
      new Refusing(),
      { key: createSecretKey(key), algorithm: 'HS256' },
      { leeway: 0, userIdClaim: 'sub', tokenFormat: 'standard' },
      tokenUsers(),
    ).verify(text, NOW);
  const token = engine().encode(SUBJECT);

  test('the token as issued', () => {
    expect(byBytes(token)).toEqual(SUBJECT);
  });

  test.each([
    ['another signature', (t: string) => `${t.slice(0, -2)}${t.endsWith('AA') ? 'BB' : 'AA'}`],
    ['no signature', (t: string) => t.slice(0, t.lastIndexOf('.') + 1)],
    ['a shorter one', (t: string) => t.slice(0, -1)],
    ['a longer one', (t: string) => `${t}A`],
    ['padding', (t: string) => `${t}=`],
    ['other claims under it', (t: string) => t.replace(/\.[^.]+\./, `.${part({ ...CLAIMS, gen: 4 })}.`)],
    ['another header', (t: string) => t.replace(/^[^.]+/, part({ alg: 'none', typ: 'JWT' }))],
    ['nothing', () => ''],
    ['no dot', () => 'junk'],
    ['two dots', () => '..'],
  ])('%s: is left to the full check, which refuses it too', (_, change) => {
    expect(codeOf(() => byBytes(change(token)))).toBe('token_invalid');
    expect(codeOf(() => engine().verify(change(token), NOW))).toBe('token_invalid');
  });

  test('a token of another key is left to the full check, which knows former keys', () => {
    const [former, current] = [Buffer.alloc(32, 9), KEY];
    const signedBefore = forge({}, {}, former);
    expect(codeOf(() => byBytes(signedBefore))).toBe('token_invalid');
    const both = new RefreshTokens(
      new JwtService({}),
      { key: createSecretKey(current), algorithm: 'HS256' },
      { leeway: 0, userIdClaim: 'sub', tokenFormat: 'standard' },
      tokenUsers(),
      [{ key: createSecretKey(former), algorithm: 'HS256' }],
    );
    expect(both.verify(signedBefore, NOW)).toEqual(SUBJECT);
  });

  test('matching bytes do not excuse invalid claims', () => {
    expect(codeOf(() => engine().verify(token, new Date(CLAIMS.exp * 1000)))).toBe('token_expired');
    expect(codeOf(() => byBytes(forge({ token_type: 'access' })))).toBe('token_wrong_type');
    expect(codeOf(() => byBytes(forge({ gen: 0 })))).toBe('token_invalid');
  });
});
