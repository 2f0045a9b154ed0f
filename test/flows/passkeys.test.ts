import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Authenticator, type Lies } from '../support/authenticator.js';
import { attributesOf, type Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { readPart } from '../support/jwt.js';
import { PasskeyWire } from '../support/passkeys.js';
import { WIRES } from '../openapi/conversation.js';

const sessionsOf = async (app: TestApp, email: string): Promise<number> => {
  const [row] = await app.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
    [email],
  );
  return row?.count ?? -1;
};

describe.each(WIRES)('%s', (_name, settings) => {
  const wire = new PasskeyWire(settings);
  const isInBody = wire.isDjango || settings.refreshTokenIn === 'body';
  const passwords = wire.isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
  let app: TestApp;
  beforeAll(async () => {
    // Those who ask ten wrong questions of one account are limited, which is tested elsewhere.
    app = await startApp({ ...settings, limitSecondFactorAccount: 'off' });
  });
  afterAll(() => app.close());

  async function registered(): Promise<Browser & { email: string }> {
    const email = uniqueEmail();
    const browser = Object.assign(app.browser(), { email });
    const answer = await browser.post('/auth/registration', { email, ...passwords });
    browser.accessToken = wire.accessIn(answer);
    expect(browser.accessToken).toBeDefined();
    return browser;
  }
  const claimsIn = (answer: Parameters<typeof wire.accessIn>[0]) => readPart(wire.accessIn(answer) ?? '', 1);
  const expectRefused = (answer: Parameters<typeof wire.accessIn>[0]) => {
    expect([answer.status, wire.accessIn(answer)]).toEqual([wire.isDjango ? 400 : 401, undefined]);
    expect(answer.setCookie.filter((line) => /refresh_token=./.test(line))).toEqual([]);
    if (!wire.isDjango) expect(wire.codeIn(answer)).toBe('passkey_invalid');
  };

  test('a passkey is added, signs its user in alone and as a second factor, and is removed', async () => {
    const user = await registered();
    const authenticator = new Authenticator({ aaguid: 'bada5566-a7aa-401f-bd96-45619a55120d' });
    const added = await wire.add(user, authenticator);
    expect(added.status).toBe(wire.isEnvelope ? 200 : 201);
    expect(added.text).toContain('1Password');
    expect(added.text).toContain('recovery_codes');
    const credentialId = authenticator.credentials[0]?.id ?? '';

    const listed = await user.get(wire.isDjango ? '/auth/passkeys/' : '/auth/factors/passkeys');
    expect([listed.status, listed.text]).toEqual([200, expect.stringContaining(credentialId)]);
    const handle = authenticator.credentials[0]?.userHandle ?? '';
    expect(Buffer.from(handle, 'base64url')).toHaveLength(32);
    if (!wire.isDjango) expect(listed.text).toContain(handle);
    const alone = app.browser();
    const asked = await wire.loginOptions(alone);
    expect(asked.options).toMatchObject({
      rpId: 'localhost',
      allowCredentials: [],
      userVerification: 'preferred',
    });
    const [cookie = ''] = asked.answer.setCookie;
    if (isInBody)
      expect([asked.answer.setCookie, Object.values(asked.token)]).toEqual([[], [expect.any(String)]]);
    else
      expect(attributesOf(cookie)).toMatchObject({
        name: 'passkey_challenge',
        httponly: true,
        samesite: 'Strict',
        path: '/',
        'max-age': '300',
      });
    const credential = authenticator.get(asked.options);
    const first = await wire.login(alone, credential, asked.token);
    expect(first.status).toBe(200);
    expect(claimsIn(first)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
    // It is not made twice in one authenticator.
    alone.accessToken = wire.accessIn(first);
    const again = await wire.creationOptions(alone);
    expect(again.options.excludeCredentials?.map(({ id }) => id)).toEqual([credentialId]);
    expect(again.options.user.id).toBe(handle);

    const before = await sessionsOf(app, user.email);
    // What was answered is good for nothing more.
    expectRefused(await wire.login(alone, credential, asked.token));
    if (!isInBody) await alone.jar.setCookie(cookie, app.url);
    expectRefused(await wire.login(alone, credential, asked.token));
    expect(await sessionsOf(app, user.email)).toBe(before);

    const elsewhere = app.browser();
    const pending = await elsewhere.login(user.email);
    expect(wire.accessIn(pending)).toBeUndefined();
    if (!wire.isDjango) expect(pending.body.methods).toEqual(['passkey', 'recovery_code']);
    const second = await wire.second(elsewhere, authenticator, wire.pendingIn(pending));
    expect(second.status).toBe(200);
    expect(claimsIn(second)).toMatchObject({ amr: ['pwd', 'hwk', 'user', 'mfa'], acr: 'aal2' });

    elsewhere.accessToken = wire.accessIn(second);
    const own = await elsewhere.get(wire.isDjango ? '/auth/passkeys/' : '/auth/factors/passkeys');
    const [id] = /[0-9a-f-]{36}/.exec(own.text) ?? [];
    const gone = await elsewhere.delete(wire.isDjango ? `/auth/passkeys/${id}/` : `/auth/factors/${id}`);
    expect(gone.status).toBe(wire.isEnvelope ? 200 : 204);
    const last = app.browser();
    expectRefused(await wire.signIn(last, authenticator));
    expect(wire.accessIn(await last.login(user.email))).toBeDefined();
  });

  test('without user verification the password is asked for, and nothing opens before it', async () => {
    const user = await registered();
    const authenticator = new Authenticator({ verifies: false, isSynced: true });
    await wire.add(user, authenticator);
    const before = await sessionsOf(app, user.email);
    const browser = app.browser();
    const pending = await wire.signIn(browser, authenticator);
    expect([wire.accessIn(pending), await sessionsOf(app, user.email)]).toEqual([undefined, before]);
    if (wire.isDjango) expect(pending.body).toMatchObject({ mfa_required: true });
    else expect([pending.status, pending.body.methods]).toEqual([401, ['password']]);
    const token = wire.pendingIn(pending);
    const step = (password: string) =>
      browser.post('/auth/login/second-factor', { method: 'password', password, ...token });
    const wrong = await step('not the password');
    expect([wrong.status, wire.accessIn(wrong)]).toEqual([wire.isDjango ? 400 : 401, undefined]);
    const right = await step(PASSWORD);
    expect(right.status).toBe(200);
    expect(claimsIn(right)).toMatchObject({ amr: ['swk', 'pwd', 'mfa'], acr: 'aal2' });
    expect(await sessionsOf(app, user.email)).toBe(before + 1);
  });

  const LIES: [string, Lies][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['another domain', { rpId: 'evil.example' }],
    ['a challenge of its own', { challenge: Buffer.alloc(54, 7).toString('base64url') }],
    ['a frame of another site', { crossOrigin: true }],
    ['nobody there', { up: false }],
    ['the type of a payment', { type: 'payment.get' }],
  ];
  const LIES_OF_ANSWERS: [string, Lies][] = [
    ...LIES,
    ['a changed signature', { tamper: 'signature' }],
    ['a changed counter', { tamper: 'data' }],
    ['the handle of somebody else', { userHandle: Buffer.alloc(32, 7).toString('base64url') }],
    ['a counter that goes back', { counter: 0 }],
    ['an unknown credential', { id: Buffer.alloc(32, 7).toString('base64url') }],
  ];

  test('whatever is wrong with an answer is one refusal, with nothing to learn from', async () => {
    const user = await registered();
    const authenticator = new Authenticator();
    await wire.add(user, authenticator);
    await wire.signIn(app.browser(), authenticator);
    const before = await sessionsOf(app, user.email);
    const said = new Set<string>();
    for (const [, lies] of [...LIES_OF_ANSWERS, ['no handle', { userHandle: null }] as const]) {
      const answer = await wire.signIn(app.browser(), authenticator, lies);
      expectRefused(answer);
      said.add(answer.text);
    }
    for (const [, lies] of LIES_OF_ANSWERS) {
      const browser = app.browser();
      const pending = await browser.login(user.email);
      expectRefused(await wire.second(browser, authenticator, wire.pendingIn(pending), lies));
    }
    expect([said.size, await sessionsOf(app, user.email)]).toEqual([1, before]);
    const next = await wire.signIn(app.browser(), authenticator);
    expect(next.status).toBe(200);
  });

  test('whatever is wrong with a new passkey is a 400, and none is kept', async () => {
    const user = await registered();
    for (const [, lies] of LIES) {
      const answer = await wire.add(user, new Authenticator(), { lies });
      expect([answer.status, answer.setCookie]).toEqual([400, []]);
      if (!wire.isDjango) expect(wire.codeIn(answer)).toBe('passkey_invalid');
    }
    const deep = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`) as object;
    for (const credential of [{}, deep, { id: 'x'.repeat(50_000) }, { response: { clientDataJSON: 7 } }]) {
      expect((await wire.send(user, credential)).status).toBe(400);
      expect(
        (await wire.login(app.browser(), credential, { session_id: 'x', login_token: 'x' })).status,
      ).toBe(wire.isDjango ? 400 : 401);
    }
    for (const credential of [null, 7, 'text', [], undefined])
      expect((await wire.send(user, credential)).status).toBe(400);
    const list = await user.get(wire.isDjango ? '/auth/passkeys/' : '/auth/factors/passkeys');
    expect(list.text).not.toContain('credential_id');
  });
});

describe('passkeys', () => {
  const wire = new PasskeyWire();
  let app: TestApp;
  let other: TestApp;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
    app = await startApp({}, database);
    other = 'databaseUrl' in database.settings ? await startApp({ clock: app.clock }, database) : app;
  });
  afterAll(async () => {
    if (other !== app) await other.close();
    await app.close();
    await database.drop();
  });

  async function withPasskey(authenticator = new Authenticator()) {
    const user = await app.signedUp();
    const { status } = await wire.add(user, authenticator);
    expect(status).toBe(201);
    return { user, authenticator };
  }
  const codeOf = (answer: { status: number; body: Record<string, unknown> }) => [
    answer.status,
    answer.status < 300 ? 'in' : answer.body.code,
  ];
  const INVALID = [401, 'passkey_invalid'];

  test('twenty answers to one challenge over two instances: one gets in', async () => {
    const { user, authenticator } = await withPasskey(new Authenticator({ isSynced: true }));
    const before = await sessionsOf(app, user.email);
    const browser = app.browser();
    const { options, answer } = await wire.loginOptions(browser);
    const [cookie = ''] = answer.setCookie;
    const credential = authenticator.get(options);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? app : other)
          .browser()
          .post('/auth/login/passkey', { credential }, { cookie: cookie.split(';')[0] ?? '' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 401),
    ]);
    expect(await sessionsOf(app, user.email)).toBe(before + 1);
  });

  test('a challenge is for the browser that was given it, for five minutes, on any instance', async () => {
    const { authenticator } = await withPasskey();
    const browser = app.browser();
    const { options } = await wire.loginOptions(browser);
    const credential = authenticator.get(options);
    const thief = app.browser();
    expect(codeOf(await wire.login(thief, credential))).toEqual(INVALID);
    await wire.loginOptions(thief);
    expect(codeOf(await wire.login(thief, credential))).toEqual(INVALID);
    app.clock.advance(301);
    expect(codeOf(await wire.login(browser, credential))).toEqual(INVALID);
    // A second tab asks anew; the first one is not lost.
    const [one, two] = [await wire.loginOptions(browser), await wire.loginOptions(browser)];
    expect(one.options.challenge).not.toBe(two.options.challenge);
    const elsewhere = Object.assign(other.browser(), { jar: browser.jar });
    expect(codeOf(await wire.login(elsewhere, authenticator.get(one.options)))).toEqual([200, 'in']);
  });

  test('challenges are not exchanged between what they are for', async () => {
    const { user, authenticator } = await withPasskey();
    const browser = app.browser();
    const { options: alone } = await wire.loginOptions(browser);
    await browser.login(user.email);
    const { options: step } = await wire.loginOptions(browser);
    expect(step.allowCredentials).toHaveLength(1);
    const second = (credential: unknown) =>
      browser.post('/auth/login/second-factor', { method: 'passkey', credential });
    expect(codeOf(await second(authenticator.get(alone)))).toEqual(INVALID);
    expect(codeOf(await wire.login(browser, authenticator.get(step)))).toEqual(INVALID);
    const elsewhere = app.browser();
    await elsewhere.login(user.email);
    const { options: foreign } = await wire.loginOptions(elsewhere);
    expect(codeOf(await second(authenticator.get(foreign)))).toEqual(INVALID);
    expect(codeOf(await second(authenticator.get(step)))).toEqual([200, 'in']);
  });

  test('a new passkey is for the session that asked, and works once', async () => {
    const user = await app.signedUp();
    const elsewhere = Object.assign(app.browser(), { email: user.email });
    await elsewhere.login(user.email);
    const { options } = await wire.creationOptions(user);
    const credential = new Authenticator().create(options);
    expect(codeOf(await wire.send(elsewhere, credential))).toEqual([400, 'passkey_invalid']);
    const stranger = await app.signedUp();
    expect(codeOf(await wire.send(stranger, credential))).toEqual([400, 'passkey_invalid']);
    expect((await wire.send(user, credential)).status).toBe(201);
    await user.refresh();
    expect(codeOf(await wire.send(user, credential))).toEqual([400, 'passkey_invalid']);
    // The other session has ended, and this one is aal2.
    expect((await elsewhere.refresh()).status).toBe(401);
    expect(readPart(user.accessToken ?? '', 1)).toMatchObject({
      amr: ['pwd', 'hwk', 'user', 'mfa'],
      acr: 'aal2',
    });
  });

  test('a credential that somebody has is not kept for another', async () => {
    const { authenticator } = await withPasskey();
    const stranger = await app.signedUp();
    const { options } = await wire.creationOptions(stranger);
    const id = authenticator.credentials[0]?.id ?? '';
    const made = new Authenticator();
    const credential = made.create(options) as { response: { attestationObject: string } };
    const object = Buffer.from(credential.response.attestationObject, 'base64url').toString('latin1');
    const own = Buffer.from(made.credentials[0]?.id ?? '', 'base64url').toString('latin1');
    const stolen = object.replace(own, Buffer.from(id, 'base64url').toString('latin1'));
    credential.response.attestationObject = Buffer.from(stolen, 'latin1').toString('base64url');
    const answer = await wire.send(stranger, { ...credential, id, rawId: id });
    expect(codeOf(answer)).toEqual([400, 'passkey_invalid']);
  });

  test('the passkey of somebody else is no second factor', async () => {
    const { user } = await withPasskey();
    const mallory = await withPasskey();
    const browser = app.browser();
    await browser.login(user.email);
    const { options } = await wire.loginOptions(browser);
    const credential = mallory.authenticator.get({ ...options, allowCredentials: [] });
    const answer = await browser.post('/auth/login/second-factor', { method: 'passkey', credential });
    expect(codeOf(answer)).toEqual(INVALID);
  });

  test('whoever is signed in authenticates again by a passkey, in this session alone', async () => {
    const { user, authenticator } = await withPasskey();
    const signedIn = await wire.signIn(app.browser(), authenticator);
    const browser = app.browser();
    browser.accessToken = String(signedIn.body.access_token);
    const asked = await browser.post('/auth/reauthenticate/options', { method: 'passkey' });
    expect(asked.status).toBe(200);
    const options = asked.body.public_key as Parameters<typeof authenticator.get>[0];
    const credential = authenticator.get(options);
    await user.refresh();
    const foreign = await user.post('/auth/reauthenticate', { method: 'passkey', credential });
    expect(codeOf(foreign)).toEqual(INVALID);
    app.clock.advance(200);
    const again = await browser.post('/auth/reauthenticate', { method: 'passkey', credential });
    expect(again.status).toBe(200);
    const twice = await browser.post('/auth/reauthenticate', { method: 'passkey', credential });
    expect(codeOf(twice)).toEqual(INVALID);
  });

  test('a copied key is found out by its counter, refused and recorded', async () => {
    const { user, authenticator } = await withPasskey();
    const copy = authenticator.clone();
    expect((await wire.signIn(app.browser(), authenticator)).status).toBe(200);
    expect((await wire.signIn(app.browser(), authenticator)).status).toBe(200);
    expect(codeOf(await wire.signIn(app.browser(), copy))).toEqual(INVALID);
    const [event] = await app.sql<{ event: string; outcome: string }>(
      `SELECT a.event, a.outcome FROM tokenjar.audit_events a JOIN tokenjar.users u ON u.id = a.user_id
        WHERE u.email = $1 AND a.event = 'passkey_cloned'`,
      [user.email],
    );
    expect(event).toEqual({ event: 'passkey_cloned', outcome: 'failure' });
    // A synced one does not count, and is used on several devices.
    const synced = await withPasskey(new Authenticator({ isSynced: true }));
    for (const each of [synced.authenticator, synced.authenticator.clone()])
      expect((await wire.signIn(app.browser(), each)).status).toBe(200);
  });

  test('five wrong answers end the login, also by a passkey', async () => {
    const { user, authenticator } = await withPasskey();
    const browser = app.browser();
    await browser.login(user.email);
    const { options } = await wire.loginOptions(browser);
    const send = (lies?: Lies) =>
      browser.post('/auth/login/second-factor', {
        method: 'passkey',
        credential: authenticator.get(options, lies),
      });
    for (let i = 0; i < 5; i++) expect(codeOf(await send({ tamper: 'signature' }))).toEqual(INVALID);
    expect(codeOf(await send())).toEqual([401, 'login_expired']);
  });

  test('a passkey that is removed while it signs in opens nothing', async () => {
    const { user, authenticator } = await withPasskey();
    // As if it was removed after its answer was found right, and before the account is read.
    await app.sql(`CREATE FUNCTION removed_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN DELETE FROM tokenjar.factors WHERE id = NEW.id; RETURN NULL; END $$`);
    await app.sql(`CREATE TRIGGER removed_at_once AFTER UPDATE OF last_used_at ON tokenjar.factors
      FOR EACH ROW EXECUTE FUNCTION removed_at_once()`);
    try {
      const before = await sessionsOf(app, user.email);
      const answer = await wire.signIn(app.browser(), authenticator);
      expect(codeOf(answer)).toEqual([401, 'passkey_invalid']);
      expect(await sessionsOf(app, user.email)).toBe(before);
    } finally {
      await app.sql('DROP FUNCTION removed_at_once() CASCADE');
    }
  });

  (isEmbedded ? test.skip : test)(
    'an account that changes meanwhile is refused in the same words',
    async () => {
      const { user, authenticator } = await withPasskey();
      const browser = app.browser();
      const { options } = await wire.loginOptions(browser);
      const { databaseUrl } = app.database.settings as { databaseUrl: string };
      const other = new pg.Client({ connectionString: databaseUrl });
      await other.connect();
      try {
        await other.query('BEGIN');
        const sql = 'UPDATE tokenjar.users SET credentials_epoch = credentials_epoch + 1 WHERE email = $1';
        await other.query(sql, [user.email]);
        const answer = wire.login(browser, authenticator.get(options));
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        await eventually(
          async () => (await app.sql(waiting)).length,
          (count) => count > 0,
        );
        await other.query('COMMIT');
        expect(codeOf(await answer)).toEqual(INVALID);
      } finally {
        await other.end();
      }
    },
  );

  test('a deactivated account is refused like an unknown passkey', async () => {
    const { user, authenticator } = await withPasskey();
    const unknown = await wire.signIn(app.browser(), authenticator, { id: 'AAAA' });
    const [row] = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users WHERE email = $1', [
      user.email,
    ]);
    await app.app.get(SessionEnding, { strict: false }).deactivateUser(row?.id ?? 0);
    const answer = await wire.signIn(app.browser(), authenticator);
    expect([answer.status, answer.text]).toEqual([401, unknown.text]);
  });

  test('a signed-in user without a session, or a foreign page, adds and opens nothing', async () => {
    const { authenticator } = await withPasskey();
    expect((await app.browser().post('/auth/factors/passkeys/options', {})).status).toBe(401);
    expect((await app.browser().post('/auth/factors/passkeys', { credential: {} })).status).toBe(401);
    const browser = app.browser();
    const { options } = await wire.loginOptions(browser);
    const credential = authenticator.get(options);
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await browser.post('/auth/login/passkey', { credential }, { headers });
    expect(codeOf(answer)).toEqual([403, 'origin_refused']);
  });

  test('other methods have no options, and a login that is over makes way', async () => {
    const { user, authenticator } = await withPasskey();
    const browser = app.browser();
    expect(codeOf(await browser.post('/auth/login/options', { method: 'totp' }))).toEqual([
      400,
      'method_not_available',
    ]);
    await browser.login(user.email);
    expect(codeOf(await browser.post('/auth/login/options', { method: 'totp' }))).toEqual([
      400,
      'method_not_available',
    ]);
    app.clock.advance(300);
    const { options } = await wire.loginOptions(browser);
    expect(options.allowCredentials).toEqual([]);
    expect((await wire.login(browser, authenticator.get(options))).status).toBe(200);
  });

  test('what is removed is told apart for browsers, and password managers find the page', async () => {
    const { user, authenticator } = await withPasskey();
    const { body } = await user.get('/auth/factors/passkeys');
    expect(body).toMatchObject({
      rp_id: 'localhost',
      user_handle: authenticator.credentials[0]?.userHandle,
      passkeys: [{ credential_id: authenticator.credentials[0]?.id, backed_up: false, last_used_at: null }],
    });
    const related = await app.browser().get('/.well-known/webauthn');
    expect([related.status, related.body]).toEqual([200, { origins: [] }]);
    const endpoints = await app.browser().get('/.well-known/passkey-endpoints');
    expect(endpoints.body).toEqual({ enroll: 'http://localhost:3000/', manage: 'http://localhost:3000/' });
  });
});

describe('settings', () => {
  const wire = new PasskeyWire();
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  /** A server that is closed after the test. */
  async function started(settings: TokenjarInput, database?: TestDatabase): Promise<TestApp> {
    const app = await startApp(settings, database);
    open.push(() => app.close());
    return app;
  }

  test('a factor that is mandatory is set up in the login, by a passkey', async () => {
    const app = await started({ secondFactor: 'required' });
    const browser = app.browser();
    const email = uniqueEmail();
    const first = await browser.post('/auth/registration', { email, password: PASSWORD });
    expect([first.status, first.body]).toEqual([
      201,
      expect.objectContaining({ code: 'second_factor_setup_required', methods: ['passkey', 'totp'] }),
    ]);
    const { options } = await wire.loginOptions(browser);
    const authenticator = new Authenticator();
    const credential = authenticator.create(options);
    // Not by what was made for another login.
    const thief = app.browser();
    await thief.login(email);
    const stolen = await thief.post('/auth/login/second-factor', { method: 'passkey', credential });
    expect([stolen.status, stolen.body.code]).toEqual([401, 'passkey_invalid']);
    const done = await browser.post('/auth/login/second-factor', { method: 'passkey', credential });
    expect([done.status, done.body.recovery_codes]).toEqual([
      200,
      expect.arrayContaining([expect.any(String)]),
    ]);
    expect(readPart(String(done.body.access_token), 1)).toMatchObject({ acr: 'aal2' });
    expect((await wire.signIn(app.browser(), authenticator)).status).toBe(200);
  });

  /** What a server answers that is started anew, with other settings, to whoever has a passkey. */
  async function restarted(settings: TokenjarInput) {
    const database = await createDatabase();
    open.push(() => database.drop());
    const before = await startApp({}, database);
    const user = await before.signedUp();
    const authenticator = new Authenticator();
    await wire.add(user, authenticator);
    const browser = before.browser();
    const { options, answer } = await wire.loginOptions(browser);
    const [cookie = ''] = answer.setCookie;
    await before.close();
    const app = await started({ clock: before.clock, ...settings }, database);
    const send = () =>
      app
        .browser()
        .post(
          '/auth/login/passkey',
          { credential: authenticator.get(options) },
          { cookie: cookie.split(';')[0] ?? '' },
        );
    return { app, email: user.email, send };
  }

  test('an address that has to be verified is asked for first', async () => {
    const { send } = await restarted({ emailVerification: 'mandatory' });
    const { status, body } = await send();
    expect([status, body.code]).toEqual([403, 'email_not_verified']);
  });

  test('SECOND_FACTOR=off leaves passkeys asleep', async () => {
    const { app, email, send } = await restarted({ secondFactor: 'off' });
    const asked = await app.browser().post('/auth/login/options', { method: 'passkey' });
    expect(asked.body.code).toBe('method_not_available');
    expect((await send()).status).toBe(401);
    expect((await app.browser().login(email)).status).toBe(200);
  });

  test('a challenge outlives a change of the secret key', async () => {
    const { send } = await restarted({
      secretKey: 'another secret of the tests, of thirty-two bytes',
      secretKeyFallbacks: [SECRET_KEY],
    });
    expect((await send()).status).toBe(200);
  });

  test('guesses are limited by network, with those of passwords', async () => {
    const app = await started({ rateLimit: true, limitLoginNetwork: '3/10m' });
    for (let i = 0; i < 3; i++) expect((await wire.login(app.browser(), { id: 'AA' })).status).toBe(401);
    const { status, body } = await wire.login(app.browser(), { id: 'AA' });
    expect([status, body.code]).toEqual([429, 'rate_limited']);
  });

  test('related origins are announced; what no browser would accept stops the start', async () => {
    const settings = { frontendUrl: 'https://example.com', passkeyOrigins: ['https://example.de'] };
    const app = await started(settings);
    const { body } = await app.browser().get('/.well-known/webauthn');
    expect(body).toEqual({ origins: ['https://example.de'] });
    const user = await app.signedUp();
    expect((await wire.add(user, new Authenticator({ origin: 'https://example.de' }))).status).toBe(201);
    await expect(
      startApp({ frontendUrl: 'https://example.com', passkeyRpId: 'example.org' }),
    ).rejects.toThrow('PASSKEY_RP_ID');
  });

  test('pages on an address that no browser accepts are said in the log, and have no passkeys', async () => {
    const app = await started({ frontendUrl: 'http://192.0.2.7' });
    expect(app.log.join('\n')).toMatch(/Passkeys are off: .*IP address/);
    const { body } = await app.browser().post('/auth/login/options', { method: 'passkey' });
    expect(body.code).toBe('method_not_available');
  });
});
