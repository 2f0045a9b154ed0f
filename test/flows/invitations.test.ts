import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FirstAdmin } from '../../src/invitations/first-admin.js';
import { Invitations } from '../../src/invitations/invitations.js';
import { InvitationEmails } from '../../src/invitations/invitation-emails.js';
import { Inviting } from '../../src/invitations/inviting.js';
import { Database } from '../../src/database/database.js';
import type { Caller } from '../../src/http/caller.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { SessionEnding } from '../../src/users/sessions/session-ending.js';
import { Users } from '../../src/users/users.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { isEmbedded } from '../support/database.js';
import { readPart } from '../support/jwt.js';
import { startMailApp } from '../support/mail-app.js';
import { CLIENT, type OpenIdProvider, startOpenIdProvider, Visitor } from '../support/openid-provider.js';
import { expectProblem } from '../support/problem.js';
import { comeBack, FRONTEND_URL, outcomeOf, PUBLIC_URL, redirectUri, start } from '../support/providers.js';
import { addTotp } from '../support/totp-account.js';
import { type MailServer, secretOf } from '../support/smtp.js';

const DAY = 86_400;
const OTHER = 'a rather different set of words';
const SOMEBODY: Caller = { ip: '203.0.113.7', userAgent: null, requestId: null, isConnected: () => true };

let provider: OpenIdProvider;
let app: TestApp;
let mail: MailServer;
let close: () => Promise<void>;
let admin: number;
beforeAll(async () => {
  provider = await startOpenIdProvider([redirectUri('corp')]);
  ({ app, mail, close } = await startMailApp({
    registration: false,
    secondFactorRoles: [],
    publicUrl: PUBLIC_URL,
    frontendUrl: FRONTEND_URL,
    providers: [{ id: 'corp', name: 'Corp', issuer: provider.issuer, ...CLIENT }],
  }));
  await roles().set({ name: 'clerk', permissions: ['orders:read'] });
  admin = await newAdmin();
});
afterAll(async () => {
  await close();
  await provider.close();
});

const roles = () => app.app.get(RoleChanges);
async function newAdmin(): Promise<number> {
  const user = await app.app.get(Users).create(uniqueEmail(), null);
  if (!user) throw new Error('the address is taken');
  await roles().assign(user.id, ['admin']);
  return user.id;
}
const invite = (email: string, given: string[] = [], by = admin) =>
  app.app.get(Inviting, { strict: false }).invite({ email, roles: given }, { userId: by }, SOMEBODY, null);
const keyTo = async (email: string, count = 1) => secretOf((await mail.emailTo(email, count)).link);
const accept = (key: string, more: object = {}, browser = app.browser()) =>
  browser.post('/auth/invitations/accept', { key, password: PASSWORD, ...more });
async function invited(given: string[] = [], by = admin): Promise<{ email: string; key: string }> {
  const email = uniqueEmail();
  await invite(email, given, by);
  return { email, key: await keyTo(email) };
}

test('somebody who is no admin any more invites nobody, and the trail names who does', async () => {
  const former = await newAdmin();
  await invite(uniqueEmail(), ['clerk'], former);
  const actors = () =>
    app.sql(
      `SELECT e.actor = u.email || ' (user ' || u.id || ')' AS named FROM tokenjar.audit_events e, tokenjar.users u
        WHERE e.event = 'invitation_made' AND u.id = $1 AND e.actor LIKE '%(user ' || u.id || ')'`,
      [former],
    );
  expect(await actors()).toEqual([{ named: true }]);
  await roles().assign(former, []);
  await expect(invite(uniqueEmail(), ['clerk'], former)).rejects.toMatchObject({
    code: 'insufficient_scope',
  });
  expect(await actors()).toHaveLength(1);
});

test('whoever accepts has a verified address, the roles, and a session, while registration is closed', async () => {
  const { email, key } = await invited(['clerk']);
  expectProblem(
    await app.browser().post('/auth/registration', { email, password: PASSWORD }),
    'registration_closed',
  );
  const browser = app.browser();
  expectProblem(await accept(key, { password: 'short' }, browser), 'password_too_short');
  const { status, body } = await accept(key, {}, browser);
  expect([status, body.user]).toEqual([
    200,
    expect.objectContaining({ email, email_verified: true, roles: ['clerk'] }),
  ]);
  expect(readPart(String(body.access_token), 1)).toMatchObject({ scope: 'orders:read' });
  expect((await browser.refresh()).status).toBe(200);
  const events = (await browser.get('/auth/activity')).body as unknown as { event: string; reason: string }[];
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['registration', 'roles_changed', 'invitation_accepted', 'login']),
  );
  expect(events.find(({ event }) => event === 'invitation_accepted')?.reason).toBe('clerk');
  // Once.
  expectProblem(await accept(key), 'link_invalid');
  expect((await app.browser().login(email)).status).toBe(200);
});

test('the address that is typed has to be the one that was invited', async () => {
  const { email, key } = await invited();
  expectProblem(await accept(key, { email: uniqueEmail() }), 'link_invalid');
  expect((await accept(key, { email: email.toUpperCase() })).status).toBe(200);
});

