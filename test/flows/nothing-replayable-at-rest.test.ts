import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { PASSWORD, SECRET_KEY, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { enterCode, enterRecoveryCode, withTotp } from '../support/factors.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { secretOf } from '../support/smtp.js';
import { bytesOf } from '../support/totp.js';

/** Of what can be used again, these have a digest or a ciphertext. */
const HAVE_SECRETS = [
  'pending_logins',
  'totp_secrets',
  'totp_setups',
  'recovery_codes',
  'trusted_devices',
  'login_codes',
];
const NEW_PASSWORD = 'a rather different set of words';

let started: MailApp;
let app: TestApp;
beforeAll(async () => {
  started = await startMailApp({ updateLastLogin: true, emailCodeLogin: true });
  ({ app } = started);
});
afterAll(() => started.close());

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
  secrets.push('a password with a tpyo in it', ...(await secretsOfFactors()), ...(await secretsOfEmails()));
  await provokeFailure(user.email);

  const dump = await dumpOf(app);
  // The dump and the log are not empty: what has to be there is there.
  expect(dump).toContain(user.email);
  expect(dump).toContain('$argon2id$');
  for (const table of HAVE_SECRETS)
    expect([table, await app.sql(`SELECT 1 FROM tokenjar.${table}`)]).toEqual([
      table,
      expect.arrayContaining([expect.anything()]),
    ]);
  expect(app.log.join('\n')).toContain('failed');
  for (const secret of secrets.filter(Boolean)) {
    expect(dump).not.toContain(secret);
    expect(app.log.join('\n')).not.toContain(secret);
  }
});

const cookieOf = async (browser: Browser, name: string): Promise<string> => {
  const { value } = (await browser.jar.getCookies(app.url)).find(({ key }) => key === name) ?? {};
  if (!value) throw new Error(`there is no cookie ${name}`);
  return value;
};

/** A secret as anybody would write it down, or its bytes. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret, 'base64url').toString('hex'),
];

/** Of logins that lack a step, trusted devices, an app, recovery codes and passkeys; all are good then. */
async function secretsOfFactors(): Promise<string[]> {
  const user = await withTotp(app, await app.verified());
  const begun = async () => {
    const browser = app.browser();
    await browser.login(user.email);
    return browser;
  };
  const trusting = await begun();
  await enterCode(app, trusting, user.secret, { trust_device: true });
  const wrong = await begun();
  const mistyped = `${user.recoveryCodes[0]?.slice(0, -1)}u`;
  expect((await enterRecoveryCode(wrong, mistyped)).status).toBe(401);
  const other = await app.verified();
  const { body: setUp } = await other.post('/auth/factors/totp');
  const asking = app.browser();
  const { body } = await asking.post('/auth/login/options', { method: 'passkey' });
  const { challenge } = body.public_key as { challenge: string };
  return [
    ...(await cookieOf(trusting, 'trusted_device')).split('~').flatMap(formsOf),
    ...formsOf(await cookieOf(wrong, 'pending_login')),
    ...formsOf(await cookieOf(asking, 'passkey_challenge')),
    ...formsOf(challenge),
    ...[user.secret, String(setUp.secret)].flatMap((secret) => [
      secret,
      Buffer.from(bytesOf(secret)).toString('hex'),
      Buffer.from(bytesOf(secret)).toString('base64url'),
    ]),
    ...[...user.recoveryCodes, mistyped].flatMap((code) => [
      ...formsOf(code),
      ...formsOf(code.replaceAll('-', '')),
    ]),
  ];
}

/** Of a login by an emailed code, which has arrived and can be used. */
async function secretsOfEmails(): Promise<string[]> {
  const { email } = await app.verified();
  const browser = app.browser();
  await browser.post('/auth/login/code', { email });
  const { subject, link } = await started.mail.emailTo(email);
  const [code = ''] = /\d{8}/.exec(subject) ?? [];
  const key = secretOf(link);
  expect([code, key]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
  await app.browser().post('/auth/login/code/show', { key: `${key}x` });
  return [...formsOf(await cookieOf(browser, 'pending_login')), code, ...formsOf(key)];
}

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
  const { privateKey } = app.app.get(KeyRing, { strict: false }).signerAt(app.clock.now());
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
