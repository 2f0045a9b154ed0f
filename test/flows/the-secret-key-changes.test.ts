import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KnownDevices } from '../../src/auth/known-devices.js';
import { Users } from '../../src/users/users.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { eventually } from '../support/eventually.js';
import { enterCode, enterRecoveryCode, withTotp } from '../support/factors.js';
import { expectProblem } from '../support/problem.js';

const OLD = 'the secret key of last year, thirty-two bytes and more';
const NEW = 'the secret key of this year, thirty-two bytes and more';
const FOREIGN = 'the secret key of somebody else, thirty-two bytes and more';

let database: TestDatabase;
let clock: TestClock;
let running: TestApp[];
beforeEach(async () => {
  database = await createDatabase();
  clock = new TestClock();
  running = [];
});
afterEach(async () => {
  await stopAll();
  await database.drop();
});

async function start(settings: TokenjarInput): Promise<TestApp> {
  const app = await startApp({ clock, ...settings }, database);
  running.push(app);
  return app;
}

async function stopAll(): Promise<void> {
  for (const app of running.splice(0)) await app.close();
}

/** One who was signed in elsewhere, seen from this server. */
async function moved(user: Browser, to: TestApp): Promise<Browser> {
  const browser = new Browser(to.url);
  await browser.setRefreshCookie((await user.refreshCookie()) ?? '');
  browser.accessToken = user.accessToken;
  return browser;
}

const KINDS: [string, TokenjarInput][] = [
  ['ES256', {}],
  ['HS256', { algorithm: 'HS256' }],
  ['simplejwt’s format', { tokenFormat: 'simplejwt', algorithm: 'HS256' }],
];

// To the database they are all the same, and the embedded one is slow to start.
describe.each(isEmbedded ? KINDS.slice(0, 1) : KINDS)('with %s', (_, kind) => {
  test('signs nobody out while the former key is a fallback', async () => {
    const user = await (await start({ ...kind, secretKey: OLD })).signedUp();
    await stopAll();

    const between = await start({ ...kind, secretKey: NEW, secretKeyFallbacks: [OLD] });
    const later = await moved(user, between);
    expect((await later.get('/auth/session')).status).toBe(200);
    // Young: kept. Older: replaced, and signed with the new key.
    expect((await later.refresh()).setCookie).toEqual([]);
    clock.pastRotation();
    const refreshed = await later.refresh();
    expect([refreshed.status, refreshed.setCookie.length]).toEqual([200, 1]);
    await stopAll();

    const after = await start({ ...kind, secretKey: NEW });
    const last = await moved(later, after);
    expect((await last.get('/auth/session')).status).toBe(200);
    clock.pastRotation();
    expect((await last.refresh()).status).toBe(200);
    // What the old key signed is as good as forged now.
    const late = await moved(user, after);
    expectProblem(await late.refresh(), 'token_invalid');
  });

  test('a fallback accepts what it signed, and nothing that a third key signed', async () => {
    const user = await (await start({ ...kind, secretKey: OLD })).signedUp();
    await stopAll();
    if (!kind.algorithm) {
      await expect(start({ secretKey: FOREIGN, secretKeyFallbacks: [NEW] })).rejects.toThrow(
        /SECRET_KEY: does not decrypt the signing key .* SECRET_KEY_FALLBACKS/,
      );
      return;
    }
    const app = await start({ ...kind, secretKey: FOREIGN, secretKeyFallbacks: [NEW] });
    const stranger = await moved(user, app);
    expectProblem(await stranger.get('/auth/session'), 'token_invalid');
    expectProblem(await stranger.refresh(), 'token_invalid');
  });

  test('a session can be ended with a token of the former key', async () => {
    const user = await (await start({ ...kind, secretKey: OLD })).signedUp();
    await stopAll();
    const app = await start({ ...kind, secretKey: NEW, secretKeyFallbacks: [OLD] });
    const later = await moved(user, app);
    expect((await later.post('/auth/logout')).status).toBe(204);
    expectProblem(await later.get('/auth/session'), 'token_blacklisted');
  });
});

