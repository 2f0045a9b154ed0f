import { spawn, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { AuditChain } from '../../src/audit/audit-chain.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { InvitationEmails } from '../../src/invitations/invitation-emails.js';
import { FactorResetRun } from '../../src/mfa/factor-reset-run.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { eventually, untilRefused } from '../support/eventually.js';
import { withTotp } from '../support/factors.js';
import { isLong, longTest } from '../support/long.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { build, ROOT, startProcess } from '../support/server-process.js';
import { expectProblem } from '../support/problem.js';

let database: TestDatabase;
let app: TestApp;
let mail: MailServer;
/** Where commands run: nobody has left a database or a key there. */
let directory: string;
beforeAll(async () => {
  await build();
  directory = await mkdtemp(join(tmpdir(), 'tokenjar-commands-'));
  database = await createEmptyDatabase();
  mail = await startMailServer();
  app = await startApp({ smtpUrl: mail.url, frontendUrl: 'https://app.example' }, database);
}, 120_000);
afterAll(async () => {
  await app.close();
  await mail.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a command as an operator does: with the database, and no secret. */
function tokenjar(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  return run(args, { DATABASE_URL: databaseUrl });
}

function run(args: string[], environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

const done = (stdout: string) => ({ status: 0, stdout: `${stdout}\n`, stderr: '' });

test('import django shows what it guesses, asks before it writes, and needs no more than SELECT', async () => {
  const site = await createEmptyDatabase();
  const { databaseUrl: siteUrl } = site.settings as { databaseUrl: string };
  const role = `reader_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: siteUrl });
  await client.connect();
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const url = new URL(siteUrl);
  [url.username, url.password] = [role, 'reader'];
  const command = (...args: string[]) =>
    run(['import', 'django', '--from', url.href, ...args], { DATABASE_URL: databaseUrl, SECRET_KEY });
  try {
    await client.query(await readFile(new URL('../django/site-a.sql', import.meta.url), 'utf8'));
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const dry = command('--dry-run');
    expect([dry.stderr, dry.stdout]).toEqual([
      '',
      expect.stringMatching(/--user-table +auth_user[^]*--sign-in-with +both[^]*87 users: 87 would be added/),
    ]);
    const undecided = command();
    expect([undecided.status, undecided.stderr]).toEqual([1, expect.stringContaining('Add --yes')]);
    const last = command('--dry-run', '--json').stdout.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ dry_run: true, users: 87, added: 87 });
    const wrong = command('--dry-run', '--email-column', 'mail');
    expect([wrong.status, wrong.stderr]).toEqual([1, '--email-column: auth_user has no column mail\n']);
    await client.query(`REVOKE SELECT ON mfa_authenticator FROM ${role}`);
    expect(command('--dry-run').stderr).toContain('permission denied for table mfa_authenticator; grant');
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
    await site.drop();
  }
});

longTest('the audit trail is verified, and what was tampered with is named', async () => {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const environment = { DATABASE_URL: databaseUrl, SECRET_KEY };
  const verify = (...args: string[]) => run(['audit', 'verify', ...args], environment);
  await app.signedUp();
  await app.app.get(AuditChain).run();
  const { status, stdout } = verify();
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^The audit trail is intact: \d+ events in \d+ batch(es)?; 0 not sealed yet\.\nThe chain ends with \d+:[0-9a-f]{64}\n$/,
    ),
  ]);
  const { head, ...facts } = JSON.parse(verify('--json').stdout) as { head: string };
  expect(facts).toMatchObject({ intact: true, finding: null, unsealed: 0, removed_at: null });
  expect(verify('--head', head).status).toBe(0);
  expect(
    verify(
      '--head',
      head.replace(/.$/, (end) => (end === '0' ? '1' : '0')),
    ),
  ).toMatchObject({
    status: 2,
    stdout: expect.stringContaining('the record of batch'),
  });
  expect(verify('--head', 'x')).toMatchObject({ status: 1, stderr: expect.stringContaining('x: is not') });
  expect(tokenjar('audit', 'verify')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^SECRET_KEY: is not set/),
  });
  expect(run(['audit', 'verify'], { ...environment, SECRET_KEY: 'x'.repeat(40) })).toMatchObject({
    status: 2,
    stdout: expect.stringContaining('not proven'),
  });
  await app.sql('CREATE TABLE tokenjar.kept AS SELECT * FROM tokenjar.audit_events');
  const [{ id } = { id: 0 }] = await app.sql<{ id: number }>(
    'DELETE FROM tokenjar.audit_events WHERE id = (SELECT min(id) FROM tokenjar.audit_events) RETURNING id',
  );
  expect(verify()).toMatchObject({
    status: 2,
    stdout: `The audit trail was tampered with: event ${id} of batch 1 was removed.\n`,
  });
  await app.sql(
    'INSERT INTO tokenjar.audit_events OVERRIDING SYSTEM VALUE SELECT * FROM tokenjar.kept WHERE id = $1',
    [id],
  );
  await app.sql('DROP TABLE tokenjar.kept');
  expect(verify().status).toBe(0);
});

longTest('webhooks: added with the key of the server, listed, their log, replayed, deleted', async () => {
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const withKey = (...args: string[]) =>
    run(['--as', 'ada', 'webhooks', ...args], { DATABASE_URL: databaseUrl, SECRET_KEY });
  expect(tokenjar('webhooks', 'add', 'https://hooks.example/')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^SECRET_KEY: is not set/),
  });
  expect(withKey('add', 'https://10.0.0.1/')).toMatchObject({
    status: 1,
    stderr: 'https://10.0.0.1/: is not a public address\n',
  });
  expect(withKey('add', 'https://1.1.1.1/', 'log-in').stderr).toMatch(/^log-in: is not an event/);
  const added = withKey('add', 'https://1.1.1.1/', 'factors_reset', '--json');
  const { secret, ...webhook } = JSON.parse(added.stdout) as Record<string, string>;
  expect(secret).toMatch(/^whsec_/);
  expect(tokenjar('webhooks', 'list')).toEqual(done(`${webhook.id}  https://1.1.1.1/  factors_reset`));
  expect(JSON.parse(tokenjar('webhooks', 'list', '--json').stdout)).toEqual(webhook);
  const [{ id } = { id: '' }] = await app.sql<{ id: string }>(
    `INSERT INTO tokenjar.webhook_deliveries (id, endpoint_id, event_id, event, payload, created_at, due_at, attempts,
        failed_at, response_status, last_error)
      VALUES (gen_random_uuid(), $1, 1, 'factors_reset', '{}', $2, $2, 10, $2, 500, 'the endpoint answered 500')
      RETURNING id`,
    [webhook.id, app.clock.now()],
  );
  expect(tokenjar('webhooks', 'deliveries', String(webhook.id))).toEqual(
    done(
      `${id}  ${app.clock.now().toISOString()}  factors_reset  failed  10 attempts  the endpoint answered 500`,
    ),
  );
  await app.sql('UPDATE tokenjar.webhook_endpoints SET disabled_at = now()');
  expect(tokenjar('webhooks', 'replay', String(webhook.id), id)).toMatchObject({ status: 1 });
  // So that the running server leaves it alone.
  await app.sql(`UPDATE tokenjar.webhook_endpoints SET disabled_at = NULL, url = 'https://hooks.invalid/'`);
  expect(tokenjar('webhooks', 'replay', String(webhook.id), id).status).toBe(0);
  expect(tokenjar('--as', 'ada', 'webhooks', 'delete', String(webhook.id))).toEqual(
    done('The webhook is deleted.'),
  );
  expect(tokenjar('webhooks', 'deliveries', String(webhook.id)).status).toBe(1);
  expect(tokenjar('webhooks', 'deliveries', 'x').stderr).toMatch(/^x: is not an ID/);
  const records = await app.sql<{ event: string; actor: string }>(
    `SELECT event, actor FROM tokenjar.audit_events WHERE event LIKE 'webhook%' ORDER BY id`,
  );
  expect(records.map(({ event }) => event)).toEqual(['webhook_added', 'webhook_replayed', 'webhook_deleted']);
  expect([records[0]?.actor, records[2]?.actor]).toEqual([
    expect.stringMatching(/^ada, /),
    expect.stringMatching(/^ada, /),
  ]);
});

longTest('roles and who has them', async () => {
  const user = await app.signedUp();
  expect(
    tokenjar('roles', 'set', 'clerk', 'orders:write', 'orders:read', '--description', 'at the desk'),
  ).toEqual(done('The role clerk has the permissions orders:read orders:write.'));
  expect(tokenjar('roles', 'list')).toEqual(
    done('admin  (no permissions)\nclerk  orders:read orders:write  — at the desk'),
  );
  expect(JSON.parse(tokenjar('roles', 'list', '--json').stdout)).toEqual([
    { name: 'admin', permissions: [], description: null },
    { name: 'clerk', permissions: ['orders:read', 'orders:write'], description: 'at the desk' },
  ]);
  expect(tokenjar('users', 'set-roles', user.email, 'clerk')).toEqual(done('The user has the roles clerk.'));
  const { refusal, acceptedFor } = await untilRefused(() => user.get('/auth/session'));
  expect([refusal.body.code, acceptedFor < 1000]).toEqual(['token_outdated', true]);
  await user.refresh();
  expect((await user.get('/auth/session')).body).toMatchObject({
    roles: ['clerk'],
    scope: 'orders:read orders:write',
  });
  const refused = (...args: string[]) => {
    const { status, stdout, stderr } = tokenjar(...args);
    return [status, stdout, stderr.trim()];
  };
  expect(refused('roles', 'delete', 'clerk')[2]).toContain('1 user has the role');
  expect(refused('users', 'set-roles', user.email, 'clark')[2]).toContain('There is no role clark');
  expect(refused('roles', 'set', 'clerk', 'two words')[2]).toContain('two words: a permission');
  const [, listed] = refused('users', 'list', '--role', 'clerk', '--json');
  expect(JSON.parse(String(listed))).toMatchObject({ email: user.email, roles: ['clerk'] });
  expect(refused('users', 'show', user.email)[1]).toMatch(/roles +clerk\n/);
  expect(refused('users', 'delete', user.email)).toEqual([1, '', expect.stringContaining('--yes')]);
  const json = (...args: string[]): unknown => {
    const { status, stdout, stderr } = tokenjar(...args, '--json');
    expect([status, stderr, stdout.trimEnd().split('\n').length]).toEqual([0, '', 1]);
    return JSON.parse(stdout);
  };
  const { id } = json('users', 'show', user.email) as { id: number };
  expect(json('roles', 'set', 'night')).toEqual({ name: 'night', permissions: [], description: null });
  const roles = ['clerk', 'night'];
  expect(json('users', 'set-roles', user.email, 'night', 'clerk')).toEqual({
    ...{ id, email: user.email, username: null },
    roles,
  });
  expect(json('users', 'delete', user.email, '--yes')).toEqual({
    ...{ id, email: user.email, username: null },
    deleted: true,
  });
  expect(json('roles', 'delete', 'night')).toEqual({ name: 'night', deleted: true });
  expect(tokenjar('roles', 'delete', 'clerk')).toEqual(done('The role clerk is deleted.'));
});

test('people: a user with a link, another link, an invitation', async () => {
  app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000);
  const [made, invited] = [uniqueEmail(), uniqueEmail()];
  const created = tokenjar(
    '--as',
    'grace',
    'users',
    'create',
    '--email',
    made.toUpperCase(),
    '--role',
    'admin',
  );
  expect([created.status, created.stderr]).toEqual([0, '']);
  const set = (key: string) =>
    app.browser().post('/auth/password/reset/confirm', { token: key, new_password: PASSWORD });
  const [, first = ''] =
    /\nhttp:\/\/localhost:3000\/reset-password#token=([\w-]+)\n$/.exec(created.stdout) ?? [];
  const { link, expires_in, id } = JSON.parse(
    tokenjar('users', 'password-link', made, '--json').stdout,
  ) as Record<string, unknown>;
  expect([expires_in, typeof id]).toEqual([86_400, 'number']);
  expect((await set(String(link).split('=').at(-1) ?? '')).status).toBe(200);
  // Each works once, and none after the password has changed.
  expectProblem(await set(first), 'link_invalid');
  expect((await app.browser().login(made)).body.code).toBe('second_factor_setup_required');
  expect(
    await app.sql('SELECT actor FROM tokenjar.audit_events WHERE actor LIKE $1', ['grace%']),
  ).toHaveLength(3);

  expect(JSON.parse(tokenjar('users', 'invite', invited, 'admin', '--json').stdout)).toMatchObject({
    email: invited,
    roles: ['admin'],
  });
  await app.app.get(InvitationEmails, { strict: false }).queue();
  const { link: sent } = await mail.emailTo(invited);
  expect(sent).toContain('https://app.example/invitation#key=');
  const refused = (...args: string[]) => {
    const { status, stdout, stderr } = tokenjar('users', ...args);
    return [status, stdout, stderr.trim()];
  };
  expect(refused('create', '--email', made)).toEqual([
    1,
    '',
    `There is a user with the address ${made} already.`,
  ]);
  expect(refused('invite', made)[2]).toContain('already');
  expect(refused('invite', uniqueEmail(), 'clark')[2]).toContain('There is no role clark');
  expect(refused('create', '--email', 'nobody')).toEqual([1, '', 'nobody is not an email address.']);
  expect(refused('password-link', uniqueEmail())[0]).toBe(1);
});

longTest('users are named by an address, a username or an ID', async () => {
  app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000);
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const named = (...args: string[]) =>
    run(['users', ...args], { DATABASE_URL: databaseUrl, SIGN_IN_WITH: 'username' });
  const refused = (...args: string[]) => {
    const { status, stdout, stderr } = named(...args);
    return [status, stdout, stderr.trim()];
  };
  const made = JSON.parse(named('create', '--username', 'Grace', '--json').stdout) as Record<string, unknown>;
  expect(made).toMatchObject({ email: null, username: 'Grace', roles: [], expires_in: 86_400 });
  const token = String(made.link).split('=').at(-1);
  const set = await app.browser().post('/auth/password/reset/confirm', { token, new_password: PASSWORD });
  expect(set.status).toBe(200);
  const id = String(made.id);
  for (const name of ['grace', 'GRACE', id, `id=${id}`])
    expect(JSON.parse(named('show', name, '--json').stdout)).toMatchObject({
      id: made.id,
      email: null,
      username: 'Grace',
      has_password: true,
    });
  expect(named('list').stdout).toContain(`${id}\tGrace\n`);
  expect(JSON.parse(named('password-link', 'grace', '--json').stdout)).toMatchObject({
    id: made.id,
    email: null,
  });
  expect(refused('create', '--username', 'GRACE')[2]).toContain('called GRACE already');
  expect(refused('create', '--username', 'a b')[2]).toContain('--username: A username consists of');
  expect(refused('create', '--email', uniqueEmail())[2]).toContain('--username: is needed');
  expect(tokenjar('users', 'create', '--username', 'ada').stderr).toContain('--email: is needed');
  expect(refused('show', 'nobody-here')).toEqual([1, '', 'There is no user called nobody-here.']);
  // An ID that is the username of somebody else names neither.
  await app.sql(
    'UPDATE tokenjar.users SET username = $2, username_folded = $2, username_skeleton = $2 WHERE email = $1',
    [(await app.signedUp()).email, id],
  );
  expect(refused('deactivate', id)).toEqual([1, '', expect.stringContaining(`write id=${id} or id=`)]);
  expect(named('deactivate', `id=${id}`)).toEqual(
    done('The user is deactivated, and all sessions have ended.'),
  );
  expect(refused('password-link', `id=${id}`)[2]).toContain('is deactivated');
  expect(JSON.parse(named('delete', 'grace', '--yes', '--json').stdout)).toEqual({
    ...{ id: made.id, email: null, username: 'Grace' },
    deleted: true,
  });
});

// A wrong name, a wrong argument and a refusal of the server have one exit code, and standard output stays empty for scripts.
longTest.each(
  [
    ['users', 'show', 'nobody@example.com'],
    ['users', 'set-roles', 'nobody@example.com', 'admin'],
    ['users', 'delete', 'nobody@example.com', '--yes'],
    ['users', 'password-link', 'nobody@example.com'],
    ['users', 'invite', 'nobody'],
    ['users', 'create'],
    ['users', 'list', '--rol', 'x'],
    ['roles', 'set', ''],
    ['roles', 'delete', 'unheard'],
    ['roles', 'lost'],
  ].map((args) => [args.join(' '), args] as const),
)('%s is refused with 1', (_, args) => {
  for (const more of [[], ['--json']]) {
    const { status, stdout, stderr } = tokenjar(...args, ...more);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).not.toBe('');
  }
});

test('end-sessions ends the sessions on a running server', async () => {
  const user = await app.signedUp();
  // Commands are given by the database's time, and the clock of the tests stands elsewhere.
  app.clock.advance((Date.now() - app.clock.now().getTime()) / 1000 - 1);
  const other = await app.signedUp();
  await other.login(user.email);
  expect(tokenjar('users', 'end-sessions', user.email.toUpperCase())).toEqual(
    done('All sessions have ended.'),
  );
  const { refusal, acceptedFor } = await untilRefused(() => other.get('/auth/session'));
  expect([refusal.status, refusal.body.code]).toEqual([401, 'token_blacklisted']);
  expect(acceptedFor).toBeLessThan(1000);
  expectProblem(await other.refresh(), 'token_blacklisted');
  expect(tokenjar('users', 'end-sessions', user.email)).toEqual(done('There were no sessions.'));
});

test('reset-factors tells the user, waits, and removes the factors; what is cancelled stays', async () => {
  const [user, other] = [
    await withTotp(app, await app.verified()),
    await withTotp(app, await app.verified()),
  ];
  const run = () => app.app.get(FactorResetRun, { strict: false }).run();
  const told = (subject: string) =>
    eventually(
      () => mail.to(user.email).filter((each) => each.subject.includes(subject)).length,
      (count) => count === 1,
    );
  const announced =
    'A running server will tell the user by email, if it sends emails, and remove all second factors after FACTOR_RESET_WAIT, unless the user cancels it.';
  for (const { email } of [user, other])
    expect(tokenjar('--as', 'grace', 'users', 'reset-factors', email)).toEqual(done(announced));
  expect(tokenjar('users', 'reset-factors', user.email)).toEqual(
    done('This was requested before, and is waiting.'),
  );
  await run();
  expect(await told('your second factors will be removed')).toBe(1);
  expect((await other.delete('/auth/factors/reset')).status).toBe(204);
  app.clock.advance(86_399);
  await run();
  expect((await app.browser().login(user.email)).body.code).toBe('second_factor_required');
  app.clock.advance(2);
  await run();
  expect(await told('your second factors were removed')).toBe(1);
  expect((await user.refresh()).status).toBe(401);
  expect((await app.browser().login(user.email)).status).toBe(200);
  expect((await app.browser().login(other.email)).body.code).toBe('second_factor_required');
});

longTest('deactivate and activate', async () => {
  const user = await app.signedUp();
  const signIn = () => app.browser().login(user.email);
  expect(tokenjar('users', 'deactivate', user.email)).toEqual(
    done('The user is deactivated, and all sessions have ended.'),
  );
  expect((await signIn()).status).toBe(401);
  expect(tokenjar('users', 'deactivate', user.email)).toEqual(done('The user was not active.'));
  expect(tokenjar('--as', 'ada', 'users', 'activate', user.email)).toEqual(done('The user is active.'));
  const trail = await app.sql<{ event: string; ip: string | null; user_agent: string; actor: string }>(
    `SELECT event, ip, user_agent, actor FROM tokenjar.audit_events WHERE event LIKE 'user_%' ORDER BY id DESC LIMIT 2`,
  );
  expect(trail).toEqual([
    {
      event: 'user_activated',
      ip: null,
      user_agent: expect.stringMatching(/^tokenjar\/\S+$/),
      actor: expect.stringMatching(/^ada, .+@.+$/),
    },
    {
      event: 'user_deactivated',
      ip: null,
      user_agent: expect.stringMatching(/^tokenjar\/\S+$/),
      actor: expect.stringMatching(/^[^,]+@.+$/),
    },
  ]);
  const ended = await app.sql(
    `SELECT DISTINCT actor ~ '^[^,]+@.+$' AS is_named FROM tokenjar.audit_events
     WHERE event = 'session_ended' AND reason <> 'replaced' AND user_id = (SELECT id FROM tokenjar.users WHERE email = $1)`,
    [user.email],
  );
  expect(ended).toEqual([{ is_named: true }]);
  expect(tokenjar('users', 'deactivate', user.email).status).toBe(0);
  expect(tokenjar('users', 'activate', user.email)).toEqual(done('The user is active.'));
  expect((await signIn()).status).toBe(200);
});

test('purge and migrate report what they did', async () => {
  const [, purged = ''] = /^Purged (.+)\.\n$/.exec(tokenjar('purge').stdout) ?? [];
  const kinds = purged.split(', ').map((each) => each.replace(/^\d+ /, ''));
  // All that a server purges by itself: with PURGE_INTERVAL=0 the command is what does.
  expect(kinds.sort()).toEqual([...(await app.app.get(Purge).run()).keys()].sort());
  expect(tokenjar('migrate')).toEqual(done('The database schema is up to date.'));
});

test('a purge that takes longer than PURGE_INTERVAL is one purge', async () => {
  const entries = 30_000;
  await app.sql(
    `INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
     SELECT gen_random_uuid(), 'logout', now(), now() - interval '1 d' FROM generate_series(1, $1)`,
    [entries],
  );
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const { stdout } = run(['purge'], { DATABASE_URL: databaseUrl, PURGE_INTERVAL: '1s' });
  expect(stdout).toContain(` ${entries} entries of the blacklist`);
  expect(await app.sql("SELECT FROM tokenjar.jobs WHERE name = 'purge'")).toEqual([]);
});

test('build-filter needs no database, and reports its result or the invalid line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokenjar-filter-'));
  try {
    const [list, filter] = [join(directory, 'list'), join(directory, 'filter')];
    const build = (path: string) => run(['passwords', 'build-filter', path, '--output', filter], {});
    const hash = createHash('sha1').update(PASSWORD).digest('hex');
    await writeFile(list, `${hash}:3\n`);
    expect(build(list)).toEqual(done(`${filter}: 1 passwords, 88 bytes.`));
    await writeFile(list, `${hash}:3\n${PASSWORD}\n`);
    const bad = build(list);
    expect([bad.status, bad.stdout, bad.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/list: line 2: is neither a SHA-1 hash [^\n]+\n$/),
    ]);
    expect(bad.stderr).not.toContain(PASSWORD);
    expect(build(join(directory, 'none')).stderr).toMatch(/^ENOENT[^\n]+none'\n$/);
    expect(build(directory).stderr).toMatch(/^EISDIR[^\n]+\n$/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

longTest(
  'build-filter refuses to overwrite its list or to read a pipe, and leaves no temporary file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenjar-filter-'));
    try {
      const list = join(folder, 'list');
      const lines = Array.from({ length: 400_000 }, (_, i) =>
        createHash('sha1').update(String(i)).digest('hex'),
      );
      await writeFile(list, lines.join('\n'));
      await symlink(list, join(folder, 'same'));
      for (const output of [list, join(folder, 'same')]) {
        const refused = run(['passwords', 'build-filter', list, '--output', output], {});
        expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/is the list itself/)]);
      }
      expect(await readFile(list, 'utf8')).toBe(lines.join('\n'));
      expect(run(['passwords', 'build-filter', '/dev/null'], {}).stderr).toMatch(
        /^\/dev\/null: must be a file/,
      );

      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        const building = spawn(
          process.execPath,
          [join(ROOT, 'dist/cli.js'), 'passwords', 'build-filter', list, '-o', join(folder, 'filter')],
          { cwd: folder, stdio: 'ignore' },
        );
        const ended = once(building, 'exit');
        const isHalfMade = async () => (await readdir(folder)).some((name) => name.endsWith('.tmp'));
        await eventually(isHalfMade, (is) => is);
        building.kill(signal);
        expect([await ended, (await readdir(folder)).sort()]).toEqual([
          [code, null],
          ['list', 'same'],
        ]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  60_000,
);

