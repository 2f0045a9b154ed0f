import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createAccount } from '../../client/src/account.js';
import { type ActingToken, withActing } from '../../client/src/acting.js';
import { django, djangoLegacy, envelope, standard } from '../../client/src/dialects.js';
import { createFactors, type FactorsApi, type PendingLogin, pendingLogin } from '../../client/src/factors.js';
import { type Auth, AuthError, createAuth } from '../../client/src/index.js';
import { createProviders } from '../../client/src/providers.js';
import type { Options } from '../../src/config/options.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Authenticator, type CreationOptions, type RequestOptions } from '../support/authenticator.js';
import { eventually } from '../support/eventually.js';
import { CLIENT, type OpenIdProvider, startOpenIdProvider, Visitor } from '../support/openid-provider.js';
import { codeOf } from '../support/totp.js';
import { PageOfBrowser } from './page-of-browser.js';

const DIALECTS = { standard, envelope, django, 'django-legacy': djangoLegacy };

/** What the page's browser has of passkeys, with the software authenticator in it. */
const signals: unknown[] = [];
let authenticator: Authenticator;
const put = (name: string, value: unknown) =>
  Object.defineProperty(globalThis, name, { value, configurable: true });
put('PublicKeyCredential', {
  parseCreationOptionsFromJSON: (options: CreationOptions) => options,
  parseRequestOptionsFromJSON: (options: RequestOptions) => options,
  signalAllAcceptedCredentials: (input: unknown) => Promise.resolve(signals.push(input)),
});
put('navigator', {
  credentials: {
    create: ({ publicKey }: { publicKey: CreationOptions }) =>
      answered(() => authenticator.create(publicKey)),
    get: ({ publicKey }: { publicKey: RequestOptions }) => answered(() => authenticator.get(publicKey)),
  },
});
/** Where browsers have passkeys without https. */
const SITE = 'http://localhost';

let provider: OpenIdProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider([`${SITE}/auth/providers/corp/callback`]);
});
afterAll(() => provider.close());

const answered = (make: () => object) => Promise.resolve({ toJSON: make });

