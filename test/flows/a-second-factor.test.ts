import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { FactorResetRun } from '../../src/mfa/factor-reset-run.js';
import { FactorResets } from '../../src/mfa/factor-resets.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { operatorAs } from '../../src/commands/operator.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import { type Answer, attributesOf, type Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type AppHolder, enterCode, enterRecoveryCode, withTotp } from '../support/factors.js';
import { readPart } from '../support/jwt.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { PasskeyWire } from '../support/passkeys.js';
import { secretOf } from '../support/smtp.js';
import { bytesOf, codeOf, readTotpUri } from '../support/totp.js';

let database: TestDatabase;
let started: MailApp;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  started = await startMailApp({ limitNotices: 'off' }, database);
  ({ app } = started);
});
afterAll(async () => {
  await started.close();
  await database.drop();
});

const holder = async (at: TestApp = app): Promise<AppHolder> => withTotp(at, await at.verified());
const said = ({ status, body }: Answer) => [status, body.code ?? 'ok'];
const claimsOf = ({ body }: Answer) => readPart(String(body.access_token), 1);
const eventsOf = async (user: Browser) => {
  const { body } = await user.get('/auth/activity');
  return body as unknown as { event: string; reason: string | null; methods: string[] | null }[];
};
/** Waits for an email to a user whose subject and text contain these words. */
const told = async ({ email }: { email: string }, ...words: string[]): Promise<void> => {
  const found = await eventually(
    () => started.mail.to(email).find(({ subject }) => subject.includes(words[0] ?? '')),
    (each) => each !== undefined,
  );
  expect(found?.subject).toContain(words[0]);
  for (const word of words.slice(1)) expect(found?.text).toContain(word);
};
const userIdOf = async ({ email }: { email: string }) =>
  (await app.app.get(Users, { strict: false }).findByEmail(email))?.id ?? 0;

/** A browser in which the password was typed. */
async function begun({ email }: { email: string }, at: TestApp = app): Promise<Browser> {
  const browser = at.browser();
  expect(said(await browser.login(email))).toEqual([401, 'second_factor_required']);
  return browser;
}

