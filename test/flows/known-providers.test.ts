import type { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { comeBack, FRONTEND_URL, identitiesOf, outcomeOf, PUBLIC_URL, start } from '../support/providers.js';
import { idToken, newKey, type StandIn, startStandIn } from '../support/stand-in-provider.js';

/*
 * The built-in providers, with answers in the shapes that they document. Not live: requests to them are sent to a stand-in.
 */

let providers: StandIn;
let key: KeyObject;
let app: TestApp;
beforeAll(async () => {
  providers = await startStandIn();
  key = newKey();
  const client = { clientId: 'tokenjar', clientSecret: 'a secret' };
  app = await startApp({
    publicUrl: PUBLIC_URL,
    frontendUrl: FRONTEND_URL,
    providers: ['google', 'github', 'kakao', 'naver', 'microsoft'].map((id) => ({ id, ...client })),
    // `https://kapi.kakao.com/v2/user/me` is `/kapi.kakao.com/v2/user/me` of the stand-in.
    fetch: (url, init) => fetch(url.replace('https:/', providers.url), init),
  });
});
afterAll(async () => {
  await app.close();
  await providers.close();
});

/** Lets the stand-in be an OpenID provider with this issuer. */
function speakOpenId(issuer: string, claims: (nonce: string) => object, more: object = {}): void {
  const place = issuer.replace('https:/', '');
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  providers.replies.set(`${place}/.well-known/openid-configuration`, {
    json: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      ...more,
    },
  });
  providers.replies.set(`${place}/jwks`, { json: { keys: [{ crv, kty, x, y, kid: 'one', alg: 'ES256' }] } });
  saidBy = (nonce) => {
    const now = Math.floor(Date.now() / 1000);
    const said = { iss: issuer, aud: 'tokenjar', iat: now, exp: now + 300, nonce, ...claims(nonce) };
    return { place, token: idToken(said, key) };
  };
}
let saidBy: (nonce: string) => { place: string; token: string };

/** Goes to the provider and comes back. */
async function through(browser: Browser, id: string): Promise<string> {
  const { searchParams } = new URL(await start(browser, id));
  const { place, token } = saidBy(searchParams.get('nonce') ?? '');
  providers.replies.set(`${place}/token`, {
    json: { access_token: 'a', token_type: 'bearer', expires_in: 3600, id_token: token },
  });
  const query = `code=c&state=${searchParams.get('state')}`;
  return outcomeOf(await comeBack(browser, `${PUBLIC_URL}/auth/providers/${id}/callback?${query}`));
}

test('Google: the address of the ID token, if it is verified', async () => {
  const email = uniqueEmail();
  for (const [email_verified, outcome] of [
    [false, 'email_required'],
    [true, 'signed_in'],
  ] as const) {
    speakOpenId('https://accounts.google.com', () => ({
      azp: 'tokenjar',
      sub: '110169484474386276334',
      hd: 'example.com',
      email,
      email_verified,
      at_hash: undefined,
    }));
    expect(await through(app.browser(), 'google')).toBe(outcome);
  }
  expect(await identitiesOf(app, email)).toEqual(['110169484474386276334']);
});

describe('GitHub', () => {
  const github = (emails: object[], id = 583231) => {
    providers.replies.set('/github.com/login/oauth/access_token', {
      json: {
        access_token: 'gho_16C7e42F292c6912E7710c838347Ae178B4a',
        scope: 'user:email',
        token_type: 'bearer',
      },
    });
    providers.replies.set('/api.github.com/user', {
      json: { login: 'octocat', id, email: null, type: 'User' },
    });
    providers.replies.set('/api.github.com/user/emails', { json: emails });
  };
  const come = async (browser: Browser) => {
    const { origin, searchParams } = new URL(await start(browser, 'github'));
    expect([origin, searchParams.get('nonce'), searchParams.get('scope')]).toEqual([
      'https://github.com',
      null,
      'read:user user:email',
    ]);
    const query = `code=c&state=${searchParams.get('state')}`;
    return outcomeOf(await comeBack(browser, `${PUBLIC_URL}/auth/providers/github/callback?${query}`));
  };

  test('the primary address, if it is verified; the number is the subject', async () => {
    const email = uniqueEmail();
    const second = { email: uniqueEmail(), primary: false, verified: true, visibility: null };
    github([second, { email, primary: true, verified: false, visibility: 'public' }]);
    expect(await come(app.browser())).toBe('email_required');
    github([second, { email, primary: true, verified: true, visibility: 'public' }]);
    expect(await come(app.browser())).toBe('signed_in');
    expect(await identitiesOf(app, email)).toEqual(['583231']);
    const asked = providers.asked.find(({ path }) => path.endsWith('/user/emails'));
    expect(asked?.headers.authorization).toMatch(/^bearer gho_/i);
  });

  test('what it answers stands in no log', async () => {
    github([]);
    providers.replies.set('/api.github.com/user', { text: 'private@example.com' });
    expect(await come(app.browser())).toBe('error=provider_refused');
    expect(app.log.at(-1)).toContain('Provider github: provider_refused: the answer is not JSON');
    expect(app.log.join()).not.toContain('private');
  });

  test('an error with status 200 is a refusal', async () => {
    github([]);
    providers.replies.set('/github.com/login/oauth/access_token', {
      json: { error: 'bad_verification_code', error_description: 'The code is incorrect or expired.' },
    });
    expect(await come(app.browser())).toBe('error=provider_refused');
  });
});

