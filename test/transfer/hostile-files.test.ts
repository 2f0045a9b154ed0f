import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SystemName } from '../../src/transfer/systems/systems.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Json } from '../support/jwt.js';
import { importText, lines } from './importing.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ signInWith: 'both' });
});
afterAll(() => app.close());

/** One entry of each system with all that is read of it, and how entries become a file. */
const SAMPLES: Record<
  Exclude<SystemName, 'tokenjar'>,
  { entry: (n: string) => Json; file: (entries: Json[]) => string; rolesFrom?: string }
> = {
  csv: {
    entry: (n) => ({
      ...{ id: n, email: `${n}@csv.example`, username: `csv ${n}`, roles: ['r'], is_active: true },
      ...{ created_at: '2024-01-01', password_hash: `md5$salt$${'0'.repeat(32)}`, google_id: `g ${n}` },
      totp_secret: 'A'.repeat(32),
    }),
    file: (entries) => lines(...entries),
  },
  auth0: {
    entry: (n) => ({
      ...{ user_id: `auth0|${n}`, email: `${n}@auth0.example`, username: `auth0 ${n}`, blocked: false },
      identities: [{ provider: 'google-oauth2', user_id: `a ${n}`, profileData: { email: 'x@y.example' } }],
      app_metadata: { roles: ['r'] },
      mfa_factors: [{ totp: { secret: 'A'.repeat(32) } }],
    }),
    file: (entries) => lines(...entries),
    rolesFrom: 'app_metadata.roles',
  },
  firebase: {
    entry: (n) => ({
      ...{ localId: n, email: `${n}@firebase.example`, createdAt: '1700000000000', disabled: false },
      providerUserInfo: [{ providerId: 'github.com', rawId: `f ${n}`, email: 'x@y.example' }],
      customAttributes: '{"roles":["r"]}',
      mfaInfo: [{ phoneInfo: '1' }],
    }),
    file: (users) => JSON.stringify({ users }),
    rolesFrom: 'roles',
  },
  keycloak: {
    entry: (n) => ({
      ...{ id: n, username: `keycloak ${n}`, email: `${n}@keycloak.example`, createdTimestamp: 1.7e12 },
      realmRoles: ['r'],
      groups: ['/a/b'],
      credentials: [
        {
          type: 'password',
          secretData: { value: 'A'.repeat(44), salt: 'A'.repeat(24) },
          credentialData: {
            ...{ algorithm: 'argon2', hashIterations: 1 },
            additionalParameters: { memory: ['8192'], parallelism: ['1'], type: ['id'], version: ['1.3'] },
          },
        },
        { type: 'otp', secretData: '{"value":"A"}', credentialData: '{"subType":"totp"}' },
      ],
      federatedIdentities: [{ identityProvider: 'google', userId: `k ${n}` }],
      clientRoles: { client: ['r'] },
    }),
    file: (users) => JSON.stringify({ users }),
  },
  supabase: {
    entry: (n) => ({
      ...{ id: n, email: `${n}@supabase.example`, encrypted_password: '', banned_until: '2020-01-01' },
      identities: [{ provider: 'google', provider_id: `s ${n}`, identity_data: { email: 'x@y.example' } }],
      raw_app_meta_data: { roles: ['r'] },
      mfa_factors: [{ factor_type: 'totp', status: 'verified', secret: 'A'.repeat(32) }],
    }),
    file: (entries) => lines(...entries),
    rolesFrom: 'raw_app_meta_data.roles',
  },
  wordpress: {
    entry: (n) => ({
      ...{ ID: n, user_login: `wp ${n}`, user_email: `${n}@wp.example`, roles: 'r,s' },
      ...{ user_registered: '2024-01-01 00:00:00', user_pass: `$P$B${'a'.repeat(30)}` },
    }),
    file: (entries) => JSON.stringify(entries),
  },
  'better-auth': {
    entry: (n) => ({ id: n, email: `${n}@better.example`, username: `b ${n}`, role: 'r', banned: false }),
    file: (user) => JSON.stringify({ user }),
  },
};

