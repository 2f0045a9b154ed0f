import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPublicKey, createSecretKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { type Json, pem, readPart } from '../support/jwt.js';
import { isLong } from '../support/long.js';
import type { Attack, Target } from './attack.js';
import { wrongClaims } from './claims.js';
import { brokenSignatures, otherForms, otherSpellings } from './encodings.js';
import { broughtKeys, confusedAlgorithms, otherTokens, withoutSignature } from './keys.js';

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ACCESS_SECRET = 'the secret of the access tokens of these tests';
const ELSEWHERE = 'the secret of another instance of the same software';
const derived = (purpose: string) =>
  createSecretKey(Buffer.from(hkdfSync('sha256', SECRET_KEY, '', purpose, 32)));
const text = (secret: string) => createSecretKey(Buffer.from(secret));

interface Server {
  name: string;
  settings: TokenjarInput;
  algorithm: string;
  /** The keys of the two kinds of token, known here because they are set, or derived as DESIGN says. */
  accessKey: KeyObject;
  refreshKey: KeyObject;
}

const REFRESH_KEY = derived('tokenjar refresh token v1');
const SERVERS: Server[] = [
  {
    name: 'standard, ES256',
    settings: { signingKey: pem(EC) },
    algorithm: 'ES256',
    accessKey: EC,
    refreshKey: REFRESH_KEY,
  },
  {
    name: 'standard, RS256, with an audience',
    settings: { algorithm: 'RS256', signingKey: pem(RSA), audience: 'api' },
    algorithm: 'RS256',
    accessKey: RSA,
    refreshKey: REFRESH_KEY,
  },
  {
    name: 'standard, HS256',
    settings: { algorithm: 'HS256', signingKey: ACCESS_SECRET },
    algorithm: 'HS256',
    accessKey: text(ACCESS_SECRET),
    refreshKey: REFRESH_KEY,
  },
  {
    name: 'django, HS256',
    settings: { dialect: 'django' },
    algorithm: 'HS256',
    accessKey: text(SECRET_KEY),
    refreshKey: text(SECRET_KEY),
  },
];

/** Where a token is presented: which kinds are meant for it, and how it travels. */
interface Door {
  name: string;
  kinds: Target['kind'][];
  differs?: 'verify' | 'blacklist';
  present(app: TestApp, token: string, isDjango: boolean): Promise<Answer>;
  canCarry(attack: Attack, isDjango: boolean): boolean;
}

const isForHeader = ({ token }: Attack) => /^[\x21-\x7e]+$/.test(token);
/** In a body Django cuts off blanks, and an empty or overlong text is refused as a text and not as a token. */
const isForBody = ({ token, isPadded }: Attack, isDjango: boolean) =>
  token.length > 0 && token.length <= 8192 && !token.includes('\0') && !(isPadded && isDjango);
const DOORS: Door[] = [
  {
    name: 'GET /auth/session',
    kinds: ['access'],
    present: (app, token) =>
      app.browser().get('/auth/session', { headers: { authorization: `Bearer ${token}` } }),
    canCarry: isForHeader,
  },
  {
    name: 'POST /auth/token/verify',
    kinds: ['access', 'refresh'],
    differs: 'verify',
    present: (app, token) => app.browser().post('/auth/token/verify', { token }),
    canCarry: isForBody,
  },
  {
    name: 'POST /auth/token/refresh',
    kinds: ['refresh'],
    present: (app, token) =>
      app.browser().post('/auth/token/refresh', undefined, { cookie: `refresh_token=${token}` }),
    canCarry: (attack) => isForHeader(attack) && !attack.token.includes(';'),
  },
  {
    name: 'POST /auth/token/blacklist',
    kinds: ['refresh'],
    differs: 'blacklist',
    present: (app, token, isDjango) =>
      app.browser().post('/auth/token/blacklist', isDjango ? { refresh: token } : { refresh_token: token }),
    // One that is good ends its session: that is tried last, and on its own.
    canCarry: (attack, isDjango) => attack.code !== 'accepted' && isForBody(attack, isDjango),
  },
];

