import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fingerprintOf } from '../../src/transfer/export-lines.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { base32 } from '../../src/crypto/totp.js';
import { enterCode } from '../support/factors.js';
import { importText, lines, vector } from './importing.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ signInWith: 'both', emailVerification: 'none' });
});
afterAll(() => app.close());

const userOf = async (email: string) =>
  (await app.sql<Record<string, unknown>>('SELECT * FROM tokenjar.users WHERE email = $1', [email]))[0];
const identitiesOf = (email: string) =>
  app.sql(
    'SELECT provider, issuer, subject FROM tokenjar.identities WHERE user_id = (SELECT id FROM tokenjar.users WHERE email = $1)',
    [email],
  );

/** Signs in with the old password; the hash is one of our own from then on. */
async function signsIn(email: string, password: string): Promise<void> {
  const { status } = await app.browser().post('/auth/login', { email, password });
  expect([email, status]).toEqual([email, 200]);
  expect((await userOf(email))?.password_hash).toMatch(/^\$argon2id\$/);
}

/** What the second run of an unchanged file does. */
const NOTHING = { added: 0, changed: 0 };

describe('Auth0', () => {
  const bcrypt = vector('bcrypt', 'passlib', '$2b$');
  const users = lines(
    {
      user_id: 'auth0|60425dc43519d90068f82973',
      email: 'Anna@Auth0.example',
      email_verified: true,
      created_at: '2021-03-05T16:35:16.775Z',
      app_metadata: { roles: ['editor', 'not\u0000one'] },
      identities: [{ user_id: '60425dc43519d90068f82973', provider: 'auth0', connection: 'db' }],
    },
    {
      user_id: 'google-oauth2|1097',
      email: 'ben@auth0.example',
      email_verified: true,
      blocked: true,
      identities: [
        {
          user_id: '1097',
          provider: 'google-oauth2',
          isSocial: true,
          profileData: { email: 'ben@gmail.example' },
        },
        { user_id: '7', provider: 'facebook', isSocial: true },
      ],
    },
  );
  const hashes = lines({
    _id: { $oid: '60425dc43519d90068f82973' },
    email_verified: true,
    email: 'anna@auth0.example',
    passwordHash: bcrypt.hash,
    password_set_date: { $date: '2021-03-05T16:35:16.775Z' },
    tenant: 'dev',
    connection: 'Username-Password-Authentication',
    _tmp_is_unique: true,
  });

  test('a dry run writes nothing and says what cannot come', async () => {
    const run = await importText(app, 'auth0', users, { isDry: true, rolesFrom: 'app_metadata.roles' });
    expect(run).toMatchObject({ users: 2, added: 2, broken: {} });
    expect(run.remarks).toMatchObject({
      role_invalid: ['auth0|60425dc43519d90068f82973'],
      account_unknown: ['google-oauth2|1097'],
    });
    expect(await userOf('anna@auth0.example')).toBeUndefined();
  });

  test('users come, then their hashes; a second run of either changes nothing', async () => {
    const first = await importText(app, 'auth0', users, { rolesFrom: 'app_metadata.roles' });
    expect(first).toMatchObject({ added: 2 });
    // The same person by another way in: there an account of its own.
    const other = lines({ user_id: 'github|55', email: 'anna@auth0.example', email_verified: true });
    expect((await importText(app, 'auth0', other)).remarks).toEqual({ address_taken: ['github|55'] });
    expect(await identitiesOf('anna@auth0.example')).toEqual([]);
    expect(await importText(app, 'auth0', other)).toMatchObject(NOTHING);
    expect(await importText(app, 'auth0', hashes)).toMatchObject({ changed: 1, remarks: {} });
    expect(await userOf('anna@auth0.example')).toMatchObject({
      email_verified: true,
      roles: ['editor'],
      created_at: new Date('2021-03-05T16:35:16.775Z'),
    });
    expect(await userOf('ben@auth0.example')).toMatchObject({ is_active: false });
    expect(await identitiesOf('ben@auth0.example')).toEqual([
      { provider: 'google', issuer: 'https://accounts.google.com', subject: '1097' },
    ]);
    await signsIn('anna@auth0.example', bcrypt.password);
    for (let i = 0; i < 2; i++) {
      expect(await importText(app, 'auth0', users, { rolesFrom: 'app_metadata.roles' })).toMatchObject(
        NOTHING,
      );
      expect(await importText(app, 'auth0', hashes)).toMatchObject(NOTHING);
    }
    // The new hash is newer than the file.
    expect((await userOf('anna@auth0.example'))?.password_hash).toMatch(/^\$argon2id\$/);
  });

  test('hashes alone are accounts too, and the list of users that follows keeps them', async () => {
    const one = (key: string) => ({
      _id: { $oid: key },
      email: `${key}@auth0.example`,
      email_verified: true,
      passwordHash: bcrypt.hash,
    });
    expect(await importText(app, 'auth0', lines(one('c1'), one('c2')))).toMatchObject({ users: 2, added: 2 });
    const list = lines({
      user_id: 'auth0|c1',
      email: 'c1@auth0.example',
      email_verified: true,
      identities: [],
    });
    expect(await importText(app, 'auth0', list)).toMatchObject(NOTHING);
    await signsIn('c1@auth0.example', bcrypt.password);
  });
});

