import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../../src/config/env.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Apple, APPLE_CLIENT, type AppleUser } from '../support/apple.js';
import type { Answer, Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { enterCode, withTotp } from '../support/factors.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { FRONTEND_URL, identitiesOf, PUBLIC_URL } from '../support/providers.js';
import type { MailServer } from '../support/smtp.js';
import { idToken, newKey, type StandIn, startStandIn } from '../support/stand-in-provider.js';

const BUNDLE = 'com.example.app';
const RETURN_TO = 'com.example.app:/callback';

let standIn: StandIn;
let apple: Apple;
let app: TestApp;
/** Its clients have no cookies. */
let cookieless: TestApp;
let mail: MailServer;
let settings: TokenjarInput;
let close: () => Promise<void>;
let email: string;
let sub: string;
const key = newKey();
beforeAll(async () => {
  standIn = await startStandIn();
  apple = new Apple(standIn);
  for (const issuer of ['accounts.google.com', 'kauth.kakao.com']) {
    const { crv, kty, x, y } = key.export({ format: 'jwk' });
    standIn.replies.set(`/${issuer}/.well-known/openid-configuration`, {
      json: {
        issuer: `https://${issuer}`,
        authorization_endpoint: `https://${issuer}/authorize`,
        token_endpoint: `https://${issuer}/token`,
        jwks_uri: `https://${issuer}/keys`,
        id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
      },
    });
    standIn.replies.set(`/${issuer}/keys`, {
      json: { keys: [{ crv, kty, x, y, kid: 'one', alg: 'ES256' }] },
    });
  }
  const client = { clientId: 'tokenjar', clientSecret: 'a secret' };
  settings = {
    publicUrl: PUBLIC_URL,
    frontendUrl: FRONTEND_URL,
    nativeReturnTo: [RETURN_TO, 'https://spa.example/back?x=1'],
    providers: [
      { id: 'apple', ...APPLE_CLIENT, privateKey: apple.privateKey, nativeClientIds: BUNDLE },
      { id: 'google', ...client, trustedAmr: ['mfa', 'hwk'] },
      { id: 'kakao', ...client },
      { id: 'github', ...client },
    ],
    fetch: (url: string, init: RequestInit) => fetch(url.replace('https:/', standIn.url), init),
  };
  ({ app, mail, close } = await startMailApp(settings));
  cookieless = await startApp({ ...settings, refreshTokenIn: 'body', clock: app.clock });
  apple.now = seconds;
});
afterAll(async () => {
  await close();
  await cookieless.close();
  await standIn.close();
});
beforeEach(() => {
  email = uniqueEmail();
  sub = `001234.${email.split('@')[0]}.0123`;
});

const verified = (): AppleUser => ({ sub, email, email_verified: 'true' });
const nonceOf = async (client: Browser, provider = 'apple'): Promise<string> =>
  String((await client.post(`/auth/providers/${provider}/nonce`)).body.nonce);
const send = (client: Browser, id_token: unknown, nonce: unknown, provider = 'apple', more: object = {}) =>
  client.post(`/auth/providers/${provider}/token`, { id_token, nonce, ...more });
/** On our clock. **Unit** seconds since 1970. */
const seconds = () => Math.floor(app.clock.now().getTime() / 1000);
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Gets an ID token from the SDK of Apple, and sends it. */
async function through(
  client: Browser,
  user = verified(),
  claims: object = {},
  more: object = {},
): Promise<Answer> {
  const nonce = await nonceOf(client);
  return send(client, apple.idToken(user, nonce, { aud: BUNDLE, ...claims }), nonce, 'apple', more);
}

describe('an ID token that an app got itself', () => {
  test('signs up and in, by the same identity as in a browser', async () => {
    const client = app.browser();
    const first = await through(client);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ user: { email, email_verified: true } });
    expect(first.body).not.toHaveProperty('refresh_token');
    expect(readPart(String(first.body.access_token), 1)).toMatchObject({ amr: ['fed'], acr: 'aal1' });
    expect((await client.refresh()).status).toBe(200);
    expect((await through(app.browser())).body.user).toEqual(first.body.user);
    expect(await identitiesOf(app, email)).toEqual([sub]);
    expect((await client.get('/auth/activity')).body).toContainEqual(
      expect.objectContaining({ event: 'login', methods: ['fed'] }),
    );
    // Also for the client of the browser.
    expect((await through(app.browser(), verified(), { aud: APPLE_CLIENT.clientId })).status).toBe(200);
  });

  test.each<[string, (nonce: string) => string]>([
    ['hex', (nonce) => sha256(nonce).toString('hex')],
    ['base64url', (nonce) => sha256(nonce).toString('base64url')],
  ])('the SDK may have got the SHA-256 of the nonce in %s', async (_name, form) => {
    const client = app.browser();
    const nonce = await nonceOf(client);
    expect((await send(client, apple.idToken(verified(), form(nonce)), nonce)).status).toBe(200);
  });

  const before = () => seconds() - 600;
  test.each<[string, (nonce: string) => string]>([
    ['another audience', (nonce) => apple.idToken(verified(), nonce, { aud: 'com.evil.app' })],
    ['ours among others', (nonce) => apple.idToken(verified(), nonce, { aud: [BUNDLE, 'com.evil.app'] })],
    ['no audience', (nonce) => apple.idToken(verified(), nonce, { aud: undefined })],
    ['an empty audience', (nonce) => apple.idToken(verified(), nonce, { aud: [] })],
    ['another issuer', (nonce) => apple.idToken(verified(), nonce, { iss: 'https://accounts.google.com' })],
    ['no issuer', (nonce) => apple.idToken(verified(), nonce, { iss: undefined })],
    ['another nonce', () => apple.idToken(verified(), 'x'.repeat(46))],
    ['no nonce', () => apple.idToken(verified(), '', { nonce: undefined })],
    ['a token that has expired', (nonce) => apple.idToken(verified(), nonce, { exp: before() })],
    ['no expiry', (nonce) => apple.idToken(verified(), nonce, { exp: undefined })],
    ['a token of the future', (nonce) => apple.idToken(verified(), nonce, { iat: before() + 9000 })],
    ['no subject', (nonce) => apple.idToken({ ...verified(), sub: '' }, nonce)],
    [
      'the key of somebody else',
      (nonce) => apple.sign(claims(nonce), { key: new Apple(standInOfNobody).key }),
    ],
    ['no signature', (nonce) => unsigned(claims(nonce))],
    ['a shared key', (nonce) => idToken(claims(nonce), key, { alg: 'HS256', kid: 'W6WcOKB' })],
    ['another algorithm', (nonce) => idToken(claims(nonce), key, { kid: 'W6WcOKB' })],
    [
      'a key that it brings along',
      (nonce) => idToken(claims(nonce), key, { jwk: key.export({ format: 'jwk' }) }),
    ],
    ['a key that nobody knows', (nonce) => apple.sign(claims(nonce), { kid: 'x' })],
    ['a token of another type', (nonce) => apple.sign(claims(nonce), { typ: 'at+jwt' })],
    ['an access token', () => 'adg61a67.0.rrwtp.k-example'],
    ['something else', () => 'x'],
  ])('%s is refused', async (_name, token) => {
    const client = app.browser();
    const nonce = await nonceOf(client);
    const { status, body } = await send(client, token(nonce), nonce);
    expect([status, body.code]).toEqual([401, 'provider_refused']);
    expect(await identitiesOf(app, email)).toEqual([]);
    // A token that is not genuine uses up no nonce.
    expect((await send(client, apple.idToken(verified(), nonce), nonce)).status).toBe(200);
  });
  const standInOfNobody = { replies: new Map() } as unknown as StandIn;
  const claims = (nonce: string) => {
    const [, body = ''] = apple.idToken(verified(), nonce).split('.');
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  };
  const unsigned = (said: object) =>
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(said)).toString('base64url')}.`;

  test('a nonce works once, for minutes, at one provider, and only if it is ours', async () => {
    const client = app.browser();
    const nonce = await nonceOf(client);
    const token = apple.idToken(verified(), nonce);
    const answers = await Promise.all([1, 2, 3].map(() => send(app.browser(), token, nonce)));
    expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([
      [200, undefined],
      [401, 'login_expired'],
      [401, 'login_expired'],
    ]);
    const elsewhere = await nonceOf(client, 'google');
    for (const bad of [elsewhere, 'x', `${nonce}=`, `${(await nonceOf(client)).slice(0, -2)}AA`])
      expect((await send(client, apple.idToken(verified(), bad), bad)).body.code).toBe('login_expired');
    const late = await nonceOf(client);
    app.clock.advance(601);
    expect((await send(client, apple.idToken(verified(), late), late)).body.code).toBe('login_expired');
  });

  test('an address that is not proven gives nobody an account; a code does, also without cookies', async () => {
    const victim = await app.verified();
    const unproven = { sub, email: victim.email, email_verified: 'false' };
    const client = app.browser();
    expect((await through(client, unproven)).body).toMatchObject({
      code: 'email_required',
      methods: ['email'],
      expires_in: 600,
    });
    expect((await client.post('/auth/login/email', { email })).status).toBe(200);
    const [sent] = await eventually(
      () => mail.to(email),
      (all) => all.length > 0,
    );
    const code = / (\d{8}) is/.exec(sent?.subject ?? '')?.[1];
    expect((await client.post('/auth/login/code/confirm', { code })).body.user).toMatchObject({ email });
    expect(await identitiesOf(app, email)).toEqual([sub]);
    expect(await identitiesOf(app, victim.email)).toEqual([]);
  });

  test('an account that exists is only linked once its owner has signed in to it', async () => {
    await app.verified(email);
    const client = app.browser();
    const { status, body } = await through(client);
    expect([status, body.code]).toEqual([409, 'account_exists']);
    expect(await identitiesOf(app, email)).toEqual([]);
    await client.login(email);
    expect(await identitiesOf(app, email)).toEqual([sub]);
  });

  test('a second factor is asked for', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const linking = app.browser();
    await through(linking);
    await linking.login(email);
    await enterCode(app, linking, secret);
    app.clock.advance(30);
    const client = app.browser();
    expect((await through(client)).body).toMatchObject({ code: 'second_factor_required' });
    expect((await enterCode(app, client, secret)).status).toBe(200);
  });

  test('a page of another origin is refused, and a provider without ID tokens', async () => {
    const nonce = await nonceOf(app.browser());
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const json = { id_token: apple.idToken(verified(), nonce), nonce };
    const foreign = await app.browser().send('POST', '/auth/providers/apple/token', { json, headers });
    expect(foreign.body.code).toBe('origin_refused');
    expect((await app.browser().post('/auth/providers/github/nonce')).body.code).toBe('method_not_available');
    expect((await send(app.browser(), 'x', nonce, 'github')).body.code).toBe('method_not_available');
    expect((await app.browser().post('/auth/providers/nobody/nonce')).body.code).toBe('provider_not_found');
  });

  test('a provider that is down is no refusal', async () => {
    const client = cookieless.browser();
    const keys = standIn.replies.get('/appleid.apple.com/auth/keys');
    standIn.replies.set('/appleid.apple.com/auth/keys', { status: 500, json: {} });
    expect((await through(client)).body.code).toBe('provider_unavailable');
    if (keys) standIn.replies.set('/appleid.apple.com/auth/keys', keys);
    expect((await through(client)).status).toBe(200);
  });

  test('without cookies, everything is in the bodies', async () => {
    const client = cookieless.browser();
    const { body } = await through(client);
    expect(body.refresh_token).toEqual(expect.any(String));
    const refreshed = await client.post('/auth/token/refresh', { refresh_token: body.refresh_token });
    expect(refreshed.status).toBe(200);
    const other = { sub: `${sub}-2` };
    const { login_token } = (await through(cookieless.browser(), other)).body;
    const bare = cookieless.browser();
    const asked = await bare.post('/auth/login/email', { email: uniqueEmail(), login_token });
    expect(asked.body).toMatchObject({ login_token: expect.any(String) });
    expect((await bare.post('/auth/login/email', { email, login_token: 'x' })).body.code).toBe(
      'login_expired',
    );
  });

  test('Google: its issuer has two forms, which are one', async () => {
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      const answer = await google({ iss });
      expect(answer.status).toBe(200);
    }
    const rows = await app.sql('SELECT issuer FROM tokenjar.identities WHERE subject = $1', [sub]);
    expect(rows).toEqual([{ issuer: 'https://accounts.google.com' }]);
  });

  test('Kakao: its ID token does not say whether the address is verified', async () => {
    const client = app.browser();
    const nonce = await nonceOf(client, 'kakao');
    const now = seconds();
    const said = { iss: 'https://kauth.kakao.com', aud: 'tokenjar', sub, iat: now, exp: now + 300, nonce };
    const answer = await send(client, idToken({ ...said, email, email_verified: true }, key), nonce, 'kakao');
    expect(answer.body.code).toBe('email_required');
  });
});

/** With an ID token of Google. */
async function google(more: object, client = app.browser()): Promise<Answer> {
  const nonce = await nonceOf(client, 'google');
  const now = seconds();
  const said = { iss: 'https://accounts.google.com', aud: 'tokenjar', sub, iat: now, exp: now + 300, nonce };
  return send(client, idToken({ ...said, email, email_verified: true, ...more }, key), nonce, 'google');
}

describe('what a provider says of two factors', () => {
  test('counts if a setting trusts it, and saves the second one here', async () => {
    await google({});
    const user = app.browser();
    const strong = await google({ amr: ['pwd', 'mfa'] }, user);
    expect(readPart(String(strong.body.access_token), 1)).toMatchObject({ amr: ['fed', 'mfa'], acr: 'aal2' });
    await withTotp(app, Object.assign(user, { email }));
    expect((await google({ amr: ['hwk'] })).status).toBe(200);
    for (const amr of [undefined, 'mfa', [], ['pwd', 'otp'], ['MFA'], [['mfa', 'x']], { mfa: true }])
      expect([amr, (await google({ amr })).body.code]).toEqual([amr, 'second_factor_required']);
  });

  test('does not count at other providers', async () => {
    const { body } = await through(app.browser(), verified(), { amr: ['mfa'] });
    expect(readPart(String(body.access_token), 1)).toMatchObject({ amr: ['fed'], acr: 'aal1' });
  });
});

describe('a code for an app', () => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const begin = (client: Browser, more: object = {}) =>
    client.post('/auth/providers/github/start', {
      return_to: RETURN_TO,
      purpose: 'login',
      code_challenge: challenge,
      ...more,
    });
  const redeem = (client: Browser, code: unknown, code_verifier: unknown = verifier) =>
    client.post('/auth/providers/token', { code, code_verifier });
  let number = 1000;

  /** The system's browser goes to the provider and comes back: another one than the app's, without cookies. */
  async function back(client: Browser, more: object = {}, query = 'code=c'): Promise<string> {
    const { body, setCookie } = await begin(client, more);
    expect(setCookie).toEqual([]);
    const state = new URL(String(body.url)).searchParams.get('state') ?? '';
    number++;
    standIn.replies.set('/github.com/login/oauth/access_token', {
      json: { access_token: 'gho_x', token_type: 'bearer', scope: 'user:email' },
    });
    standIn.replies.set('/api.github.com/user', { json: { id: number } });
    standIn.replies.set('/api.github.com/user/emails', { json: [{ email, primary: true, verified: true }] });
    const other = client.base === app.url ? app.browser() : cookieless.browser();
    const path = `/auth/providers/github/callback?${query}&state=${encodeURIComponent(state)}`;
    const answer = await other.get(path, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(answer.setCookie).toEqual([]);
    return answer.headers.get('location') ?? '';
  }
  async function codeFor(client: Browser): Promise<string> {
    const location = await back(client);
    expect(location).toMatch(/^com\.example\.app:\/callback#code=[\w-]{43}$/);
    return location.split('#code=')[1] ?? '';
  }

  test('signs in where it was begun, once', async () => {
    const client = app.browser();
    const code = await codeFor(client);
    const answers = await Promise.all([1, 2, 3].map(() => redeem(client, code)));
    expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([
      [200, undefined],
      [401, 'login_expired'],
      [401, 'login_expired'],
    ]);
    expect((await client.refresh()).body.user).toMatchObject({ email, email_verified: true });
  });

  (isEmbedded ? test.skip : test)('also at another instance, and once among them', async () => {
    const second = await startApp({ ...settings, clock: app.clock }, app.database);
    try {
      const code = await codeFor(app.browser());
      const nonce = await nonceOf(app.browser());
      const token = apple.idToken({ sub, email: uniqueEmail(), email_verified: true }, nonce);
      for (const answers of [
        await Promise.all([app, second].map((each) => redeem(each.browser(), code))),
        await Promise.all([app, second].map((each) => send(each.browser(), token, nonce))),
      ])
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    } finally {
      await second.close();
    }
  });

  test('with REFRESH_TOKEN_IN=body, with the refresh token in the body; without a challenge, not at all', async () => {
    const client = cookieless.browser();
    const { body, setCookie } = await redeem(client, await codeFor(client));
    expect(body).toMatchObject({ refresh_token: expect.any(String), user: { email } });
    expect(setCookie).toEqual([]);
    const plain = await client.post('/auth/providers/github/start', {
      return_to: '/welcome',
      purpose: 'login',
    });
    expect(plain.body.code).toBe('method_not_available');
  });

  test.each<[string, unknown, number, string]>([
    ['another verifier', 'x'.repeat(43), 401, 'login_expired'],
    ['the challenge itself', challenge, 401, 'login_expired'],
    ['no verifier', undefined, 400, 'input_invalid'],
    ['a short one', 'x', 400, 'input_invalid'],
  ])('%s is refused', async (_name, wrong, status, code) => {
    const client = app.browser();
    const answer = await client.post('/auth/providers/token', {
      code: await codeFor(client),
      ...(wrong !== undefined && { code_verifier: wrong }),
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect((await client.refresh()).status).toBe(401);
    expect(await identitiesOf(app, email)).toEqual([]);
  });

  test('a wrong verifier uses the code up, and time does', async () => {
    const client = app.browser();
    const code = await codeFor(client);
    await redeem(client, code, 'x'.repeat(43));
    expect((await redeem(client, code)).body.code).toBe('login_expired');
    const late = await codeFor(client);
    app.clock.advance(61);
    expect((await redeem(client, late)).body.code).toBe('login_expired');
    // The code of an attempt that somebody else began, with a challenge of theirs.
    const planted = await codeFor(client);
    expect((await redeem(app.browser(), planted, 'y'.repeat(43))).body.code).toBe('login_expired');
  });

  test.each([
    ['an address that is not listed', { return_to: 'com.evil.app:/callback' }, 'return_to_refused'],
    ['one that is nearly listed', { return_to: `${RETURN_TO}/x` }, 'return_to_refused'],
    ['one with a fragment', { return_to: `${RETURN_TO}#x` }, 'return_to_refused'],
    ['our own pages', { return_to: '/welcome' }, 'return_to_refused'],
    ['no challenge', { code_challenge: undefined }, 'return_to_refused'],
    [
      'no challenge, at a page of another site',
      { code_challenge: undefined, return_to: 'https://spa.example/back?x=1' },
      'return_to_refused',
    ],
    ['a challenge that is none', { code_challenge: 'x' }, 'input_invalid'],
    ['another purpose', { purpose: 'link' }, 'input_invalid'],
  ])('%s is refused at the start', async (_name, more, code) => {
    expect((await begin(app.browser(), more)).body.code).toBe(code);
  });

  test('a state that is not ours, has expired, or belongs to a cookie leads nowhere', async () => {
    const client = app.browser();
    const { body } = await begin(client);
    const state = new URL(String(body.url)).searchParams.get('state') ?? '';
    const come = async (provider: string, text: string) =>
      (await app.browser().get(`/auth/providers/${provider}/callback?code=c&state=${text}`)).headers.get(
        'location',
      );
    const nowhere = `${FRONTEND_URL}#error=state_missing`;
    expect(await come('google', state)).toBe(nowhere);
    expect(await come('github', `${state.slice(0, -4)}AAAA`)).toBe(nowhere);
    const started = await client.post('/auth/providers/github/start', {
      return_to: '/welcome',
      purpose: 'login',
    });
    const sealed = started.setCookie[0]?.split('=')[1]?.split(';')[0] ?? '';
    expect(await come('github', sealed)).toBe(nowhere);
    app.clock.advance(601);
    expect(await come('github', state)).toBe(nowhere);
  });

  test('a denial comes back to the app; a second factor is asked of it', async () => {
    const denied = await back(app.browser(), {}, 'error=access_denied');
    expect(denied).toBe(`${RETURN_TO}#error=access_denied`);
    const client = app.browser();
    await redeem(client, await codeFor(client));
    await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
    number -= 1;
    const { body } = await redeem(app.browser(), await codeFor(app.browser()));
    expect(body.code).toBe('second_factor_setup_required');
  });

  test('an account that exists has to be signed in to first', async () => {
    await app.verified(email);
    const client = app.browser();
    const { status, body } = await redeem(client, await codeFor(client));
    expect([status, body.code]).toEqual([409, 'account_exists']);
    await client.login(email);
    expect(await identitiesOf(app, email)).toEqual([String(number)]);
  });

  test('NATIVE_RETURN_TO takes no address that a browser would run', () => {
    const read = (value: string) => readEnvironment({ NATIVE_RETURN_TO: value }).nativeReturnTo;
    expect(read('com.example.app:/callback, https://app.example/x')).toEqual([
      'com.example.app:/callback',
      'https://app.example/x',
    ]);
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      'http://app.example/',
      'https://a.example/#x',
      '/x',
    ])
      expect(() => read(bad)).toThrow(/NATIVE_RETURN_TO: must be addresses/);
  });
});
