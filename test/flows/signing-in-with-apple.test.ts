import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../../src/config/env.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Apple, APPLE, APPLE_CLIENT, firstTime } from '../support/apple.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { enterCode, withTotp } from '../support/factors.js';
import { startMailApp } from '../support/mail-app.js';
import { FRONTEND_URL, identitiesOf, outcomeOf, PUBLIC_URL } from '../support/providers.js';
import type { MailServer } from '../support/smtp.js';
import { type StandIn, startStandIn } from '../support/stand-in-provider.js';

/*
 * Apple, with answers in the shapes that it documents. Not live.
 */

let standIn: StandIn;
let apple: Apple;
let app: TestApp;
let mail: MailServer;
let close: () => Promise<void>;
let email: string;
let sub: string;
beforeAll(async () => {
  standIn = await startStandIn();
  apple = new Apple(standIn);
  ({ app, mail, close } = await startMailApp({
    publicUrl: PUBLIC_URL,
    frontendUrl: FRONTEND_URL,
    // Browsers take a cookie with SameSite=None only if it is Secure.
    cookieSecure: true,
    providers: [{ id: 'apple', ...APPLE_CLIENT, privateKey: apple.privateKey }],
    fetch: (url, init) => fetch(url.replace('https:/', standIn.url), init),
  }));
});
afterAll(async () => {
  await close();
  await standIn.close();
});
beforeEach(() => {
  email = uniqueEmail();
  sub = `001234.${email.split('@')[0]}.0123`;
  standIn.asked.length = 0;
});

const verified = () => ({ sub, email, email_verified: 'true', is_private_email: 'false' });
const nameOf = async (browser: Browser) => {
  const { body } = await browser.get('/auth/identities');
  return (body as unknown as { name: string | null }[]).map(({ name }) => name);
};

