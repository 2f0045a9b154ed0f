import { createHash, createHmac, createPublicKey, type KeyObject } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openid } from '../../src/providers/known/openid.js';
import { ProviderClient } from '../../src/providers/provider-client.js';
import { ProviderRequests } from '../../src/providers/provider-requests.js';
import { RefusalRecords } from '../../src/audit/refusal-records.js';
import { SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { isEmbedded } from '../support/database.js';
import { comeBack, FRONTEND_URL, outcomeOf, PUBLIC_URL, redirectUri, start } from '../support/providers.js';
import { idToken, newKey, speakOpenId, type StandIn, startStandIn } from '../support/stand-in-provider.js';

const NOWHERE = `${FRONTEND_URL}#error=state_missing`;

let honest: StandIn;
let evil: StandIn;
let key: KeyObject;
let app: TestApp;
let victim: string;
beforeAll(async () => {
  honest = await startStandIn();
  evil = await startStandIn();
  key = newKey();
  const client = { clientId: 'tokenjar', clientSecret: 'a secret' };
  app = await startApp({
    publicUrl: PUBLIC_URL,
    frontendUrl: FRONTEND_URL,
    trustedOrigins: ['https://ok.example', 'https://*.preview.example.com', 'capacitor://localhost'],
    linkVerified: true,
    providers: [
      { id: 'honest', issuer: honest.url, ...client },
      { id: 'evil', issuer: evil.url, ...client },
      { id: 'named', issuer: `${honest.url}/named`, ...client },
      { id: 'informed', issuer: `${honest.url}/informed`, ...client },
      { id: 'lax', issuer: `${honest.url}/lax`, ...client },
    ],
  });
});
afterAll(async () => {
  await app.close();
  await honest.close();
  await evil.close();
});
beforeEach(async () => {
  victim = uniqueEmail();
  await app.verified(victim);
  await app.sql('DELETE FROM tokenjar.sessions');
  honest.asked.length = evil.asked.length = 0;
  speakOpenId(honest, key);
  speakOpenId(evil, key);
  speakOpenId(honest, key, { authorization_response_iss_parameter_supported: true }, '/named');
  speakOpenId(honest, key, { userinfo_endpoint: `${honest.url}/userinfo` }, '/informed');
  speakOpenId(honest, key, { id_token_signing_alg_values_supported: ['none', 'HS256', 'ES256'] }, '/lax');
});

/** What an honest provider says in an ID token. */
const claimsFor = (nonce: string): Record<string, unknown> => {
  const now = Math.floor(Date.now() / 1000);
  const subject = createHash('sha256').update(victim).digest('hex');
  return {
    iss: honest.url,
    aud: 'tokenjar',
    sub: subject,
    nonce,
    email: victim,
    email_verified: true,
    iat: now,
    exp: now + 300,
  };
};

interface Lie {
  claims?: (claims: Record<string, unknown>) => object;
  token?: (claims: object) => string;
  /** What the browser returns with, instead of `code` and `state`. */
  purpose?: 'login' | 'reauthenticate';
  /** Where it comes back, if it is another instance. */
  instance?: TestApp;
  back?: (parameters: URLSearchParams) => URLSearchParams;
  /** Another provider than the usual one. */
  at?: 'named' | 'informed' | 'lax';
}

/** The way to the honest provider and back, with one thing wrong. */
async function cheat(
  browser: Browser,
  { claims = (all) => all, token, back, at, purpose = 'login', instance }: Lie,
): Promise<string> {
  const place = at === undefined ? '' : `/${at}`;
  const { searchParams } = new URL(await start(browser, at ?? 'honest', { purpose }));
  const honestly = claimsFor(searchParams.get('nonce') ?? '');
  const said = claims({ ...honestly, iss: honest.url + place });
  honest.replies.set(`${place}/token`, {
    json: { access_token: 'a', token_type: 'Bearer', id_token: token?.(said) ?? idToken(said, key) },
  });
  const returned = new URLSearchParams({ code: 'c', state: searchParams.get('state') ?? '' });
  const parameters = back?.(returned) ?? returned;
  const address = `${PUBLIC_URL}/auth/providers/${at ?? 'honest'}/callback?${parameters}`;
  const cookie = await browser.jar.getCookieString(app.url, { sameSiteContext: 'lax' });
  return outcomeOf(
    instance
      ? await instance.browser().get(address.slice(PUBLIC_URL.length), { cookie })
      : await comeBack(browser, address),
  );
}

const without = (name: string) => (all: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(all).filter(([each]) => each !== name));
const withHeader = (claims: object, header: object): string => {
  const [, body] = idToken(claims, key).split('.');
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}`;
};
const unsigned = (claims: object): string => `${withHeader(claims, { alg: 'none' })}.`;
const symmetric = (claims: object, secret: string | Buffer): string => {
  const signed = withHeader(claims, { alg: 'HS256' });
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};

async function expectNobody(browser: Browser): Promise<void> {
  expect((await browser.refresh()).status).toBe(401);
  expect(await app.sql('SELECT 1 FROM tokenjar.sessions')).toEqual([]);
}

test('with nothing wrong, the account of the address is signed in to', async () => {
  const browser = app.browser();
  expect(await cheat(browser, {})).toBe('signed_in');
  expect((await browser.refresh()).body.user).toMatchObject({ email: victim });
  const asked = honest.asked.find(({ path }) => path === '/token');
  expect(Object.fromEntries(asked?.form ?? [])).toMatchObject({
    grant_type: 'authorization_code',
    redirect_uri: `${PUBLIC_URL}/auth/providers/honest/callback`,
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test.each(['named', 'informed'] as const)('with nothing wrong at the provider %s, neither', async (at) => {
  const back = (all: URLSearchParams) => new URLSearchParams([...all, ['iss', `${honest.url}/${at}`]]);
  expect(await cheat(app.browser(), { at, back })).toBe('signed_in');
});

test.each<[string, Lie]>([
  ['no nonce', { claims: without('nonce') }],
  ['the nonce of another attempt', { claims: (all) => ({ ...all, nonce: 'x'.repeat(43) }) }],
  ['another issuer', { claims: (all) => ({ ...all, iss: 'https://accounts.google.com' }) }],
  ['another audience', { claims: (all) => ({ ...all, aud: 'another-app' }) }],
  [
    'several audiences, for another party',
    { claims: (all) => ({ ...all, aud: ['tokenjar', 'x'], azp: 'x' }) },
  ],
  ['no audience', { claims: without('aud') }],
  ['a token that has expired', { claims: (all) => ({ ...all, exp: Math.floor(Date.now() / 1000) - 120 }) }],
  ['no expiry', { claims: without('exp') }],
  ['no subject', { claims: without('sub') }],
  ['an empty subject', { claims: (all) => ({ ...all, sub: '' }) }],
  ['a number for a subject', { claims: (all) => ({ ...all, sub: 7 }) }],
  ['a subject that no index could keep', { claims: (all) => ({ ...all, sub: 'x'.repeat(256) }) }],
  ['a subject that no text column could keep', { claims: (all) => ({ ...all, sub: 'x\0' }) }],
  ['a subject that would be kept as another one', { claims: (all) => ({ ...all, sub: '\ud800' }) }],
  ['the key of somebody else', { token: (claims) => idToken(claims, newKey()) }],
  ['no signature', { token: unsigned }],
  ['a key that the provider does not have', { token: (claims) => idToken(claims, key, { kid: 'two' }) }],
  ['another algorithm', { token: (claims) => idToken(claims, key, { alg: 'HS256' }) }],
  ['an algorithm that only the provider allows: none', { token: unsigned, at: 'lax' }],
  ['the client secret as the key', { token: (claims) => symmetric(claims, 'a secret'), at: 'lax' }],
  [
    'the public key as a secret',
    {
      token: (claims) => symmetric(claims, createPublicKey(key).export({ type: 'spki', format: 'pem' })),
      at: 'lax',
    },
  ],
  ['no ID token', { token: () => '' }],
  [
    'another issuer in the answer',
    { back: (all) => new URLSearchParams([...all, ['iss', 'https://evil.example']]) },
  ],
  ['no issuer in the answer of a provider that names it', { at: 'named' }],
  ['two codes', { back: (all) => new URLSearchParams([...all, ['code', 'd']]) }],
])('%s is refused', async (_name, lie) => {
  const browser = app.browser();
  expect(await cheat(browser, lie)).toBe('error=provider_refused');
  await expectNobody(browser);
});

test.each<[string, (state: string) => string[]]>([
  ['no state', () => []],
  ['an empty state', () => ['']],
  ['another state', () => ['x'.repeat(43)]],
  ['a state that begins alike', (state) => [state.slice(0, 8) + 'x'.repeat(35)]],
  ['two states', (state) => ['x'.repeat(43), state]],
])('%s: the browser has not asked', async (_name, states) => {
  const browser = app.browser();
  const back = (all: URLSearchParams) => {
    const parameters = new URLSearchParams({ code: 'c' });
    for (const state of states(all.get('state') ?? '')) parameters.append('state', state);
    return parameters;
  };
  expect(await cheat(browser, { back })).toBe(NOWHERE);
  expect(honest.asked.some(({ path }) => path === '/token')).toBe(false);
  await expectNobody(browser);
});

test('what another browser brings back from a provider signs nobody in (CVE-2025-68158)', async () => {
  const [attacker, other] = [app.browser(), app.browser()];
  const { searchParams } = new URL(await start(attacker, 'honest'));
  const address = `${PUBLIC_URL}/auth/providers/honest/callback?code=c&state=${searchParams.get('state')}`;
  expect(outcomeOf(await comeBack(other, address))).toBe(NOWHERE);
  // Nor with an attempt of its own in progress.
  await start(other, 'honest');
  expect(outcomeOf(await comeBack(other, address))).toBe(NOWHERE);
  await expectNobody(other);
});

test('a cookie that was changed, or that we have not sealed, is none', async () => {
  const browser = app.browser();
  const { searchParams } = new URL(await start(browser, 'honest'));
  const state = searchParams.get('state') ?? '';
  const [sent = ''] = (await browser.jar.getCookieString(app.url)).split('; ');
  const path = `/auth/providers/honest/callback?code=c&state=${state}`;
  for (const cookie of [sent.slice(0, -3), `${sent}A`, `${sent.split('=')[0]}=e30`])
    expect(outcomeOf(await browser.get(path, { cookie }))).toBe(NOWHERE);
});

test('what one provider answers is never exchanged at another (mix-up)', async () => {
  const browser = app.browser();
  const { searchParams } = new URL(await start(browser, 'evil'));
  const query = `code=c&state=${searchParams.get('state')}`;
  const crossed = `${PUBLIC_URL}/auth/providers/honest/callback?${query}`;
  expect(outcomeOf(await comeBack(browser, crossed))).toBe(NOWHERE);
  const again = new URL(await start(browser, 'evil')).searchParams.get('state');
  // The evil one sends the browser on to the honest one, whose code comes to the redirect URI of the evil one.
  const named = `${PUBLIC_URL}/auth/providers/evil/callback?code=c&state=${again}&iss=${encodeURIComponent(honest.url)}`;
  expect(outcomeOf(await comeBack(browser, named))).toBe('error=provider_refused');
  expect(evil.asked.some(({ path }) => path === '/token')).toBe(false);
  await expectNobody(browser);
});

test('the subject of one provider is nobody at another', async () => {
  const browser = app.browser();
  expect(await cheat(browser, {})).toBe('signed_in');
  await app.sql('DELETE FROM tokenjar.sessions');
  const other = app.browser();
  const { searchParams } = new URL(await start(other, 'evil'));
  const said = { ...claimsFor(searchParams.get('nonce') ?? ''), iss: evil.url, email_verified: false };
  evil.replies.set('/token', {
    json: { access_token: 'a', token_type: 'Bearer', id_token: idToken(said, key) },
  });
  const address = `${PUBLIC_URL}/auth/providers/evil/callback?code=c&state=${searchParams.get('state')}`;
  expect(outcomeOf(await comeBack(other, address))).toBe('email_required');
  await expectNobody(other);
});

test('the claims of the userinfo endpoint only count for the same subject', async () => {
  const browser = app.browser();
  const userinfo = { sub: 'somebody else', email: victim, email_verified: true };
  honest.replies.set('/userinfo', { json: userinfo });
  const lie: Lie = { claims: without('email'), at: 'informed' };
  expect(await cheat(browser, lie)).toBe('error=provider_refused');
  await expectNobody(browser);
});

test('an address is that of the ID token, or of the userinfo endpoint where there is none', async () => {
  honest.replies.set('/userinfo', (asked) => {
    expect(asked.headers.authorization).toBe('Bearer a');
    return {
      json: { sub: createHash('sha256').update(victim).digest('hex'), email: victim, email_verified: true },
    };
  });
  expect(await cheat(app.browser(), { claims: (all) => ({ ...all, email: null }), at: 'informed' })).toBe(
    'signed_in',
  );
});

test.each<[string, (address: string) => object]>([
  ['a list', (address) => ({ email: [address] })],
  ['an object', (address) => ({ email: { toString: address } })],
  ['a number', () => ({ email: 1 })],
  ['nothing', () => ({ email: null })],
  ['two in one', (address) => ({ email: `${address},mallory@evil.example` })],
  ['a quoted one', (address) => ({ email: `"${address}"@evil.example` })],
  ['one with a comment', (address) => ({ email: `${address}(@evil.example)` })],
  ['one with a control character', (address) => ({ email: `\0${address}` })],
  [
    'one that Unicode makes the same: a Kelvin sign',
    (address) => ({ email: address.replace('k', '\u212a') }),
  ],
  ['one without a verdict', () => ({ email_verified: undefined })],
  ['one that is not verified, in words', () => ({ email_verified: 'false' })],
  ['one that is verified by a number', () => ({ email_verified: 1 })],
  ['one that is verified by a list', () => ({ email_verified: [true] })],
])('as an address, %s introduces nobody', async (_name, lie) => {
  victim = `k${uniqueEmail()}`;
  await app.signedUp(victim);
  await app.sql('DELETE FROM tokenjar.sessions');
  const browser = app.browser();
  expect(await cheat(browser, { claims: (all) => ({ ...all, ...lie(victim) }) })).toBe('email_required');
  await expectNobody(browser);
});

test('an address in capital letters is the same one', async () => {
  const claims: Lie['claims'] = (all) => ({ ...all, email: victim.toUpperCase() });
  expect(await cheat(app.browser(), { claims })).toBe('signed_in');
});

test.each<[string, (now: number) => unknown, string]>([
  ['before the provider was asked', (now) => now - 90, 'error=provider_refused'],
  ['in words', String, 'error=provider_refused'],
  ['now', (now) => now, 'reauthenticated'],
])('an authentication %s', async (_name, authTime, outcome) => {
  const browser = app.browser();
  expect(await cheat(browser, {})).toBe('signed_in');
  await browser.refresh();
  const now = Math.floor(app.clock.now().getTime() / 1000);
  const claims: Lie['claims'] = (all) => ({ ...all, auth_time: authTime(now) });
  expect(await cheat(browser, { claims, purpose: 'reauthenticate' })).toBe(outcome);
});

test('no log contains what is secret, or what a provider wrote', () => {
  // Others are the emails, which go there without SMTP_URL.
  const log = app.log.filter((line) => line.startsWith('Provider')).join('\n');
  expect(log).toContain('Provider honest: provider_refused');
  for (const secret of ['eyJ', 'a secret', '@example.com', 'code=', 'state='])
    expect(log).not.toContain(secret);
});

describe('return_to', () => {
  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    ' https://ok.example/',
    'https://ok.example.evil.example/',
    'https://ok.example@evil.example/',
    'https://user@ok.example/',
    'https://ok.example:444/',
    'http://ok.example/',
    'https:ok.example',
    'https://a.preview.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    'capacitor://localhost/',
    'welcome',
    'https://ok.example\n.evil.example/',
    'https://ok.example%2eevil.example/',
    'https://ok.example%00.evil.example/',
    'https://ok.example:443@evil.example/',
    '/\u202e/evil.example',
    // Longer than a cookie may be, once it is written as a URL.
    `/${'가'.repeat(400)}`,
  ])('%j is refused', async (return_to) => {
    const { status, body, setCookie } = await app
      .browser()
      .post('/auth/providers/honest/start', { return_to, purpose: 'login' });
    expect([status, body.code, setCookie]).toEqual([400, 'return_to_refused', []]);
  });

  test.each([
    ['/welcome?a=b#c', `${FRONTEND_URL}/welcome?a=b`],
    ['/a/../..//evil.example', `${FRONTEND_URL}//evil.example`],
    ['/%5Cevil.example', `${FRONTEND_URL}/%5Cevil.example`],
    ['/%2F%2Fevil.example', `${FRONTEND_URL}/%2F%2Fevil.example`],
    ['/@evil.example', `${FRONTEND_URL}/@evil.example`],
    ['/#signed_in#error=x', `${FRONTEND_URL}/`],
    ['https://ｏｋ。example/', 'https://ok.example/'],
    ['https://ok.example', 'https://ok.example/'],
    ['https://OK.example:443/a', 'https://ok.example/a'],
    [`${PUBLIC_URL}/`, `${PUBLIC_URL}/`],
  ])('%j leads to %s', async (return_to, place) => {
    const browser = app.browser();
    const { searchParams } = new URL(await start(browser, 'honest', { return_to }));
    const query = `error=access_denied&state=${searchParams.get('state')}`;
    const answer = await comeBack(browser, `${PUBLIC_URL}/auth/providers/honest/callback?${query}`);
    expect(answer.headers.get('location')).toBe(`${place}#error=access_denied`);
  });

  test('neither Host nor Referer nor Origin has a say', async () => {
    const browser = app.browser();
    const headers = { referer: 'https://evil.example/', 'x-forwarded-host': 'evil.example' };
    const { body } = await browser.post(
      '/auth/providers/honest/start',
      { return_to: '/welcome', purpose: 'login' },
      { headers },
    );
    const { searchParams } = new URL(String(body.url));
    expect(searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/auth/providers/honest/callback`);
    const path = `/auth/providers/honest/callback?error=access_denied&state=${searchParams.get('state')}`;
    expect(outcomeOf(await browser.get(path, { headers }))).toBe('error=access_denied');
  });
});

test('the cookie of an attempt is never larger than browsers accept, whatever was planted', async () => {
  const planted = ['refresh_token', 'known_device', 'trusted_device'].map(
    (name) => `${name}=${'x'.repeat(3000)}`,
  );
  const input = { return_to: `/${'x'.repeat(900)}`, purpose: 'login' };
  const { setCookie } = await app
    .browser()
    .post('/auth/providers/honest/start', input, { cookie: planted.join('; ') });
  expect(setCookie.map((line) => line.length < 4096)).toEqual([true]);
});

test('thirty attempts leave the latest ones', async () => {
  const browser = app.browser();
  let url = '';
  for (let i = 0; i < 30; i++) url = await start(browser, 'honest');
  expect(await browser.jar.getCookies(app.url)).toHaveLength(3);
  const query = `error=access_denied&state=${new URL(url).searchParams.get('state')}`;
  const back = await comeBack(browser, `${PUBLIC_URL}/auth/providers/honest/callback?${query}`);
  expect(outcomeOf(back)).toBe('error=access_denied');
});

test('what a provider says about an error stands in no page and no address', async () => {
  const browser = app.browser();
  const said = '<script>alert(1)</script>';
  const { searchParams } = new URL(await start(browser, 'honest'));
  const query = new URLSearchParams({
    error: said,
    error_description: said,
    error_uri: 'https://evil.example/',
  });
  const path = `/auth/providers/honest/callback?state=${searchParams.get('state')}&${query}`;
  const { headers, text, status } = await comeBack(browser, PUBLIC_URL + path);
  expect([status, headers.get('location'), text]).toEqual([
    303,
    `${FRONTEND_URL}/welcome#error=provider_refused`,
    '',
  ]);
});