test('the link works for seven days, and not after', async () => {
  const [first, second] = [await invited(), await invited()];
  app.clock.advance(7 * DAY - 60);
  expect((await accept(first.key)).status).toBe(200);
  app.clock.advance(120);
  expectProblem(await accept(second.key), 'link_invalid');
});

test('of two for one address the later one counts', async () => {
  const { email, key } = await invited(['admin']);
  await invite(email, ['clerk']);
  expectProblem(await accept(key), 'link_invalid');
  expect((await accept(await keyTo(email, 2))).body.user).toMatchObject({ roles: ['clerk'] });
});

test('of two that accept at once, one does', async () => {
  const { key } = await invited();
  const answers = await Promise.all([accept(key), accept(key), accept(key)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
});

test('nobody is invited who has an account, nor to a role that does not exist', async () => {
  const { email, key } = await invited();
  await accept(key);
  await expect(invite(email)).rejects.toMatchObject({ code: 'email_taken' });
  await expect(invite(uniqueEmail(), ['clark'])).rejects.toMatchObject({ code: 'input_invalid' });
});

test('an account that the address has by then gets the password and the roles, and loses its sessions', async () => {
  const { email, key } = await invited(['clerk']);
  const user = await app.app.get(Users).create(email, null);
  await roles().assign(user?.id ?? 0, ['admin']);
  await app.sql(
    'UPDATE tokenjar.users SET password_hash = (SELECT password_hash FROM tokenjar.users WHERE password_hash IS NOT NULL LIMIT 1) WHERE email = $1',
    [email],
  );
  const before = app.browser();
  expect((await before.login(email)).status).toBe(200);
  const { body } = await accept(key, { password: OTHER });
  expect(body.user).toMatchObject({ id: user?.id, email_verified: true, roles: ['admin', 'clerk'] });
  expect((await before.refresh()).status).toBe(401);
  expect((await app.browser().login(email, OTHER)).status).toBe(200);
});

test('an administrator invites, lists and revokes over HTTP; the roles are theirs to give, and nothing else is', async () => {
  const { key: own, email: by } = await invited(['admin']);
  const browser = Object.assign(app.browser(), { email: by, id: 0 });
  browser.accessToken = String((await accept(own, {}, browser)).body.access_token);
  await addTotp(app, browser.accessToken);
  await browser.refresh();
  const email = uniqueEmail();
  const made = await browser.post('/auth/admin/invitations', { email, roles: ['clerk'], invited_by: null });
  expect([made.status, made.body]).toEqual([
    201,
    expect.objectContaining({ email, roles: ['clerk'], invited_by: expect.any(Number) }),
  ]);
  const key = await keyTo(email);
  // The newest comes first.
  app.clock.advance(1);
  // The same, under the name of what it makes.
  const other = await browser.post('/auth/admin/users', { email: uniqueEmail() });
  expect([other.status, other.body.roles]).toEqual([201, []]);
  const page = async (query: string) => {
    const { body } = await browser.get(`/auth/admin/invitations${query}`);
    return body as unknown as { items: { id: string; email: string }[]; next: string | null };
  };
  const first = await page('?limit=1');
  expect(first.items.map(({ id }) => id)).toEqual([other.body.id]);
  expect((await page(`?limit=1&cursor=${first.next}`)).items.map((each) => each.email)).toEqual([email]);
  expectProblem(await browser.get('/auth/admin/invitations?cursor=x'), 'input_invalid');
  expect((await browser.delete(`/auth/admin/invitations/${String(made.body.id)}`)).status).toBe(204);
  expectProblem(
    await browser.delete(`/auth/admin/invitations/${String(made.body.id)}`),
    'invitation_not_found',
  );
  expectProblem(await browser.delete('/auth/admin/invitations/x'), 'invitation_not_found');
  expectProblem(await accept(key), 'link_invalid');
  expectProblem(await browser.post('/auth/admin/invitations', { email: by }), 'email_taken');
  expect((await browser.post('/auth/admin/users', { email, roles: 'admin' })).body.code).toBe(
    'input_invalid',
  );
});

describe('what somebody has invited who is no admin any more gives nothing', () => {
  test.each<[string, (id: number) => Promise<unknown>]>([
    ['who has lost the role', (id) => roles().assign(id, [])],
    [
      'who is deactivated',
      (id) => app.sql('UPDATE tokenjar.users SET is_active = false WHERE id = $1', [id]),
    ],
    [
      'who is deleted',
      (id) =>
        app.app
          .get(Database)
          .transaction((tx) => app.app.get(SessionEnding).deleteUser({ id, credentialsEpoch: 0 }, tx)),
    ],
  ])('%s', async (_who, remove) => {
    const former = await newAdmin();
    const { key, email } = await invited(['admin'], former);
    await remove(former);
    expectProblem(await accept(key), 'link_invalid');
    expect(await app.app.get(Users).findByEmail(email)).toBeUndefined();
  });
});

test('a role that was deleted meanwhile is not given', async () => {
  await roles().set({ name: 'brief', permissions: [] });
  const { key } = await invited(['brief', 'clerk']);
  await roles().delete('brief');
  expect((await accept(key)).body.user).toMatchObject({ roles: ['clerk'] });
});

test('roles that would not fit in an access token are not given by an invitation either', async () => {
  const half = (name: string) => ({
    name,
    permissions: Array.from({ length: 40 }, (_, number) => `${name}:${'x'.repeat(50)}:${number}`),
  });
  for (const name of ['wide', 'broad']) expect(await roles().set(half(name))).toBeUndefined();
  await expect(invite(uniqueEmail(), ['wide', 'broad'])).rejects.toMatchObject({ code: 'input_invalid' });
  const { email, key } = await invited(['wide']);
  // The account that the address has by then has the other one.
  const user = await app.app.get(Users).create(email, null);
  await roles().assign(user?.id ?? 0, ['broad']);
  expect(await accept(key)).toMatchObject({ status: 200 });
  expect(await app.app.get(Users).findByEmail(email)).toMatchObject({ roles: ['broad'] });
});

test('a provider that has verified the address accepts too, and lets nobody else in', async () => {
  const through = async (email: string, isVerified: boolean) => {
    const subject = email.split('@')[0] ?? '';
    provider.accounts.set(subject, { email, email_verified: isVerified });
    const browser = app.browser();
    const back = await new Visitor().signIn(await start(browser, 'corp'), subject);
    return { browser, outcome: outcomeOf(await comeBack(browser, back)) };
  };
  const { email, key } = await invited(['clerk']);
  expect((await through(email, false)).outcome).toBe('email_required');
  const { browser, outcome } = await through(email, true);
  expect(outcome).toBe('signed_in');
  expect((await browser.refresh()).body.user).toMatchObject({ email, roles: ['clerk'] });
  expectProblem(await accept(key), 'link_invalid');
  expect((await through(uniqueEmail(), true)).outcome).toBe('error=registration_closed');
});

test('a server writes the email of one that a command has made, once', async () => {
  const email = uniqueEmail();
  const invitation = { email, roles: [], invitedBy: null, lifetime: DAY, isQueued: false };
  await app.app
    .get(Database)
    .transaction((tx) => app.app.get(Invitations, { strict: false }).add(invitation, tx));
  const emails = app.app.get(InvitationEmails, { strict: false });
  await Promise.all([emails.queue(), emails.queue()]);
  expect((await accept(await keyTo(email))).status).toBe(200);
  expect(mail.to(email)).toHaveLength(1);
});

describe('the first admin', () => {
  const LINK = /: (\S+\/invitation#key=([\w-]+))/;
  test('is invited by ADMIN_EMAIL in the log and by email, once while the link is valid, and then by no one', async () => {
    const adminEmail = uniqueEmail();
    const first = await startMailApp({ adminEmail, registration: false });
    const { database, clock } = first.app;
    const again = () => first.app.app.get(FirstAdmin, { strict: false }).onApplicationBootstrap();
    const links = () =>
      first.app.log.filter((line) => line.includes(adminEmail)).map((line) => LINK.exec(line)?.[2] ?? '');
    try {
      await Promise.all([again(), again()]);
      expect(links()).toHaveLength(1);
      await first.mail.emailTo(adminEmail);
      clock.advance(DAY + 60);
      await Promise.all([again(), again()]);
      const [old = '', link = '', ...others] = links();
      expect(others).toEqual([]);
      const post = (key: string) =>
        first.app.browser().post('/auth/invitations/accept', { key, password: PASSWORD });
      expectProblem(await post(old), 'link_invalid');
      expect((await post(link)).body.code).toBe('second_factor_setup_required');
      const [user] = await first.app.sql('SELECT email, email_verified, roles FROM tokenjar.users');
      expect(user).toEqual({ email: adminEmail, email_verified: true, roles: ['admin'] });
      clock.advance(DAY + 60);
      await again();
      expect([links().length, database.settings !== undefined]).toEqual([2, true]);
    } finally {
      await first.close();
    }
  });

  // A trial has the embedded database.
  (isEmbedded ? test : test.skip)('of a trial names an address, and only while there is none', async () => {
    const trial = await startApp({ registration: false });
    const { app: nest } = trial;
    const link = () => nest.get(FirstAdmin, { strict: false }).trialLink('http://localhost:3000');
    try {
      const [, , old = ''] = LINK.exec(`: ${await link()}`) ?? [];
      const [, , key = ''] = LINK.exec(`: ${await link()}`) ?? [];
      const post = (body: object) =>
        trial.browser().post('/auth/invitations/accept', { password: PASSWORD, ...body });
      const email = uniqueEmail();
      expectProblem(await post({ key: old, email }), 'link_invalid');
      expect((await post({ key })).body.errors).toEqual({ email: ['This field is required.'] });
      expect((await post({ key, email })).body.code).toBe('second_factor_setup_required');
      expect(await link()).toBeUndefined();
    } finally {
      await trial.close();
    }
  });
});
