import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Purge } from '../../src/housekeeping/purge.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Authenticator, type Lies } from '../support/authenticator.js';
import { type Answer, Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { PasskeyWire } from '../support/passkeys.js';
import { forge, type Forgery } from './hostile-authenticator.js';

/** Attacks by an authenticator, or a client, that writes whatever it likes, with accounts of its own. */

const wire = new PasskeyWire();
let database: TestDatabase;
let app: TestApp;
/** The same data at another instance; the embedded database belongs to one process. */
let other: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({}, database);
  other = isEmbedded ? app : await startApp({ clock: app.clock }, database);
}, 60_000);
afterAll(async () => {
  if (other !== app) await other.close();
  await app.close();
  await database.drop();
});

type Owner = Browser & { email: string };
const saidOf = ({ status, body }: Answer) => [status, status < 300 ? 'in' : body.code];
const second = (at: Browser, credential: unknown) =>
  at.post('/auth/login/second-factor', { method: 'passkey', credential });
const again = (at: Browser, credential: unknown) =>
  at.post('/auth/reauthenticate', { method: 'passkey', credential });
const againOptions = async (at: Browser) =>
  (await at.post('/auth/reauthenticate/options', { method: 'passkey' })).body.public_key as Parameters<
    Authenticator['get']
  >[0];
async function withPasskey(
  authenticator = new Authenticator(),
): Promise<{ user: Owner; authenticator: Authenticator }> {
  const user = await app.signedUp();
  expect((await wire.add(user, authenticator)).status).toBe(201);
  await user.refresh();
  return { user, authenticator };
}
/** Somebody who needs a second factor and has none, with a login that waits for it. */
async function withoutFactor(): Promise<{ user: Owner; login: Browser }> {
  const user = await app.signedUp();
  await app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [user.email]);
  // The token of before knows of no role.
  await user.refresh();
  const login = app.browser();
  expect(saidOf(await login.login(user.email))).toEqual([401, 'second_factor_setup_required']);
  return { user, login };
}
/** The same browser, as a load balancer sends it to the other instance. */
function elsewhere(at: Browser): Browser {
  return Object.assign(new Browser(other.url), { jar: at.jar, accessToken: at.accessToken });
}
const passkeysOf = (email: string) =>
  app.sql(`SELECT 1 FROM tokenjar.factors f JOIN tokenjar.users u ON u.id = f.user_id WHERE u.email = $1`, [
    email,
  ]);