describe('a command without its database', () => {
  const ALL = [
    ['migrate'],
    ['purge'],
    ['users', 'deactivate', 'a@example.com'],
    ['users', 'activate', 'a@example.com'],
    ['users', 'end-sessions', 'a@example.com'],
  ];
  const COMMANDS = isLong ? ALL : ALL.slice(0, 3);
  test.each(COMMANDS)('%s %s creates none', async (...command) => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenjar-none-'));
    try {
      const dataDir = join(folder, 'data');
      const { status, stdout, stderr } = run(command, { DATA_DIR: dataDir });
      expect([status, stdout, stderr]).toEqual([
        1,
        '',
        expect.stringMatching(/^DATABASE_URL: is not set, [^\n]+\n$/),
      ]);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each(COMMANDS.slice(1))('%s %s does not migrate an empty one', async (...command) => {
    const empty = await createEmptyDatabase();
    try {
      const { databaseUrl } = empty.settings as { databaseUrl: string };
      const { status, stdout, stderr } = run(command, { DATABASE_URL: databaseUrl });
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^MIGRATE: [^\n]+\n$/)]);
    } finally {
      await empty.drop();
    }
  });

  test.each(COMMANDS)('%s %s reports in one line that it cannot be reached', (...command) => {
    const { status, stdout, stderr } = run(command, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^DATABASE_URL: [^\n]+\n$/)]);
  });
});

