import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Options } from '../../src/config/options.js';
import { AddressesInOneForm1764370000000 } from '../../src/database/migrations/1764370000000-addresses-in-one-form.js';
import { Passwords } from '../../src/crypto/password.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
});
afterAll(() => mail.stop());

/** Three ways to write one address; the last is how it is kept. */
function written(hasUnicodeName: boolean): [string, string, string] {
  const name = randomBytes(4).toString('hex') + (hasUnicodeName ? 'ü' : '');
  return [
    `${name.toUpperCase()}@BÜCHER.example`,
    `${name.normalize('NFD')}@bücher.example`,
    `${name}@xn--bcher-kva.example`,
  ];
}

describe.each(['standard', 'django', 'django-legacy', 'envelope'] as Options['dialect'][])(
  '%s',
  (dialect) => {
    const isDjango = dialect.startsWith('django');
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({
        dialect,
        rateLimit: true,
        smtpUrl: mail.url,
        frontendUrl: 'https://app.example',
      });
    });
    afterAll(() => app.close());

    const passwords = isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
    const register = (email: string) => app.browser().post('/auth/registration', { email, ...passwords });

    test('registration, login, tokens and reset use the normal form of an address', async () => {
      const forms = written(!isDjango);
      const [, , normal] = forms;
      expect((await register(forms[0])).status).toBe(201);
      expect(await app.sql('SELECT email FROM tokenjar.users')).toEqual([{ email: normal }]);
      for (const email of forms) {
        expect([email, (await register(email)).status]).not.toEqual([email, 201]);
        for (const path of ['/auth/login', '/auth/token'])
          expect([
            path,
            email,
            (await app.browser().post(path, { email, password: PASSWORD })).status,
          ]).toEqual([path, email, 200]);
      }
      for (const email of forms)
        expect((await app.browser().post('/auth/password/reset', { email })).status).toBe(200);
      // The mail server of the tests shows A-labels as what they stand for.
      const links = await eventually(
        () =>
          mail
            .to(normal.replace('xn--bcher-kva', 'bücher'))
            .filter(({ link }) => link.includes('reset-password')),
        ({ length }) => length >= 3,
        10_000,
      );
      expect(links).toHaveLength(3);
    });

    test('limits count all forms of an address together', async () => {
      const forms = written(!isDjango);
      const asked = await Promise.all(
        [...forms, ...forms].map((email) => app.browser().post('/auth/password/reset', { email })),
      );
      expect(asked.filter(({ status }) => status === 429)).toHaveLength(1);
    });
  },
);

describe('as a library', () => {
  let app: TestApp;
  let users: Users;
  beforeAll(async () => {
    app = await startApp();
    users = app.app.get(Users);
  });
  afterAll(() => app.close());
  const signIn = (email: string) => app.browser().login(email);

  test('a user added by a host in any form can sign in', async () => {
    const hash = await new Passwords().hash(PASSWORD);
    const created = await users.create('Seed@Example.com', hash);
    expect(created?.email).toBe('seed@example.com');
    expect(await users.create('seed@EXAMPLE.com', hash)).toBeUndefined();
    expect((await users.findByEmail(' SEED@example.com'))?.id).toBe(created?.id);
    expect((await signIn('SEED@example.com')).status).toBe(200);

    const { repository } = users;
    await repository.save(
      repository.create({ email: 'Row@BÜCHER.example', passwordHash: hash, createdAt: new Date() }),
    );
    expect((await signIn('row@xn--bcher-kva.example')).status).toBe(200);
    expect(await repository.countBy({ email: 'ROW@bücher.example' })).toBe(1);
    await expect(users.create('nobody', hash)).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('rows in another form are normalised, unless the address is taken', async () => {
    const add = (email: string) =>
      app.sql('INSERT INTO tokenjar.users (email, created_at) VALUES ($1, now())', [email]);
    for (const email of [
      'Old@Example.org',
      'ä@bÜcher.org',
      'Twice@example.org',
      'twice@example.org',
      'odd one',
    ])
      await add(email);
    await new AddressesInOneForm1764370000000().up({
      query: (text: string, values?: unknown[]) => app.sql(text, values),
    } as never);
    const rows = await app.sql<{ email: string }>(
      `SELECT email FROM tokenjar.users WHERE email LIKE '%org' OR email = 'odd one'`,
    );
    expect(rows.map(({ email }) => email).sort()).toEqual(
      ['old@example.org', 'ä@xn--bcher-kva.org', 'Twice@example.org', 'twice@example.org', 'odd one'].sort(),
    );
  });
});