describe('signing in with Apple', () => {
  test('comes back by a form of another site, with a cookie for that', async () => {
    const browser = app.browser();
    const started = await browser.post('/auth/providers/apple/start', {
      return_to: '/welcome',
      purpose: 'login',
    });
    const url = new URL(String(started.body.url));
    expect(url.origin + url.pathname).toBe(`${APPLE}/auth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      response_mode: 'form_post',
      scope: 'openid email name',
      client_id: APPLE_CLIENT.clientId,
      redirect_uri: `${PUBLIC_URL}/auth/providers/apple/callback`,
    });
    expect(started.setCookie.map(attributesOf)).toEqual([
      expect.objectContaining({
        name: expect.stringMatching(/^__Host-provider_attempt_/),
        samesite: 'None',
        secure: true,
        httponly: true,
      }),
    ]);
    apple.answer(verified(), url.searchParams.get('nonce') ?? '');
    const form = { code: 'c', state: url.searchParams.get('state') ?? '' };
    // A browser without the cookie has not asked.
    expect(outcomeOf(await apple.comeBack(app.browser(), form))).toBe(`${FRONTEND_URL}#error=state_missing`);
    const answer = await apple.comeBack(browser, form);
    expect(outcomeOf(answer)).toBe('signed_in');
    expect(answer.setCookie.map(attributesOf)).toContainEqual(
      expect.objectContaining({ name: '__Host-refresh_token', samesite: 'Strict' }),
    );
    expect((await browser.refresh()).body.user).toMatchObject({ email, email_verified: true });
    expect(outcomeOf(await apple.comeBack(browser, form))).toBe(`${FRONTEND_URL}#error=state_missing`);
    expect(
      outcomeOf(
        await apple.through(app.browser(), verified(), { form: { error: 'user_cancelled_authorize' } }),
      ),
    ).toBe('error=access_denied');
  });

  test('the client secret is made from the key, for minutes, and again when it has expired', async () => {
    await apple.through(app.browser(), verified());
    app.clock.advance(300);
    await apple.through(app.browser(), verified());
    const [first, second, ...others] = apple.clientSecrets;
    expect(others).toEqual([]);
    for (const secret of [first, second])
      expect(secret).toMatchObject({
        isSigned: true,
        header: { alg: 'ES256', kid: APPLE_CLIENT.keyId },
        claims: { iss: APPLE_CLIENT.teamId, sub: APPLE_CLIENT.clientId, aud: APPLE },
      });
    const [{ iat = 0, exp = 0 } = {}, again] = [first?.claims, second?.claims] as {
      iat: number;
      exp: number;
    }[];
    expect(exp - iat).toBe(300);
    expect(again?.iat).toBeGreaterThanOrEqual(exp);
  });

  test.each<[unknown, string]>([
    ['true', 'signed_in'],
    [true, 'signed_in'],
    ['false', 'email_required'],
    [false, 'email_required'],
    [undefined, 'email_required'],
  ])('email_verified %j: %s', async (email_verified, outcome) => {
    const user = {
      sub,
      email,
      ...(email_verified !== undefined && { email_verified: email_verified as string }),
    };
    expect(outcomeOf(await apple.through(app.browser(), user))).toBe(outcome);
  });

  test('a relay address is an address', async () => {
    const relay = `${email.split('@')[0]}@privaterelay.appleid.com`;
    const browser = app.browser();
    await apple.through(browser, { sub, email: relay, email_verified: true, is_private_email: 'true' });
    expect((await browser.refresh()).body.user).toMatchObject({ email: relay, email_verified: true });
  });
});

describe('the name that comes once', () => {
  const form = firstTime('Ada', 'Lovelace');

  test('is kept, and the address beside it is not believed', async () => {
    const victim = await app.verified();
    const browser = app.browser();
    const forged = firstTime('Ada\u0000\u202e', ' Lovelace ', victim.email);
    expect(outcomeOf(await apple.through(browser, { sub }, { form: forged }))).toBe('email_required');
    expect(await identitiesOf(app, victim.email)).toEqual([]);
    const signedIn = app.browser();
    expect(outcomeOf(await apple.through(signedIn, verified(), { form: forged }))).toBe('signed_in');
    await signedIn.refresh();
    expect(await nameOf(signedIn)).toEqual(['Ada Lovelace']);
    // Later sign-ins do not name it.
    await apple.through(signedIn, verified());
    await signedIn.refresh();
    expect(await nameOf(signedIn)).toEqual(['Ada Lovelace']);
  });

  test('also if the address has to be confirmed first', async () => {
    const browser = app.browser();
    expect(outcomeOf(await apple.through(browser, { sub }, { form }))).toBe('email_required');
    expect((await browser.post('/auth/login/email', { email })).status).toBe(200);
    const [sent] = await eventually(
      () => mail.to(email),
      (all) => all.length > 0,
    );
    const code = / (\d{8}) is/.exec(sent?.subject ?? '')?.[1];
    expect((await browser.post('/auth/login/code/confirm', { code })).status).toBe(200);
    expect(await nameOf(browser)).toEqual(['Ada Lovelace']);
  });

  test('also if its user signs in to an account that exists, with a second factor', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const browser = app.browser();
    expect(outcomeOf(await apple.through(browser, verified(), { form }))).toBe('account_exists');
    await browser.login(email);
    expect((await enterCode(app, browser, secret)).status).toBe(200);
    expect(await nameOf(browser)).toEqual(['Ada Lovelace']);
  });

  test.each(['', 'null', '[]', '{"name":"Ada"}', '{"name":{"firstName":7}}', '{', '{"email":"a@b.example"}'])(
    'a form with user=%s has no name, and signs in',
    async (user) => {
      const browser = app.browser();
      expect(outcomeOf(await apple.through(browser, verified(), { form: { user } }))).toBe('signed_in');
      await browser.refresh();
      expect(await nameOf(browser)).toEqual([null]);
    },
  );
});