test.each([
  [['nope'], "error: unknown command 'nope'"],
  [['users', 'deactivate'], "error: missing required argument 'user'"],
  [['users', 'deactivate', 'a', 'b'], 'error: too many arguments'],
  [['purge', '--now'], "error: unknown option '--now'"],
  [['passwords', 'build-filter', 'list', '--min-count', '0'], "error: option '--min-count <n>' argument '0'"],
])('%j prints what is wrong, and where to read on', (command, said) => {
  const { status, stdout, stderr } = run(command, {});
  const [error, ...rest] = stderr.trimEnd().split('\n');
  expect([status, stdout, error?.startsWith(said), rest]).toEqual([
    1,
    '',
    true,
    ['What it takes is in its --help.'],
  ]);
});

test('a group without a command prints the usage', () => {
  const { status, stdout, stderr } = run(['users'], {});
  expect([status, stdout, stderr.startsWith('Usage: tokenjar users')]).toEqual([1, '', true]);
});

longTest('a command that cannot be carried out prints one line', async () => {
  expect(tokenjar('users', 'end-sessions', 'nobody@example.com')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'There is no user with the address nobody@example.com.\n',
  });
  const unknown = tokenjar('clean');
  expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining("unknown command 'clean'")]);
  expect(tokenjar('--help').stdout).toContain('migrate');

  const dataDir = await mkdtemp(join(tmpdir(), 'tokenjar-cli-'));
  const embedded = startProcess({ DATA_DIR: dataDir });
  await embedded.url;
  const inUse = run(['purge'], { DATA_DIR: dataDir });
  embedded.kill('SIGTERM');
  await embedded.ended;
  await rm(dataDir, { recursive: true, force: true });
  expect([inUse.status, inUse.stderr]).toEqual([1, expect.stringMatching(/^DATA_DIR: .*\n$/)]);
});