const MARKER = '@n@';
const DEEP = '@deep@';
/** What whoever has an account there may have managed to write into it, or whoever has altered the file. */
const HOSTILE: readonly unknown[] = [
  ...['', 'constructor', '__proto__', 'half \ud800', '\udfff', 'a\0b', '\u001b[2J\nline', '=cmd|1!A1'],
  ...['x'.repeat(5000), '[[', '{"secret":"\\ud800"}', -1, 1e300, 0.5, true, null, [], [null], {}],
  ...[{ toString: null, valueOf: null }, { length: 1e9 }, [[[[[[]]]]]], DEEP],
];

/** Each copy of a value with a hostile one in one place of it. */
function* altered(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return yield* HOSTILE;
  for (const [name, each] of Object.entries(value))
    for (const other of [...HOSTILE, ...(typeof each === 'object' ? altered(each) : [])])
      yield Array.isArray(value) ? [other] : { ...value, [name]: other };
}

describe.each(Object.entries(SAMPLES))('a file of %s', (system, { entry, file, ...choices }) => {
  test('with hostile values in whatever place stops no import', async () => {
    const hostile = [...altered(entry(MARKER))] as Json[];
    let count = 5_000_000;
    // An own one everywhere, so that entries do not meet.
    const text = file([...hostile, entry('4999999')]).replaceAll(MARKER, () => String(++count));
    const depths = text.replaceAll(JSON.stringify(DEEP), '['.repeat(100_000) + ']'.repeat(100_000));
    const run = await importText(app, system as SystemName, depths, choices);
    expect(run.users).toBeGreaterThan(hostile.length / 2);
    expect(run.users + Object.keys(run.broken).length).toBeGreaterThanOrEqual(hostile.length);
    const [found] = await app.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM tokenjar.imported_users WHERE system = $1 AND source_key LIKE '%4999999'`,
      [system],
    );
    expect(found?.count).toBe(1);
  });
});

test('two entries that want one ID: the first has it', async () => {
  const user = (ID: string, name: string) => ({ ID, user_login: name, user_email: `${name}@ids.example` });
  const entries = [user('900001', 'one'), user('0900001', 'two'), user('9.00001e5', 'three')];
  const run = await importText(app, 'wordpress', JSON.stringify(entries));
  expect(run).toMatchObject({ added: 3, remarks: { id_taken: ['0900001', '9.00001e5'] } });
  const rows = await app.sql('SELECT id FROM tokenjar.users WHERE email = $1', ['one@ids.example']);
  expect(rows).toEqual([{ id: 900_001 }]);
});

test('a table that was cut off within quotes: the row that it ends in does not come', async () => {
  const run = await importText(app, 'csv', 'id,email,roles\nc1,c1@cut.example,"a,b"\nc2,c2@cut.example,"a\n');
  expect(run).toMatchObject({ users: 1, broken: { 'line 3': 'broken' } });
});

test('a role called as that of our administrators comes only if the operator says so', async () => {
  const users = (n: number) => [
    { id: `admin${n}`, username: `admin ${n}`, groups: ['/customers/acme/admin', '/b'] },
  ];
  const file = (n: number) => JSON.stringify({ users: users(n) });
  const rolesOf = async (n: number) =>
    (
      await app.sql<{ roles: string[] }>('SELECT roles FROM tokenjar.users WHERE username = $1', [
        `admin ${n}`,
      ])
    )[0]?.roles;
  const run = await importText(app, 'keycloak', file(1));
  expect(run.remarks).toMatchObject({ admin: ['admin1'] });
  expect(await rolesOf(1)).toEqual(['b']);
  expect((await importText(app, 'keycloak', file(2), { takesAdmins: true })).remarks.admin).toBeUndefined();
  expect(await rolesOf(2)).toEqual(['admin', 'b']);
});

test('names with control characters do not come, nor anything else that a terminal would obey', async () => {
  const run = await importText(
    app,
    'csv',
    lines({ id: 'e1', email: 'e1@terminal.example', username: '\u001b]0;title\u0007\nfake' }),
  );
  expect(run.remarks).toMatchObject({ username_invalid: ['e1'] });
});