describe('Firebase', () => {
  const scrypt = vector('firebase scrypt', 'firebase/scrypt, README');
  const { passwordHash, salt } = scrypt.hash as Record<string, string>;
  const { firebase } = scrypt.origin ?? {};
  const document = JSON.stringify(
    {
      users: [
        {
          localId: 'eLPs0nqDWSZnnTD8CWMoRbBLYWm1',
          email: 'user1@firebase.example',
          emailVerified: true,
          passwordHash: passwordHash?.replaceAll('+', '-').replaceAll('/', '_'),
          salt,
          createdAt: '1614962116775',
          lastSignedInAt: '1700000000000',
          customAttributes: '{"role":"editor"}',
          providerUserInfo: [
            { providerId: 'password', rawId: 'user1@firebase.example' },
            { providerId: 'google.com', rawId: '118', email: 'user1@gmail.example' },
          ],
        },
        {
          localId: 'phone',
          phoneNumber: '+15550100',
          disabled: true,
          providerUserInfo: [],
          mfaInfo: [{ phoneInfo: '+1' }],
        },
      ],
    },
    null,
    2,
  );

  test('users come with the parameters of the project', async () => {
    const run = await importText(app, 'firebase', document, { firebase, rolesFrom: 'role' });
    expect(run).toMatchObject({ added: 2, remarks: { no_way_in: ['phone'], factor_dropped: ['phone'] } });
    expect(await userOf('user1@firebase.example')).toMatchObject({
      email_verified: true,
      roles: ['editor'],
      created_at: new Date(1614962116775),
      last_login_at: new Date(1700000000000),
    });
    expect(await identitiesOf('user1@firebase.example')).toMatchObject([
      { provider: 'google', subject: '118' },
    ]);
    await signsIn('user1@firebase.example', scrypt.password);
    expect(await importText(app, 'firebase', document, { firebase, rolesFrom: 'role' })).toMatchObject(
      NOTHING,
    );
  });

  test('without them nobody comes without a password', async () => {
    await expect(importText(app, 'firebase', document)).rejects.toThrow('--hash-config');
  });
});

