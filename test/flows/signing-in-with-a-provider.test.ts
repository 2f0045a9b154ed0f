import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database, type Queries } from '../../src/database/database.js';
import { statement } from '../../src/database/statement.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { withTotp, enterCode } from '../support/factors.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { CLIENT, type OpenIdProvider, startOpenIdProvider, Visitor } from '../support/openid-provider.js';
import {
  comeBack,
  FRONTEND_URL,
  identitiesOf,
  outcomeOf,
  PUBLIC_URL,
  redirectUri,
  start,
} from '../support/providers.js';
import { type MailServer, secretOf } from '../support/smtp.js';

describe('signing in with a provider', () => {
  let provider: OpenIdProvider;
  let app: TestApp;
  let mail: MailServer;
  let close: () => Promise<void>;
  let email: string;
  let subject: string;
  beforeAll(async () => {
    provider = await startOpenIdProvider([redirectUri('corp')]);
    ({ app, mail, close } = await startMailApp({
      publicUrl: PUBLIC_URL,
      frontendUrl: FRONTEND_URL,
      trustedOrigins: ['https://other.example'],
      providers: [{ id: 'corp', name: 'Corp', issuer: provider.issuer, ...CLIENT }],
    }));
  });
  afterAll(async () => {
    await close();
    await provider.close();
  });
  beforeEach(() => {
    email = uniqueEmail();
    subject = email.split('@')[0] ?? '';
    provider.accounts.set(subject, { email, email_verified: true });
  });

  /** Goes to the provider, signs in there, and comes back. */
  async function through(browser: Browser, more: object = {}, login = subject): Promise<string> {
    const back = await new Visitor().signIn(await start(browser, 'corp', more), login);
    return outcomeOf(await comeBack(browser, back));
  }
  async function signedIn(): Promise<Browser> {
    const browser = app.browser();
    expect(await through(browser)).toBe('signed_in');
    expect((await browser.refresh()).status).toBe(200);
    return browser;
  }

  test('the list has what buttons need', async () => {
    expect((await app.browser().get('/auth/providers')).body).toEqual([{ id: 'corp', name: 'Corp' }]);
  });

  test('signs up, and signs in to the same account from then on', async () => {
    const browser = app.browser();
    const url = new URL(await start(browser, 'corp'));
    expect(url.origin).toBe(provider.issuer);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      redirect_uri: redirectUri('corp'),
      scope: 'openid email',
      code_challenge_method: 'S256',
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    const answer = await comeBack(browser, await new Visitor().signIn(url.href, subject));
    expect(outcomeOf(answer)).toBe('signed_in');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const cookies = answer.setCookie.map(attributesOf);
    expect(cookies).toContainEqual(expect.objectContaining({ name: 'refresh_token', samesite: 'Strict' }));
    expect(cookies).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^provider_attempt_/), 'max-age': '0' }),
    );
    const { body } = await browser.refresh();
    expect(body.user).toMatchObject({ email, email_verified: true });
    expect(readPart(String(body.access_token), 1)).toMatchObject({ amr: ['fed'], acr: 'aal1' });
    const again = await signedIn();
    expect((await again.get('/auth/user')).body).toMatchObject(body.user as object);
    expect((await again.get('/auth/activity')).body).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'registration', outcome: 'success' }),
        expect.objectContaining({ event: 'identity_linked', reason: 'corp' }),
        expect.objectContaining({ event: 'login', methods: ['fed'] }),
      ]),
    );
    // The address of the account follows nothing that the provider says later.
    provider.accounts.set(subject, { email: uniqueEmail(), email_verified: true });
    expect((await (await signedIn()).get('/auth/user')).body).toMatchObject({ email });
    expect((await app.browser().login(email)).body.code).toBe('bad_credentials');
  });

  test('the cookie of an attempt is sealed, Lax and short-lived, and each tab has its own', async () => {
    const browser = app.browser();
    const { setCookie } = await browser.post('/auth/providers/corp/start', {
      return_to: '/welcome',
      purpose: 'login',
    });
    expect(setCookie.map(attributesOf)).toEqual([
      expect.objectContaining({
        name: expect.stringMatching(/^provider_attempt_[\w-]{8}$/),
        httponly: true,
        samesite: 'Lax',
        path: '/',
        'max-age': '600',
      }),
    ]);
    const [first, second] = [await start(browser, 'corp'), await start(browser, 'corp', { return_to: '/b' })];
    const visitor = new Visitor();
    const backs = [await visitor.signIn(second, subject), await visitor.signIn(first, subject)];
    expect(outcomeOf(await comeBack(browser, backs[0] ?? ''))).toBe(`${FRONTEND_URL}/b#signed_in`);
    expect(outcomeOf(await comeBack(browser, backs[1] ?? ''))).toBe('signed_in');
    // The back button: the attempt is over.
    expect(outcomeOf(await comeBack(browser, backs[1] ?? ''))).toBe(`${FRONTEND_URL}#error=state_missing`);
    for (let i = 0; i < 12; i++) await start(browser, 'corp');
    const kept = (await browser.jar.getCookies(app.url)).filter(({ key }) => key.startsWith('provider_'));
    expect(kept).toHaveLength(3);
  });

  test('a denial leads back with a code, and nothing has changed', async () => {
    const browser = app.browser();
    const back = await new Visitor().cancel(await start(browser, 'corp'));
    expect(outcomeOf(await comeBack(browser, back))).toBe('error=access_denied');
    expect((await browser.refresh()).status).toBe(401);
  });

  test('an attempt ends after ten minutes', async () => {
    const browser = app.browser();
    const back = await new Visitor().signIn(await start(browser, 'corp'), subject);
    app.clock.advance(601);
    expect(outcomeOf(await comeBack(browser, back))).toBe(`${FRONTEND_URL}#error=state_missing`);
  });

  test('returns to a page of a trusted origin', async () => {
    const outcome = await through(app.browser(), { return_to: 'https://other.example/a?b=c#d' });
    expect(outcome).toBe('https://other.example/a?b=c#signed_in');
  });

  test('an account with this address is only linked once its owner has signed in to it', async () => {
    const owner = await app.verified(email);
    const browser = app.browser();
    expect(await through(browser)).toBe('account_exists');
    expect((await browser.refresh()).status).toBe(401);
    expect(await identitiesOf(app, email)).toEqual([]);
    // Signing in to another account links nothing.
    const other = await app.verified();
    expect((await browser.login(other.email)).status).toBe(200);
    expect(await identitiesOf(app, other.email)).toEqual([]);
    browser.accessToken = undefined;
    expect((await browser.login(email)).status).toBe(200);
    expect(await identitiesOf(app, email)).toEqual([subject]);
    const sent = await eventually(
      () => mail.to(email).filter(({ subject: line }) => line.includes('Corp linked')),
      (all) => all.length > 0,
    );
    expect(sent).toHaveLength(1);
    expect(await through(app.browser())).toBe('signed_in');
    expect((await owner.get('/auth/identities')).body).toEqual([
      expect.objectContaining({ provider: 'corp', email }),
    ]);
  });

  test('it waits for ten minutes, in this browser alone, and through a second factor', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const browser = app.browser();
    expect(await through(browser)).toBe('account_exists');
    await app.browser().login(email);
    expect((await browser.login(email)).body.code).toBe('second_factor_required');
    expect(await identitiesOf(app, email)).toEqual([]);
    expect((await enterCode(app, browser, secret)).status).toBe(200);
    expect(await identitiesOf(app, email)).toEqual([subject]);

    email = uniqueEmail();
    await app.verified(email);
    provider.accounts.set('late', { email, email_verified: true });
    const late = app.browser();
    expect(await through(late, {}, 'late')).toBe('account_exists');
    app.clock.advance(601);
    await late.login(email);
    expect(await identitiesOf(app, email)).toEqual([]);
  });

  test('a second factor is asked for, and only opens together with it', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const linking = app.browser();
    await through(linking);
    await linking.login(email);
    await enterCode(app, linking, secret);
    app.clock.advance(30);
    const browser = app.browser();
    expect(await through(browser)).toBe('second_factor');
    expect((await browser.refresh()).status).toBe(401);
    const answer = await enterCode(app, browser, secret);
    expect(answer.status).toBe(200);
    expect(readPart(String(answer.body.access_token), 1)).toMatchObject({
      amr: ['fed', 'otp', 'mfa'],
      acr: 'aal2',
    });
  });

  test('what only our own pages send counts too: the session of before ends, and a trusted device is one', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const browser = app.browser();
    await through(browser);
    await browser.login(email);
    await enterCode(app, browser, secret, { trust_device: true });
    const before = await browser.copy();
    expect(await through(browser)).toBe('signed_in');
    expect((await before.refresh()).status).toBe(401);
    expect((await browser.get('/auth/sessions/ended')).status).toBe(401);
    await browser.refresh();
    expect((await browser.get('/auth/sessions/ended')).body).toContainEqual(
      expect.objectContaining({ reason: 'replaced' }),
    );
  });

  test('a mandatory second factor has to be set up', async () => {
    await signedIn();
    await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
    const browser = app.browser();
    expect(await through(browser)).toBe('second_factor_setup');
    expect((await browser.post('/auth/login/setup', { method: 'totp' })).status).toBe(200);
    expect((await browser.refresh()).status).toBe(401);
  });

  test('an account that nobody has verified goes to the owner of the address, without what was set there', async () => {
    const stranger = await withTotp(app, await app.signedUp(email));
    // The stranger has also linked an account of their own.
    provider.accounts.set('mallory', {});
    expect(await through(stranger, { purpose: 'link' }, 'mallory')).toBe('linked');
    const owner = await signedIn();
    expect((await owner.get('/auth/user')).body).toMatchObject({ email, email_verified: true });
    expect((await stranger.get('/auth/user')).status).toBe(401);
    expect((await stranger.refresh()).status).toBe(401);
    expect((await app.browser().login(email)).body.code).toBe('bad_credentials');
    expect(await identitiesOf(app, email)).toEqual([subject]);
    expect(await through(app.browser(), {}, 'mallory')).toBe('email_required');
  });

  test('what a stranger has begun there comes to nothing once the owner is there', async () => {
    const stranger = await withTotp(app, await app.signedUp(email));
    const moved = uniqueEmail();
    const change = { new_email: moved, password: PASSWORD };
    expect((await stranger.post('/auth/email/change', change)).status).toBe(200);
    const [sent] = await eventually(
      () => mail.to(moved),
      (all) => all.length > 0,
    );
    const pending = app.browser();
    expect((await pending.login(email)).body.code).toBe('second_factor_required');
    const trusting = app.browser();
    await trusting.login(email);
    app.clock.advance(30);
    await enterCode(app, trusting, stranger.secret, { trust_device: true });
    provider.accounts.set('mallory3', {});
    const back = await new Visitor().signIn(await start(stranger, 'corp', { purpose: 'link' }), 'mallory3');

    const owner = await signedIn();
    const answer = await app
      .browser()
      .post('/auth/email/change/confirm', { key: secretOf(sent?.link ?? '') });
    expect(answer.body.code).toBe('link_invalid');
    app.clock.advance(30);
    expect((await enterCode(app, pending, stranger.secret)).body.code).toBe('login_expired');
    expect((await trusting.login(email)).body.code).toBe('bad_credentials');
    expect(outcomeOf(await comeBack(stranger, back))).toBe('error=login_expired');
    expect((await owner.get('/auth/factors')).body).toMatchObject({ factors: [], trusted_devices: [] });
    expect((await owner.get('/auth/user')).body).toMatchObject({ email, email_verified: true });
    expect(await identitiesOf(app, email)).toEqual([subject]);
  });

  (isEmbedded ? test.skip : test)(
    'a link in the very moment in which the owner takes the account over',
    async () => {
      const stranger = await app.signedUp(email);
      provider.accounts.set('mallory4', {});
      const back = await new Visitor().signIn(await start(stranger, 'corp', { purpose: 'link' }), 'mallory4');
      const run = (text: string, tx: Queries) => tx.run(statement<[string], unknown>('', text), [email]);
      const outcome = await app.app.get(Database).transaction(async (tx) => {
        await run('UPDATE tokenjar.users SET email_verified = true WHERE email = $1', tx);
        const linking = comeBack(stranger, back);
        await eventually(
          () => app.sql(`SELECT 1 FROM pg_locks WHERE NOT granted`),
          (waiting) => waiting.length > 0,
        );
        await run(
          'DELETE FROM tokenjar.sessions USING tokenjar.users u WHERE user_id = u.id AND email = $1',
          tx,
        );
        return { linking };
      });
      expect(outcomeOf(await outcome.linking)).toBe('error=login_expired');
      expect(await identitiesOf(app, email)).toEqual([]);
    },
  );

  test('a sign-in that lacks a step ends when what it began with is unlinked', async () => {
    const { secret } = await withTotp(app, await app.verified(email));
    const owner = app.browser();
    await through(owner);
    await owner.login(email);
    app.clock.advance(30);
    await enterCode(app, owner, secret);
    const thief = app.browser();
    expect(await through(thief)).toBe('second_factor');
    const [{ id = '' } = {}] = (await owner.get('/auth/identities')).body as unknown as { id: string }[];
    expect((await owner.delete(`/auth/identities/${id}`)).status).toBe(204);
    app.clock.advance(30);
    expect((await enterCode(app, thief, secret)).body.code).toBe('login_expired');
  });

  test('a reset of the password takes away what was linked before anybody had proven the address', async () => {
    const stranger = await app.signedUp(email);
    provider.accounts.set('mallory2', {});
    expect(await through(stranger, { purpose: 'link' }, 'mallory2')).toBe('linked');
    // Also if the owner has clicked the link of the verification email before.
    await app.sql('UPDATE tokenjar.users SET email_verified = true WHERE email = $1', [email]);
    expect(await through(app.browser(), {}, 'mallory2')).toBe('signed_in');
    const owner = app.browser();
    await owner.post('/auth/password/reset', { email });
    const [sent] = await eventually(
      () => mail.to(email).filter(({ link }) => link.includes('reset')),
      (all) => all.length > 0,
    );
    const reset = { token: secretOf(sent?.link ?? ''), new_password: 'a rather different set of words' };
    expect((await owner.post('/auth/password/reset/confirm', reset)).status).toBe(200);
    expect(await identitiesOf(app, email)).toEqual([]);
  });

  /** The code of the email number `count` of this address. */
  async function emailed(address: string, count = 1): Promise<string> {
    const all = () => mail.to(address).filter(({ subject: line }) => / is your code$/.test(line));
    const found = await eventually(all, (sent) => sent.length >= count);
    return / (\d{8}) is/.exec(found[count - 1]?.subject ?? '')?.[1] ?? '';
  }
  const name = (browser: Browser, address: string) => browser.post('/auth/login/email', { email: address });
  const confirm = (browser: Browser, code: string) => browser.post('/auth/login/code/confirm', { code });

  describe('without a verified address', () => {
    let browser: Browser;
    beforeEach(async () => {
      provider.accounts.set(subject, {});
      browser = app.browser();
      expect(await through(browser, { remember: false })).toBe('email_required');
    });

    test('one is asked for and confirmed by a code, in this browser alone, once', async () => {
      expect((await name(app.browser(), email)).body.code).toBe('login_expired');
      expect((await name(browser, email)).status).toBe(200);
      const code = await emailed(email);
      expect((await confirm(app.browser(), code)).body.code).toBe('login_expired');
      expect((await confirm(browser, '00000000')).body.code).toBe('code_wrong');
      expect((await browser.refresh()).status).toBe(401);
      const answer = await confirm(browser, code);
      expect(answer.status).toBe(200);
      expect(answer.body.user).toMatchObject({ email, email_verified: true });
      expect(readPart(String(answer.body.access_token), 1)).toMatchObject({
        amr: ['fed', 'email'],
        acr: 'aal1',
      });
      const line = answer.setCookie.find((each) => each.startsWith('refresh_token=')) ?? '';
      expect(attributesOf(line)['max-age']).toBeUndefined();
      expect(await identitiesOf(app, email)).toEqual([subject]);
      expect((await confirm(browser, code)).body.code).toBe('login_expired');
      expect((await name(browser, email)).body.code).toBe('login_expired');
      expect(await through(app.browser())).toBe('signed_in');
    });

    test('that of somebody else opens nothing: its owner has to sign in', async () => {
      await app.verified(email);
      await app.sql('DELETE FROM tokenjar.sessions');
      expect((await name(browser, email)).status).toBe(200);
      const answer = await confirm(browser, await emailed(email));
      expect([answer.status, answer.body.code]).toEqual([409, 'account_exists']);
      expect((await browser.refresh()).status).toBe(401);
      expect(await identitiesOf(app, email)).toEqual([]);
      expect((await browser.login(email)).status).toBe(200);
      expect(await identitiesOf(app, email)).toEqual([subject]);
    });

    test('an account that nobody has verified goes to who has the mailbox', async () => {
      const stranger = await app.signedUp(email);
      await name(browser, email);
      expect((await confirm(browser, await emailed(email))).status).toBe(200);
      expect((await stranger.refresh()).status).toBe(401);
      expect((await app.browser().login(email)).body.code).toBe('bad_credentials');
    });

    test('it ends after ten minutes', async () => {
      app.clock.advance(601);
      expect((await name(browser, email)).body.code).toBe('login_expired');
    });

    test('who has not come back from a provider uses up no code of an address', async () => {
      const cookie = `pending_identity=${'x'.repeat(43)}`;
      const answer = await app.browser().post('/auth/login/email', { email }, { cookie });
      expect(answer.body.code).toBe('login_expired');
      expect(await app.sql('SELECT 1 FROM tokenjar.login_codes WHERE email = $1', [email])).toEqual([]);
    });

    test('the code only works while the identity waits', async () => {
      await name(browser, email);
      const code = await emailed(email);
      await app.sql('DELETE FROM tokenjar.pending_identities');
      expect((await confirm(browser, code)).body.code).toBe('login_expired');
      expect((await browser.refresh()).status).toBe(401);
    });
  });

  test.each([
    ['without an address', {}],
    ['with one that the provider has not verified', { email: 'victim@example.com', email_verified: false }],
    ['with one whose state the provider does not tell', { email: 'victim@example.com' }],
  ])('nobody gets an account %s', async (_name, account) => {
    await app.sql(`DELETE FROM tokenjar.users WHERE email = 'victim@example.com'`);
    const victim = await app.verified('victim@example.com');
    provider.accounts.set(subject, account);
    const browser = app.browser();
    expect(await through(browser)).toBe('email_required');
    expect((await browser.refresh()).status).toBe(401);
    expect((await victim.get('/auth/user')).status).toBe(200);
    expect(await identitiesOf(app, 'victim@example.com')).toEqual([]);
  });

  test('links with a recent sign-in, whatever the address there, but never what another user has', async () => {
    const user = await app.verified();
    expect((await app.browser().post('/auth/providers/corp/start', LINK)).body.code).toBe('access_missing');
    expect(await through(user, { purpose: 'link' })).toBe('linked');
    expect(await through(user, { purpose: 'link' })).toBe('linked');
    expect(await identitiesOf(app, user.email)).toEqual([subject]);
    const other = await app.verified();
    expect(await through(other, { purpose: 'link' })).toBe('error=identity_taken');
    expect(await identitiesOf(app, other.email)).toEqual([]);
    app.clock.advance(901);
    await other.refresh();
    const stale = await other.post('/auth/providers/corp/start', LINK);
    expect(stale.body).toMatchObject({ code: 'insufficient_user_authentication', max_age: 900 });
  });

  test('a session that has ended meanwhile links nothing', async () => {
    const user = await app.verified();
    const back = await new Visitor().signIn(await start(user, 'corp', { purpose: 'link' }), subject);
    await user.post('/auth/logout');
    expect(outcomeOf(await comeBack(user, back))).toBe('error=login_expired');
    expect(await identitiesOf(app, user.email)).toEqual([]);
  });

  test('authenticates again: the session counts as recent after the next refresh', async () => {
    const user = await signedIn();
    app.clock.advance(901);
    await user.refresh();
    expect((await user.post('/auth/factors/totp')).body.code).toBe('insufficient_user_authentication');
    const url = new URL(await start(user, 'corp', { purpose: 'reauthenticate' }));
    expect(url.searchParams.get('prompt')).toBe('login');
    const back = await new Visitor().signIn(url.href, subject);
    expect(outcomeOf(await comeBack(user, back))).toBe('reauthenticated');
    await user.refresh();
    expect((await user.post('/auth/factors/totp')).status).toBe(200);
    // As somebody else at the provider, nobody has authenticated.
    provider.accounts.set('somebody', {});
    expect(await through(user, { purpose: 'reauthenticate' }, 'somebody')).toBe('error=identity_not_found');
  });

  test('unlinks, but never the last way in', async () => {
    const user = await signedIn();
    const { body } = await user.get('/auth/identities');
    const [{ id = '' } = {}] = body as unknown as { id: string }[];
    expect((await user.delete(`/auth/identities/${id}`)).body.code).toBe('last_sign_in_method');
    const foreign = await (await app.verified()).delete(`/auth/identities/${id}`);
    expect(foreign.body.code).toBe('identity_not_found');
    expect((await user.delete('/auth/identities/x')).body.code).toBe('identity_not_found');
    provider.accounts.set('second', {});
    expect(await through(user, { purpose: 'link' }, 'second')).toBe('linked');
    const answers = await Promise.all(
      ((await user.get('/auth/identities')).body as unknown as { id: string }[]).map((each) =>
        user.delete(`/auth/identities/${each.id}`),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await identitiesOf(app, email)).toHaveLength(1);
    await eventually(
      () => mail.to(email).filter(({ subject: line }) => line.includes('Corp unlinked')),
      (all) => all.length === 1,
    );
    app.clock.advance(901);
    await user.refresh();
    expect((await user.delete(`/auth/identities/${id}`)).body.code).toBe('insufficient_user_authentication');
  });

  test('remember: false reaches the session', async () => {
    const browser = app.browser();
    const url = await start(browser, 'corp', { remember: false });
    const answer = await comeBack(browser, await new Visitor().signIn(url, subject));
    const line = answer.setCookie.find((each) => each.startsWith('refresh_token=')) ?? '';
    expect(attributesOf(line)['max-age']).toBeUndefined();
  });

  test('an account without a password: a recent sign-in in its place, and one can be set by an email', async () => {
    const user = await signedIn();
    app.clock.advance(901);
    await user.refresh();
    const move = { new_email: uniqueEmail() };
    for (const answer of [
      await user.post('/auth/email/change', move),
      await user.delete('/auth/user', {}),
      await user.delete('/auth/user', { password: PASSWORD }),
    ])
      expect(answer.body.code).toBe('insufficient_user_authentication');
    expect(await through(user, { purpose: 'reauthenticate' })).toBe('reauthenticated');
    await user.refresh();
    expect((await user.post('/auth/email/change', move)).status).toBe(200);
    const change = { old_password: PASSWORD, new_password: 'a rather different set of words' };
    expect((await user.post('/auth/password/change', change)).body.code).toBe('bad_credentials');
    await user.post('/auth/password/reset', { email });
    const [sent] = await eventually(
      () => mail.to(email).filter(({ link }) => link.includes('reset')),
      (all) => all.length > 0,
    );
    const reset = { token: secretOf(sent?.link ?? ''), new_password: 'a rather different set of words' };
    expect((await user.post('/auth/password/reset/confirm', reset)).status).toBe(200);
    // Sessions that began at the moment of the reset have ended.
    app.clock.advance(1);
    expect((await app.browser().login(email, reset.new_password)).status).toBe(200);
    // The identity was linked by the owner, and stays.
    const again = await signedIn();
    expect((await again.delete('/auth/user', {})).body).toMatchObject({
      code: 'input_invalid',
      errors: { password: ['This field is required.'] },
    });
    await app.sql('UPDATE tokenjar.users SET password_hash = NULL WHERE email = $1', [email]);
    const last = await signedIn();
    expect((await last.delete('/auth/user', {})).status).toBe(204);
    expect(await identitiesOf(app, email)).toEqual([]);
  });

  test('a deactivated user is not let in', async () => {
    await signedIn();
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [email]);
    expect(await through(app.browser())).toBe('error=user_inactive');
  });

  test('of two tabs at once, both sign in, and there is one account', async () => {
    const browser = app.browser();
    const urls = [await start(browser, 'corp'), await start(browser, 'corp')];
    const visitor = new Visitor();
    const backs: string[] = [];
    for (const url of urls) backs.push(await visitor.signIn(url, subject));
    const outcomes = await Promise.all(backs.map(async (back) => outcomeOf(await comeBack(browser, back))));
    expect(outcomes).toEqual(['signed_in', 'signed_in']);
    expect(await identitiesOf(app, email)).toEqual([subject]);
  });

  test('refused sign-ins, links and reauthentications are in the activity of the account', async () => {
    const refusals = async () =>
      (
        await app.sql<{ line: string }>(
          `SELECT concat_ws(' ', event, reason) AS line FROM tokenjar.audit_events a
            JOIN tokenjar.users u ON u.id = a.user_id WHERE u.email = $1 AND outcome = 'failure' ORDER BY a.id`,
          [email],
        )
      ).map(({ line }) => line);
    const owner = await app.verified(email);
    expect(await through(app.browser())).toBe('account_exists');
    provider.accounts.set('another', {});
    expect(await through(owner, { purpose: 'reauthenticate' }, 'another')).toBe('error=identity_not_found');
    expect(await through(await app.verified(), { purpose: 'link' }, 'another')).toBe('linked');
    expect(await through(owner, { purpose: 'link' }, 'another')).toBe('error=identity_taken');
    await app.sql('UPDATE tokenjar.users SET is_active = false WHERE email = $1', [email]);
    expect(await through(app.browser())).toBe('error=user_inactive');
    expect(await refusals()).toEqual([
      'login account_exists',
      'reauthentication identity_not_found',
      'identity_linked identity_taken',
      'login user_inactive',
    ]);
  });

  test('the password of others stays what it is', async () => {
    const user = await app.verified(email);
    await through(app.browser());
    expect((await app.browser().login(user.email, PASSWORD)).status).toBe(200);
  });

  const LINK = { purpose: 'link', return_to: '/welcome' };
});
