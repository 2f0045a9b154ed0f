import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { runOn } from '../../src/commands/embedded-data.js';
import { totpKeys } from '../../src/commands/receiver.js';
import { TYPES } from '../../src/database/client-config.js';
import { inSnapshot } from '../../src/database/table-copy.js';
import { exportLines, fingerprintOf } from '../../src/transfer/export-lines.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import { Browser } from '../support/browser.js';
import { type AppHolder, enterCode, enterRecoveryCode, withTotp } from '../support/factors.js';
import { PasskeyWire } from '../support/passkeys.js';
import { importText } from './importing.js';

/** The file that `tokenjar export` writes. @param during is called when the first page has been read. */
async function exportOf(
  { database, clock }: TestApp,
  withSessions: boolean,
  during: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const client = new pg.Client({ connectionString: databaseUrl, types: TYPES });
  await client.connect();
  const plan = {
    withSessions,
    totp: totpKeys([SECRET_KEY]),
    fingerprint: fingerprintOf(SECRET_KEY),
    now: clock.now(),
  };
  let text = '';
  try {
    const run = runOn(client);
    await inSnapshot(run, 'READ ONLY', async () => {
      for await (const each of exportLines(run, plan, () => undefined)) {
        if (text === '') await during();
        text += each;
      }
    });
    return text;
  } finally {
    await client.end();
  }
}

interface Line {
  user?: { id: number; email: string | null; sessions?: object[]; totp: object | null };
}
const usersIn = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .flatMap((each) => (JSON.parse(each) as Line).user ?? []);

/** The cookies of a browser, at another server. */
async function moved(browser: Browser, to: TestApp): Promise<Browser> {
  const there = new Browser(to.url);
  for (const cookie of await browser.jar.getCookies(browser.base))
    await there.jar.setCookie(`${cookie.key}=${cookie.value}; Path=${cookie.path}; HttpOnly`, to.url);
  return there;
}

