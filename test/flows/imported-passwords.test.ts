import { createHash, pbkdf2Sync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import argon2 from 'argon2';
import { acceptHash } from '../../src/crypto/imported-hash.js';
import { Passwords } from '../../src/crypto/password.js';
import { Database } from '../../src/database/database.js';
import { ImportedHashes } from '../../src/users/imported-hashes.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { startApp, type TestApp, uniqueEmail } from '../support/app.js';
import type { Browser } from '../support/browser.js';

const OLD = 'the password of the old site';
const NEW = 'a rather different set of words';
const PLAIN = /^\$argon2id\$v=19\$m=8,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/;

const pbkdf2 = (password: string, rounds = 10_000) =>
  `pbkdf2_sha256$${rounds}$seasalt$${pbkdf2Sync(password, 'seasalt', rounds, 32, 'sha256').toString('base64')}`;

/** One of each kind: as it came, wrapped, and one that looks like ours. */
const KINDS: [string, (password: string) => string | Promise<string>][] = [
  ['pbkdf2 of Django', pbkdf2],
  ['unsalted MD5', (password) => createHash('md5').update(password).digest('hex')],
  ['argon2id', (password) => argon2.hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 })],
];

let app: TestApp;
let django: TestApp;
beforeAll(async () => {
  app = await startApp();
  django = await startApp({ dialect: 'django' });
});
afterAll(async () => {
  await app.close();
  await django.close();
});

async function storedFor(hash: string, { app: server } = app): Promise<string> {
  const accepted = await acceptHash(hash, {}, server.get(Passwords));
  if (!('passwordHash' in accepted) || accepted.passwordHash === null) throw new Error(hash);
  return accepted.passwordHash;
}

const rowOf = async (email: string, server = app) =>
  (
    await server.sql<{ id: string; password_hash: string; credentials_epoch: number }>(
      'SELECT id, password_hash, credentials_epoch FROM tokenjar.users WHERE email = $1',
      [email],
    )
  )[0];

/** An account that came with the hash. */
async function imported(hash: string, server = app): Promise<string> {
  const email = uniqueEmail();
  await server.app.get(Users).create(email, await storedFor(hash, server));
  return email;
}

/** The same, signed in before the hash came: a sign-in would hash it anew. */
async function signedIn(hash: string): Promise<Browser & { email: string }> {
  const user = await app.signedUp();
  const values = [user.email, await storedFor(hash)];
  await app.sql('UPDATE tokenjar.users SET password_hash = $2 WHERE email = $1', values);
  return user;
}

const login = (email: string, password: string, path = '/auth/login') =>
  app.browser().post(path, { email, password });