describe('what Apple reports', () => {
  const seconds = () => Math.floor(app.clock.now().getTime() / 1000);
  const claims = (event: object) => ({
    iss: APPLE,
    aud: APPLE_CLIENT.clientId,
    iat: seconds(),
    exp: seconds() + 86_400,
    jti: `jti-${Math.random()}`,
    events: JSON.stringify({ sub, event_time: seconds() * 1000, ...event }),
  });
  const post = (payload: string) => app.browser().post('/auth/providers/apple/notifications', { payload });
  const report = (event: object) => post(apple.sign(claims(event)));
  const activityOf = async (browser: Browser) =>
    ((await browser.get('/auth/activity')).body as unknown as { event: string }[]).map(({ event }) => event);

  test.each(['consent-revoked', 'account-delete', 'account-deleted'])(
    '%s: it is unlinked, and what was opened with it ends; the account stays',
    async (type) => {
      const owner = await app.verified(email);
      const linking = app.browser();
      await apple.through(linking, verified());
      await linking.login(email);
      const browser = app.browser();
      expect(outcomeOf(await apple.through(browser, verified()))).toBe('signed_in');
      await browser.refresh();
      app.clock.advance(61);
      expect((await report({ type })).status).toBe(204);
      expect(await identitiesOf(app, email)).toEqual([]);
      expect((await browser.get('/auth/user')).status).toBe(401);
      expect((await browser.refresh()).status).toBe(401);
      expect((await owner.refresh()).status).toBe(200);
      expect(await activityOf(owner)).toEqual(
        expect.arrayContaining(['identity_revoked', 'identity_unlinked', 'session_ended']),
      );
      expect((await owner.get('/auth/sessions/ended')).body).toContainEqual(
        expect.objectContaining({ reason: 'provider_revoked' }),
      );
      await eventually(
        () => mail.to(email).filter(({ subject: line }) => line.includes('Apple unlinked')),
        (all) => all.length === 1,
      );
      expect((await app.browser().login(email)).status).toBe(200);
    },
  );

  test('nobody is locked out: the last way in comes back with a new consent', async () => {
    const browser = app.browser();
    await apple.through(browser, verified(), { form: firstTime('Ada', 'Lovelace') });
    await browser.refresh();
    app.clock.advance(61);
    const payload = apple.sign(claims({ type: 'consent-revoked' }));
    expect((await post(payload)).status).toBe(204);
    expect((await browser.refresh()).status).toBe(401);
    expect(app.log.join('\n')).toMatch(/User \d+ has ended the connection at apple, and has no other way/);
    app.clock.advance(61);
    const again = app.browser();
    expect(outcomeOf(await apple.through(again, verified()))).toBe('signed_in');
    await again.refresh();
    expect(await nameOf(again)).toEqual(['Ada Lovelace']);
    // The notice, sent again, is of before.
    expect((await post(payload)).status).toBe(204);
    expect((await again.refresh()).status).toBe(200);
  });

  test('a login that lacks its second factor ends too', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const linking = app.browser();
    await apple.through(linking, verified());
    await linking.login(email);
    await enterCode(app, linking, secret);
    app.clock.advance(61);
    const browser = app.browser();
    expect(outcomeOf(await apple.through(browser, verified()))).toBe('second_factor');
    await report({ type: 'consent-revoked' });
    expect((await enterCode(app, browser, secret)).body.code).toBe('login_expired');
  });

  test('no emails go to a relay address that takes none, until it does again', async () => {
    email = `${sub.split('.')[1]}@privaterelay.appleid.com`;
    const relay = { email, is_private_email: 'true' };
    const browser = app.browser();
    await apple.through(browser, { sub, ...relay, email_verified: 'true' });
    await browser.refresh();
    const disabled = apple.sign(claims({ type: 'email-disabled', ...relay }));
    expect((await post(disabled)).status).toBe(204);
    await browser.post('/auth/password/reset', { email });
    await eventually(
      () => app.log.filter((line) => line.includes('its mailbox takes none at present')),
      (lines) => lines.length > 0,
    );
    expect(mail.to(email)).toEqual([]);
    app.clock.advance(1);
    await report({ type: 'email-enabled', ...relay });
    await eventually(
      () => mail.to(email),
      (all) => all.length === 1,
    );
    // An older notice, sent again, changes nothing.
    await post(disabled);
    await app.browser().post('/auth/password/reset', { email });
    await eventually(
      () => mail.to(email),
      (all) => all.length === 2,
    );
    expect(await activityOf(browser)).toEqual(expect.arrayContaining(['emails_suspended', 'emails_resumed']));
    // Nor does one that is not of a relay address, or of nobody here.
    const other = await app.verified();
    await report({ type: 'email-disabled', email: other.email, is_private_email: 'false' });
    await report({ type: 'email-disabled', ...relay, email: other.email, sub: 'nobody' });
    const rows = await app.sql('SELECT 1 FROM tokenjar.suspended_recipients WHERE is_suspended');
    expect(rows).toEqual([]);
  });

  test('Apple may report what does not concern us', async () => {
    for (const event of [{ type: 'something-new' }, { type: 'consent-revoked', sub: 'nobody' }])
      expect((await report(event)).status).toBe(204);
    const plain = { ...claims({}), events: { type: 'consent-revoked', sub, event_time: seconds() } };
    expect((await post(apple.sign(plain))).status).toBe(204);
    const other = await app.browser().post('/auth/providers/google/notifications', { payload: 'x' });
    expect(other.body.code).toBe('provider_not_found');
  });

  test.each<[string, (event: object) => string]>([
    [
      'the key of somebody else',
      (event) => apple.sign(claims(event), { key: new Apple(standInOfNobody).key }),
    ],
    ['no signature', (event) => `${apple.sign(claims(event)).split('.').slice(0, 2).join('.')}.`],
    ['another issuer', (event) => apple.sign({ ...claims(event), iss: 'https://evil.example' })],
    ['another audience', (event) => apple.sign({ ...claims(event), aud: 'com.evil.app' })],
    ['one that has expired', (event) => apple.sign({ ...claims(event), exp: seconds() - 120 })],
    ['an old one', (event) => apple.sign({ ...claims(event), exp: undefined, iat: seconds() - 8 * 86_400 })],
    ['an ID token', () => apple.idToken(verified(), 'x', { iat: seconds(), exp: seconds() + 300 })],
    ['events that cannot be read', (event) => apple.sign({ ...claims(event), events: '{' })],
    ['something else', () => 'x'],
  ])('%s is refused', async (_name, payload) => {
    const browser = app.browser();
    await apple.through(browser, verified());
    app.clock.advance(61);
    const { status, body } = await post(payload({ type: 'account-deleted' }));
    expect([status, body.code]).toEqual([401, 'provider_refused']);
    expect(await identitiesOf(app, email)).toEqual([sub]);
    expect((await browser.refresh()).status).toBe(200);
  });
  const standInOfNobody = { replies: new Map() } as unknown as StandIn;
});

