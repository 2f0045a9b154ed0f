import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { runOn } from '../../src/commands/embedded-data.js';
import { Passwords } from '../../src/crypto/password.js';
import { TYPES } from '../../src/database/client-config.js';
import { inSnapshot } from '../../src/database/table-copy.js';
import { djangoPassword, type FixtureChoices } from '../../src/django/fixture.js';
import { fixtureLines } from '../../src/django/fixture-lines.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { withTotp } from '../support/factors.js';
import { importText, lines, vector } from '../transfer/importing.js';

const PYTHON = '/usr/bin/python3';
const isDjangoHere = spawnSync(PYTHON, ['-c', 'import django, argon2'], { stdio: 'ignore' }).status === 0;

/** A site in memory, with a stand-in for allauth's table, that loads a fixture twice and says who can sign in. */
const SITE = `
import json, sys, types
import django
from django.conf import settings
settings.configure(
    SECRET_KEY='x' * 50, USE_TZ=True, DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'account'],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}},
    PASSWORD_HASHERS=['django.contrib.auth.hashers.' + name for name in (
        'PBKDF2PasswordHasher', 'Argon2PasswordHasher')])
sys.path.insert(0, sys.argv[1])
django.setup()
from django.core.management import call_command
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from account.models import EmailAddress
call_command('migrate', run_syncdb=True, verbosity=0)
Group.objects.create(name='of the site')
for _ in range(2):
    call_command('loaddata', sys.argv[2], verbosity=0)
passwords = json.load(open(sys.argv[3]))
print(json.dumps({
    'groups': list(Group.objects.order_by('id').values_list('name', flat=True)),
    'addresses': list(EmailAddress.objects.order_by('id').values_list('user_id', 'email', 'verified', 'primary')),
    'users': [{
        'id': user.pk, 'username': user.username, 'email': user.email, 'active': user.is_active, 'staff': user.is_staff,
        'superuser': user.is_superuser, 'groups': list(user.groups.order_by('name').values_list('name', flat=True)),
        'joined': user.date_joined.isoformat(), 'usable': user.has_usable_password(),
        'signsIn': authenticate(username=user.username, password=passwords.get(user.username, '')) == user,
        'withOther': authenticate(username=user.username, password='another one') is not None,
    } for user in User.objects.order_by('id')],
}))
`;

const ACCOUNT = `
from django.conf import settings
from django.db import models
class EmailAddress(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    email = models.EmailField(unique=True)
    verified = models.BooleanField(default=False)
    primary = models.BooleanField(default=False)
`;

