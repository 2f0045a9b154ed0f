import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { CLIENT, type OpenIdProvider, startOpenIdProvider, Visitor } from '../support/openid-provider.js';
import { FRONTEND_URL, identitiesOf, PUBLIC_URL } from '../support/providers.js';
import { type MailServer } from '../support/smtp.js';
import { idToken, newKey, speakOpenId, type StandIn, startStandIn } from '../support/stand-in-provider.js';
import { codeOf } from '../support/totp.js';

const callback = (id: string): string => `${FRONTEND_URL}/login/${id}`;
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

// **Source** dj_rest_auth/registration/{views,serializers}.py; the state is ours, which has none there.
describe.each(['django', 'django-legacy'] as const)('the social endpoints of %s', (dialect) => {
  const key = newKey();
  let standIn: StandIn;
  let provider: OpenIdProvider;
  let app: TestApp;
  let mail: MailServer;
  let close: () => Promise<void>;
  let email: string;
  let subject: string;
  beforeAll(async () => {
    standIn = await startStandIn();
    speakOpenId(standIn, key);
    provider = await startOpenIdProvider([callback('corp'), callback('other')]);
    const settings = { issuer: provider.issuer, ...CLIENT };
    ({ app, mail, close } = await startMailApp({
      dialect,
      publicUrl: PUBLIC_URL,
      frontendUrl: FRONTEND_URL,
      providers: [
        { id: 'corp', callbackUrl: callback('corp'), ...settings },
        { id: 'other', callbackUrl: callback('other'), ...settings },
        { id: 'without', ...settings },
        { id: 'corp-keys', ...CLIENT, issuer: standIn.url },
      ],
    }));
  });
  afterAll(async () => {
    await close();
    await provider.close();
    await standIn.close();
  });
  beforeEach(() => {
    email = uniqueEmail();
    subject = email.split('@')[0] ?? '';
    provider.accounts.set(subject, { email, email_verified: true });
  });

  const accessIn = ({ body }: Answer) => (body.access ?? body.access_token) as string | undefined;

  /** Asks for the address. */
  async function begin(browser: Browser, path: string, json: object = {}): Promise<string> {
    const { status, body, text } = await browser.post(`/auth/${path}/url/`, json);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    return String(body.url);
  }
  /** @returns what the provider adds to the address of the page, as the page sends it on. */
  async function atProvider(url: string, login = subject): Promise<Record<string, string>> {
    const back = new URL(await new Visitor().signIn(url, login));
    expect(back.origin + back.pathname).toMatch(`${FRONTEND_URL}/login/`);
    return Object.fromEntries(back.searchParams);
  }
  async function through(browser: Browser, path = 'corp', login = subject): Promise<Answer> {
    return browser.post(`/auth/${path}/`, await atProvider(await begin(browser, path), login));
  }
  async function registered(address = email): Promise<Browser> {
    const browser = app.browser();
    const answer = await browser.post('/auth/registration/', {
      email: address,
      password1: PASSWORD,
      password2: PASSWORD,
    });
    browser.accessToken = accessIn(answer);
    return browser;
  }
  const verify = () => app.sql('UPDATE tokenjar.users SET email_verified = true WHERE email = $1', [email]);
  const failure = ({ status, body }: Answer) => [status, body];

  test('signs up and in, and answers as a login', async () => {
    const browser = app.browser();
    const begun = await browser.post('/auth/corp/url/', {});
    expect(begun.setCookie.map(attributesOf)).toEqual([
      expect.objectContaining({
        name: expect.stringMatching(/^provider_attempt_[\w-]{8}$/),
        httponly: true,
        samesite: 'Lax',
        'max-age': '600',
      }),
    ]);
    expect(new URL(String(begun.body.url)).searchParams.get('redirect_uri')).toBe(callback('corp'));
    const returned = await atProvider(String(begun.body.url));
    const answer = await browser.post('/auth/corp/', returned);
    const user = { pk: expect.any(Number), email };
    expect(failure(answer)).toEqual([
      200,
      dialect === 'django'
        ? { access: expect.any(String), refresh: '', user }
        : { access_token: expect.any(String), refresh_token: '', user },
    ]);
    const cookies = answer.setCookie.map(attributesOf);
    expect(cookies).toContainEqual(expect.objectContaining({ name: 'refresh_token', httponly: true }));
    expect(cookies).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^provider_attempt_/), 'max-age': '0' }),
    );
    expect(readPart(accessIn(answer) ?? '', 1)).toMatchObject({ amr: ['fed'] });
    expect((await browser.refresh()).status).toBe(200);
    // The same again: the attempt is over.
    expect(failure(await browser.post('/auth/corp/', returned))).toEqual([
      400,
      { detail: expect.any(String), code: 'state_missing' },
    ]);
    const again = await through(app.browser());
    expect(again.body.user).toEqual(answer.body.user);
  });

  test('the code is only taken with the state of this browser and provider', async () => {
    const browser = app.browser();
    const { code, state, iss } = await atProvider(await begin(browser, 'corp'));
    const missing = [400, { detail: expect.any(String), code: 'state_missing' }];
    expect(failure(await browser.post('/auth/corp/', { code, iss }))).toEqual([
      400,
      { state: ['This field is required.'] },
    ]);
    for (const [path, fields] of [
      ['corp', { code, iss, state: 'x'.repeat(43) }],
      ['corp', { code, iss, state, code_verifier: VERIFIER }],
    ] as const)
      expect(failure(await browser.post(`/auth/${path}/`, fields))).toEqual(missing);
    expect(failure(await app.browser().post('/auth/corp/', { code, state, iss }))).toEqual(missing);
    const others = await atProvider(await begin(browser, 'other'));
    expect(failure(await browser.post('/auth/corp/', others))).toEqual(missing);
    const late = await atProvider(await begin(browser, 'corp'));
    app.clock.advance(601);
    expect(failure(await browser.post('/auth/corp/', late))).toEqual(missing);
  });

  test('without a cookie, the code is only taken with the verifier', async () => {
    const native = app.browser();
    const { setCookie, body } = await native.post('/auth/corp/url/', { code_challenge: CHALLENGE });
    expect(setCookie).toEqual([]);
    const returned = await atProvider(String(body.url));
    const missing = [400, { detail: expect.any(String), code: 'state_missing' }];
    expect(failure(await native.post('/auth/corp/', returned))).toEqual(missing);
    const wrong = { ...returned, code_verifier: `${VERIFIER}x` };
    expect(failure(await native.post('/auth/corp/', wrong))).toEqual(missing);
    expect(failure(await native.post('/auth/other/', { ...returned, code_verifier: VERIFIER }))).toEqual(
      missing,
    );
    const answer = await native.post('/auth/corp/', { ...returned, code_verifier: VERIFIER });
    expect(answer.status).toBe(200);
    expect(failure(await native.post('/auth/corp/url/', { code_challenge: 'plain' }))).toEqual([
      400,
      { code_challenge: [expect.any(String)] },
    ]);
  });

  test('refuses what proves nothing, in the words of dj-rest-auth', async () => {
    const browser = app.browser();
    const required = ['Incorrect input. access_token or code is required.'];
    for (const fields of [{}, { code: '', access_token: '' }])
      expect(failure(await browser.post('/auth/corp/', fields))).toEqual([
        400,
        { non_field_errors: required },
      ]);
    expect(failure(await browser.post('/auth/corp/', { access_token: 'ya29.x' }))).toEqual([
      400,
      { detail: expect.stringMatching(/access token of a provider/), code: 'access_token_refused' },
    ]);
    const { state } = await atProvider(await begin(browser, 'corp'));
    expect(failure(await browser.post('/auth/corp/', { code: 'made up', state }))).toEqual([
      400,
      { non_field_errors: ['Failed to exchange code for access token'] },
    ]);
    expect(failure(await browser.post('/auth/without/url/', {}))).toEqual([
      400,
      { method: [expect.any(String)] },
    ]);
  });

  test('takes an ID token for a nonce of ours, once', async () => {
    const native = app.browser();
    const { nonce } = (await native.post('/auth/providers/corp-keys/nonce/')).body;
    const now = Math.floor(app.clock.now().getTime() / 1000);
    const claims = { iss: standIn.url, aud: CLIENT.clientId, sub: subject, iat: now, exp: now + 60, nonce };
    const id_token = idToken({ ...claims, email, email_verified: true }, key);
    expect(failure(await native.post('/auth/corp-keys/', { id_token }))).toEqual([
      400,
      { nonce: ['This field is required.'] },
    ]);
    const other = idToken({ ...claims, aud: 'another app', email, email_verified: true }, key);
    expect(failure(await native.post('/auth/corp-keys/', { id_token: other, nonce }))).toEqual([
      400,
      { non_field_errors: ['Incorrect value'] },
    ]);
    // Clients of dj-rest-auth send both.
    const answer = await native.post('/auth/corp-keys/', { id_token, nonce, access_token: 'ya29.x' });
    expect([answer.status, answer.body.user]).toEqual([200, { pk: expect.any(Number), email }]);
    expect(failure(await native.post('/auth/corp-keys/', { id_token, nonce }))).toEqual([
      400,
      { nonce: ['Invalid or expired nonce.'] },
    ]);
  });

  test('an address with an account is only linked once its owner has signed in to it', async () => {
    const owner = await registered();
    await verify();
    const browser = app.browser();
    expect(failure(await through(browser))).toEqual([
      400,
      { non_field_errors: ['User is already registered with this e-mail address.'] },
    ]);
    expect(await identitiesOf(app, email)).toEqual([]);
    expect((await browser.post('/auth/login/', { email, password: PASSWORD })).status).toBe(200);
    expect(await identitiesOf(app, email)).toEqual([subject]);
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [email]);
    expect(failure(await through(owner))).toEqual([400, { non_field_errors: ['User account is disabled.'] }]);
  });

  test('somebody without a verified address confirms one', async () => {
    provider.accounts.set(subject, { email, email_verified: false });
    const browser = app.browser();
    expect(failure(await through(browser))).toEqual([
      400,
      { detail: expect.any(String), code: 'email_required', ephemeral_token: expect.any(String) },
    ]);
    const asked = await browser.post('/auth/login/email/', { email });
    expect(failure(asked)).toEqual([
      200,
      { detail: expect.any(String), ephemeral_token: expect.any(String) },
    ]);
    const [line = ''] = await eventually(
      () =>
        mail
          .to(email)
          .map(({ subject: each }) => each)
          .filter((each) => / is your code$/.test(each)),
      ({ length }) => length === 1,
    );
    const code = / (\d{8}) is/.exec(line)?.[1] ?? '';
    const { ephemeral_token } = asked.body;
    const confirm = (typed: string) =>
      browser.post('/auth/login/code/confirm/', { code: typed, ephemeral_token });
    expect(failure(await confirm('00000000'))).toEqual([400, { code: ['Invalid code.'] }]);
    const answer = await confirm(code);
    expect(answer.status).toBe(200);
    expect(answer.body.user).toMatchObject({ email });
    expect((await through(app.browser())).body.user).toEqual(answer.body.user);
  });

  test('a second factor is asked for', async () => {
    await through(app.browser());
    const browser = app.browser();
    browser.accessToken = accessIn(await through(browser));
    const { body } = await browser.get('/auth/mfa/totp/activate/');
    const secret = String(body.secret);
    const code = codeOf(secret, app.clock.now());
    const { activation_token } = body;
    expect((await browser.post('/auth/mfa/totp/activate/', { activation_token, code })).status).toBe(200);
    app.clock.advance(30);
    const other = app.browser();
    const answer = await through(other);
    expect(failure(answer)).toEqual([
      200,
      expect.objectContaining({ mfa_required: true, ephemeral_token: expect.any(String) }),
    ]);
    expect(answer.setCookie.map(attributesOf).map(({ name }) => name)).not.toContain('refresh_token');
    const done = await other.post('/auth/mfa/verify/', {
      ephemeral_token: answer.body.ephemeral_token,
      code: codeOf(secret, app.clock.now()),
    });
    expect(done.status).toBe(200);
  });

  test('connects in the session that asked, lists and disconnects', async () => {
    const user = await registered();
    await verify();
    expect((await app.browser().post('/auth/corp/connect/url/', {})).status).toBe(401);
    expect((await app.browser().post('/auth/corp/connect/', { code: 'x', state: 'x' })).status).toBe(401);
    expect((await user.get('/auth/socialaccounts/')).body).toEqual([]);
    // A login is no link, and the other way round.
    const asLogin = await atProvider(await begin(user, 'corp'));
    expect((await user.post('/auth/corp/connect/', asLogin)).body.code).toBe('state_missing');
    const connected = await through(user, 'corp/connect');
    expect(connected.status).toBe(200);
    expect(connected.body).toMatchObject({ user: { email } });
    expect(connected.setCookie.map(attributesOf).map(({ name }) => name)).not.toContain('refresh_token');
    const { body: accounts } = await user.get('/auth/socialaccounts/');
    const account = {
      id: expect.any(String),
      provider: 'corp',
      uid: subject,
      last_login: expect.any(String),
      date_joined: expect.any(String),
    };
    expect(accounts).toEqual([account]);
    const [{ id } = { id: '' }] = accounts as unknown as { id: string }[];
    const stranger = await registered(uniqueEmail());
    expect(failure(await through(stranger, 'corp/connect'))).toEqual([
      400,
      { non_field_errors: ['The third-party account is already connected to a different account.'] },
    ]);
    for (const [who, which] of [
      [stranger, id],
      [user, 'x'],
    ] as const)
      expect(failure(await who.post(`/auth/socialaccounts/${which}/disconnect/`))).toEqual([
        404,
        { detail: 'Not found.' },
      ]);
    expect(failure(await user.post(`/auth/socialaccounts/${id}/disconnect/`))).toEqual([200, account]);
    expect((await user.get('/auth/socialaccounts/')).body).toEqual([]);
    // The last way in stays.
    const other = uniqueEmail();
    const name = other.split('@')[0] ?? '';
    provider.accounts.set(name, { email: other, email_verified: true });
    const alone = app.browser();
    alone.accessToken = accessIn(await through(alone, 'corp', name));
    const [own] = (await alone.get('/auth/socialaccounts/')).body as unknown as { id: string }[];
    expect(failure(await alone.post(`/auth/socialaccounts/${own?.id}/disconnect/`))).toEqual([
      400,
      { non_field_errors: ['Your account has no password set up.'] },
    ]);
    // An access token of before does not link.
    app.clock.advance(901);
    const { body: refreshed } = await user.refresh();
    user.accessToken = String(refreshed.access);
    expect((await user.post('/auth/corp/connect/url/', {})).body.code).toBe(
      'insufficient_user_authentication',
    );
  });

  test('what is no provider is nowhere', async () => {
    const browser = await registered();
    for (const path of ['nobody', 'nobody/url', 'nobody/connect', 'nobody/connect/url'])
      for (const method of ['POST', 'GET'])
        expect([method, path, (await browser.send(method, `/auth/${path}/`)).status]).toEqual([
          method,
          path,
          404,
        ]);
    expect((await browser.send('POST', '/auth/sessions/')).status).toBe(405);
    const { status, headers } = await browser.send('GET', '/auth/corp/');
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });
});