describe('Keycloak', () => {
  const pbkdf2 = vector('pbkdf2-sha256', 'Keycloak realm export');
  const argon2 = vector('django argon2', 'argon2-cffi 21.1, as Keycloak');
  const realm = {
    id: 'a-realm',
    realm: 'site',
    requiredCredentials: ['password'],
    roles: { realm: [{ name: 'editor' }] },
    users: [
      {
        id: '6f1c1f0e-8a9b-4f6e-9d2a-0b6a3c1d2e4f',
        username: 'admin',
        email: 'admin@keycloak.example',
        emailVerified: true,
        enabled: true,
        createdTimestamp: 1614962116775,
        credentials: [
          { id: '1', type: 'password', ...(pbkdf2.hash as object) },
          {
            id: '2',
            type: 'otp',
            secretData: '{"value":"N5nIVRYZ8Qo5WVbYzgkT"}',
            credentialData: '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}',
          },
          { id: '3', type: 'webauthn', credentialData: '{}' },
        ],
        realmRoles: ['default-roles-site', 'offline_access', 'editor'],
        clientRoles: { account: ['manage-account'] },
        groups: ['/team/writers'],
        federatedIdentities: [{ identityProvider: 'github', userId: '42', userName: 'admin' }],
      },
      {
        id: '7f1c1f0e-8a9b-4f6e-9d2a-0b6a3c1d2e4f',
        username: 'eve@keycloak.example',
        email: 'eve@keycloak.example',
        enabled: false,
        credentials: [{ type: 'password', ...(argon2.hash as object) }],
      },
      { id: '8', username: 'service-account-api', serviceAccountClientId: 'api', enabled: true },
    ],
    clients: [{ clientId: 'account', protocolMappers: [{ name: '"}]' }] }],
  };

  test('users of a realm come with roles, groups, identities and authenticator apps', async () => {
    const run = await importText(app, 'keycloak', JSON.stringify(realm));
    expect(run).toMatchObject({
      ...{ users: 2, added: 2, skipped: 1, broken: {} },
      remarks: { factor_dropped: [realm.users[0]?.id], roles_dropped: [realm.users[0]?.id] },
    });
    expect(await userOf('admin@keycloak.example')).toMatchObject({
      username: 'admin',
      roles: ['editor', 'writers'],
      second_factors: ['totp'],
    });
    expect(await userOf('eve@keycloak.example')).toMatchObject({ username: null, is_active: false });
    expect(await identitiesOf('admin@keycloak.example')).toMatchObject([
      { provider: 'github', subject: '42' },
    ]);
    expect(await importText(app, 'keycloak', JSON.stringify(realm, null, 2))).toMatchObject(NOTHING);
  });

  test('the old password and the old app sign in', async () => {
    const browser = app.browser();
    const email = 'admin@keycloak.example';
    const login = await browser.post('/auth/login', { email, password: pbkdf2.password });
    expect(login.body).toMatchObject({ methods: expect.arrayContaining(['totp']) });
    const secret = base32(Buffer.from('N5nIVRYZ8Qo5WVbYzgkT'));
    expect((await enterCode(app, browser, secret)).status).toBe(200);
    expect((await userOf(email))?.password_hash).toMatch(/^\$argon2id\$/);
  });
});