describe('a new passkey is refused', () => {
  const cose = (...pairs: [unknown, unknown][]) => new Map(pairs);
  const rsa = (bits: number, exponent: Buffer) => {
    const n = randomBytes(bits / 8);
    n.writeUInt8(n.readUInt8(0) | 0x80);
    n.writeUInt8(n.readUInt8(n.length - 1) | 1, n.length - 1);
    return { key: cose([1, 3], [3, -257], [-1, n], [-2, exponent]) };
  };
  const F4 = Buffer.from([1, 0, 1]);
  const signature = randomBytes(70);
  const x5c = [randomBytes(400), randomBytes(300)];
  const statement = (fmt: unknown, ...pairs: [string, unknown][]): Forgery => ({
    fmt,
    attStmt: new Map(pairs),
  });
  const jws = [{ alg: 'RS256', x5c: ['AAAA'] }, { nonce: 'x' }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const FORGERIES: [string, Forgery][] = [
    ['an RSA key of an ECDSA algorithm', { key: cose([1, 3], [3, -7], [-1, randomBytes(256)], [-2, F4]) }],
    [
      'a curve of another algorithm',
      { key: cose([1, 2], [3, -7], [-1, 2], [-2, randomBytes(48)], [-3, randomBytes(48)]) },
    ],
    [
      'a point on no curve',
      { key: cose([1, 2], [3, -7], [-1, 1], [-2, randomBytes(32)], [-3, randomBytes(32)]) },
    ],
    ['half a point', { key: cose([1, 2], [3, -7], [-1, 1], [-2, randomBytes(32)]) }],
    ['a short Ed25519 key', { key: cose([1, 1], [3, -8], [-1, 6], [-2, randomBytes(31)]) }],
    ['an Ed448 key', { key: cose([1, 1], [3, -8], [-1, 7], [-2, randomBytes(57)]) }],
    ['an RSA key that can be factored', rsa(1024, F4)],
    ['an RSA key that keeps us busy', rsa(16_384, F4)],
    ['an RSA key of twenty thousand bytes', rsa(160_000, F4)],
    ['an RSA key that everybody can sign with', rsa(2048, Buffer.from([1]))],
    ['an RSA key with a long exponent', rsa(2048, randomBytes(256))],
    [
      'a key with a parameter that nobody reads',
      { key: cose([1, 1], [3, -8], [-1, 6], [-2, randomBytes(32)], ['x', randomBytes(9000)]) },
    ],
    ['a number for a key', { key: 5 }],
    ['a list for a key', { key: [1, 2] }],
    ['an empty key', { key: new Map() }],
    ['an ID of no bytes', { id: Buffer.alloc(0) }],
    ['an ID that is too long', { id: randomBytes(1024) }],
    ['an ID that says it is longer', { idLength: 60_000 }],
    ['no key at all', { flags: 0x05 }],
    ['extensions that are not there', { flags: 0xc5 }],
    ['extensions that are a number', { flags: 0xc5, extensions: Buffer.from('05', 'hex') }],
    ['extensions that are nested deeply', { flags: 0xc5, extensions: Buffer.alloc(9000, 0x81) }],
    ['bytes behind it', { extensions: Buffer.from('00', 'hex') }],
    ['authenticator data that are a number', { authData: 5 }],
    ['authenticator data that are a text', { authData: 'x'.repeat(60) }],
    ['authenticator data that end early', { authData: Buffer.alloc(36) }],
    ['an attestation object that is a number', { object: Buffer.from('05', 'hex') }],
    ['an empty attestation object', { object: Buffer.from('a0', 'hex') }],
    ['maps in maps', { object: Buffer.alloc(20_000, 0xa1) }],
    ['tags of tags', { object: Buffer.alloc(20_000, 0xc1) }],
    ['more bytes than there are in the world', { object: Buffer.from('5bffffffffffffffff', 'hex') }],
    ['a format without a name', statement(5)],
    ['a format that nobody knows', statement('x'.repeat(5000))],
    ['a statement where there is none', statement('none', ['sig', signature])],
    ['packed, without a signature', statement('packed')],
    ['packed, with a signature of nobody', statement('packed', ['alg', -7], ['sig', signature])],
    ['packed, of another algorithm', statement('packed', ['alg', -257], ['sig', signature])],
    [
      'packed, with certificates that are none',
      statement('packed', ['alg', -7], ['sig', signature], ['x5c', x5c]),
    ],
    [
      'packed, with a number for certificates',
      statement('packed', ['alg', -7], ['sig', signature], ['x5c', 7]),
    ],
    ['packed, with no certificates', statement('packed', ['alg', -7], ['sig', signature], ['x5c', []])],
    ['fido-u2f', statement('fido-u2f', ['sig', signature], ['x5c', x5c])],
    [
      'tpm',
      statement(
        'tpm',
        ['ver', '2.0'],
        ['alg', -257],
        ['sig', signature],
        ['x5c', x5c],
        ['pubArea', Buffer.alloc(3)],
        ['certInfo', Buffer.alloc(3)],
      ),
    ],
    [
      'tpm, of other types',
      statement('tpm', ['ver', 2], ['alg', 'a'], ['sig', 1], ['x5c', 'x'], ['pubArea', 5], ['certInfo', []]),
    ],
    [
      'android-safetynet',
      statement('android-safetynet', ['ver', '1'], ['response', Buffer.from(`${jws.join('.')}.AAAA`)]),
    ],
    ['android-safetynet, of other types', statement('android-safetynet', ['ver', 1], ['response', 'a.b.c'])],
    ['android-key', statement('android-key', ['alg', -7], ['sig', signature], ['x5c', x5c])],
    ['apple', statement('apple', ['x5c', x5c])],
    ['apple, without certificates', statement('apple')],
  ];

  let user: Owner;
  beforeAll(async () => {
    user = await app.signedUp();
  });
  test.each(FORGERIES)('with %s', async (_, forgery) => {
    const { options } = await wire.creationOptions(user);
    expect(saidOf(await wire.send(user, forge(options, forgery)))).toEqual([400, 'passkey_invalid']);
    expect(await passkeysOf(user.email)).toEqual([]);
  });

  test('and one that is as it should be is not', async () => {
    const { options } = await wire.creationOptions(user);
    expect((await wire.send(user, forge(options, {}))).status).toBe(201);
  });
});

test('no certificate of a client makes us fetch anything, though a host trusts its manufacturer', async () => {
  const { SettingsService } = await import('@simplewebauthn/server');
  const former = SettingsService.getRootCertificates({ identifier: 'apple' });
  const asked: (string | undefined)[] = [];
  const lists = createHttpServer(({ url }, response) => {
    asked.push(url);
    response.end();
  });
  await new Promise<void>((resolve) => void lists.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = lists.address() as AddressInfo;
    const { root, rootBytes, leaf } = await chainWithList(`http://127.0.0.1:${port}/revoked.crl`);
    const stranger = await app.signedUp();
    // A chain that brings its own root along vouches for nothing (GHSA-6hxq-p678-4hr2).
    const ownRoot = new Map([['x5c', [Buffer.from(leaf), Buffer.from(rootBytes)]]]);
    const own = forge((await wire.creationOptions(stranger)).options, { fmt: 'apple', attStmt: ownRoot });
    expect(saidOf(await wire.send(stranger, own))).toEqual([400, 'passkey_invalid']);
    SettingsService.setRootCertificates({ identifier: 'apple', certificates: [root] });
    const user = await app.signedUp();
    const { options } = await wire.creationOptions(user);
    const sent = forge(options, { fmt: 'apple', attStmt: new Map([['x5c', [Buffer.from(leaf)]]]) });
    expect(saidOf(await wire.send(user, sent))).toEqual([400, 'passkey_invalid']);
    expect(asked).toEqual([]);
  } finally {
    SettingsService.setRootCertificates({ identifier: 'apple', certificates: former });
    lists.close();
  }
});

/** A certificate that says where to look whether it was revoked, and the one that vouches for it. */
async function chainWithList(url: string) {
  const x509 = await import('@peculiar/x509');
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const [keys, owner] = [
    await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']),
    await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']),
  ];
  const valid = { notBefore: new Date('2020-01-01'), notAfter: new Date('2090-01-01'), signingAlgorithm };
  const root = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=Root', keys, ...valid });
  const leaf = await x509.X509CertificateGenerator.create({
    subject: 'CN=Leaf',
    issuer: root.subject,
    signingKey: keys.privateKey,
    publicKey: owner.publicKey,
    extensions: [new x509.CRLDistributionPointsExtension([url])],
    ...valid,
  });
  return { root: root.toString('pem'), rootBytes: root.rawData, leaf: leaf.rawData };
}

describe('challenges', () => {
  test('are good for what they were issued for alone: each for each other', async () => {
    const { user, authenticator } = await withPasskey();
    const { user: admin, login: setup } = await withoutFactor();
    const step = app.browser();
    await step.login(user.email);
    const alone = app.browser();
    const creating = new Authenticator();
    const asked = async () => ({
      registration: (await wire.creationOptions(user)).options,
      session: await againOptions(user),
      step: (await wire.loginOptions(step)).options,
      'sign-in': (await wire.loginOptions(alone)).options,
      'first registration': (await wire.creationOptions(admin)).options,
      setup: (await wire.loginOptions(setup)).options,
    });
    type Asked = Awaited<ReturnType<typeof asked>>;
    const all = await asked();
    const targets: Record<keyof Asked, (challenge: string) => Promise<Answer>> = {
      registration: (challenge) => wire.send(user, creating.create({ ...all.registration, challenge })),
      session: (challenge) => again(user, authenticator.get({ ...all.session, challenge })),
      step: (challenge) => second(step, authenticator.get({ ...all.step, challenge })),
      'sign-in': (challenge) => wire.login(alone, authenticator.get({ ...all['sign-in'], challenge })),
      'first registration': (challenge) =>
        wire.send(admin, creating.create({ ...all['first registration'], challenge })),
      setup: (challenge) => second(setup, creating.create({ ...all.setup, challenge })),
    };
    const names = Object.keys(targets) as (keyof Asked)[];
    for (const target of names)
      for (const issued of names.filter((name) => name !== target)) {
        const answer = await targets[target](all[issued].challenge);
        expect([issued, target, answer.body.code]).toEqual([issued, target, 'passkey_invalid']);
      }
    expect(await passkeysOf(admin.email)).toEqual([]);
    // Each is good where it belongs; five wrong answers have used up the login and the session.
    for (const target of ['sign-in', 'registration', 'first registration'] as const)
      expect([target, (await targets[target](all[target].challenge)).status]).toEqual([
        target,
        target.includes('registration') ? 201 : 200,
      ]);
    expect(saidOf(await targets.step(all.step.challenge))).toEqual([401, 'login_expired']);
    expect(saidOf(await targets.session(all.session.challenge))).toEqual([429, 'rate_limited']);
  });

  test('one of them makes one passkey, whatever is made with it, on two instances', async () => {
    const user = await app.signedUp();
    const { options } = await wire.creationOptions(user);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        wire.send(i % 2 ? user : elsewhere(user), new Authenticator().create(options)),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await passkeysOf(user.email)).toHaveLength(1);
  });

  test('are not forgotten before the last instance counts them as expired', async () => {
    const { user, authenticator } = await withPasskey(new Authenticator({ isSynced: true }));
    const options = await againOptions(user);
    const credential = authenticator.get(options);
    expect((await again(user, credential)).status).toBe(200);
    app.clock.advance(300);
    await app.app.get(Purge).run();
    // As an instance sees it whose clock is a little behind.
    app.clock.advance(-5);
    await user.refresh();
    expect(saidOf(await again(user, credential))).toEqual([401, 'passkey_invalid']);
    app.clock.advance(5);
  });

  test('that were collected make no more passkeys than an account may have', async () => {
    const user = await app.signedUp();
    const all = [];
    for (let i = 0; i < 4; i++) all.push((await wire.creationOptions(user)).options);
    await app.sql(
      `WITH f AS (
          INSERT INTO tokenjar.factors (id, user_id, type, created_at)
          SELECT gen_random_uuid(), u.id, 'passkey', now() FROM tokenjar.users u, generate_series(1, 48) WHERE email = $1
          RETURNING id
        )
        INSERT INTO tokenjar.passkeys (factor_id, credential_id, public_key, counter, transports, aaguid,
          is_backup_eligible, is_backed_up)
        SELECT id, decode(md5(id::text), 'hex'), '', 0, '{}', id, false, false FROM f`,
      [user.email],
    );
    await app.sql(`UPDATE tokenjar.sessions SET auth_methods = '{pwd,otp}'`);
    await user.refresh();
    const answers = await Promise.all(
      all.map((options, i) => wire.send(i % 2 ? user : elsewhere(user), new Authenticator().create(options))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 400, 400]);
    expect(await passkeysOf(user.email)).toHaveLength(50);
  });
});