describe('an authenticator app', () => {
  test('is set up by a signed-in user, and asked for from then on', async () => {
    const user = await app.verified();
    const { body: setup, status } = await user.post('/auth/factors/totp');
    expect([status, Object.keys(setup).sort()]).toEqual([200, ['secret', 'uri']]);
    expect(bytesOf(String(setup.secret))).toHaveLength(20);
    expect(readTotpUri(String(setup.uri))).toMatchObject({
      issuer: 'app.example.com',
      account: user.email,
      secret: setup.secret,
    });
    // Nothing has changed yet.
    expect((await app.browser().login(user.email)).status).toBe(200);

    const wrong = await user.post('/auth/factors/totp/confirm', { code: '000000' });
    expect(said(wrong)).toEqual([400, 'second_factor_wrong']);
    const code = codeOf(String(setup.secret), app.clock.now());
    const done = await user.post('/auth/factors/totp/confirm', {
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    });
    expect([done.status, done.body.factor]).toEqual([
      201,
      {
        id: expect.any(String),
        type: 'totp',
        name: null,
        created_at: expect.any(String),
        last_used_at: null,
      },
    ]);
    expect(done.body.recovery_codes).toHaveLength(10);
    expect(new Set(done.body.recovery_codes as string[]).size).toBe(10);

    // This session has proved it, and its next access token says so.
    expect(claimsOf(await user.refresh())).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    const browser = await begun(user);
    // The code that confirmed the app was used.
    const again = await browser.post('/auth/login/second-factor', { method: 'totp', code });
    expect(said(again)).toEqual([401, 'second_factor_wrong']);
    app.clock.advance(30);
    const last = await enterCode(app, browser, String(setup.secret));
    expect(claimsOf(last)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect((await user.get('/auth/factors')).body).toMatchObject({
      factors: [{ type: 'totp', last_used_at: expect.any(String) }],
      recovery_codes_left: 10,
      required: false,
      trusted_devices: [],
      reset_at: null,
      reset_factor_id: null,
    });
    const [login] = (await eventsOf(user)).filter(({ event }) => event === 'login');
    expect(login?.methods).toEqual(['pwd', 'otp']);
  });

  test('ends the other sessions, tells the owner, and is in the activity', async () => {
    const user = await app.verified();
    const other = app.browser();
    await other.login(user.email);
    await withTotp(app, user);
    expect((await other.get('/auth/session')).status).toBe(401);
    expect((await user.get('/auth/session')).status).toBe(200);
    await told(user, 'authenticator app added', 'Your other sessions were ended');
    expect(await eventsOf(user)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'factor_added', reason: 'totp' }),
        expect.objectContaining({ event: 'session_ended', reason: 'factor_change' }),
      ]),
    );
  });

  test('is there once, and is for the session that has begun it', async () => {
    const user = await app.signedUp();
    const other = app.browser();
    await other.login(user.email);
    const { body } = await other.post('/auth/factors/totp');
    const code = codeOf(String(body.secret), app.clock.now());
    expect(said(await user.post('/auth/factors/totp/confirm', { code }))).toEqual([400, 'setup_expired']);
    await user.post('/auth/factors/totp');
    expect(said(await user.post('/auth/factors/totp/confirm', { code }))).toEqual([
      400,
      'second_factor_wrong',
    ]);
    await withTotp(app, user);
    expect(said(await user.post('/auth/factors/totp'))).toEqual([409, 'factor_exists']);
    expect(said(await user.post('/auth/factors/totp/confirm', { code }))).toEqual([409, 'factor_exists']);
  });

  test('that nobody confirms in ten minutes has to be begun again (CVE-2026-32132)', async () => {
    const user = await app.signedUp();
    const { body } = await user.post('/auth/factors/totp');
    app.clock.advance(601);
    await user.refresh();
    const code = codeOf(String(body.secret), app.clock.now());
    expect(said(await user.post('/auth/factors/totp/confirm', { code }))).toEqual([400, 'setup_expired']);
  });

  test('is renamed and removed by its owner alone, and its recovery codes go with it', async () => {
    const user = await holder();
    const thief = await holder();
    const [factor] = (await user.get('/auth/factors')).body.factors as { id: string }[];
    const path = `/auth/factors/${factor?.id}`;
    expect(said(await thief.patch(path, { name: 'mine' }))).toEqual([404, 'factor_not_found']);
    expect(said(await thief.delete(path))).toEqual([404, 'factor_not_found']);
    expect(said(await user.delete('/auth/factors/nothing'))).toEqual([404, 'factor_not_found']);
    expect((await user.patch(path, { name: 'My phone' })).body).toMatchObject({ name: 'My phone' });
    const other = await begun(user);
    await enterCode(app, other, user.secret);
    expect((await user.delete(path)).status).toBe(204);
    expect((await other.get('/auth/session')).status).toBe(401);
    await told(user, 'authenticator app removed');
    expect((await user.get('/auth/factors')).body).toMatchObject({ factors: [], recovery_codes_left: 0 });
    expect((await app.browser().login(user.email)).status).toBe(200);
    expect(said(await user.post('/auth/factors/recovery-codes'))).toEqual([409, 'factor_missing']);
  });

  test('a code works once, and none of a step before it (RFC 6238 §5.2)', async () => {
    const user = await holder();
    app.clock.advance(60);
    const now = codeOf(user.secret, app.clock.now());
    const before = codeOf(user.secret, app.clock.now(), -1);
    const after = codeOf(user.secret, app.clock.now(), 1);
    const enter = async (code: string) =>
      said(await (await begun(user)).post('/auth/login/second-factor', { method: 'totp', code }));
    expect(await enter(now)).toEqual([200, 'ok']);
    expect(await enter(now)).toEqual([401, 'second_factor_wrong']);
    expect(await enter(before)).toEqual([401, 'second_factor_wrong']);
    expect(await enter(after)).toEqual([200, 'ok']);
    expect(await enter(after)).toEqual([401, 'second_factor_wrong']);
  });

  test('rests sealed, and opens nothing in the row of another account', async () => {
    const user = await holder();
    const sealed = await app.sql<{ sealed: Buffer }>('SELECT sealed FROM tokenjar.totp_secrets');
    const secret = Buffer.from(bytesOf(user.secret));
    expect(sealed.some((row) => row.sealed.includes(secret))).toBe(false);
    // A row that somebody moves to another account opens nothing there.
    const thief = await holder();
    await app.sql(
      `UPDATE tokenjar.totp_secrets SET sealed = (
        SELECT t.sealed FROM tokenjar.totp_secrets t JOIN tokenjar.factors f ON f.id = t.factor_id WHERE f.user_id = $1
      ) WHERE factor_id = (SELECT id FROM tokenjar.factors WHERE user_id = $2)`,
      [await userIdOf(thief), await userIdOf(user)],
    );
    const browser = await begun(user);
    expect(said(await enterCode(app, browser, thief.secret))).toEqual([401, 'second_factor_wrong']);
  });
});