longTest(
  'signing keys are listed, rotated, revoked and imported; a bad key is refused with its reason',
  async () => {
    const other = await createEmptyDatabase();
    const directory = await mkdtemp(join(tmpdir(), 'tokenjar-keys-'));
    const { databaseUrl } = other.settings as { databaseUrl: string };
    const environment = { DATABASE_URL: databaseUrl, SECRET_KEY, TOKENJAR_OPERATOR: 'ada' };
    const keys = (...args: string[]) => run(['keys', ...args], environment);
    const listed = () =>
      keys('list', '--json')
        .stdout.trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { kid: string; state: string; imported: boolean });
    const one = (state: string) => listed().find((key) => key.state === state)?.kid ?? '';
    const file = async (name: string, text: string | Buffer) => {
      await writeFile(join(directory, name), text);
      return join(directory, name);
    };
    try {
      await (await startApp({ migrate: 'auto' }, other)).close();
      expect(listed().map(({ state }) => state)).toEqual(['current', 'next']);
      expect(keys('list').stdout).toMatch(
        /^[\w-]{43} {2}ES256 {2}current {2}signs since .*\n[\w-]{43} .* next {2}/,
      );
      const [current, next] = [one('current'), one('next')];
      expect(keys('rotate')).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringContaining(`${next} signs from`),
      });
      await eventually(
        () => one('current'),
        (kid) => kid === next,
        10_000,
      );
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const own = await file('own.pem', pem);
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
      const rsa = weak.export({ format: 'pem', type: 'pkcs8' });
      for (const [name, text, said] of [
        ['junk', 'junk', 'neither a PEM nor a JWK'],
        ['cut', pem.slice(0, 80), 'not a key in PEM or JWK format'],
        [
          'public',
          publicKey.export({ format: 'pem', type: 'spki' }).toString(),
          'is a public key, which cannot sign',
        ],
        ['rsa', rsa.toString(), 'is not a key for ES256'],
        ['d', JSON.stringify({ ...privateKey.export({ format: 'jwk' }), d: 'AAAA' }), ''],
      ] as const) {
        const refused = keys('import', await file(name, text));
        expect([name, refused.status, refused.stdout]).toEqual([name, 1, '']);
        expect(refused.stderr).toContain(said);
        expect(refused.stderr).not.toMatch(/\n +at /);
      }
      expect(keys('import', join(directory, 'none')).stderr).toContain('there is no such file');
      expect(run(['keys', 'rotate'], { ...environment, SIGNING_KEY: pem }).stderr).toContain(
        'SIGNING_KEY: is set',
      );
      expect(keys('import', own)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('is imported and published'),
      });
      expect(keys('import', own).stderr).toContain('is in the database already');
      const imported = listed().find((key) => key.imported);
      expect(imported?.state).toBe('next');
      const revoked = JSON.parse(keys('revoke', next, '--json').stdout) as {
        keys: { kid: string; state: string }[];
      };
      expect(Object.fromEntries(revoked.keys.map(({ kid, state }) => [kid, state]))).toMatchObject({
        [current]: 'retired',
        [next]: 'revoked',
      });
      expect(keys('revoke', next)).toMatchObject({ status: 1, stderr: `${next}: is revoked\n` });
      expect(keys('revoke', 'x').stderr).toContain('there is no such signing key');
      expect(keys('revoke', imported?.kid ?? '').status).toBe(0);
      expect(keys('import', own).stderr).toContain('is revoked');
      expect(
        run(['keys', 'rotate'], { ...environment, SECRET_KEY: `${SECRET_KEY}, another` }).stderr,
      ).toContain('SECRET_KEY: does not decrypt the signing key');
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      const { rows } = await client.query<{ event: string; actor: string }>(
        `SELECT event, actor FROM tokenjar.audit_events WHERE event LIKE 'signing_key%' ORDER BY id`,
      );
      await client.end();
      expect(rows.map(({ event }) => event)).toEqual([
        'signing_key_rotated',
        'signing_key_imported',
        'signing_key_revoked',
        'signing_key_revoked',
      ]);
      for (const { actor } of rows) expect(actor).toMatch(/^ada, /);
    } finally {
      await rm(directory, { recursive: true });
      await other.drop();
    }
  },
);