describe('settings of Apple', () => {
  const settings = (more: Record<string, string>) =>
    readEnvironment({ PROVIDERS: 'apple', APPLE_CLIENT_ID: 'com.example.web', ...more });

  test('have a key in place of a client secret', () => {
    const all = { APPLE_TEAM_ID: 'DEF123GHIJ', APPLE_KEY_ID: 'ABC123DEFG', APPLE_PRIVATE_KEY: 'key.p8' };
    expect(settings(all).providers).toMatchObject([
      { id: 'apple', keyId: 'ABC123DEFG', privateKey: 'key.p8' },
    ]);
    expect(() => settings({})).toThrow(/APPLE_TEAM_ID: is required.*APPLE_KEY_ID.*APPLE_PRIVATE_KEY/s);
    expect(() => settings({ ...all, APPLE_CLIENT_SECRET: 'x' })).toThrow(/APPLE_CLIENT_SECRET: is made from/);
    expect(() =>
      readEnvironment({
        PROVIDERS: 'google',
        GOOGLE_CLIENT_ID: 'x',
        GOOGLE_CLIENT_SECRET: 'x',
        GOOGLE_TEAM_ID: 'DEF123GHIJ',
      }),
    ).toThrow('GOOGLE_TEAM_ID: is only for the provider apple');
  });

  test.each([
    ['no-such-file.p8', /APPLE_PRIVATE_KEY: is neither a PEM or JWK nor a readable file/],
    [
      '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----',
      /APPLE_PRIVATE_KEY: is not a private key/,
    ],
  ])('a key that cannot sign stops the start: %s', async (privateKey, problem) => {
    const providers = [{ id: 'apple', ...APPLE_CLIENT, privateKey }];
    await expect(startApp({ publicUrl: PUBLIC_URL, providers })).rejects.toThrow(problem);
  });
});