describe('a recovery code', () => {
  test('works once, however it is typed; its owner is told, and warned when few are left', async () => {
    const user = await holder();
    const [first = '', second = '', ...others] = user.recoveryCodes;
    expect(first).toMatch(/^([0-9a-hjkmnp-tv-z]{6}-){3}[0-9a-hjkmnp-tv-z]{6}$/);
    const done = await enterRecoveryCode(await begun(user), first);
    expect(claimsOf(done)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    await told(user, 'a recovery code was used', 'Recovery codes left: 9');
    expect(said(await enterRecoveryCode(await begun(user), first))).toEqual([401, 'second_factor_wrong']);
    const typed = ` ${second.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l')} `;
    expect(said(await enterRecoveryCode(await begun(user), typed))).toEqual([200, 'ok']);
    for (const code of others.slice(0, 4)) await enterRecoveryCode(await begun(user), code);
    await enterRecoveryCode(await begun(user), others[4]);
    await told(user, 'few recovery codes left', 'Only 3 of your recovery codes');
    expect((await user.get('/auth/factors')).body.recovery_codes_left).toBe(3);
    expect((await eventsOf(user)).map(({ event }) => event)).toContain('recovery_code_used');
  });

  test('rests as a digest, is nobody else’s, and goes when new ones are made', async () => {
    const user = await holder();
    const thief = await holder();
    const [code = '', next = ''] = user.recoveryCodes;
    expect(said(await enterRecoveryCode(await begun(thief), code))).toEqual([401, 'second_factor_wrong']);
    const tables = ['recovery_codes', 'audit_events', 'factors', 'totp_secrets'];
    for (const table of tables) {
      const rows = await app.sql(`SELECT row_to_json(t)::text AS text FROM tokenjar.${table} t`);
      const plain = code.replaceAll('-', '');
      const bytes = [code, plain].map((each) => Buffer.from(each).toString('hex'));
      for (const form of [code, plain, ...bytes]) expect(JSON.stringify(rows)).not.toContain(form);
    }
    const { body } = await user.post('/auth/factors/recovery-codes');
    expect(body.recovery_codes).toHaveLength(10);
    expect(said(await enterRecoveryCode(await begun(user), next))).toEqual([401, 'second_factor_wrong']);
    const [fresh] = body.recovery_codes as string[];
    expect(said(await enterRecoveryCode(await begun(user), fresh))).toEqual([200, 'ok']);
    await told(user, 'new recovery codes');
  });

  test('is no method of whoever has none left', async () => {
    const user = await holder();
    await app.sql('DELETE FROM tokenjar.recovery_codes WHERE user_id = $1', [await userIdOf(user)]);
    const { body } = await app.browser().login(user.email);
    expect(body.methods).toEqual(['totp']);
  });
});

describe('used while it is removed', () => {
  const wire = new PasskeyWire();
  const KINDS: [
    string,
    (user: Browser & { email: string }) => Promise<(browser: Browser) => Promise<Answer>>,
  ][] = [
    [
      'an authenticator app',
      async (user) => {
        const { secret } = await withTotp(app, user);
        return (browser) => enterCode(app, browser, secret);
      },
    ],
    [
      'a passkey',
      async (user) => {
        const authenticator = new Authenticator({ origin: 'https://app.example.com' });
        expect((await wire.add(user, authenticator)).status).toBe(201);
        await user.refresh();
        return (browser) => wire.second(browser, authenticator);
      },
    ],
  ];
  /** Waits until as many statements wait for a lock. */
  const waiting = (count: number) =>
    eventually(
      async () =>
        (
          await app.sql(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).length,
      (found) => found === count,
    );

  (isEmbedded ? test.skip : test).each(KINDS)('%s is refused, and nothing deadlocks', async (_, set) => {
    const user = await app.verified();
    const use = await set(user);
    const [factor] = (await user.get('/auth/factors')).body.factors as { id: string }[];
    const browser = await begun(user);
    const { databaseUrl } = database.settings as { databaseUrl: string };
    const holding = new pg.Client({ connectionString: databaseUrl });
    await holding.connect();
    try {
      await holding.query('BEGIN');
      await holding.query('SELECT 1 FROM tokenjar.factors WHERE id = $1 FOR UPDATE', [factor?.id]);
      const removed = user.delete(`/auth/factors/${factor?.id}`);
      await waiting(1);
      const used = use(browser);
      await waiting(2);
      await holding.query('ROLLBACK');
      expect((await removed).status).toBe(204);
      expect((await used).status).toBe(401);
      expect(await eventsOf(user)).not.toContainEqual(expect.objectContaining({ event: 'passkey_cloned' }));
    } finally {
      await holding.end();
    }
  });
});

describe('twenty at once, over two instances', () => {
  const uses: [string, (user: AppHolder, at: TestApp) => [string, string]][] = [
    ['a code of an app', (user, at) => ['totp', codeOf(user.secret, at.clock.now())]],
    ['a recovery code', (user) => ['recovery_code', user.recoveryCodes[0] ?? '']],
  ];
  (isEmbedded ? test.skip : test).each(uses)('%s opens one session', async (_, use) => {
    const other = await startApp({ clock: app.clock }, database);
    try {
      const user = await holder();
      app.clock.advance(60);
      const [method, code] = use(user, app);
      // Each of a login of its own: only the code is shared.
      const browsers = await Promise.all(
        Array.from({ length: 20 }, (_each, i) => begun(user, i % 2 ? app : other)),
      );
      const answers = await Promise.all(
        browsers.map((browser) => browser.post('/auth/login/second-factor', { method, code })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      app.clock.advance(900);
    } finally {
      await other.close();
    }
  });
});

describe('a trusted device', () => {
  async function trusted(user: AppHolder): Promise<Browser> {
    const browser = await begun(user);
    app.clock.advance(30);
    const answer = await enterCode(app, browser, user.secret, { trust_device: true });
    expect(answer.status).toBe(200);
    const cookie = answer.setCookie.find((line) => line.startsWith('trusted_device=')) ?? '';
    expect(attributesOf(cookie)).toMatchObject({
      httponly: true,
      samesite: 'Strict',
      path: '/',
      'max-age': String(30 * 86_400),
    });
    return browser;
  }

  test('is told to the owner', async () => {
    const user = await holder();
    await enterCode(app, await begun(user), user.secret, { trust_device: true });
    await told(user, 'a device is trusted', 'For 30 days');
  });

  test('saves the step for thirty days, and stays aal1', async () => {
    const user = await holder();
    const browser = await trusted(user);
    const again = await browser.login(user.email);
    expect(claimsOf(again)).toMatchObject({ amr: ['pwd'], acr: 'aal1' });
    // It is of one account, and of one browser.
    const other = await holder();
    expect(said(await browser.login(other.email))).toEqual([401, 'second_factor_required']);
    await begun(user);
    app.clock.advance(29 * 86_400);
    expect((await browser.login(user.email)).status).toBe(200);
    app.clock.advance(86_400);
    expect(said(await browser.login(user.email))).toEqual([401, 'second_factor_required']);
  });

  test('of two accounts keeps both', async () => {
    const [one, two] = [await holder(), await holder()];
    const browser = await trusted(one);
    expect(said(await browser.login(two.email))).toEqual([401, 'second_factor_required']);
    app.clock.advance(30);
    await enterCode(app, browser, two.secret, { trust_device: true });
    expect((await browser.login(one.email)).status).toBe(200);
    expect((await browser.login(two.email)).status).toBe(200);
  });

  test('that is trusted again and again by one account keeps the others', async () => {
    const [one, two] = [await holder(), await holder()];
    const browser = await trusted(one);
    for (let i = 0; i < 6; i++) {
      app.clock.advance(30);
      await browser.login(two.email);
      await enterCode(app, browser, two.secret, { trust_device: true });
      // What a change of the account leaves behind is dead weight in the cookie.
      await app.sql('UPDATE tokenjar.users SET factors_epoch = factors_epoch + 1 WHERE email = $1', [
        two.email,
      ]);
    }
    expect((await browser.login(one.email)).status).toBe(200);
    const rows = await app.sql('SELECT 1 FROM tokenjar.trusted_devices WHERE user_id = $1', [
      await userIdOf(two),
    ]);
    expect(rows).toHaveLength(1);
  });

  test('is listed and removed by its owner alone', async () => {
    const user = await holder();
    const browser = await trusted(user);
    const { trusted_devices: devices } = (await user.get('/auth/factors')).body as {
      trusted_devices: { id: string }[];
    };
    expect(devices).toHaveLength(1);
    const path = `/auth/factors/trusted-devices/${devices[0]?.id}`;
    const thief = await holder();
    expect(said(await thief.delete(path))).toEqual([404, 'trusted_device_not_found']);
    expect((await user.delete(path)).status).toBe(204);
    expect(said(await user.delete(path))).toEqual([404, 'trusted_device_not_found']);
    expect(said(await browser.login(user.email))).toEqual([401, 'second_factor_required']);
  });

  const NEXT = 'harbour violin thicket comet';
  const keyIn = async (email: string, word: string) => {
    const found = await eventually(
      () => started.mail.to(email).find(({ link }) => link.includes(word)),
      (each) => each !== undefined,
    );
    return secretOf(found?.link ?? '');
  };
  /** @returns with what the user signs in afterwards, where it is something else. */
  const ENDS: [string, (user: AppHolder) => Promise<{ email?: string; password?: string }>][] = [
    [
      'the password is changed',
      async (user) => {
        await user.post('/auth/password/change', { old_password: PASSWORD, new_password: NEXT });
        return { password: NEXT };
      },
    ],
    [
      'the password is reset',
      async ({ email }) => {
        await app.browser().post('/auth/password/reset', { email });
        const token = await keyIn(email, 'reset-password');
        await app.browser().post('/auth/password/reset/confirm', { token, new_password: NEXT });
        return { password: NEXT };
      },
    ],
    [
      'the address is another',
      async (user) => {
        const email = uniqueEmail();
        await user.post('/auth/email/change', { new_email: email, password: PASSWORD });
        const key = await keyIn(email, 'change-email');
        await user.post('/auth/email/change/confirm', { key });
        return { email };
      },
    ],
    [
      'the account is deactivated, and activated again',
      async (user) => {
        const id = await userIdOf(user);
        await app.app.get(SessionEnding, { strict: false }).deactivateUser(id);
        await app.app.get(Users, { strict: false }).activate(id);
        return {};
      },
    ],
    [
      'a factor is added',
      async (user) => {
        const passkey = new Authenticator({ origin: 'https://app.example.com' });
        expect((await new PasskeyWire().add(user, passkey)).status).toBe(201);
        return {};
      },
    ],
  ];
  test.each(ENDS)('is none any more when %s', async (_, end) => {
    const user = await holder();
    const browser = await trusted(user);
    const count = async () =>
      ((await user.get('/auth/factors')).body.trusted_devices as unknown[] | undefined)?.length ?? 0;
    expect(await count()).toBe(1);
    const { email = user.email, password = PASSWORD } = await end(user);
    expect(said(await browser.login(email, password))).toEqual([401, 'second_factor_required']);
    expect(await count()).toBe(0);
  });
});

describe('where a second factor is mandatory', () => {
  let strict: TestApp;
  beforeAll(async () => {
    strict = await startApp({ secondFactor: 'required' });
  });
  afterAll(() => strict.close());

  test('a registration and a login go on to set one up, and answer recovery codes once', async () => {
    const email = uniqueEmail();
    const browser = strict.browser();
    const registered = await browser.post('/auth/registration', { email, password: PASSWORD });
    expect([registered.status, registered.body]).toEqual([
      201,
      { code: 'second_factor_setup_required', methods: expect.arrayContaining(['totp']), expires_in: 300 },
    ]);
    const login = await browser.login(email);
    expect(said(login)).toEqual([401, 'second_factor_setup_required']);
    const early = await browser.post('/auth/login/second-factor', { method: 'totp', code: '000000' });
    expect(said(early)).toEqual([400, 'setup_expired']);
    expect(said(await browser.post('/auth/login/setup', { method: 'sms' }))).toEqual([
      400,
      'method_not_available',
    ]);
    const { body } = await browser.post('/auth/login/setup', { method: 'totp' });
    expect(said(await browser.post('/auth/login/second-factor', { method: 'totp', code: '000000' }))).toEqual(
      [401, 'second_factor_wrong'],
    );
    const last = await enterCode(strict, browser, String(body.secret));
    expect(last.status).toBe(200);
    expect(claimsOf(last)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect(last.body.recovery_codes).toHaveLength(10);
    expect((await browser.get('/auth/session')).status).toBe(200);
    // The next login asks for it, and shows no codes.
    strict.clock.advance(30);
    const next = strict.browser();
    expect(said(await next.login(email))).toEqual([401, 'second_factor_required']);
    const again = await enterCode(strict, next, String(body.secret));
    expect([again.status, 'recovery_codes' in again.body]).toEqual([200, false]);
    // The last one stays.
    const { factors } = (await next.get('/auth/factors')).body as { factors: { id: string }[] };
    expect(said(await next.delete(`/auth/factors/${factors[0]?.id}`))).toEqual([409, 'factor_mandatory']);
    expect((await next.get('/auth/factors')).body).toMatchObject({ required: true, recovery_codes_left: 10 });
  });

  test('a dead login that is named in the body leaves the one in the cookie alone', async () => {
    const own = await startApp({ secondFactor: 'required', refreshTokenIn: 'both' });
    try {
      const browser = own.browser();
      const email = uniqueEmail();
      await browser.post('/auth/registration', { email, password: PASSWORD });
      await browser.login(email);
      const dead = { login_token: 'x'.repeat(43) };
      for (const [path, more] of [
        ['/auth/login/setup', {}],
        ['/auth/login/second-factor', { code: '000000' }],
      ] as const) {
        const answer = await browser.post(path, { method: 'totp', ...more, ...dead });
        expect([path, said(answer), answer.setCookie]).toEqual([path, [401, 'login_expired'], []]);
      }
      expect((await browser.post('/auth/login/setup', { method: 'totp' })).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('two who set one up at once in two logins get one between them', async () => {
    const email = uniqueEmail();
    await strict.browser().post('/auth/registration', { email, password: PASSWORD });
    const both = [strict.browser(), strict.browser()];
    const secrets: string[] = [];
    for (const browser of both) {
      await browser.login(email);
      secrets.push(String((await browser.post('/auth/login/setup', { method: 'totp' })).body.secret));
    }
    const answers = await Promise.all(both.map((browser, i) => enterCode(strict, browser, secrets[i] ?? '')));
    expect(answers.map(said).sort()).toEqual([
      [200, 'ok'],
      [401, 'login_expired'],
    ]);
  });

  test('a role can be what demands it', async () => {
    const user = await app.signedUp();
    await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [user.email]);
    expect(said(await app.browser().login(user.email))).toEqual([401, 'second_factor_setup_required']);
    // A session of before goes on: a level that is demanded later refuses and does not end.
    expect((await user.refresh()).status).toBe(200);
  });
});

describe('limits', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startApp({ rateLimit: true });
  });
  afterAll(() => limited.close());

  test('ten wrong ones in a quarter of an hour, over all logins and methods; the reset stays open', async () => {
    const user = await holder(limited);
    let wrong = 0;
    const codes: [string, string][] = [
      ['totp', '000000'],
      ['recovery_code', '000000-000000-000000-000000'],
    ];
    for (let login = 0; login < 3; login++) {
      const browser = await begun(user, limited);
      for (let i = 0; i < 4; i++) {
        const [method, code] = codes[i % 2] ?? [];
        const answer = await browser.post('/auth/login/second-factor', { method, code });
        if (said(answer)[1] === 'second_factor_wrong') wrong++;
        else expect(said(answer)).toEqual([429, 'rate_limited']);
      }
    }
    expect(wrong).toBe(10);
    const right = await enterCode(limited, await begun(user, limited), user.secret);
    expect(said(right)).toEqual([429, 'rate_limited']);
    const reset = await limited.browser().post('/auth/password/reset', { email: user.email });
    expect(reset.status).toBe(200);
    limited.clock.advance(900);
    expect(said(await enterCode(limited, await begun(user, limited), user.secret))).toEqual([200, 'ok']);
  });

  test('who comes after the last wrong one learns at once how long to wait', async () => {
    const user = await holder(limited);
    const wrongOnes = async (browser: Browser, count: number) => {
      for (let i = 0; i < count; i++)
        expect(said(await enterRecoveryCode(browser, '000000-000000-000000-000000'))[0]).toBe(401);
    };
    for (let login = 0; login < 2; login++) await wrongOnes(await begun(user, limited), 5);
    const next = await begun(user, limited);
    const asked = performance.now();
    const refused = await enterCode(limited, next, user.secret);
    expect(said(refused)).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(performance.now() - asked).toBeLessThan(2000);
  });

  test.each([
    ['POST /auth/reauthenticate', (code: string) => ({ method: 'totp', code })],
    ['POST /auth/login/second-factor', (code: string) => ({ method: 'totp', code })],
  ] as const)('with RATE_LIMIT=off too: %s', async (route, json) => {
    const user = await holder();
    const path = route.split(' ')[1] ?? '';
    const codes: unknown[] = [];
    let browser: Browser = user;
    for (let i = 0; i < 11; i++) {
      // A login ends after five.
      if (path.startsWith('/auth/login') && i % 5 === 0) browser = await begun(user);
      codes.push(said(await browser.post(path, json('000000')))[1]);
    }
    expect(codes).toEqual([...Array<string>(10).fill('second_factor_wrong'), 'rate_limited']);
    app.clock.advance(900);
  });

  test('thirty logins that lack a step at a time, though RATE_LIMIT is off', async () => {
    const user = await holder();
    const answers: unknown[] = [];
    for (let i = 0; i < 32; i++) answers.push(said(await app.browser().login(user.email))[1]);
    expect(new Set(answers.slice(0, 30))).toEqual(new Set(['second_factor_required']));
    expect(answers.slice(30)).toEqual(['rate_limited', 'rate_limited']);
    app.clock.advance(301);
    await begun(user);
  });

  (isEmbedded ? test.skip : test)('thirty, also of forty that begin at once over two instances', async () => {
    const user = await holder();
    const other = await startApp({ clock: app.clock, secretKey: SECRET_KEY }, database);
    try {
      const all = Array.from({ length: 40 }, (_, i) => (i % 2 ? app : other).browser().login(user.email));
      const answers = (await Promise.all(all)).map((answer) => said(answer)[1]);
      expect(answers.filter((code) => code === 'second_factor_required')).toHaveLength(30);
      expect(answers.filter((code) => code === 'rate_limited')).toHaveLength(10);
    } finally {
      await other.close();
    }
  });

  test('a right password with a wrong factor is told to the owner', async () => {
    const user = await holder();
    const browser = await begun(user);
    const notices = () =>
      started.mail.to(user.email).filter(({ subject }) => subject.includes('second factor'));
    for (let i = 0; i < 4; i++) await enterRecoveryCode(browser, 'wrong');
    // People mistype; with RATE_LIMIT=off no device is known, and the email comes when the login ends.
    expect(notices()).toEqual([]);
    await enterRecoveryCode(browser, 'wrong');
    await told(user, 'failed at the second factor', 'set a new one');
  });
});

describe('an operator', () => {
  const request = async (user: { email: string }) =>
    app.app.get(FactorResets, { strict: false }).request(await userIdOf(user), operatorAs('Grace'));
  const run = () => app.app.get(FactorResetRun, { strict: false }).run();

  test('has all factors removed after a wait, which any session of the user can cancel', async () => {
    const user = await holder();
    expect([await request(user), await request(user)]).toEqual([true, false]);
    // The wait begins when the user is told.
    app.clock.advance(2 * 86_400);
    await user.refresh();
    await run();
    await told(user, 'your second factors will be removed', 'in 1 day');
    const { reset_at: due } = (await user.get('/auth/factors')).body;
    expect(new Date(String(due)).getTime() - app.clock.now().getTime()).toBe(86_400_000);
    expect((await user.delete('/auth/factors/reset')).status).toBe(204);
    await told(user, 'your second factors stay');
    expect(said(await user.delete('/auth/factors/reset'))).toEqual([404, 'factor_reset_not_found']);
    app.clock.advance(86_401);
    await user.refresh();
    await run();
    await begun(user);
    expect((await eventsOf(user)).slice(0, 3).map(({ event }) => event)).toContain('factor_reset_cancelled');
  });

  test('whose request nobody cancels: factors, recovery codes and sessions go, and the trail says by whom', async () => {
    const user = await holder();
    await request(user);
    await run();
    app.clock.advance(86_401);
    await run();
    await told(user, 'your second factors were removed');
    expect((await user.refresh()).status).toBe(401);
    expect((await app.browser().login(user.email)).status).toBe(200);
    const rows = await app.sql<{ event: string; actor: string }>(
      `SELECT event, actor FROM tokenjar.audit_events WHERE user_id = $1 AND event LIKE 'factor%reset%' ORDER BY id`,
      [await userIdOf(user)],
    );
    expect(rows.map(({ event }) => event)).toEqual(['factor_reset_requested', 'factors_reset']);
    for (const { actor } of rows) expect(actor).toMatch(/^Grace/);
  });

  test('has one factor removed in the same way: the others stay, and the owner is told which', async () => {
    const user = await holder();
    const id = await userIdOf(user);
    const [known] = (await user.get('/auth/factors')).body.factors as { id: string }[];
    await app.sql(
      `INSERT INTO tokenjar.factors (id, user_id, type, created_at) VALUES (gen_random_uuid(), $1, 'passkey', now())`,
      [id],
    );
    const resets = app.app.get(FactorResets, { strict: false });
    await resets.request(id, operatorAs('Grace'), undefined, known?.id);
    await run();
    await told(user, 'a second factor will be removed', 'authenticator app', 'in 1 day');
    app.clock.advance(86_401);
    await run();
    await told(user, 'authenticator app removed');
    expect((await user.refresh()).status).toBe(401);
    const left = () =>
      app.sql(
        `SELECT f.type, (SELECT count(*)::int FROM tokenjar.recovery_codes c WHERE c.user_id = f.user_id) AS codes
          FROM tokenjar.factors f WHERE f.user_id = $1`,
        [id],
      );
    expect(await left()).toEqual([{ type: 'passkey', codes: 10 }]);
    const [other] = await app.sql<{ id: string }>('SELECT id FROM tokenjar.factors WHERE user_id = $1', [id]);
    await resets.request(id, operatorAs('Grace'), undefined, other?.id);
    await run();
    app.clock.advance(86_401);
    await run();
    expect(await left()).toEqual([]);
    expect(await app.sql('SELECT 1 FROM tokenjar.recovery_codes WHERE user_id = $1', [id])).toEqual([]);
    const rows = await app.sql(
      `SELECT event, reason, actor LIKE 'Grace%' AS by FROM tokenjar.audit_events
        WHERE user_id = $1 AND event LIKE 'factor\\_re%' ORDER BY id`,
      [id],
    );
    expect(rows).toEqual(
      ['totp', 'passkey'].flatMap((reason) => [
        { event: 'factor_reset_requested', reason, by: true },
        { event: 'factor_removed', reason, by: true },
      ]),
    );
  });

  test('is not kept waiting by a removal that fails', async () => {
    const [stuck, next] = [await holder(), await holder()];
    await request(stuck);
    app.clock.advance(1);
    await request(next);
    await run();
    app.clock.advance(86_401);
    await app.sql(`CREATE FUNCTION tokenjar.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF OLD.user_id = ${await userIdOf(stuck)} THEN RAISE 'no'; END IF; RETURN OLD; END $$`);
    await app.sql(`CREATE TRIGGER refused BEFORE DELETE ON tokenjar.factors
      FOR EACH ROW EXECUTE FUNCTION tokenjar.refuse()`);
    try {
      await run();
      await begun(stuck);
      expect((await app.browser().login(next.email)).status).toBe(200);
    } finally {
      await app.sql('DROP FUNCTION tokenjar.refuse() CASCADE');
    }
    await run();
    expect((await app.browser().login(stuck.email)).status).toBe(200);
  });
});

test('what a session may change ends with its row, also before the blacklist is told', async () => {
  const user = await holder();
  const browser = await begun(user);
  await enterCode(app, browser, user.secret, { trust_device: true });
  app.clock.advance(30);
  const { body } = await user.get('/auth/factors');
  const [factor] = body.factors as { id: string }[];
  const [device] = body.trusted_devices as { id: string }[];
  await app.app.get(FactorResets, { strict: false }).request(await userIdOf(user), operatorAs('Grace'));
  await app.sql('DELETE FROM tokenjar.sessions WHERE user_id = $1', [await userIdOf(user)]);
  const answers = [
    await user.post('/auth/factors/recovery-codes'),
    await user.patch(`/auth/factors/${factor?.id}`, { name: 'A thief was here' }),
    await user.delete(`/auth/factors/${factor?.id}`),
    await user.delete(`/auth/factors/trusted-devices/${device?.id}`),
    await user.delete('/auth/factors/reset'),
  ];
  expect(answers.map(said)).toEqual(answers.map(() => [401, 'token_blacklisted']));
});

describe('SECOND_FACTOR=off', () => {
  // Two servers: the embedded database serves one process.
  (isEmbedded ? test.skip : test)(
    'asks nobody, lets nobody set one up, and keeps those there are',
    async () => {
      const user = await holder();
      const off = await startApp({ secondFactor: 'off', clock: app.clock, secretKey: SECRET_KEY }, database);
      try {
        const browser = off.browser();
        expect((await browser.login(user.email)).status).toBe(200);
        // The password alone is no reason to remove what protects the account once they are on again.
        const { body } = await browser.get('/auth/factors');
        const [factor] = body.factors as { id: string }[];
        expect(said(await browser.delete(`/auth/factors/${factor?.id}`))).toEqual([
          400,
          'method_not_available',
        ]);
        expect(said(await browser.post('/auth/factors/recovery-codes'))).toEqual([
          400,
          'method_not_available',
        ]);
        const fresh = await off.signedUp();
        expect(said(await fresh.post('/auth/factors/totp'))).toEqual([400, 'method_not_available']);
      } finally {
        await off.close();
      }
      await begun(user);
    },
  );
});