test('a known device stays known, and gets the new key at its next sign-in', async () => {
  const user = await (await start({ rateLimit: true, secretKey: OLD })).signedUp();
  const entry = async (browser: Browser, url: string) =>
    (await browser.jar.getCookies(url)).find(({ key }) => key === 'known_device')?.value ?? '';
  const before = await entry(user, running[0]?.url ?? '');
  await stopAll();

  const between = await start({ rateLimit: true, secretKey: NEW, secretKeyFallbacks: [OLD] });
  const browser = new Browser(between.url);
  await browser.jar.setCookie(`known_device=${before}`, between.url);
  expect((await browser.login(user.email)).status).toBe(200);
  const renewed = await entry(browser, between.url);
  await stopAll();

  const after = await start({ rateLimit: true, secretKey: NEW });
  const account = await after.app.get(Users, { strict: false }).findByEmail(user.email);
  if (!account) throw new Error('no account');
  const nameOf = (cookie: string) =>
    after.app
      .get(KnownDevices, { strict: false })
      .of({
        refresh: [],
        device: [cookie],
        pendingLogin: [],
        trustedDevice: [],
        passkeyChallenge: [],
        pendingIdentity: [],
        protection: 0,
      })
      .nameFor(account);
  expect(nameOf(renewed)).toBe(before.split('.')[0]);
  expect(nameOf(before)).toBeUndefined();
});

// The embedded database belongs to one process.
(isEmbedded ? describe.skip : describe)('while instances are restarted one by one', () => {
  test.each(KINDS)('each accepts the other’s tokens, with %s', async (_, kind) => {
    const first = await start({ ...kind, secretKey: OLD, secretKeyFallbacks: [NEW] });
    const second = await start({ ...kind, secretKey: NEW, secretKeyFallbacks: [OLD] });
    for (const [here, there] of [
      [first, second],
      [second, first],
    ] as const) {
      const user = await here.signedUp();
      const elsewhere = await moved(user, there);
      expect((await elsewhere.get('/auth/session')).status).toBe(200);
      clock.pastRotation();
      expect((await elsewhere.refresh()).status).toBe(200);
      const back = await moved(elsewhere, here);
      clock.pastRotation();
      expect((await back.refresh()).status).toBe(200);
      // Twenty seconds later, by whichever instance: the same session, no second token alive.
      expect((await (await moved(elsewhere, there)).refresh()).status).toBe(200);
    }
  });
});

test('an authenticator app works on, also of somebody who does not sign in while the former key is a fallback', async () => {
  const old = await start({ secretKey: OLD });
  const [user, other] = [
    await withTotp(old, await old.signedUp()),
    await withTotp(old, await old.signedUp()),
  ];
  await stopAll();

  const between = await start({ secretKey: NEW, secretKeyFallbacks: [OLD] });
  await eventually(
    () => between.log.find((line) => line.includes('sealed with the new SECRET_KEY')),
    (line) => line !== undefined,
  );
  await stopAll();

  const after = await start({ secretKey: NEW });
  const code = async (email: string, secret: string) => {
    const browser = after.browser();
    await browser.login(email);
    return (await enterCode(after, browser, secret)).body.code;
  };
  expect(await code(user.email, user.secret)).toBeUndefined();
  // One that no key opens is refused, its recovery codes work, and the log says so.
  await after.sql(
    `UPDATE tokenjar.totp_secrets SET sealed = '\\x00' WHERE factor_id IN
    (SELECT f.id FROM tokenjar.factors f JOIN tokenjar.users u ON u.id = f.user_id WHERE u.email = $1)`,
    [other.email],
  );
  expect(await code(other.email, other.secret)).toBe('second_factor_wrong');
  expect(after.log.join()).toContain('sealed with an unknown SECRET_KEY');
  const browser = after.browser();
  await browser.login(other.email);
  expect((await enterRecoveryCode(browser, other.recoveryCodes[0])).status).toBe(200);
});

test('refuses a weak fallback like a weak key', () => {
  const settings = { secretKey: NEW, secretKeyFallbacks: ['short'], production: true };
  return expect(startApp(settings, database)).rejects.toThrow(
    'SECRET_KEY_FALLBACKS: contains a key shorter than 32 bytes',
  );
});