describe.each(Object.entries(DIALECTS))('%s', (name, dialect) => {
  let app: TestApp;
  let auth: Auth<{ email: string }>;
  let factors: FactorsApi<{ email: string }>;
  let email: string;
  let inBrowser: typeof fetch;
  beforeAll(async () => {
    app = await startApp({
      dialect: name as Options['dialect'],
      publicUrl: SITE,
      profile: z.object({ nickname: z.string().max(20).optional() }),
      providers: [{ id: 'corp', name: 'Corp', issuer: provider.issuer, ...CLIENT }],
    });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    authenticator = new Authenticator();
    email = uniqueEmail();
    const { jar } = app.browser();
    inBrowser = async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('cookie', await jar.getCookieString(app.url));
      const response = await fetch(input, { ...init, headers });
      for (const line of response.headers.getSetCookie()) await jar.setCookie(line, app.url);
      return response;
    };
    auth = createAuth<{ email: string }>({ baseUrl: `${app.url}/auth`, dialect, fetch: inBrowser });
    factors = createFactors(auth);
    await auth.register({ email, password: PASSWORD });
  });
  afterEach(() => auth.close());

  test('profile fields of the host are registered, changed and refused', async () => {
    const other = createAuth<{ nickname?: string }>({
      baseUrl: `${app.url}/auth`,
      dialect,
      fetch: inBrowser,
    });
    await other.register({ email: uniqueEmail(), password: PASSWORD, nickname: 'Ada' });
    expect(other.user).toMatchObject({ nickname: 'Ada' });
    const account = createAccount(other);
    const changed = { nickname: 'Countess' };
    expect(await account.setProfile(changed)).toMatchObject(changed);
    if (name === 'standard') expect(other.user).toMatchObject(changed);
    await expect(account.setProfile({ nickname: 'A'.repeat(21) })).rejects.toMatchObject({
      code: 'input_invalid',
      errors: { nickname: [expect.stringContaining('20')] },
    });
    other.close();
  });

  const code = (secret: string) => codeOf(secret, app.clock.now());
  async function withApp(): Promise<{ secret: string; recoveryCodes: string[] }> {
    const { secret } = await factors.addTotp();
    const { factor, recovery_codes: recoveryCodes = [] } = await factors.confirmTotp({ code: code(secret) });
    expect([factor.type, recoveryCodes.length]).toEqual(['totp', 10]);
    app.clock.advance(30);
    return { secret, recoveryCodes };
  }
  /** Signs in with the password alone. */
  async function begun(): Promise<PendingLogin> {
    if (auth.user) await auth.logout();
    const error = await auth.login({ email, password: PASSWORD }).catch((refusal: unknown) => refusal);
    expect(JSON.stringify(error) + inspect(error)).not.toMatch(/_token/);
    const pending = pendingLogin(error);
    if (!pending) throw error;
    expect(auth.user).toBeNull();
    return pending;
  }
  const isSignedIn = () => expect(auth.user).toMatchObject({ email });
  const codeIn = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => (error instanceof AuthError ? error.code : error),
    );

  test('an authenticator app: set up, asked for, replaced by a recovery code, removed', async () => {
    const { secret, recoveryCodes } = await withApp();
    const first = await begun();
    expect(first).toMatchObject({ isSetup: false, methods: ['totp', 'recovery_code'], expiresIn: 300 });
    expect(await codeIn(factors.verify({ method: 'totp', code: '000000' }, first))).toBe(
      'second_factor_wrong',
    );
    await factors.verify({ method: 'totp', code: code(secret), trust_device: true }, first);
    isSignedIn();
    // This browser skips the step from now on.
    await auth.logout();
    await auth.login({ email, password: PASSWORD });
    app.clock.advance(30);
    await factors.reauthenticate({ method: 'totp', code: code(secret) });
    const { trusted_devices } = await factors.list();
    await factors.forgetDevice(trusted_devices[0]?.id ?? '');

    await factors.verify({ method: 'recovery_code', code: recoveryCodes[0] ?? '' }, await begun());
    isSignedIn();
    const list = await factors.list();
    expect([list.factors.map(({ type }) => type), list.recovery_codes_left]).toEqual([['totp'], 9]);
    expect(await factors.replaceRecoveryCodes()).toHaveLength(10);
    const [id = ''] = list.factors.map((each) => each.id);
    await factors.rename(id, { name: 'Desk' });
    await factors.remove(id);
    expect((await factors.list()).factors).toEqual([]);
  });

  test('an administrator acts as a user, and stays who they are', async () => {
    const idOf = async (address: string) => {
      const [row] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [
        address,
      ]);
      return Number(row?.id);
    };
    const user = { email: uniqueEmail() };
    const other = createAuth<{ email: string }>({ baseUrl: `${app.url}/auth`, dialect });
    await other.register({ ...user, password: PASSWORD });
    other.close();
    await withApp();
    await app.app.get(RoleChanges).assign(await idOf(email), ['admin']);
    await auth.refresh();
    const response = await auth.fetch(`${app.url}/auth/admin/users/${await idOf(user.email)}/impersonate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ reason: 'to see' }),
    });
    const token = (await response.json()) as ActingToken;
    const acting = withActing(auth, ['https://api.example.com']);
    const seen: unknown[] = [];
    acting.onChange((next, reason) => seen.push([next?.email, reason]));
    expect(acting.actor).toBeNull();
    expect(await acting.actAs(token)).toMatchObject({ email: user.email });
    expect([acting.user?.email, acting.actor?.id, auth.user?.email]).toEqual([
      user.email,
      String(await idOf(email)),
      email,
    ]);
    expect(await acting.accessToken()).toBe(token.access_token);
    const account = createAccount(acting);
    expect((await account.activityPage()).items.map(({ event }) => event)).toContain('impersonated');
    expect(await acting.sessions.list()).toHaveLength(1);
    const [own] = await auth.sessions.list();
    const refused: (() => Promise<unknown>)[] = [
      () => acting.changePassword({ old_password: PASSWORD, new_password: `${PASSWORD} once more` }),
      () => acting.deleteAccount({ password: PASSWORD }),
      () => acting.sessions.end(own?.id ?? ''),
      acting.sessions.endOthers,
      acting.logout,
      () => acting.login({ email, password: PASSWORD }),
      () => createFactors(acting).addTotp(),
      () => account.changeEmail({ new_email: uniqueEmail(), password: PASSWORD }),
    ];
    for (const act of refused)
      await expect(act()).rejects.toMatchObject({ code: 'impersonating', status: 403 });
    acting.stopActing();
    expect([acting.user?.email, acting.actor, acting.user]).toEqual([email, null, auth.user]);
    const events = (await createAccount(acting).activityPage()).items.map(({ event }) => event);
    expect(events).not.toContain('impersonated');
    // What is refused ends it: nothing renews the token.
    await acting.actAs(token);
    await app.app.get(RoleChanges).assign(await idOf(email), []);
    await eventually(
      () => acting.fetch(`${app.url}/auth/user`),
      () => acting.actor === null,
    );
    expect([acting.actor, acting.user?.email]).toEqual([null, email]);
    expect(seen).toEqual([
      [user.email, 'login'],
      [email, 'login'],
      [user.email, 'login'],
      [email, 'login'],
    ]);
  });

  test('a change of roles is met by one refresh, and the request is repeated', async () => {
    const [user] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [email]);
    const changes = app.app.get(RoleChanges);
    await changes.set({ name: 'clerk', permissions: ['orders:read'] });
    const sent: string[] = [];
    const watched = createAuth<{ email: string }>({
      baseUrl: `${app.url}/auth`,
      dialect,
      fetch: async (input, init) => {
        const response = await inBrowser(input, init);
        sent.push(
          `${new URL(String(input instanceof Request ? input.url : input)).pathname} ${response.status}`,
        );
        return response;
      },
    });
    try {
      await watched.login({ email, password: PASSWORD });
      await changes.assign(user?.id ?? 0, ['clerk']);
      sent.length = 0;
      expect((await watched.fetch(`${app.url}/auth/sessions`)).status).toBe(200);
      expect(sent).toEqual([
        '/auth/sessions 401',
        expect.stringMatching(/refresh\/? 200$/),
        '/auth/sessions 200',
      ]);
    } finally {
      watched.close();
    }
  });

  test('a factor that has to be set up in the login returns recovery codes, as an app and as a passkey', async () => {
    for (const method of ['totp', 'passkey']) {
      email = uniqueEmail();
      await auth.register({ email, password: PASSWORD });
      await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [email]);
      const pending = await begun();
      expect([pending.isSetup, pending.methods]).toEqual([true, expect.arrayContaining([method])]);
      const setUp = async () => {
        if (method === 'passkey') return factors.signInWithPasskey({ pending });
        const { secret, uri } = await factors.setUpTotp(pending);
        expect(uri).toMatch(/^otpauth:/);
        return factors.verify({ method: 'totp', code: code(secret) }, pending);
      };
      expect((await setUp()).recoveryCodes).toHaveLength(10);
      isSignedIn();
    }
  });

  test('a passkey: added, the second step, the whole sign-in, authenticating again, removed', async () => {
    const added = await factors.addPasskey({ name: 'Key' });
    expect([added.factor.type, added.factor.name, added.recovery_codes?.length]).toEqual([
      'passkey',
      'Key',
      10,
    ]);
    const pending = await begun();
    expect(pending.methods).toEqual(['passkey', 'recovery_code']);
    await factors.signInWithPasskey({ pending });
    isSignedIn();
    await auth.logout();
    await factors.signInWithPasskey({ remember: false });
    isSignedIn();
    await auth.logout();
    const own = authenticator;
    authenticator = new Authenticator({ origin: 'https://evil.example' });
    authenticator.credentials.push(...own.credentials);
    expect(await codeIn(factors.signInWithPasskey())).toBe('passkey_invalid');
    authenticator = own;
    await factors.signInWithPasskey();

    app.clock.advance(16 * 60);
    await auth.refresh();
    expect(await codeIn(factors.replaceRecoveryCodes())).toBe('insufficient_user_authentication');
    await factors.reauthenticate({ method: 'passkey' });
    expect(await factors.replaceRecoveryCodes()).toHaveLength(10);
    const { id: credential, userHandle, rpId } = authenticator.credentials[0] ?? {};
    await factors.syncPasskeys();
    await factors.remove(added.factor.id);
    await factors.syncPasskeys();
    expect(signals.splice(0)).toEqual(
      [[credential], []].map((allAcceptedCredentialIds) => ({
        rpId,
        userId: userHandle,
        allAcceptedCredentialIds,
      })),
    );
  });

  test('a passkey that does not verify its user needs the password too', async () => {
    authenticator = new Authenticator({ verifies: false });
    await factors.addPasskey();
    await auth.logout();
    const pending = pendingLogin(await factors.signInWithPasskey().catch((error: unknown) => error));
    expect(pending).toMatchObject({ isSetup: false, methods: ['password'] });
    await factors.verify({ method: 'password', password: PASSWORD }, pending);
    isSignedIn();
  });

  test('a login that was waiting for too long is over; the password proves its user again', async () => {
    app.clock.advance(16 * 60);
    await auth.refresh();
    expect(await codeIn(factors.addTotp())).toBe('insufficient_user_authentication');
    await factors.reauthenticate({ method: 'password', password: PASSWORD });
    const { secret } = await withApp();
    const pending = await begun();
    app.clock.advance(301);
    expect(await codeIn(factors.verify({ method: 'totp', code: code(secret) }, pending))).toBe(
      'login_expired',
    );
  });

  // The Django dialects have no redirects of their own.
  if (name.startsWith('django')) return;

  test('a provider: signed in, denied, with a second factor, linked and unlinked', async () => {
    const page = new PageOfBrowser(`${SITE}/welcome`);
    const subject = `${email.split('@')[0]}-there`;
    const there = `${subject}@example.com`;
    provider.accounts.set(subject, { email: there, email_verified: true });
    /** To the provider and back; the page is a new one then. */
    const through = async (
      way: 'signInWith' | 'link',
      visit: (visitor: Visitor, url: string) => Promise<string>,
    ) => {
      const trips = page.assigned.length;
      void createProviders(auth)[way]('corp', { return_to: '/welcome' });
      await page.left(trips + 1);
      const { pathname, search } = new URL(await visit(new Visitor(), page.assigned.at(-1) ?? ''));
      const back = await inBrowser(app.url + pathname + search, { redirect: 'manual' });
      page.go(back.headers.get('location') ?? '');
      return createProviders(auth).result();
    };
    const signsIn = (visitor: Visitor, url: string) => visitor.signIn(url, subject);
    try {
      expect(await createProviders(auth).list()).toEqual([{ id: 'corp', name: 'Corp' }]);
      await auth.logout();
      expect(await codeIn(through('signInWith', (visitor, url) => visitor.cancel(url)))).toBe(
        'access_denied',
      );
      expect(await through('signInWith', signsIn)).toMatchObject({
        outcome: 'signed_in',
        user: { email: there },
      });
      expect([auth.user?.email, page.address]).toEqual([there, `${SITE}/welcome`]);
      const { secret } = await withApp();
      const [{ id, provider: corp } = { id: '', provider: '' }] = await createProviders(auth).identities();
      expect(corp).toBe('corp');
      await auth.logout();
      const pending = pendingLogin(await through('signInWith', signsIn).catch((error: unknown) => error));
      expect(pending).toMatchObject({ isSetup: false, methods: ['totp', 'recovery_code'] });
      expect(auth.user).toBeNull();
      await factors.verify({ method: 'totp', code: code(secret) }, pending);
      expect(auth.user).toMatchObject({ email: there });
      expect(await codeIn(createProviders(auth).unlink(id))).toBe('last_sign_in_method');

      await auth.logout();
      await auth.login({ email, password: PASSWORD });
      provider.accounts.set(`${subject}-2`, {});
      const links = () => through('link', (visitor, url) => visitor.signIn(url, `${subject}-2`));
      expect(await links()).toEqual({ outcome: 'linked' });
      const [identity] = await createProviders(auth).identities();
      await createProviders(auth).unlink(identity?.id ?? '');
      expect(await createProviders(auth).identities()).toEqual([]);
    } finally {
      page.close();
    }
  });
});
