import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Passwords } from '../../src/crypto/password.js';
import { hotp, totpStepAt } from '../../src/crypto/totp.js';
import { RecoveryCodes } from '../../src/mfa/recovery-codes.js';
import { TotpSecrets } from '../../src/mfa/totp-secrets.js';
import { startApp, type TestApp } from '../support/app.js';
import { importInto, openSite, type RunOptions, type Site } from './importing.js';

/** What the site itself answered, and the plain passwords of its users. Both are invented. */
interface Manifest {
  secret_key: string;
  users: { id: number; username: string; password: string | null; kind: string; active: boolean }[];
  tokens: {
    name: string;
    label: string;
    token: string;
    status: number;
    detail: string | null;
    user_id?: unknown;
  }[];
}

const here = (name: string) => new URL(name, import.meta.url);

let site: Site;
let manifest: Manifest;
let app: TestApp;

const atSite = (text: string, values: unknown[] = []): Promise<void> => site.write(text, values);
const runImport = (options?: RunOptions) => importInto(app, site, options);

describe('a Django site', () => {
  beforeAll(async () => {
    site = await openSite();
    await atSite(await readFile(here('site-a.sql'), 'utf8'));
    manifest = JSON.parse(await readFile(here('site-a.json'), 'utf8')) as Manifest;
    app = await startApp({
      dialect: 'django',
      djangoSecretKey: manifest.secret_key,
      sessionLimit: 0,
    });
    // The site was left a week before.
    app.clock.advance((Date.parse('2026-11-27T12:00:00Z') - app.clock.now().getTime()) / 1000);
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await site.close();
  });

  const countUsers = async () => (await app.sql('SELECT id FROM tokenjar.users')).length;
  const userOf = async (id: number) => (await app.sql('SELECT * FROM tokenjar.users WHERE id = $1', [id]))[0];

  test('a dry run reports and writes nothing, the import takes everybody with their ID, a second run nobody', async () => {
    const dry = await runImport({ isDry: true });
    expect([dry.users, dry.added, await countUsers()]).toEqual([87, 87, 0]);
    const { remarks, ...summary } = await runImport();
    expect(summary).toEqual({
      ...{ users: 87, added: 87, changed: 0, unchanged: 0 },
      ...{ blacklisted: 18, ended: 0, gone: 0, deactivated: 0 },
    });
    const counts: Record<string, number> = {};
    for (const { kind } of remarks) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toMatchObject({
      // How many hashes are unknown depends on the formats that are known.
      hash_unknown: expect.any(Number),
      no_address: 3,
      address_invalid: 1,
      address_shared: 2,
      username_exact: 2,
      permissions_dropped: 2,
      staff: expect.any(Number),
    });
    expect(counts).toEqual({ ...Object.fromEntries(dry.remarks.map(({ kind }) => [kind, counts[kind]])) });
    expect(await runImport()).toMatchObject({ added: 0, changed: 0, unchanged: 87, remarks: [] });
    const ids = await app.sql<{ id: number }>('SELECT id FROM tokenjar.users ORDER BY id');
    expect(ids.map(({ id }) => id)).toEqual(manifest.users.map(({ id }) => id));
  });

  test('addresses, names, roles, dates and hashes are those of the site', async () => {
    expect(await userOf(48)).toMatchObject({ email: 'shared@example.com', email_verified: true });
    expect(await userOf(49)).toMatchObject({ email: null, username: 'dup.two' });
    expect(await userOf(50)).toMatchObject({ email: 'mixed.case@example.com' });
    expect(await userOf(51)).toMatchObject({ email: null, is_active: false });
    expect(await userOf(35)).toMatchObject({ username: 'Walter', username_is_exact: true });
    expect(await userOf(36)).toMatchObject({ username: 'walter', username_is_exact: true });
    expect(await userOf(1)).toMatchObject({ roles: ['boss'] });
    expect(await userOf(60)).toMatchObject({ roles: ['editors', '고객센터'] });
    const [first] = await app.sql('SELECT created_at::text AS at FROM tokenjar.users WHERE id = 17');
    expect(first?.at).toContain('0001-01-01');
    expect(await userOf(2)).toMatchObject({ password_hash: expect.stringMatching(/^\$wrapped\$argon2id\$/) });
    const passwords = new Passwords();
    for (const id of [2, 4, 5, 7, 15]) {
      const { password = null } = manifest.users.find((user) => user.id === id) ?? {};
      const { password_hash: stored } = (await userOf(id)) as { password_hash: string };
      expect([id, await passwords.verify(password ?? '', stored)]).toEqual([id, true]);
      expect([id, await passwords.verify(`${password}x`, stored)]).toEqual([id, false]);
    }
  }, 60_000);

  test('authenticator apps and recovery codes go on working, each code once', async () => {
    const secret = Buffer.from('Hello!\xde\xad\xbe\xef', 'latin1');
    const totp = app.app.get(TotpSecrets, { strict: false });
    const code = hotp(Buffer.concat([secret, secret]), totpStepAt(app.clock.now()));
    expect([await totp.consume(70, code), await totp.consume(70, code)]).toEqual([true, false]);
    const codes = app.app.get(RecoveryCodes, { strict: false });
    expect(await codes.left(58)).toBe(10);
    // Of the seed de748903…, computed by Python.
    for (const each of ['94191626', '73119591'])
      expect([await codes.consume(58, each), await codes.consume(58, each)]).toEqual([true, false]);
    expect(await codes.consume(59, 'OldCode-1')).toBe(true);
    expect([await codes.left(70), await userOf(70)]).toEqual([
      8,
      expect.objectContaining({ second_factors: ['totp'] }),
    ]);
    const identities = await app.sql('SELECT user_id FROM tokenjar.identities');
    expect(identities.map(({ user_id }) => user_id).sort()).toEqual([58, 70, 70, 86, 87, 88, 89]);
  });

  test('every live token goes on, and every other one is refused', async () => {
    const refused: string[] = [];
    for (const { name, label, token, status, detail, user_id: userId } of manifest.tokens) {
      const answer = await app
        .browser()
        .send('POST', '/auth/token/refresh/', { json: {}, cookie: `refresh_token=${token}` });
      // simplejwt 5.2 looks neither at who is inactive nor at who is gone.
      const isOfNobody = label.startsWith('user_') || (label === 'handmade' && userId !== '70');
      expect([name, label, answer.status]).toEqual([name, label, status === 200 && !isOfNobody ? 200 : 401]);
      if (answer.status === 401) refused.push(label);
      if (label === 'rotated' || label === 'logged_out')
        // Later versions say of an expired one that it is expired.
        expect([name, answer.body.detail]).toEqual([
          name,
          detail === 'Token is blacklisted' ? detail : 'Token is expired',
        ]);
    }
    expect(refused.length).toBeGreaterThan(30);
  }, 60_000);

  test('a later run changes what has changed at the site, and nothing that is newer here', async () => {
    await atSite(`UPDATE auth_user SET email = 'nora-new@example.com', password = 'md5$salt$' || md5('saltanother') WHERE id = 24;
      UPDATE auth_user SET is_active = false WHERE id = 25;
      UPDATE auth_user SET password = '!gone' WHERE id IN (26, 27);
      DELETE FROM auth_user_groups WHERE user_id = 61;
      DELETE FROM socialaccount_socialaccount WHERE user_id = 89;
      DELETE FROM mfa_authenticator WHERE user_id = 48;
      INSERT INTO auth_user SELECT 600, password, last_login, false, 'taken', '', '', '', false, true, now()
        FROM auth_user WHERE id = 24;
      UPDATE mfa_authenticator SET data = '{"migrated_codes": ["oldcode-3"]}' WHERE user_id = 59 AND type = 'recovery_codes';
      INSERT INTO auth_user SELECT 500, password, last_login, false, 'later', '', '', 'later@example.com', false, true, now()
        FROM auth_user WHERE id = 24`);
    await app.sql(`UPDATE tokenjar.users SET password_hash = 'chosen here' WHERE id = 26`);
    await app.sql('DELETE FROM tokenjar.users WHERE id = 27');
    await app.sql(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES (600, 'own@example.com', now())`,
    );
    const { remarks, ...summary } = await runImport();
    expect(summary).toMatchObject({ added: 2, changed: 7, unchanged: 79 });
    expect(remarks.map(({ kind, key }) => `${kind} ${key}`)).toEqual(
      expect.arrayContaining(['changed_here 26', 'deleted_here 27', 'id_taken 600']),
    );
    const nora = await userOf(24);
    expect(nora).toMatchObject({ email: 'nora-new@example.com' });
    expect(await new Passwords().verify('another', nora?.password_hash as string)).toBe(true);
    expect(await userOf(25)).toMatchObject({ is_active: false });
    expect(await userOf(26)).toMatchObject({ password_hash: 'chosen here' });
    expect(await userOf(61)).toMatchObject({ roles: [] });
    expect(await userOf(48)).toMatchObject({ second_factors: [] });
    expect(await userOf(600)).toMatchObject({ email: 'own@example.com' });
    expect(await userOf(500)).toMatchObject({ username: 'later' });
    const codes = app.app.get(RecoveryCodes, { strict: false });
    expect([await codes.consume(59, 'oldcode-2'), await codes.consume(59, 'oldcode-3')]).toEqual([
      false,
      true,
    ]);
    expect(await runImport()).toMatchObject({ added: 0, changed: 0 });
  }, 60_000);

  test('usernames follow where they have not changed here, also once they are free', async () => {
    await atSite(`UPDATE auth_user SET username = 'omar.before' WHERE id = 25;
      UPDATE auth_user SET username = 'omar' WHERE id = 24;
      UPDATE auth_user SET username = 'ROSA.Maria' WHERE id = 28;
      UPDATE auth_user SET username = 'WALTER' WHERE id = 40;
      UPDATE auth_user SET username = 'changed there' WHERE id = 30`);
    await app.sql(
      `UPDATE tokenjar.users SET username = 'changed here', username_folded = 'changed here' WHERE id = 30`,
    );
    // One with another password here follows with the name all the same.
    await app.sql(`UPDATE tokenjar.users SET password_hash = 'chosen here' WHERE id = 28`);
    const first = await runImport();
    expect(first).toMatchObject({ added: 0, changed: 5 });
    expect(first.remarks.map(({ kind, key }) => `${kind} ${key}`)).toEqual(
      expect.arrayContaining(['username_taken 24', 'changed_here 30', 'username_exact 40']),
    );
    expect(await userOf(28)).toMatchObject({ username: 'ROSA.Maria', password_hash: 'chosen here' });
    expect(await userOf(30)).toMatchObject({ username: 'changed here' });
    expect(await userOf(40)).toMatchObject({ username: 'WALTER', username_is_exact: true });
    expect(await userOf(24)).toMatchObject({ username: 'nora' });
    expect(await runImport()).toMatchObject({
      changed: 0,
      remarks: expect.not.arrayContaining([{ kind: 'changed_here' }]),
    });
    expect(await userOf(24)).toMatchObject({ username: 'omar', username_folded: 'omar' });
    const changed = await app.sql(
      `SELECT user_id FROM tokenjar.audit_events WHERE event = 'username_changed' AND actor = 'test' ORDER BY user_id`,
    );
    expect(changed.map(({ user_id: id }) => id)).toEqual([24, 25, 28, 40]);
  }, 60_000);

  test('two who have swapped their addresses and names at the site have swapped them here', async () => {
    const names = async () =>
      (await app.sql('SELECT email, username FROM tokenjar.users WHERE id IN (7, 8) ORDER BY id')).map(
        ({ email, username }) => [email, username],
      );
    const [finn, gus] = await names();
    await atSite(`UPDATE auth_user SET email = 'none', username = 'none' WHERE id = 7;
      UPDATE auth_user SET email = 'finn-sha1@example.com', username = 'finn.sha1' WHERE id = 8;
      UPDATE auth_user SET email = 'gus-sha1@example.com', username = 'gus.sha1' WHERE id = 7`);
    expect(await runImport()).toMatchObject({ changed: 2 });
    expect([await names(), finn]).toEqual([
      [gus, finn],
      ['finn-sha1@example.com', 'finn.sha1'],
    ]);
    expect(await runImport()).toMatchObject({ changed: 0 });
  });

  test('a deactivation at the site follows, also of somebody with another password here', async () => {
    await atSite('UPDATE auth_user SET is_active = false WHERE id = 28');
    await runImport();
    expect(await userOf(28)).toMatchObject({ is_active: false, password_hash: 'chosen here' });
  });

  test('factors that were removed here stay so, whatever else changes at the site', async () => {
    await app.sql('DELETE FROM tokenjar.factors WHERE user_id = 70');
    await atSite(`UPDATE auth_user SET last_login = now() WHERE id = 70`);
    await runImport();
    await atSite(`UPDATE mfa_authenticator SET data = '{"secret": "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"}'
      WHERE user_id = 70 AND type = 'totp'`);
    expect(await runImport()).toMatchObject({ changed: 1 });
    expect(await userOf(70)).toMatchObject({ second_factors: [] });
  });

  test('who is gone at the site is reported; a flag deactivates those who have not changed here', async () => {
    await atSite(`INSERT INTO auth_user SELECT leaver.id, password, last_login, false, 'leaver ' || leaver.id, '', '', '', false, true, now()
        FROM auth_user, unnest(ARRAY[580, 581]) AS leaver (id) WHERE auth_user.id = 24`);
    await runImport();
    await atSite(`CREATE TABLE kept AS SELECT * FROM auth_user WHERE username LIKE 'leaver%';
      DELETE FROM auth_user WHERE username LIKE 'leaver%'`);
    await app.sql(`UPDATE tokenjar.users SET password_hash = 'chosen here' WHERE id = 581`);
    const gone = ({ remarks }: Awaited<ReturnType<typeof runImport>>) =>
      remarks.flatMap(({ kind, key }) => (kind.startsWith('gone') ? `${kind} ${key}` : []));
    for (const isDry of [true, false])
      expect(gone(await runImport({ isDry }))).toEqual(['gone_there 580', 'gone_there 581']);
    expect([await userOf(580), await userOf(581)]).toMatchObject([{ is_active: true }, { is_active: true }]);
    const dry = await runImport({ isDry: true, deactivatesGone: true });
    expect([dry.gone, dry.deactivated]).toEqual([2, 0]);
    const run = await runImport({ deactivatesGone: true });
    expect([run.gone, run.deactivated, ...gone(run)]).toEqual([
      2,
      1,
      'gone_deactivated 580',
      'gone_there 581',
    ]);
    expect([await userOf(580), await userOf(581)]).toMatchObject([{ is_active: false }, { is_active: true }]);
    expect(gone(await runImport())).toEqual(['gone_there 581']);
    await atSite('INSERT INTO auth_user SELECT * FROM kept');
    expect(gone(await runImport())).toEqual([]);
    expect(await userOf(580)).toMatchObject({ is_active: true });
  }, 60_000);

  test('a database that has lost its users deactivates nobody', async () => {
    const empty = {
      read: (text: string, values?: unknown[]) =>
        site.read(text.replace(/FROM "public"\."auth_user"$/, '$& WHERE id > 1000'), values),
    };
    await expect(importInto(app, empty, { deactivatesGone: true })).rejects.toThrow(
      'Is it the right database?',
    );
  });

  test('the audit trail names the operator of each run, and of what it changes for users', async () => {
    const events = await app.sql<{ event: string; reason: string; user_id: number; outcome: string }>(
      `SELECT event, reason, user_id, outcome FROM tokenjar.audit_events WHERE actor = 'test' ORDER BY id`,
    );
    const runs = events.filter(({ event }) => event === 'users_imported');
    expect(runs.slice(0, 3).map(({ reason, outcome }) => [reason, outcome])).toEqual([
      ['django begun', 'success'],
      [
        'django users=87 added=87 changed=0 unchanged=0 blacklisted=18 ended=0 gone=0 deactivated=0',
        'success',
      ],
      [
        'django users=87 added=0 changed=0 unchanged=87 blacklisted=18 ended=0 gone=0 deactivated=0',
        'success',
      ],
    ]);
    expect(runs.at(-1)).toMatchObject({ outcome: 'failure' });
    const of = (id: number) =>
      events.flatMap((each) =>
        each.user_id === id && each.event !== 'session_ended'
          ? [each.event, each.reason].filter(Boolean).join(' ')
          : [],
      );
    expect(of(24)).toEqual(['email_change', 'password_change', 'username_changed']);
    expect(of(25)).toEqual(['user_deactivated', 'username_changed']);
    expect(of(26)).toEqual([]);
    expect(of(48)).toEqual(['factor_removed totp']);
    expect(of(61)).toEqual(['roles_changed']);
    expect(of(580)).toEqual(['user_deactivated', 'user_activated']);
    expect(of(89)).toEqual(['identity_unlinked github']);
    const roles = events.flatMap(({ event, reason }) => (event === 'role_changed' ? reason : []));
    expect(roles).toEqual(expect.arrayContaining(['boss', 'editors', '고객센터']));
  });

  test('a token that the site blacklists later ends its session here', async () => {
    const live = manifest.tokens.filter(({ label }) => label === 'live');
    const jtis = live.map(({ token }) => {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        jti: string;
      };
      return claims.jti;
    });
    await atSite(
      `INSERT INTO token_blacklist_blacklistedtoken (id, blacklisted_at, token_id)
        SELECT 100000 + o.id, now(), o.id FROM token_blacklist_outstandingtoken o
        WHERE o.jti = ANY ($1) AND o.user_id = 70 ORDER BY o.id LIMIT 1`,
      [jtis],
    );
    expect(await runImport()).toMatchObject({ changed: 0, ended: 1 });
  });

  test('one of ours that the site blacklists, of a browser that went back to it, ends its session', async () => {
    const browser = app.browser();
    const signedIn = await browser.post('/auth/login/', {
      email: 'ada-md5@example.com',
      password: 'correct horse 2009',
    });
    expect(signedIn.status).toBe(200);
    const own = (await browser.refreshCookie()) ?? '';
    const { jti } = JSON.parse(Buffer.from(own.split('.')[1] ?? '', 'base64url').toString()) as {
      jti: string;
    };
    await atSite(
      `INSERT INTO token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti)
        VALUES (200000, '', now(), now() + interval '1 year', 2, $1)`,
      [jti],
    );
    await atSite(
      'INSERT INTO token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (200000, now(), 200000)',
    );
    expect(await runImport()).toMatchObject({ ended: 1 });
    expect((await browser.refresh()).status).toBe(401);
  });
});