(isEmbedded ? test.skip : test)(
  'an attempt outlives a new SECRET_KEY, and may end at another instance',
  async () => {
    const client = { clientId: 'tokenjar', clientSecret: 'a secret' };
    const other = await startApp(
      {
        publicUrl: PUBLIC_URL,
        frontendUrl: FRONTEND_URL,
        linkVerified: true,
        clock: app.clock,
        secretKey: 'another secret of the tests, thirty-two bytes and more',
        secretKeyFallbacks: [SECRET_KEY],
        providers: [{ id: 'honest', issuer: honest.url, ...client }],
      },
      app.database,
    );
    try {
      expect(await cheat(app.browser(), { instance: other })).toBe('signed_in');
    } finally {
      await other.close();
    }
  },
);

test('a page of another site starts nothing', async () => {
  const { body, setCookie } = await app
    .browser()
    .post(
      '/auth/providers/honest/start',
      { return_to: '/welcome', purpose: 'login' },
      { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
    );
  expect([body.code, setCookie]).toEqual(['origin_refused', []]);
});

describe('a provider that', () => {
  const callback = async (browser: Browser) => {
    const { searchParams } = new URL(await start(browser, 'honest'));
    const query = `code=c&state=${searchParams.get('state')}`;
    return outcomeOf(await comeBack(browser, `${PUBLIC_URL}/auth/providers/honest/callback?${query}`));
  };

  test('refuses the code, which was used before, signs nobody in', async () => {
    honest.replies.set('/token', { status: 400, json: { error: 'invalid_grant' } });
    expect(await callback(app.browser())).toBe('error=provider_refused');
  });

  test('has a failure says so, and can be asked again', async () => {
    honest.replies.set('/token', { status: 503, json: {} });
    const browser = app.browser();
    expect(await callback(browser)).toBe('error=provider_unavailable');
    honest.replies.set('/token', { text: '<html>' });
    expect(await callback(browser)).toBe('error=provider_refused');
  });

  test('is down stops neither the start of the server nor other providers', async () => {
    const down = await startStandIn();
    const client = { clientId: 'tokenjar', clientSecret: 'a secret' };
    const other = await startApp({
      publicUrl: PUBLIC_URL,
      frontendUrl: FRONTEND_URL,
      providers: [
        { id: 'down', issuer: down.url, ...client },
        { id: 'honest', issuer: honest.url, ...client },
      ],
    });
    try {
      const input = { return_to: '/welcome', purpose: 'login' };
      const metadata = (more: object) => ({
        json: { issuer: down.url, authorization_endpoint: 'https://ok.example/', ...more },
      });
      for (const reply of [
        { status: 500 },
        { text: 'x' },
        { text: `{"issuer":"${down.url}","more":"${'x'.repeat(300_000)}"}` },
        { status: 302, headers: { location: `${honest.url}/.well-known/openid-configuration` }, text: '' },
        metadata({ issuer: 'https://evil.example' }),
        metadata({ issuer: honest.url }),
        metadata({ authorization_endpoint: 'javascript:alert(1)' }),
        metadata({ authorization_endpoint: ['https://ok.example/'] }),
        metadata({ authorization_endpoint: undefined }),
      ]) {
        down.replies.set('/.well-known/openid-configuration', reply);
        const refused = await other.browser().post('/auth/providers/down/start', input);
        expect([refused.status, refused.body.code]).toEqual([503, 'provider_unavailable']);
      }
      expect(await start(other.browser(), 'honest')).toContain(honest.url);
      // It is asked again once it is there.
      speakOpenId(down, key);
      expect(await start(other.browser(), 'down')).toContain(down.url);
    } finally {
      await other.close();
      await down.close();
    }
  });

  test('is none of ours is not found', async () => {
    for (const id of ['nobody', 'constructor', '__proto__']) {
      const input = { return_to: '/welcome', purpose: 'login' };
      expect((await app.browser().post(`/auth/providers/${id}/start`, input)).body.code).toBe(
        'provider_not_found',
      );
      expect(outcomeOf(await app.browser().get(`/auth/providers/${id}/callback?code=c&state=s`))).toBe(
        NOWHERE,
      );
    }
  });
});

describe('a flood', () => {
  const LIMIT = 5;
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startApp({
      publicUrl: PUBLIC_URL,
      frontendUrl: FRONTEND_URL,
      rateLimit: true,
      limitProviderNetwork: `${LIMIT}/10m`,
      providers: [{ id: 'honest', issuer: honest.url, clientId: 'tokenjar', clientSecret: 'a secret' }],
    });
  });
  afterAll(() => limited.close());

  test('of ways to a provider and back is refused, and the provider hears nothing of it', async () => {
    const browser = limited.browser();
    let url = '';
    for (let i = 0; i < LIMIT; i++) url = await start(browser, 'honest');
    const refused = await browser.post('/auth/providers/honest/start', { return_to: '/', purpose: 'login' });
    expect([refused.status, refused.body.code, refused.setCookie]).toEqual([429, 'rate_limited', []]);
    honest.replies.set('/token', { status: 400, json: { error: 'invalid_grant' } });
    // One attempt, sent again and again.
    const cookie = await browser.jar.getCookieString(limited.url);
    const path = `/auth/providers/honest/callback?code=c&state=${new URL(url).searchParams.get('state')}`;
    const outcomes = [];
    for (let i = 0; i < LIMIT + 2; i++)
      outcomes.push(outcomeOf(await limited.browser().get(path, { cookie })));
    expect(outcomes).toEqual([
      ...Array<string>(LIMIT).fill('error=provider_refused'),
      'error=rate_limited',
      'error=rate_limited',
    ]);
    const asked = () => honest.asked.filter(({ path: each }) => each === '/token').length;
    expect(asked()).toBe(LIMIT);
    // Without an attempt, not even the limits are asked.
    for (let i = 0; i < LIMIT; i++) expect(outcomeOf(await limited.browser().get(path))).toBe(NOWHERE);
    expect(asked()).toBe(LIMIT);
    await limited.app.get(RefusalRecords, { strict: false }).flush();
    expect(
      await limited.sql(`SELECT reason FROM tokenjar.audit_events WHERE event = 'rate_limited' ORDER BY 1`),
    ).toEqual([{ reason: 'provider-return-network' }, { reason: 'provider-start-network' }]);
  });
});