let kakaoId = 123456789;
test.each([
  [{ email: 'x', is_email_valid: true, is_email_verified: true }, 'signed_in'],
  [{ email: 'x', is_email_valid: true, is_email_verified: false }, 'email_required'],
  [{ email: 'x', is_email_valid: false, is_email_verified: true }, 'email_required'],
  [{ email_needs_agreement: true }, 'email_required'],
  [undefined, 'email_required'],
])('Kakao: %j', async (account, outcome) => {
  const email = uniqueEmail();
  kakaoId++;
  // What the ID token says of an address proves nothing.
  speakOpenId('https://kauth.kakao.com', () => ({
    sub: String(kakaoId),
    auth_time: 1,
    nickname: 'x',
    email,
  }));
  const kakao_account = account && 'email' in account ? { ...account, email } : account;
  providers.replies.set('/kapi.kakao.com/v2/user/me', { json: { id: kakaoId, kakao_account } });
  expect(await through(app.browser(), 'kakao')).toBe(outcome);
  providers.replies.set('/kapi.kakao.com/v2/user/me', { json: { id: 1, kakao_account } });
  expect(await through(app.browser(), 'kakao')).toBe('error=provider_refused');
});

test('Naver: an address that it names is never verified', async () => {
  speakOpenId('https://nid.naver.com', () => ({ sub: 'n-1' }));
  providers.replies.set('/openapi.naver.com/v1/nid/me', {
    json: { resultcode: '00', message: 'success', response: { id: 'x', email: uniqueEmail() } },
  });
  expect(await through(app.browser(), 'naver')).toBe('email_required');
  providers.replies.set('/openapi.naver.com/v1/nid/me', {
    json: { resultcode: '024', message: 'Authentication failed' },
  });
  expect(await through(app.browser(), 'naver')).toBe('error=provider_refused');
});

describe('Microsoft', () => {
  const issuer = 'https://login.microsoftonline.com/common/v2.0';
  const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
  const microsoft = (claims: object) =>
    speakOpenId(issuer, () => ({ iss: issuer.replace('common', tenant), tid: tenant, ...claims }), {
      issuer: issuer.replace('common', '{tenantid}'),
    });

  test.each([
    [true, 'signed_in'],
    [1, 'signed_in'],
    ['1', 'signed_in'],
    ['true', 'signed_in'],
    [undefined, 'email_required'],
    [false, 'email_required'],
    ['0', 'email_required'],
  ])('xms_edov %j: %s', async (xms_edov, outcome) => {
    const email = uniqueEmail();
    microsoft({ sub: email, email, email_verified: true, xms_edov });
    expect(await through(app.browser(), 'microsoft')).toBe(outcome);
    if (outcome !== 'signed_in') return;
    const [row] = await app.sql('SELECT issuer FROM tokenjar.identities WHERE subject = $1', [email]);
    expect(row).toEqual({ issuer: issuer.replace('common', tenant) });
  });

  test('the token of a tenant with the issuer of another is refused', async () => {
    microsoft({ sub: 'x', tid: '00000000-0000-0000-0000-000000000000' });
    expect(await through(app.browser(), 'microsoft')).toBe('error=provider_refused');
  });
});