test('hashes are written as the hashers of Django read them', () => {
  expect(djangoPassword('$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA')).toBe(
    'argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  );
  const bcrypt = '$2b$12$LZSJchsWG/DrBy1erNs4ee31eJ7DaWiuwhDOC7aqIyqGGggfu6Y/.';
  expect(djangoPassword(bcrypt)).toBe(`bcrypt$${bcrypt}`);
  expect(djangoPassword(`bcrypt$${bcrypt}`)).toBe(`bcrypt$${bcrypt}`);
  for (const left of ['$wrapped$argon2id$v=19$m=8,t=1,p=1$a$b$md5$c$d', `$wp${bcrypt}`, 'werkzeug$sha1$a$b'])
    expect(djangoPassword(left)).toBeUndefined();
  expect(djangoPassword(`scrypt$16384$${'s'.repeat(120)}$8$1$b`)).toBeUndefined();
});

(isDjangoHere ? describe : describe.skip)('a Django site', () => {
  let app: TestApp;
  let directory: string;
  beforeAll(async () => {
    app = await startApp({ signInWith: 'both', emailVerification: 'none' });
    directory = await mkdtemp(join(tmpdir(), 'tokenjar-fixture-'));
    await promisify(execFile)('mkdir', ['-p', join(directory, 'account')]);
    await writeFile(join(directory, 'account/__init__.py'), '');
    await writeFile(join(directory, 'account/models.py'), ACCOUNT);
    await writeFile(join(directory, 'site.py'), SITE);
  });
  afterAll(async () => {
    await app.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function fixture(choices: FixtureChoices) {
    const report = { users: 0, named: 0, passwordsLeft: 0, factorsLeft: 0, identitiesLeft: 0 };
    const { databaseUrl } = app.database.settings as { databaseUrl: string };
    const client = new pg.Client({ connectionString: databaseUrl, types: TYPES });
    await client.connect();
    let text = '';
    try {
      const run = runOn(client);
      await inSnapshot(run, 'READ ONLY', async () => {
        for await (const each of fixtureLines(run, choices, report, () => undefined)) text += each;
      });
    } finally {
      await client.end();
    }
    return { text, report };
  }

  test('loads the fixture, again and again, and its users sign in with their passwords', async () => {
    const verified = await app.verified('verified@example.com');
    await withTotp(app, await app.signedUp('factor@example.com'));
    // Of the parameters of a server, not those of tests.
    const argon = await new Passwords().hash('Pässwörter');
    const pbkdf2 = vector('django pbkdf2_sha256', '');
    const phpass = vector('phpass', '');
    const { added } = await importText(
      app,
      'csv',
      lines(
        { id: 101, username: 'verified@example.com', password_hash: pbkdf2.hash, roles: ['editor', 'staff'] },
        { id: 102, username: 'user-103', password_hash: pbkdf2.hash, is_active: false },
        { id: 103, username: 'other', password_hash: phpass.hash, created_at: '0001-01-01T00:00:00Z' },
      ),
    );
    expect(added).toBe(3);
    await app.sql(
      `INSERT INTO tokenjar.users (id, password_hash, roles, created_at) OVERRIDING SYSTEM VALUE
        VALUES (104, $1, '{root,"한글 role"}', '2020-02-02T02:02:02.123Z'), (105, NULL, '{}', now())`,
      [argon],
    );
    await app.sql(
      `UPDATE tokenjar.users SET username = NULL, username_folded = NULL, username_skeleton = NULL WHERE id = 103`,
    );

    const { text, report } = await fixture({
      staffRole: 'staff',
      superuserRole: 'root',
      withAddresses: true,
    });
    expect(report).toEqual({ users: 7, named: 5, passwordsLeft: 1, factorsLeft: 1, identitiesLeft: 0 });
    const file = join(directory, 'users.jsonl');
    await writeFile(file, text);
    const own = text
      .split('\n')
      .filter(Boolean)
      .map((each) => JSON.parse(each) as { pk: number; fields: { username?: string } })
      .find(({ fields }) => fields.username?.startsWith('user-1') && fields.username !== 'user-103');
    expect(own?.fields.username).toBe('user-1');
    await writeFile(
      join(directory, 'passwords.json'),
      JSON.stringify({
        'user-1': PASSWORD,
        'factor@example.com': PASSWORD,
        'verified@example.com': pbkdf2.password,
        'user-103': pbkdf2.password,
        'user-103-1': phpass.password,
        'user-104': 'Pässwörter',
      }),
    );
    const { stdout } = await promisify(execFile)(PYTHON, [
      join(directory, 'site.py'),
      directory,
      file,
      join(directory, 'passwords.json'),
    ]);
    const site = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(site.groups).toEqual(['of the site', 'editor', '한글 role']);
    expect(site.addresses).toEqual([
      [1, 'verified@example.com', true, true],
      [2, 'factor@example.com', false, true],
    ]);
    const none = { active: true, staff: false, superuser: false, groups: [], usable: true, withOther: false };
    expect(site.users).toEqual([
      { ...none, id: 1, username: 'user-1', email: verified.email, joined: expect.anything(), signsIn: true },
      expect.objectContaining({ ...none, id: 2, username: 'factor@example.com', signsIn: true }),
      expect.objectContaining({
        ...none,
        id: 101,
        staff: true,
        groups: ['editor'],
        signsIn: true,
        email: '',
      }),
      expect.objectContaining({ ...none, id: 102, active: false, username: 'user-103', signsIn: false }),
      expect.objectContaining({
        ...none,
        id: 103,
        username: 'user-103-1',
        signsIn: false,
        joined: '0001-01-01T00:00:00+00:00',
      }),
      expect.objectContaining({
        ...none,
        id: 104,
        superuser: true,
        groups: ['한글 role'],
        signsIn: true,
        joined: '2020-02-02T02:02:02.123000+00:00',
      }),
      expect.objectContaining({ ...none, id: 105, username: 'user-105', usable: false, signsIn: false }),
    ]);
  });
});
