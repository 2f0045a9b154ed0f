import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp } from '../support/app.js';

const NEW_PASSWORD = 'a rather different set of words';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ updateLastLogin: true });
});
afterAll(() => app.close());

test('no table and no log line contains anything that can be used again', async () => {
  const secrets = [
    ...[PASSWORD, NEW_PASSWORD].flatMap((password) => [password, encodeURIComponent(password)]),
    SECRET_KEY,
    ...privateKeyTexts(),
  ];
  const user = await app.signedUp();
  const keep = async () => {
    const [head, claims = '', signature = ''] = ((await user.refreshCookie()) ?? '..').split('.');
    secrets.push(`${head}.${claims}`, claims, signature, user.accessToken?.split('.')[2] ?? '');
  };

  await keep();
  for (let i = 0; i < 3; i++) {
    app.clock.advance(150);
    expect((await user.refresh()).status).toBe(200);
    await keep();
  }
  await user.post('/auth/password/change', { old_password: PASSWORD, new_password: NEW_PASSWORD });
  await keep();
  app.clock.advance(1);
  await user.login(user.email, NEW_PASSWORD);
  await keep();
  await user.post(`/auth/login?password=${encodeURIComponent(NEW_PASSWORD)}`, {
    email: user.email,
    password: 'a password with a tpyo in it',
  });
  secrets.push('a password with a tpyo in it');
  await provokeFailure(user.email);

  const dump = await dumpOf(app);
  // The dump and the log are not empty: what has to be there is there.
  expect(dump).toContain(user.email);
  expect(dump).toContain('$argon2id$');
  expect(app.log.join('\n')).toContain('failed');
  for (const secret of secrets.filter(Boolean)) {
    expect(dump).not.toContain(secret);
    expect(app.log.join('\n')).not.toContain(secret);
  }
});

/** Something has to go wrong inside, so that the log says more than usual. */
async function provokeFailure(email: string): Promise<void> {
  await app.sql('ALTER TABLE tokenjar.users RENAME COLUMN locale TO language');
  const { status } = await app
    .browser()
    .post(`/auth/login?password=${encodeURIComponent(PASSWORD)}`, { email, password: NEW_PASSWORD });
  expect(status).toBe(500);
  await app.sql('ALTER TABLE tokenjar.users RENAME COLUMN language TO locale');
}

/** The private key as anybody would write it down. */
function privateKeyTexts(): string[] {
  const { privateKey } = app.app.get(KeyRing, { strict: false }).current;
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const scalar = Buffer.from(d, 'base64url');
  return [scalar, der].flatMap((bytes) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding)),
  );
}

/** Every row of every table, as text. */
async function dumpOf(server: TestApp): Promise<string> {
  const tables = await server.sql<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => server.sql<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}