describe('Supabase', () => {
  const bcrypt = vector('bcrypt', 'passlib', '$2a$');
  const csv = lines(
    'id,aud,email,encrypted_password,email_confirmed_at,created_at,banned_until,raw_app_meta_data,is_anonymous',
    `2f1c,authenticated,s1@supabase.example,${bcrypt.hash as string},2024-03-05 12:00:00.123+00,2024-03-05 12:00:00.123456+00,,"{""roles"": [""editor""]}",f`,
    '3f1c,authenticated,s2@supabase.example,,,2024-03-05 12:00:00+00,2999-01-01 00:00:00+00,{},f',
    '4f1c,authenticated,,,,2024-03-05 12:00:00+00,,{},t',
  );

  test('rows of auth.users and auth.identities', async () => {
    const flags = { rolesFrom: 'raw_app_meta_data.roles' };
    expect(await importText(app, 'supabase', csv, flags)).toMatchObject({
      users: 2,
      added: 2,
      skipped: 1,
      broken: {},
    });
    const identities = lines(
      'provider_id,user_id,identity_data,provider,created_at',
      '1181,2f1c,"{""email"": ""s1@gmail.example"", ""sub"": ""1181""}",google,2024-03-05 12:00:00+00',
      '2f1c,2f1c,"{}",email,2024-03-05 12:00:00+00',
      '9,nobody,{},github,2024-03-05 12:00:00+00',
    );
    const run = await importText(app, 'supabase', identities);
    expect(run).toMatchObject({ changed: 1, remarks: { part_of_nobody: ['nobody'] } });
    expect(await identitiesOf('s1@supabase.example')).toMatchObject([
      { provider: 'google', subject: '1181' },
    ]);
    expect(await userOf('s2@supabase.example')).toMatchObject({ is_active: false, email_verified: false });
    expect(await userOf('s1@supabase.example')).toMatchObject({ roles: ['editor'], email_verified: true });
    await signsIn('s1@supabase.example', bcrypt.password);
    expect(await importText(app, 'supabase', csv, flags)).toMatchObject(NOTHING);
    expect(await importText(app, 'supabase', identities)).toMatchObject(NOTHING);
  });

  test('one JSON entry a user, with identities and factors', async () => {
    const id = '5f1c0000-0000-4000-8000-00000000005f';
    const entry = {
      ...{
        id,
        email: 's5@supabase.example',
        encrypted_password: '',
        email_confirmed_at: '2024-03-05T12:00:00+00:00',
      },
      identities: [{ provider: 'github', provider_id: '77', identity_data: { email: 'x@gmail.example' } }],
      mfa_factors: [
        { factor_type: 'totp', status: 'verified', secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
        { factor_type: 'phone', status: 'verified' },
      ],
    };
    const run = await importText(app, 'supabase', JSON.stringify([entry]));
    expect(run).toMatchObject({ added: 1, remarks: { no_password: [id], factor_dropped: [id] } });
    // Where USER_ID is uuid, the user is known by the same ID as there.
    expect(await userOf('s5@supabase.example')).toMatchObject({ public_id: id, second_factors: ['totp'] });
  });

  test('a UUID that another user has here stays theirs', async () => {
    const [{ publicId: id } = { publicId: '' }] = await app.sql<{ publicId: string }>(
      `INSERT INTO tokenjar.users (email, created_at) VALUES ('s6@supabase.example', $1) RETURNING public_id AS "publicId"`,
      [app.clock.now()],
    );
    const entry = { id, email: 's7@supabase.example', encrypted_password: bcrypt.hash };
    const run = await importText(app, 'supabase', JSON.stringify([entry]));
    expect(run).toMatchObject({ added: 1, remarks: { id_taken: [id] } });
    expect((await userOf('s7@supabase.example'))?.public_id).not.toBe(id);
    expect((await userOf('s6@supabase.example'))?.public_id).toBe(id);
  });
});

describe('WordPress', () => {
  const phpass = vector('phpass', 'phpass 0.5');
  const bcrypt = vector('wordpress bcrypt', 'WordPress');

  test('a dump of MySQL', async () => {
    const dump = `-- MySQL dump 10.13 it's one
DROP TABLE IF EXISTS \`wp_users\`;
INSERT INTO \`wp_options\` VALUES (1,'a;b','c\\'d');
INSERT INTO \`wp_users\` VALUES (1001,'O\\'Neil','${phpass.hash as string}','oneil','oneil@wp.example','','2013-05-06 07:08:09','',0,'O''Neil; (admin)'),
(1002,'jane','${bcrypt.hash as string}','jane','jane@wp.example','','0000-00-00 00:00:00','',0,'Jane');
`;
    const run = await importText(app, 'wordpress', dump, { isTrusted: true });
    expect(run).toMatchObject({ users: 2, added: 2, broken: {} });
    expect(await userOf('oneil@wp.example')).toMatchObject({
      ...{ id: 1001, username: "O'Neil", email_verified: true, created_at: new Date('2013-05-06T07:08:09Z') },
      password_hash: expect.stringMatching(/^\$wrapped\$argon2id/),
    });
    await signsIn('oneil@wp.example', phpass.password);
    await signsIn('jane@wp.example', bcrypt.password);
    expect(await importText(app, 'wordpress', dump, { isTrusted: true })).toMatchObject(NOTHING);
    // Those who register later come after them.
    const { email } = await app.signedUp();
    expect(Number((await userOf(email))?.id)).toBeGreaterThan(1002);
  });

  test('what WP-CLI lists', async () => {
    const list = [
      {
        ID: 1003,
        user_login: 'max',
        user_email: 'max@wp.example',
        roles: 'administrator,editor',
        user_pass: bcrypt.hash,
      },
    ];
    expect(await importText(app, 'wordpress', JSON.stringify(list))).toMatchObject({ added: 1 });
    expect(await userOf('max@wp.example')).toMatchObject({
      roles: ['administrator', 'editor'],
      email_verified: false,
    });
  });
});

describe('better-auth', () => {
  const scrypt = vector('better-auth', 'hashlib');
  const tables = {
    account: [
      { id: 'a1', userId: 'u1', providerId: 'credential', accountId: 'u1', password: scrypt.hash },
      {
        id: 'a2',
        userId: 'u1',
        providerId: 'google',
        accountId: '119',
        createdAt: '2024-03-05T12:00:00.000Z',
      },
    ],
    twoFactor: [{ id: 't', userId: 'u1', secret: 'encrypted', backupCodes: 'encrypted' }],
    user: [
      {
        id: 'u1',
        name: 'B',
        email: 'b1@better.example',
        emailVerified: 1,
        role: 'user',
        createdAt: '2024-03-05T12:00:00.000Z',
      },
      {
        id: 'u2',
        name: 'B',
        email: 'b2@better.example',
        emailVerified: false,
        banned: true,
        banExpires: null,
      },
    ],
  };

  test('its tables, in whatever order', async () => {
    const run = await importText(app, 'better-auth', JSON.stringify(tables));
    expect(run).toMatchObject({
      users: 2,
      added: 2,
      changed: 1,
      remarks: { factor_dropped: ['u1'] },
      broken: {},
    });
    expect(await userOf('b2@better.example')).toMatchObject({ is_active: false });
    expect(await identitiesOf('b1@better.example')).toMatchObject([{ provider: 'google', subject: '119' }]);
    await signsIn('b1@better.example', scrypt.password);
    expect(await importText(app, 'better-auth', JSON.stringify(tables))).toMatchObject(NOTHING);
  });
});

describe('a table of any system', () => {
  test('hostile rows are refused by their number, and no other', async () => {
    const good = vector('django pbkdf2_sha256', 'Django').hash as string;
    const costly = good.replace('260000', '1000000000');
    const table = Buffer.concat([
      Buffer.from(
        '\ufeff' +
          lines(
            'email;username;password_hash;email_verified;is_active;roles;totp_secret',
            `ok@csv.example;ok;${good};true;true;editor,writer;JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`,
            `OK@csv.example;other;${good};true;true;;`,
            `costly@csv.example;;${costly};true;true;;`,
            'too;few',
            '"a ""quoted""\n name@x";;;;;;',
            `nul\u0000@csv.example;nu\u0000l;${good};;;;`,
            `${'x'.repeat(300)}@csv.example;long;${good};;;;`,
            '',
          ),
      ),
      Buffer.from([0xff, 0xfe, 0x40]),
      Buffer.from('csv.example;;;;;;\n'),
      Buffer.from(`${'y'.repeat(5 * 2 ** 20)};;;;;;\nlast@csv.example;;;;false;;\n`),
    ]);
    const run = await importText(app, 'csv', table);
    expect(run.broken).toEqual({
      'line 3': 'duplicate',
      'line 5': 'broken',
      'line 10': 'broken',
      'line 11': 'broken',
    });
    expect(run).toMatchObject({ added: 6, remarks: { hash_too_costly: [expect.any(String)] } });
    expect(await userOf('costly@csv.example')).toMatchObject({ password_hash: null });
    expect(await userOf('ok@csv.example')).toMatchObject({
      roles: ['editor', 'writer'],
      second_factors: ['totp'],
    });
    expect(await userOf('last@csv.example')).toMatchObject({ is_active: false });
    expect(await importText(app, 'csv', table)).toMatchObject(NOTHING);
  });

  test('a user who was deleted here stays so, and one who has changed here is newer', async () => {
    const table = (email: string) =>
      lines('id,email,email_verified', `900001,${email},true`, '900002,gone@csv.example,true');
    await importText(app, 'csv', table('kept@csv.example'));
    await app.sql("DELETE FROM tokenjar.users WHERE email = 'gone@csv.example'");
    await app.sql("UPDATE tokenjar.users SET email = 'mine@csv.example' WHERE email = 'kept@csv.example'");
    const run = await importText(app, 'csv', table('other@csv.example'));
    expect(run.remarks).toMatchObject({ deleted_here: ['900002'], changed_here: ['900001'] });
    expect(await userOf('other@csv.example')).toBeUndefined();
    const [left] = await app.sql("SELECT seen FROM tokenjar.imported_users WHERE source_key = '900002'");
    expect(left).toEqual({ seen: {} });
  });
});

describe('files', () => {
  test.each([
    ['auth0', '{"a":1}', 'is no export of Auth0'],
    ['firebase', '{"a":[]}', 'has no users'],
    ['keycloak', `{"users":[${'{"x":1},'.repeat(200)}{}]}`, 'none of its first 100 entries'],
    ['csv', 'a,b\n1,2', 'is no export of a CSV table'],
    ['csv', '', 'is empty'],
  ] as const)('%s: one sentence for %.20s', async (system, text, says) => {
    await expect(importText(app, system, text)).rejects.toThrow(says);
  });

  test('entries that are too long, too deep, broken or cut off are named, and the others come', async () => {
    const entry = (id: string) => `{"user_id":"auth0|${id}","email":"${id}@files.example"}`;
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const text = lines(
      entry('f1'),
      `{"user_id":"auth0|deep","x":${deep}}`,
      `{"user_id":"${'z'.repeat(5 * 2 ** 20)}"}`,
      '{"user_id":',
      '',
      entry('f2'),
      '"text"',
      entry('f1'),
    );
    const run = await importText(app, 'auth0', text);
    expect(run).toMatchObject({
      added: 2,
      broken: {
        'line 2': 'broken',
        'line 3': 'too_long',
        'line 4': 'broken',
        'line 7': 'unlike',
        'line 8': 'duplicate',
      },
    });
    const cut = await importText(app, 'keycloak', '{"users":[{"id":"f3","username":"f3"},{"id":"f4","us');
    expect(cut).toMatchObject({ added: 1, broken: { 'the end': 'broken' } });
  });
});

describe('several of one file', () => {
  const row = (id: string, email: string, more: object = {}) => ({
    id,
    email,
    email_verified: true,
    ...more,
  });

  test('who has verified an address gets it, whoever comes first', async () => {
    const shared = lines(
      row('v1', 'shared@verified.example', { email_verified: false, username: 'v1' }),
      row('v2', 'Shared@verified.example'),
      row('v3', 'shared@verified.example'),
      row('v4', 'unshared@verified.example', { email_verified: false }),
    );
    const { added, remarks } = await importText(app, 'csv', shared);
    expect([added, remarks.address_shared, remarks.address_taken]).toEqual([4, ['v1'], ['v3']]);
    expect(await userOf('shared@verified.example')).toMatchObject({ username: null, email_verified: true });
    expect(await userOf('unshared@verified.example')).toMatchObject({ email_verified: false });
    expect(await importText(app, 'csv', shared)).toMatchObject(NOTHING);
  });

  test('two who have swapped their addresses and names there have swapped them here', async () => {
    const [one, other] = ['one@swap.example', 'other@swap.example'];
    const before = lines(row('s1', one, { username: 'swap-1' }), row('s2', other, { username: 'swap-2' }));
    await importText(app, 'csv', before);
    const [id, otherId] = [(await userOf(one))?.id, (await userOf(other))?.id];
    const after = lines(row('s1', other, { username: 'swap-2' }), row('s2', one, { username: 'swap-1' }));
    const { changed, remarks } = await importText(app, 'csv', after);
    // When the first comes, the second is not known to let go.
    expect([changed, remarks]).toEqual([2, { address_taken: ['s1'], username_taken: ['s1'] }]);
    expect(await userOf(one)).toMatchObject({ id: otherId, username: 'swap-1', email_verified: true });
    expect(await userOf(other)).toMatchObject({ id, username: 'swap-2', username_folded: 'swap-2' });
    expect(await importText(app, 'csv', after)).toMatchObject({ ...NOTHING, remarks: {} });
    // And back, which is a change of both again, as no change here was.
    expect(await importText(app, 'csv', before)).toMatchObject({ changed: 2 });
    expect(await userOf(one)).toMatchObject({ id, username: 'swap-1' });
  });

  test('an address that somebody has chosen here is no part of a swap', async () => {
    await importText(app, 'csv', lines(row('k1', 'one@kept.example'), row('k2', 'other@kept.example')));
    await app.sql(`UPDATE tokenjar.users SET email = 'chosen@kept.example' WHERE email = 'one@kept.example'`);
    const after = lines(row('k1', 'other@kept.example'), row('k2', 'chosen@kept.example'));
    const { remarks } = await importText(app, 'csv', after);
    expect(remarks).toMatchObject({ changed_here: ['k1'], address_taken: ['k2'] });
    expect(await userOf('chosen@kept.example')).toBeDefined();
  });

  test('a second factor that has changed here is not put back', async () => {
    const [old, newer] = ['JBSWY3DPEHPK3PXP', 'KRSXG5CTMVRXEZLU'];
    await importText(app, 'csv', lines(row('f1', 'one@factor.example', { totp_secret: old })));
    const factorId = async () =>
      (
        await app.sql<{ id: string }>(
          `SELECT f.id FROM tokenjar.factors f JOIN tokenjar.users u ON u.id = user_id WHERE email LIKE 'one@factor%'`,
        )
      ).map(({ id }) => id);
    // Another app was set up here in its place.
    await app.sql(`DELETE FROM tokenjar.factors WHERE id = $1`, [(await factorId())[0]]);
    await app.sql(
      `INSERT INTO tokenjar.factors (id, user_id, type, created_at)
        SELECT gen_random_uuid(), id, 'totp', now() FROM tokenjar.users WHERE email = 'one@factor.example'`,
    );
    const here = await factorId();
    for (const [secret, email] of [
      [old, 'one@factor2.example'],
      [newer, 'one@factor2.example'],
      [undefined, 'one@factor3.example'],
      [newer, 'one@factor3.example'],
    ]) {
      const { changed } = await importText(
        app,
        'csv',
        lines(row('f1', email ?? '', { totp_secret: secret })),
      );
      expect([changed, await factorId()]).toEqual([1, here]);
    }
  });
});

describe('Tokenjar', () => {
  const at = '2026-02-01T00:00:00.000Z';
  const later = '2027-02-01T00:00:00.000Z';
  const uuid = (i: number) => `00000000-0000-4000-8000-0000000000${String(i).padStart(2, '0')}`;
  const factor = (i: number) => ({ id: uuid(i), name: null, created_at: at, last_used_at: null });
  const user = (id: number, email: string, more: object = {}) => ({
    user: {
      ...{
        id,
        public_id: uuid(id % 100),
        email,
        email_verified: true,
        username: null,
        username_is_exact: false,
      },
      ...{ password_hash: null, is_active: true, roles: ['exporter'], locale: 'ko', created_at: at },
      ...{
        last_login_at: null,
        credentials_epoch: 3,
        factors_epoch: 2,
        claims_epoch: 0,
        has_unproven_factors: false,
      },
      ...{ totp: null, passkey_handle: null, passkeys: [], recovery_codes: [], identities: [], api_keys: [] },
      ...more,
    },
  });
  const passkey = {
    ...factor(31),
    ...{ credential_id: 'ab31', public_key: '0102', counter: 4, transports: ['usb'], aaguid: uuid(0) },
    ...{ is_backup_eligible: false, is_backed_up: false, is_discoverable: null },
  };
  const rest = {
    totp: { ...factor(32), secret: 'JBSWY3DPEHPK3PXP', last_step: 7 },
    passkey_handle: 'ff31',
    passkeys: [passkey],
    recovery_codes: ['aa31'],
    identities: [
      {
        ...{
          id: uuid(33),
          provider: 'sso',
          issuer: 'https://sso.example',
          subject: 's31',
          email: null,
          name: 'N',
        },
        ...{ is_unproven: false, revoked_at: null, created_at: at, last_used_at: null },
      },
    ],
    api_keys: [
      {
        ...{ id: uuid(34), name: 'key', digest: 'cc31', scopes: ['a'], created_at: at, expires_at: later },
        ...{ last_used_at: null, reminded_at: null },
      },
    ],
    impersonated_until: null,
    sessions: [
      {
        ...{
          id: uuid(35),
          lookup_id: uuid(36),
          generation: 2,
          parent_generation: 1,
          rotated_at: at,
          created_at: at,
        },
        ...{ last_used_at: at, idle_expires_at: later, remember: true, absolute_expires_at: later },
        ...{ user_agent: null, ip: '::1', cookie_protection: 1, auth_methods: ['pwd'], scope: null },
        authenticated_at: null,
      },
    ],
    devices: [
      {
        ...{ id: uuid(37), digest: 'dd31', name: null, credentials_epoch: 3, factors_epoch: 2 },
        ...{ created_at: at, expires_at: later },
      },
    ],
    refusals: [
      {
        ...{ began_until: at, except_session_id: null, claims_epoch: null, reason: 'password_change' },
        ...{ created_at: at, expires_at: later },
      },
    ],
  };
  const refusal = (session: string | null, userId: number | null) => ({
    refusal: {
      ...{ session_id: session, user_id: userId, began_until: userId ? at : null, except_session_id: null },
      ...{ claims_epoch: null, reason: 'logout', created_at: at, expires_at: later },
    },
  });
  const file = (...entries: object[]) =>
    lines(
      {
        format: 'tokenjar-export',
        version: 1,
        with_sessions: true,
        key: fingerprintOf(SECRET_KEY),
        last_id: 4000,
      },
      { role: { name: 'exporter', permissions: ['x:y'], description: null } },
      { role: { name: 'admin', permissions: ['not:taken'], description: null } },
      ...entries,
      { end: true, users: entries.filter((each) => 'user' in each).length },
    );
  const countOf = async (table: string, where: string, value: unknown) =>
    (await app.sql(`SELECT 1 FROM tokenjar.${table} WHERE ${where} = $1`, [value])).length;

  test('an account comes with all that is its own, and again changes nothing', async () => {
    const text = file(user(3001, 'all@jar.example', rest), refusal(uuid(40), null), refusal(null, 3999));
    for (const run of [{ added: 1, changed: 0 }, NOTHING])
      expect(await importText(app, 'tokenjar', text)).toMatchObject({ ...run, broken: {}, skipped: 0 });
    expect(await userOf('all@jar.example')).toMatchObject({
      ...{ id: 3001, public_id: uuid(1), locale: 'ko', credentials_epoch: 3, factors_epoch: 2 },
      second_factors: ['passkey', 'totp'],
    });
    for (const table of ['factors', 'passkey_users', 'recovery_codes', 'identities', 'api_keys', 'sessions'])
      expect([table, await countOf(table, 'user_id', 3001)]).toEqual([table, table === 'factors' ? 2 : 1]);
    for (const [table, where, value] of [
      ['trusted_devices', 'user_id', 3001],
      ['blacklist', 'user_id', 3001],
      ['blacklist', 'user_id', 3999],
      ['blacklist', 'session_id', uuid(40)],
      ['passkeys', 'factor_id', uuid(31)],
    ] as const)
      expect([table, value, await countOf(table, where, value)]).toEqual([table, value, 1]);
    // What roles permit is as it was where there are users already.
    const roles = `SELECT name, permissions FROM tokenjar.roles WHERE name IN ('exporter', 'admin') ORDER BY name`;
    expect(await app.sql(roles)).toEqual([
      { name: 'admin', permissions: [] },
      { name: 'exporter', permissions: ['x:y'] },
    ]);
    const [next] = await app.sql<{ id: number }>(
      `INSERT INTO tokenjar.users (email, created_at) VALUES ('next@jar.example', now()) RETURNING id`,
    );
    expect(next?.id).toBeGreaterThan(4000);
  });

  test('where the ID is taken, what is bound to it stays behind, and nothing that is here is overwritten', async () => {
    await app.sql(
      `INSERT INTO tokenjar.users (id, email, created_at) OVERRIDING SYSTEM VALUE VALUES (3002, 'here@jar.example', now())`,
    );
    const other = { ...rest, identities: [{ ...rest.identities[0], id: uuid(50) }] };
    const text = file(user(3002, 'taken@jar.example', other));
    const { remarks, added } = await importText(app, 'tokenjar', text);
    const key = uuid(2);
    expect([added, remarks]).toEqual([
      1,
      {
        no_password: [key],
        id_taken: [key],
        bound_to_id: [key],
        account_taken: [key],
        belongings_taken: [key, key],
      },
    ]);
    const { id } = (await userOf('taken@jar.example')) as { id: number };
    expect(id).not.toBe(3002);
    expect(await userOf('here@jar.example')).toMatchObject({ id: 3002, password_hash: null, locale: null });
    for (const table of [
      'recovery_codes',
      'sessions',
      'trusted_devices',
      'identities',
      'api_keys',
      'blacklist',
    ])
      expect([table, await countOf(table, 'user_id', id)]).toEqual([table, 0]);
    // The app comes, sealed for the ID that the user has now; the passkey is another account's.
    expect(await userOf('taken@jar.example')).toMatchObject({ second_factors: ['totp'] });
  });

  test('what has changed there since comes, but for passkeys and keys, which are reported', async () => {
    const before = user(3003, 'before@jar.example', { recovery_codes: ['ee01', 'ee02'] });
    await importText(app, 'tokenjar', file(before));
    const after = user(3003, 'after@jar.example', {
      recovery_codes: ['ee02', 'ee03'],
      passkeys: [{ ...passkey, id: uuid(60), credential_id: 'ab60' }],
    });
    const { changed, remarks } = await importText(app, 'tokenjar', file(after));
    expect([changed, remarks]).toEqual([1, { no_password: [uuid(3)], newer_there: [uuid(3)] }]);
    expect(await userOf('after@jar.example')).toMatchObject({ id: 3003, second_factors: [] });
    expect(
      await app.sql(
        `SELECT encode(digest, 'hex') AS code FROM tokenjar.recovery_codes WHERE user_id = 3003 ORDER BY 1`,
      ),
    ).toEqual([{ code: 'ee02' }, { code: 'ee03' }]);
  });

  test('an entry that is none is named, and the others come', async () => {
    const text = file(user(3004, 'fine@jar.example'), { user: { id: 3005, email: 'short@jar.example' } });
    expect(await importText(app, 'tokenjar', text)).toMatchObject({
      added: 1,
      broken: { 'line 5': 'unlike' },
    });
  });
});