describe('requests to a provider that is slow', () => {
  const URL_THERE = 'https://provider.example/token';

  test('are as many as there may be at once; the others are refused at once, and those to others go on', async () => {
    let answer: (response: Response) => void = () => undefined;
    const later = new Promise<Response>((resolve) => (answer = resolve));
    const [slow, quick] = [
      new ProviderRequests(() => later),
      new ProviderRequests(() => Promise.resolve(Response.json({}))),
    ];
    const sent = Array.from({ length: 60 }, () =>
      slow.send(URL_THERE, {}).then(
        () => 'answered',
        (error: unknown) => (error as { code?: string }).code,
      ),
    );
    const refused = await Promise.all(sent.slice(50));
    expect(refused).toEqual(Array<string>(10).fill('provider_unavailable'));
    expect((await quick.send(URL_THERE, {})).status).toBe(200);
    answer(new Response(null, { status: 204 }));
    expect(await Promise.all(sent.slice(0, 50))).toEqual(Array<string>(50).fill('answered'));
    expect((await slow.send(URL_THERE, {})).status).toBe(204);
  });

  test('fail alike for all who wait for its endpoints', async () => {
    const late = () => Promise.reject(new DOMException('The operation timed out', 'TimeoutError'));
    const settings = { id: 'slow', issuer: 'https://provider.example', clientId: 'tokenjar' };
    const provider = new ProviderClient(
      { ...settings, clientSecret: 'a secret' },
      { ...openid, name: 'Slow' },
      redirectUri('slow'),
      new ProviderRequests(late),
      new TestClock(),
    );
    const waiting = Array.from({ length: 3 }, () =>
      provider.claimsOf('a.b.c').catch((error: unknown) => (error as { code?: string }).code),
    );
    expect(await Promise.all(waiting)).toEqual(Array<string>(3).fill('provider_unavailable'));
  });

  test('end in time, whatever carries them', async () => {
    const requests = new ProviderRequests(() => new Promise(() => undefined));
    const controller = new AbortController();
    const sent = requests.send(URL_THERE, { signal: controller.signal });
    await turn();
    controller.abort(new Error('too late'));
    await expect(sent).rejects.toThrow('too late');
    await expect(requests.send(URL_THERE, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});

test('an answer that is larger than any honest one is not read to its end', async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const requests = new ProviderRequests(() => Promise.resolve(new Response(endless)));
  await expect(requests.send('https://provider.example/', {})).rejects.toMatchObject({
    code: 'provider_unavailable',
  });
  expect(sent).toBeLessThan(1_000_000);
  expect(await cheat(app.browser(), { token: () => 'a'.repeat(300_000) })).toBe('error=provider_unavailable');
});