/** An account of everything that there is, and the same without anything. */
describe('a round trip', () => {
  const settings = { signInWith: 'both', emailVerification: 'none', apiKeys: true } as const;
  const wire = new PasskeyWire();
  let source: TestApp;
  let target: TestApp;
  let file: string;
  let plain: Browser & { email: string };
  let holder: AppHolder;
  let trusting: Browser;
  let signedOut: Browser;
  const authenticator = new Authenticator();
  beforeAll(async () => {
    source = await startApp(settings);
    target = await startApp({ ...settings, clock: source.clock });
    const roles = source.app.get(RoleChanges, { strict: false });
    await roles.set({ name: 'editor', permissions: ['posts:write', 'posts:read'], description: 'writes' });
    await roles.set({ name: 'admin', permissions: ['all:of-it'] });
    plain = await source.verified('plain@example.com');
    holder = await withTotp(source, await source.verified('holder@example.com'));
    trusting = source.browser();
    await trusting.login(holder.email);
    await enterCode(source, trusting, holder.secret, { trust_device: true });
    signedOut = await source.signedUp('signed-out@example.com');
    const cookie = (await signedOut.refreshCookie()) ?? '';
    await signedOut.post('/auth/logout');
    await signedOut.setRefreshCookie(cookie);
    const passkeyUser = await source.signedUp('passkey@example.com');
    await wire.add(passkeyUser, authenticator, { name: '열쇠 "1"' });
    await plain.post('/auth/keys', { name: 'ci', scopes: [] });
    const gone = await source.signedUp('gone@example.com');
    await gone.delete('/auth/user', { password: PASSWORD });
    await source.sql(
      `UPDATE tokenjar.users SET roles = '{editor,auditor}', locale = 'ko', profile = '{"company": "Acme"}', username = 'Ｐlain', username_folded = 'plain',
        username_skeleton = 'plain', username_is_exact = true WHERE email = 'plain@example.com'`,
    );
    await source.sql(
      `INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, email, name, is_unproven, created_at, revoked_at)
        SELECT gen_random_uuid(), id, 'keycloak', 'https://sso.example/realms/a b', 'sub"1', NULL, 'Name', true, now(), now()
        FROM tokenjar.users WHERE email = 'plain@example.com'`,
    );
    await source.sql(
      `INSERT INTO tokenjar.users (id, email, username, username_folded, username_skeleton, is_active, created_at)
        VALUES (9000000000000000, NULL, E'no\\\\body "\u2028', 'x', 'x', false, '0001-01-01T00:00:00Z'),
          (1000, 'last@example.com', NULL, NULL, NULL, true, '9999-12-31T23:59:59.999Z')`,
    );
    file = await exportOf(source, true);
    const { added, broken, remarks } = await importText(target, 'tokenjar', file);
    expect({ added, broken, remarks }).toEqual({
      added: 6,
      broken: {},
      remarks: { no_password: expect.anything(), no_address: expect.anything() },
    });
  });
  afterAll(async () => {
    await target.close();
    await source.close();
  });

  test('the file of the copy is the file, byte for byte', async () => {
    expect(usersIn(file).map(({ email, sessions }) => [email, sessions?.length])).toEqual([
      ['plain@example.com', 1],
      ['holder@example.com', 2],
      ['signed-out@example.com', 0],
      ['passkey@example.com', 1],
      ['last@example.com', 0],
      [null, 0],
    ]);
    expect(file).toMatch(/"refusal":\{"session_id":"/);
    expect(await exportOf(target, true)).toBe(file);
    expect(await exportOf(target, false)).toBe(await exportOf(source, false));
  });

  test('a second import of it changes nothing', async () => {
    const again = await importText(target, 'tokenjar', file);
    expect(again).toMatchObject({ users: 6, added: 0, changed: 0, unchanged: 6, broken: {}, remarks: {} });
    expect(await exportOf(target, true)).toBe(file);
  });

  test('nobody gets an ID that somebody had', async () => {
    const [before] = await source.sql<{ id: number }>(
      `SELECT max(id) AS id FROM tokenjar.users WHERE id < 1000`,
    );
    const [row] = await target.sql<{ last: number }>(
      `SELECT last_value AS last FROM pg_sequences WHERE schemaname = 'tokenjar' AND sequencename = 'users_id_seq'`,
    );
    expect(before?.id).toBeLessThan(6);
    expect(Number(row?.last)).toBe(9000000000000000);
  });

  test('sessions go on, and those that were ended do not', async () => {
    const here = await moved(plain, target);
    const { status, body } = await here.refresh();
    expect([status, (body.user as { email: string }).email]).toEqual([200, plain.email]);
    expect((await (await moved(signedOut, target)).refresh()).status).toBe(401);
    // Its access token has not expired, and was signed with the same key.
    const old = await moved(signedOut, target);
    old.accessToken = signedOut.accessToken;
    expect((await old.get('/auth/user')).status).toBe(401);
  });

  test('passwords, authenticator apps, trusted devices and recovery codes are asked for and work', async () => {
    const browser = target.browser();
    expect((await browser.login(holder.email)).body.code).toBe('second_factor_required');
    // The code was used at the source.
    expect((await enterCode(target, browser, holder.secret)).status).toBe(401);
    source.clock.advance(30);
    expect((await enterCode(target, browser, holder.secret)).status).toBe(200);
    expect((await (await moved(trusting, target)).login(holder.email)).status).toBe(200);
    const locked = target.browser();
    await locked.login(holder.email);
    expect((await enterRecoveryCode(locked, holder.recoveryCodes[0])).status).toBe(200);
    await locked.login(holder.email);
    expect((await enterRecoveryCode(locked, holder.recoveryCodes[0])).status).toBe(401);
  });

  test('passkeys sign in', async () => {
    const browser = target.browser();
    expect((await wire.signIn(browser, authenticator)).status).toBe(200);
    expect((await browser.get('/auth/user')).text).toContain('passkey@example.com');
  });

  const linesIn = () => file.trimEnd().split('\n');
  test.each<[name: string, content: () => string, says: RegExp]>([
    ['cut off', () => linesIn().slice(0, -1).join('\n'), /^has no end: it was cut off\. Nothing/],
    ['cut within a line', () => file.slice(0, -10), /^is damaged at line \d+\. Nothing was imported$/],
    [
      'with a user missing',
      () =>
        linesIn()
          .filter((line) => !line.includes('last@'))
          .join('\n'),
      /^has 5 users, and should have 6: it is damaged/,
    ],
    ['that goes on', () => `${file}{"user":{}}`, /^goes on after its end, at line \d+$/],
    ['with another line', () => file.replace('{"end"', '{}\n{"end"'), /^is damaged at line \d+/],
    [
      'of another version',
      () => file.replace('"version":1', '"version":2'),
      /^is of version 2 of the format, and this Tokenjar reads version 1$/,
    ],
    ['without a header', () => linesIn().slice(1).join('\n'), /^is no export of Tokenjar$/],
    [
      'with sessions of another key',
      () => file.replace(fingerprintOf(SECRET_KEY), fingerprintOf('another')),
      /^has sessions of another SECRET_KEY, which would not go on here\./,
    ],
  ])('a file %s writes nothing', async (_name, content, says) => {
    const before = await exportOf(target, true);
    const changed = content().replaceAll('@example.com', '@elsewhere.example');
    await expect(importText(target, 'tokenjar', changed)).rejects.toThrow(says);
    expect(await exportOf(target, true)).toBe(before);
  });

  test('without sessions, the key may be another one', async () => {
    const text = await exportOf(source, false);
    const other = text.replace(fingerprintOf(SECRET_KEY), fingerprintOf('another'));
    expect(await importText(target, 'tokenjar', other, { isDry: true })).toMatchObject({ users: 6 });
  });

  test('what changes meanwhile is in no part of the file', async () => {
    const before = await exportOf(source, false);
    const text = await exportOf(source, false, async () => {
      await source.signedUp('meanwhile@example.com');
      await source.sql(`UPDATE tokenjar.users SET locale = 'de'`);
    });
    expect(text).toBe(before);
    expect(await exportOf(source, false)).toContain('meanwhile@example.com');
  });
});