describe.each(KINDS)('an account that came with %s', (_kind, hashOf) => {
  test.each(['/auth/login', '/auth/token'])(
    'signs in at %s, and has a plain hash afterwards',
    async (path) => {
      const email = await imported(await hashOf(OLD));
      const before = await rowOf(email);
      expect(before?.password_hash).not.toMatch(PLAIN);
      const wrong = await login(email, NEW, path);
      expect([wrong.status, wrong.body.code]).toEqual([401, 'bad_credentials']);
      expect(await rowOf(email)).toEqual(before);

      expect((await login(email, OLD, path)).status).toBe(200);
      const after = await rowOf(email);
      expect(after).toEqual({ ...before, password_hash: expect.stringMatching(PLAIN) });
      expect((await login(email, OLD, path)).status).toBe(200);
      expect(await rowOf(email)).toEqual(after);
      expect((await login(email, NEW, path)).status).toBe(401);
    },
  );

  /** Everything else that asks for the password. */
  const PROOFS: [string, (user: Browser, password: string) => ReturnType<Browser['post']>, number][] = [
    [
      'password/change',
      (user, old_password) => user.post('/auth/password/change', { old_password, new_password: NEW }),
      200,
    ],
    [
      'reauthenticate',
      (user, password) => user.post('/auth/reauthenticate', { method: 'password', password }),
      200,
    ],
    [
      'email/change',
      (user, password) => user.post('/auth/email/change', { new_email: uniqueEmail(), password }),
      200,
    ],
    ['DELETE user', (user, password) => user.send('DELETE', '/auth/user', { json: { password } }), 204],
    ['user/delete', (user, password) => user.post('/auth/user/delete', { password }), 204],
  ];

  test.each(PROOFS)('proves it at %s', async (_path, prove, status) => {
    const user = await signedIn(await hashOf(OLD));
    const refused = await prove(user, 'not the password');
    expect([refused.status, refused.body.code]).toEqual([401, 'bad_credentials']);
    expect((await prove(user, OLD)).status).toBe(status);
  });

  test('has one renewal, and keeps its sessions, when it signs in several times at once', async () => {
    const user = await signedIn(await hashOf(OLD));
    const before = await rowOf(user.email);
    const browsers = [app.browser(), app.browser(), app.browser()];
    const answers = await Promise.all(
      browsers.map((each) => each.post('/auth/login', { email: user.email, password: OLD })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const browser of [user, ...browsers]) {
      expect((await browser.get('/auth/user')).status).toBe(200);
      expect((await browser.refresh()).status).toBe(200);
    }
    expect((await rowOf(user.email))?.credentials_epoch).toBe(before?.credentials_epoch);
    const events = await app.sql<{ event: string; outcome: string; ip: string | null }>(
      `SELECT event, outcome, host(ip) AS ip FROM tokenjar.audit_events
        WHERE user_id = $1 AND event = 'password_rehashed'`,
      [before?.id],
    );
    expect(events).toEqual([{ event: 'password_rehashed', outcome: 'success', ip: '127.0.0.1' }]);
  });
});

describe('a renewal', () => {
  test('does not undo a password that was changed meanwhile', async () => {
    const email = await imported(pbkdf2(OLD));
    const before = await rowOf(email);
    await app.sql(`UPDATE tokenjar.users SET password_hash = 'changed' WHERE email = $1`, [email]);
    await app.app.get(Users).renewHash(Number(before?.id), before?.password_hash ?? '', 'renewed');
    expect((await rowOf(email))?.password_hash).toBe('changed');
  });

  test.each(['change', 'deletion'] as const)('stops no %s that has verified the old hash', async (which) => {
    const email = await imported(pbkdf2(OLD));
    const users = app.app.get(Users);
    const seen = await users.findByEmail(email);
    if (!seen) throw new Error('no account');
    expect((await login(email, OLD)).status).toBe(200);
    const goOn = () =>
      app.app
        .get(Database)
        .transaction((tx) =>
          which === 'change'
            ? users.replacePasswordHash(seen, 'changed', tx)
            : app.app.get(SessionEnding).deleteUser(seen, tx),
        );
    expect(await goOn()).toBe(true);
    // Of two, one succeeds.
    expect(await goOn()).toBe(false);
  });
});

describe('blanks at the ends of a password', () => {
  test.each(['standard', 'django'] as const)(
    'are those of the old site, in the dialect %s',
    async (dialect) => {
      const server = dialect === 'django' ? django : app;
      const trimmed = await imported(pbkdf2('typed'), server);
      const kept = await imported(pbkdf2(' typed '), server);
      const statusOf = async (email: string, password: string) =>
        (await server.browser().post('/auth/login', { email, password })).status;
      expect(await statusOf(kept, ' typed ')).toBe(200);
      expect(await statusOf(trimmed, ' typed ')).toBe(200);
      expect(await statusOf(trimmed, 'typed')).toBe(200);
      // Django REST framework goes on cutting them off; elsewhere a password is what was typed.
      expect(await statusOf(trimmed, ' typed ')).toBe(dialect === 'django' ? 200 : 401);
    },
  );
});

describe('the time of a refused login', () => {
  test('is that of the slowest hash, for every account, until none is left', async () => {
    const passwords = django.app.get(Passwords);
    const known = django.app.get(ImportedHashes);
    await django.sql('DELETE FROM tokenjar.users');
    await known.look();
    expect(passwords.refusalTime(OLD)).toBe(0);

    const slow = await imported(pbkdf2(OLD, 200_000), django);
    const native = uniqueEmail();
    await django.app.get(Users).create(native, await passwords.hash(NEW));
    await known.look();
    const least = passwords.refusalTime('wrong');
    expect(least).toBeGreaterThan(0);
    for (const email of [native, uniqueEmail(), slow]) {
      const began = performance.now();
      const { status } = await django.browser().post('/auth/login', { email, password: 'wrong' });
      expect(status).toBe(400);
      // A timer may be a millisecond early.
      expect(performance.now() - began).toBeGreaterThan(passwords.refusalTime('wrong') - 2);
    }
    // What is tried in several forms takes several times as long.
    expect(passwords.refusalTime(' wrong ')).toBe(2 * passwords.refusalTime('wrong'));

    expect((await django.browser().post('/auth/login', { email: slow, password: OLD })).status).toBe(200);
    await known.look();
    expect(passwords.refusalTime('wrong')).toBe(0);
  });
});

test('stored passwords are verified where these tests go through, and where the account was made a moment ago', () => {
  const root = new URL('../../src', import.meta.url).pathname;
  const places = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /passwords\s*\.(?:verify|match)\(/.test(readFileSync(join(root, path), 'utf8')));
  const made = 'auth/foreign-passwords.ts';
  expect(places.sort()).toEqual([made, 'auth/password-login.ts', 'auth/password-proof.ts']);
});
