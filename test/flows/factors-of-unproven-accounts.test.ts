import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { DIALECTS } from '../../src/http/dialects/dialects.js';
import { ownerState, readAddressState, verificationState } from '../../src/users/address-state.js';
import { OneTimeTokens } from '../../src/users/one-time-tokens.js';
import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { PasskeyWire } from '../support/passkeys.js';
import { addTotp } from '../support/totp-account.js';

/*
 * Somebody registers an address that is not theirs, where nobody has to verify it, and sets up second factors. Whoever
 * proves the address gets the account, and the stranger keeps nothing.
 */

const NEXT = 'harbour violin thicket comet';

type Holder = Browser & { email: string; passkey: Authenticator };

describe.each(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[])('%s', (dialect) => {
  const wire = new PasskeyWire({ dialect });
  let started: MailApp;
  let app: TestApp;
  beforeAll(async () => {
    started = await startMailApp({ dialect, frontendUrl: 'http://localhost:3000' });
    ({ app } = started);
  });
  afterAll(() => started.close());

  const named = (password: string, prefix = '') =>
    wire.isDjango
      ? { [`${prefix}password1`]: password, [`${prefix}password2`]: password }
      : { [`${prefix}password`]: password };

  /** Somebody with an unverified address, an authenticator app and a passkey. */
  async function holder(): Promise<Holder> {
    const user = Object.assign(app.browser(), { email: uniqueEmail(), passkey: new Authenticator() });
    const json = { email: user.email, ...named(PASSWORD) };
    user.accessToken = wire.accessIn(await user.post('/auth/registration', json));
    await addTotp(app, user.accessToken ?? '');
    user.accessToken = wire.accessIn(await user.refresh());
    expect((await wire.add(user, user.passkey)).status).toBeLessThan(300);
    return user;
  }

  /** What the email would contain. */
  async function emailed(email: string, purpose: 'verify_email' | 'reset_password') {
    const db = app.app.get(Database);
    const state = await readAddressState(email, app.clock.now(), db);
    const boundTo = purpose === 'verify_email' ? verificationState(state) : ownerState(state);
    const userId = state.account?.id ?? 0;
    const tokens = app.app.get(OneTimeTokens, { strict: false });
    const key = (await tokens.issue(purpose, { userId, boundTo, email }, { lifetime: 60 }, db)) ?? '';
    return { key, token: key, uid: userId.toString(36) };
  }
  async function verify(browser: Browser, email: string) {
    const { key } = await emailed(email, 'verify_email');
    expect((await browser.post('/auth/registration/verify-email', { key })).status).toBe(200);
  }
  async function reset(browser: Browser, email: string) {
    const { token, uid } = await emailed(email, 'reset_password');
    const json = { token, ...(wire.isDjango && { uid }), ...named(NEXT, 'new_') };
    expect((await browser.post('/auth/password/reset/confirm', json)).status).toBe(200);
  }
  const factorsOf = async (email: string) =>
    (
      await app.sql<{ all: string[] }>('SELECT second_factors AS all FROM tokenjar.users WHERE email = $1', [
        email,
      ])
    )[0]?.all;
  const login = (browser: Browser, email: string, password = NEXT) =>
    browser.post('/auth/login', { email, password });

  test.each([
    ['resets the password', []],
    ['verifies the address and resets the password', [verify]],
  ] as const)('the owner who %s, elsewhere, has the account for themselves', async (_name, before) => {
    const stranger = await holder();
    const owner = app.browser();
    for (const act of before) await act(owner, stranger.email);
    // Nobody is signed out by a link that is clicked on a phone.
    expect((await stranger.refresh()).status).toBe(200);
    await reset(owner, stranger.email);
    app.clock.advance(1);

    expect(await factorsOf(stranger.email)).toEqual([]);
    expect(wire.accessIn(await login(owner, stranger.email))).toBeDefined();
    expect((await stranger.refresh()).status).toBe(401);
    expect(wire.accessIn(await wire.signIn(app.browser(), stranger.passkey))).toBeUndefined();
    await eventually(
      () => started.mail.to(stranger.email).find(({ subject }) => subject.includes('factors were removed')),
      (found) => found !== undefined,
    );
    // From now on they are the owner's.
    owner.accessToken = wire.accessIn(await owner.refresh());
    await addTotp(app, owner.accessToken ?? '');
    await reset(app.browser(), stranger.email);
    expect(await factorsOf(stranger.email)).toEqual(['totp']);
  });

  test('whoever verifies the address in the browser in which they have signed in keeps everything', async () => {
    const user = await holder();
    await verify(user, user.email);
    expect((await user.refresh()).status).toBe(200);
    await reset(app.browser(), user.email);
    expect(await factorsOf(user.email)).toEqual(['passkey', 'totp']);
    expect(wire.accessIn(await login(app.browser(), user.email))).toBeUndefined();
  });

  test('so does whoever resets the password there', async () => {
    const user = await holder();
    // By the cookie alone, as a page that was just loaded.
    user.accessToken = undefined;
    await reset(user, user.email);
    expect(await factorsOf(user.email)).toEqual(['passkey', 'totp']);
    expect(wire.accessIn(await login(app.browser(), user.email))).toBeUndefined();
  });
});

describe('a browser that has signed in', () => {
  let started: MailApp;
  let app: TestApp;
  beforeAll(async () => {
    started = await startMailApp({ rateLimit: true, limitRegistrationNetwork: 'off', emailCodeLogin: true });
    ({ app } = started);
  });
  afterAll(() => started.close());

  const linkIn = async (email: string, word: string) => {
    const found = await eventually(
      () => started.mail.to(email).find(({ link }) => link.includes(word)),
      (each) => each !== undefined,
    );
    return decodeURIComponent(found?.link.split('=').at(-1) ?? '');
  };
  const factorsOf = async (email: string) =>
    (
      await app.sql<{ all: string[] }>('SELECT second_factors AS all FROM tokenjar.users WHERE email = $1', [
        email,
      ])
    )[0]?.all;

  test('is known to the account once it is signed out; one that an unlock link opened is not', async () => {
    for (const [act, kept] of [
      [(user: Browser) => user.post('/auth/logout'), ['totp']],
      [undefined, []],
    ] as const) {
      const user = await app.signedUp();
      await addTotp(app, user.accessToken ?? '');
      const browser = act ? user : app.browser();
      await act?.(user);
      browser.accessToken = undefined;
      if (!act) {
        await browser.post('/auth/login/unlock/resend', { email: user.email });
        const key = await linkIn(user.email, 'unlock');
        expect((await browser.post('/auth/login/unlock', { key })).status).toBe(204);
      }
      await browser.post('/auth/password/reset', { email: user.email });
      const token = await linkIn(user.email, 'reset');
      const { status } = await browser.post('/auth/password/reset/confirm', { token, new_password: NEXT });
      expect([status, await factorsOf(user.email)]).toEqual([200, kept]);
    }
  });

  test('keeps password, sessions and factors when its owner signs in with an emailed code', async () => {
    const user = await app.signedUp();
    const code = await addTotp(app, user.accessToken ?? '');
    const other = app.browser();
    await other.login(user.email);
    await other.post('/auth/login/second-factor', { method: 'totp', code: code() });
    await user.post('/auth/login/code', { email: user.email });
    const key = await linkIn(user.email, 'code');
    const answer = await user.post('/auth/login/code/confirm', { key });
    expect(answer.body.code).toBe('second_factor_required');
    expect((await other.refresh()).status).toBe(200);
    expect(await factorsOf(user.email)).toEqual(['totp']);
    expect((await app.browser().login(user.email)).body.code).toBe('second_factor_required');
  });
});