describe('somebody else', () => {
  test('who takes the ID of a passkey at the same moment gets nothing, or its owner had nothing', async () => {
    const [ada, eve] = [await app.signedUp(), await app.signedUp()];
    const id = randomBytes(32);
    const send = async (at: Browser) =>
      wire.send(at, forge((await wire.creationOptions(at)).options, { id }));
    const answers = await Promise.all([send(ada), send(elsewhere(eve))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    const kept = [await passkeysOf(ada.email), await passkeysOf(eve.email)];
    expect(kept.map(({ length }) => length)).toEqual(answers.map(({ status }) => (status === 201 ? 1 : 0)));
    // Of the other nothing is left: no second factor is asked for, which nobody has.
    const loser = answers[0]?.status === 201 ? eve : ada;
    expect((await app.browser().login(loser.email)).status).toBe(200);
  });

  test('who says to be the owner of the account is not', async () => {
    const { user, authenticator } = await withPasskey();
    const eve = await withPasskey();
    const [own, hers] = [user, eve.user].map(async (each) => {
      const { body } = await each.get('/auth/factors/passkeys');
      return String(body.user_handle);
    });
    const handle = await own;
    for (const lies of [{ userHandle: handle }, { userHandle: '' }, { userHandle: null }] as Lies[]) {
      const answer = await wire.signIn(app.browser(), eve.authenticator, lies);
      expect([lies, saidOf(answer)]).toEqual([lies, [401, 'passkey_invalid']]);
    }
    // The ID of the owner's, signed by another key; and the other way round.
    const id = authenticator.credentials[0]?.id ?? '';
    for (const userHandle of [handle, await hers])
      expect(
        saidOf(
          await wire.signIn(app.browser(), eve.authenticator, { id, ...(userHandle && { userHandle }) }),
        ),
      ).toEqual([401, 'passkey_invalid']);
    const step = app.browser();
    await step.login(user.email);
    const { options } = await wire.loginOptions(step);
    for (const lies of [{ userHandle: handle }, { userHandle: null }, { id }] as Lies[])
      expect(
        saidOf(await second(step, eve.authenticator.get({ ...options, allowCredentials: [] }, lies))),
      ).toEqual([401, 'passkey_invalid']);
    const session = await againOptions(user);
    for (const lies of [{ userHandle: handle }, { userHandle: null }, { id }] as Lies[])
      expect(
        saidOf(await again(user, eve.authenticator.get({ ...session, allowCredentials: [] }, lies))),
      ).toEqual([401, 'passkey_invalid']);
  });

  test('signs nobody in to an account of theirs from another site, with a challenge in the body or in a form', async () => {
    const eve = await withPasskey();
    const { options } = await wire.loginOptions(eve.user);
    const secret = (await eve.user.jar.getCookies(app.url)).find(
      ({ key }) => key === 'passkey_challenge',
    )?.value;
    const credential = eve.authenticator.get(options);
    const victim = await app.signedUp();
    for (const origin of ['https://evil.example', 'null', 'http://evil.localhost:3000'])
      for (const form of [false, true]) {
        const headers = {
          origin,
          'sec-fetch-site': origin.includes('localhost') ? 'same-site' : 'cross-site',
        };
        const fields = { credential: JSON.stringify(credential), login_token: secret ?? '' };
        const json = { credential, login_token: secret };
        const answer = await victim.send('POST', '/auth/login/passkey', {
          headers,
          ...(form ? { form: fields } : { json }),
        });
        expect([saidOf(answer), answer.setCookie]).toEqual([[403, 'origin_refused'], []]);
      }
  });
});

describe('in the middle of a ceremony', () => {
  const users = () => app.app.get(Users, { strict: false });
  const idOf = async (email: string) => (await users().findByEmail(email))?.id ?? 0;
  const EVENTS = {
    'the session ends': (user: Owner): Promise<unknown> => elsewhere(user).post('/auth/logout'),
    'the account is deactivated': async ({ email }: Owner) =>
      app.app.get(SessionEnding, { strict: false }).deactivateUser(await idOf(email)),
    'the account is deleted': (user: Owner) => user.delete('/auth/user', { password: PASSWORD }),
    'the passkey is removed': async (user: Owner) => {
      const { body } = await user.get('/auth/factors');
      const [{ id } = { id: '' }] = body.factors as { id: string }[];
      await user.delete(`/auth/factors/${id}`);
    },
    'another passkey is added': async (user: Owner) => wire.add(user, new Authenticator()),
    'the password changes': (user: Owner) =>
      user.post('/auth/password/change', {
        old_password: PASSWORD,
        new_password: 'violet harbour cinder maple',
      }),
    'the address changes': async ({ email }: Owner) =>
      app.sql('UPDATE tokenjar.users SET email = $2 WHERE email = $1', [email, uniqueEmail()]),
  };
  type Event = keyof typeof EVENTS;

  /** Each ceremony: what is begun, and what its last request answers after something has happened. */
  const CEREMONIES: [string, () => Promise<{ user: Owner; last: () => Promise<Answer> }>, Event[]][] = [
    [
      'of a new passkey',
      async () => {
        const { user } = await withPasskey();
        const { options } = await wire.creationOptions(user);
        const thief = elsewhere(user);
        return { user, last: () => wire.send(thief, new Authenticator().create(options)) };
      },
      ['the session ends', 'the account is deactivated', 'the account is deleted'],
    ],
    [
      'of the first passkey, in a login',
      async () => {
        const { user, login } = await withoutFactor();
        const { options } = await wire.loginOptions(login);
        return { user, last: () => second(login, new Authenticator().create(options)) };
      },
      [
        'the account is deactivated',
        'the account is deleted',
        'another passkey is added',
        'the password changes',
        'the address changes',
      ],
    ],
    [
      'of a second factor',
      async () => {
        const { user, authenticator } = await withPasskey();
        const login = app.browser();
        await login.login(user.email);
        const { options } = await wire.loginOptions(login);
        return { user, last: () => second(login, authenticator.get(options)) };
      },
      Object.keys(EVENTS).filter((event) => event !== 'the session ends') as Event[],
    ],
    [
      'of a sign-in',
      async () => {
        const { user, authenticator } = await withPasskey();
        const browser = app.browser();
        const { options } = await wire.loginOptions(browser);
        return { user, last: () => wire.login(browser, authenticator.get(options)) };
      },
      ['the account is deactivated', 'the account is deleted', 'the passkey is removed'],
    ],
    [
      'of somebody who authenticates again',
      async () => {
        const { user, authenticator } = await withPasskey();
        const thief = elsewhere(user);
        const options = await againOptions(thief);
        return { user, last: () => again(thief, authenticator.get(options)) };
      },
      ['the session ends', 'the account is deactivated', 'the account is deleted', 'the passkey is removed'],
    ],
  ];
  const CELLS = CEREMONIES.flatMap(([name, begin, events]) =>
    events.map((event) => ({ name, begin, event })),
  );

  test.each(CELLS)('$name: $event, and it opens nothing', async ({ begin, event }) => {
    const { user, last } = await begin();
    const done = await EVENTS[event](user);
    if (typeof done === 'object') expect((done as Partial<Answer>).status ?? 200).toBeLessThan(300);
    const before = await app.sql('SELECT 1 FROM tokenjar.sessions');
    const answer = await last();
    expect([answer.status, answer.body.access_token]).toEqual([expect.any(Number), undefined]);
    expect(answer.status === 401 || answer.status === 400).toBe(true);
    expect(await app.sql('SELECT 1 FROM tokenjar.sessions')).toHaveLength(before.length);
  });
});