describe.each(SERVERS)('$name', (server) => {
  const isDjango = server.settings.dialect === 'django';
  let app: TestApp;
  let user: Browser;
  let attacks: Record<Target['kind'], Attack[]>;

  beforeAll(async () => {
    app = await startApp(server.settings);
    const isShared = server.algorithm === 'HS256';
    const elsewhere = await startApp({
      ...server.settings,
      secretKey: ELSEWHERE,
      signingKey: isShared && isDjango ? undefined : foreignKeyFor(server.algorithm),
    });
    user = app.browser();
    const own = await register(user, isDjango);
    const foreign = await register(elsewhere.browser(), isDjango);
    await elsewhere.close();
    const published = publishedBy(server.accessKey, readPart(own.access, 0).kid);
    const targetOf = (kind: Target['kind']): Target => ({
      kind,
      format: isDjango ? 'simplejwt' : 'standard',
      algorithm: kind === 'access' ? server.algorithm : 'HS256',
      key: kind === 'access' ? server.accessKey : server.refreshKey,
      token: own[kind],
      sibling: own[kind === 'access' ? 'refresh' : 'access'],
      foreign: foreign[kind],
      published,
      hasAudience: kind === 'access' && server.settings.audience !== undefined,
    });
    attacks = { access: attacksOn(targetOf('access')), refresh: attacksOn(targetOf('refresh')) };
  });
  afterAll(() => app.close());

  describe.each(DOORS.map((door, nth) => ({ ...door, nth })))('$name', (door) => {
    test.each(door.kinds)('treats every %s token as expected', async (kind) => {
      const all = attacks[kind].filter((attack) => door.canCarry(attack, isDjango));
      expect(all.length).toBeGreaterThan(350);
      // All of them at every door are the long form; each is presented at one of three.
      const presentable = isLong ? all : all.filter((_, i) => i % 3 === door.nth % 3);
      const wrong: object[] = [];
      for (const { what, token, ...attack } of presentable) {
        const code = (door.differs && attack.at?.[door.differs]) ?? attack.code;
        const answer = await door.present(app, token, isDjango);
        const said = { code: codeIn(answer), isSet: isSet(answer) };
        if (said.code !== code || said.isSet) wrong.push({ what, code, said, text: answer.text });
      }
      expect(wrong).toEqual([]);
    });
  });

  test('no session was ended or opened by them', async () => {
    expect(await app.sql('SELECT id FROM tokenjar.blacklist')).toEqual([]);
    expect(await app.sql('SELECT id FROM tokenjar.sessions')).toHaveLength(1);
    expect((await user.post('/auth/token/refresh')).status).toBe(200);
  });

  test('the genuine token does end the session', async () => {
    const token = (await user.refreshCookie()) ?? '';
    const blacklist = DOORS.at(-1);
    expect((await blacklist?.present(app, token, isDjango))?.status).toBe(isDjango ? 200 : 204);
    expect(await app.sql('SELECT id FROM tokenjar.sessions')).toEqual([]);
  });
});

function attacksOn(target: Target): Attack[] {
  return [
    ...wrongClaims(target),
    ...withoutSignature(target),
    ...confusedAlgorithms(target),
    ...broughtKeys(target),
    ...brokenSignatures(target),
    ...otherSpellings(target),
    ...otherForms(target),
    ...otherTokens(target),
  ];
}

async function register(browser: Browser, isDjango: boolean): Promise<Record<Target['kind'], string>> {
  const passwords = isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
  const { body } = await browser.post('/auth/registration', { email: uniqueEmail(), ...passwords });
  const access = String(body.access_token ?? body.access);
  return { access, refresh: (await browser.refreshCookie()) ?? '' };
}

function foreignKeyFor(algorithm: string): string {
  if (algorithm === 'HS256') return ELSEWHERE;
  return pem(
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  );
}

function publishedBy(key: KeyObject, kid: unknown): Target['published'] {
  if (key.type === 'secret') return undefined;
  const publicKey = createPublicKey(key);
  return { key: publicKey, jwk: { ...(publicKey.export({ format: 'jwk' }) as Json), kid, use: 'sig' } };
}

/** What the dialects of simplejwt say, in our codes. */
const DJANGO_TEXTS: Readonly<Record<string, string>> = {
  'Token is invalid': 'token_invalid',
  "Token has no 'exp' claim": 'token_invalid',
  'Token has no id': 'token_invalid',
  'Token has no type': 'token_invalid',
  'Token is expired': 'token_expired',
  'Token has wrong type': 'token_wrong_type',
  'User not found': 'user_not_found',
  'Token contained no recognizable user identification': 'user_not_found',
  'No active account found for the given token.': 'user_not_found',
};

function codeIn({ status, body }: Answer): string {
  if (status === 200) return 'accepted';
  if (status !== 401) return String(status);
  if (typeof body.code === 'string' && body.detail !== undefined && 'type' in body) return body.code;
  const [message] = (body.messages ?? []) as { message: string }[];
  return DJANGO_TEXTS[message?.message ?? String(body.detail)] ?? String(body.detail);
}

/** Whether an answer hands out a refresh token; to clear the cookie is another thing. */
const isSet = ({ setCookie }: Answer): boolean => setCookie.some((line) => !/^refresh_token=;/.test(line));
