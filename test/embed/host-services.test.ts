import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  Body,
  Controller,
  Delete,
  Get,
  type INestApplication,
  Module,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import {
  Authenticated,
  type AuthMethod,
  type Caller,
  CurrentUser,
  From,
  type HookUser,
  type NewUser,
  Principal,
  ProblemFilter,
  RequireLevel,
  RequireRole,
  TokenjarModule,
  TokenjarRoles,
  TokenjarSessions,
  TokenjarUsers,
} from '../../src/index.js';
import { overrideTokenjar, signIn, type TestClock, type TestMailbox } from '../../src/testing.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { expectProblem } from '../support/problem.js';
import { addTotp } from '../support/totp-account.js';

/** Whom the host's own rule keeps out. */
const unwelcome = new Set<string>();

interface ByHost {
  id: number;
  methods?: [AuthMethod, ...AuthMethod[]];
  remember?: boolean;
  scope?: string;
  isFromOtherSite?: boolean;
}

@Controller('staff')
@UseFilters(ProblemFilter)
class StaffController {
  constructor(
    private readonly users: TokenjarUsers,
    private readonly sessions: TokenjarSessions,
  ) {}

  @Get('me')
  @Authenticated()
  me(@CurrentUser() me: Principal) {
    return { id: me.userId, amr: me.amr, roles: me.roles, session: me.sessionId };
  }

  @Get('vault')
  @RequireLevel('aal2')
  vault() {
    return {};
  }

  @Post()
  @RequireRole('admin')
  async hire(@Body() input: NewUser, @From() caller: Caller) {
    return this.users.create(input, caller);
  }

  @Delete(':id')
  async dismiss(@Param('id') id: string, @From() caller: Caller) {
    await this.users.deactivate(id, caller);
  }

  /** A host that has identified somebody itself. */
  @Post('door')
  door(
    @Body() { id, methods = ['fed'], ...rest }: ByHost,
    @Req() request: object,
    @Res({ passthrough: true }) response: object,
  ) {
    return this.sessions.open(id, { methods, request, response, ...rest });
  }
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(() => unwelcome.clear());

describe.each([
  ['fastify', 'integer', () => new FastifyAdapter()],
  ['express', 'uuid', () => new ExpressAdapter()],
] as const)('the services of a host on %s, with IDs of the kind %s', (_, userId, adapterOf) => {
  let app: INestApplication;
  let clock: TestClock;
  let mailbox: TestMailbox;
  let users: TokenjarUsers;
  let sessions: TokenjarSessions;
  let url: string;
  const signedIn: HookUser[] = [];
  beforeAll(async () => {
    @Module({
      imports: [
        TokenjarModule.forRoot({
          ...(database.settings as { databaseUrl: string }),
          secretKey: SECRET_KEY,
          signInWith: 'both',
          userId,
          sessionLimit: 3,
          frontendUrl: 'https://app.example.com',
          maySignIn: ({ user }) => !unwelcome.has(user.email ?? ''),
          afterSignIn: ({ user }) => void signedIn.push(user),
        }),
      ],
      controllers: [StaffController],
    })
    class AppModule {}
    const builder = Test.createTestingModule({ imports: [AppModule] });
    ({ clock, mailbox } = overrideTokenjar(builder));
    app = (await builder.compile()).createNestApplication(adapterOf(), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('localhost', '127.0.0.1');
    [users, sessions] = [app.get(TokenjarUsers), app.get(TokenjarSessions)];
    await app.get(TokenjarRoles).set('buyer', { permissions: ['orders:write'] });
  });
  afterAll(() => app.close());

  const browser = (accessToken?: string) => Object.assign(new Browser(url), { accessToken });
  const open = (from: Browser, body: ByHost, headers: Record<string, string> = {}): Promise<Answer> =>
    from.post('/staff/door', body, { headers });
  const eventsOf = (id: number): Promise<{ event: string; actor: string | null; outcome: string }[]> =>
    app
      .get<DataSource>(getDataSourceToken('tokenjar'))
      .query(
        'SELECT event, actor, outcome, reason FROM tokenjar.audit_events WHERE user_id = $1 ORDER BY id',
        [id],
      );
  const refused = (act: Promise<unknown>, code: string, errors?: object) =>
    expect(act).rejects.toMatchObject({ code, ...(errors && { errors }) });

  test('create users, whom the host finds by all of their names', async () => {
    const email = uniqueEmail();
    const name = email.split('@')[0] ?? '';
    const made = await users.create({
      email: ` ${email.toUpperCase()}`,
      username: name,
      password: PASSWORD,
      roles: ['buyer'],
    });
    expect(made).toMatchObject({ email, username: name, emailVerified: false, roles: ['buyer'] });
    expect(made).toMatchObject({
      hasPassword: true,
      isActive: true,
      shownId: userId === 'uuid' ? made.publicId : made.id,
    });
    expect(JSON.stringify(made)).not.toContain('argon2');
    const found = [
      users.find(made.id),
      users.find(String(made.shownId)),
      users.findByEmail(email.toUpperCase()),
    ];
    for (const each of [...found, users.findByUsername(name.toUpperCase())]) expect(await each).toEqual(made);
    // What is shown to nobody names nobody.
    for (const nobody of [userId === 'uuid' ? String(made.id) : made.publicId, '', -1, 0.5, 2 ** 60, 'x'])
      expect(await users.find(nobody)).toBeUndefined();
    expect((await browser().login(email)).status).toBe(200);
    expect(await eventsOf(made.id)).toMatchObject([
      { event: 'registration', actor: 'host app' },
      { event: 'roles_changed', actor: 'host app' },
      { event: 'login' },
    ]);
  });

  test('create nobody whom the rules refuse', async () => {
    const email = uniqueEmail();
    const { id } = await users.create({ email });
    await refused(users.create({ email }), 'email_taken');
    await refused(users.create({}), 'input_invalid', { email: ['This field is required.'] });
    await refused(users.create({ email: 'nobody' }), 'input_invalid');
    await refused(users.create({ email: uniqueEmail(), roles: ['nothing'] }), 'input_invalid', {
      roles: ['There is no role nothing.'],
    });
    await refused(
      users.create({ email: uniqueEmail(), password: 'password1234567890' }),
      'password_too_common',
    );
    await refused(users.create({ username: 'nobody', emailVerified: true }), 'address_missing');
    const misspelt = { email: uniqueEmail(), emailVerifed: true } as NewUser;
    await refused(users.create(misspelt), 'input_invalid');
    await refused(users.update(id, { email: 'nobody' }), 'input_invalid');
    await refused(users.update(0, { isActive: false }), 'account_not_found');
    await refused(users.delete('x'), 'account_not_found');
  });

  test('change users as administrators do, all of it or nothing', async () => {
    const [former, email] = [uniqueEmail(), uniqueEmail()];
    const { user, headers } = await signIn(app, { email: former });
    const changed = await users.update(user.id, { email, locale: 'ko', username: `${email.split('@')[0]}` });
    expect(changed).toMatchObject({ email, locale: 'ko', emailVerified: false, roles: [] });
    expect((await mailbox.next(former, 'email_changed')).subject).toBeTruthy();
    expect(await users.update(user.id, { emailVerified: true })).toMatchObject({ emailVerified: true });
    await refused(users.update(user.id, { locale: null, roles: ['nothing'] }), 'input_invalid');
    expect(await users.find(user.id)).toMatchObject({ locale: 'ko', roles: [] });
    const taken = (await users.create({ email: uniqueEmail() })).email ?? '';
    await refused(users.update(user.id, { roles: ['admin'], email: taken }), 'email_taken');
    await app.get(TokenjarRoles).set('clerk', { permissions: ['orders:read'] });
    expect(await users.setRoles(user.id, ['clerk'])).toMatchObject({ roles: ['clerk'] });
    await refused(app.get(TokenjarRoles).delete('clerk'), 'role_held');
    const outdated = await new Browser(url).get('/staff/me', { headers });
    expectProblem(outdated, 'token_outdated');
    expect((await eventsOf(user.id)).map(({ event }) => event)).toEqual([
      ...['registration', 'login', 'email_change', 'username_changed', 'user_changed', 'user_changed'],
      ...['roles_changed'],
    ]);
    await users.setRoles(user.id, []);
  });

  test('deactivate, activate and delete users, and end their sessions', async () => {
    const { user, headers } = await signIn(app);
    const admin = await signIn(app, { roles: ['admin'] });
    const dismissed = await browser(admin.accessToken).delete(`/staff/${user.shownId}`);
    expect(dismissed.status).toBe(200);
    expectProblem(await new Browser(url).get('/staff/me', { headers }), 'token_blacklisted');
    expectProblem(await open(browser(), { id: user.id }), 'user_inactive');
    expect((await eventsOf(user.id)).at(-1)).toMatchObject({
      event: 'login',
      outcome: 'failure',
      reason: 'user_inactive',
    });
    await refused(users.setPassword(user.id, 'another good wording'), 'user_inactive');
    expect(await users.activate(user.id)).toMatchObject({ isActive: true });
    expect((await open(browser(), { id: user.id })).status).toBe(201);
    await users.delete(user.id);
    expect(await users.find(user.id)).toBeUndefined();
    expect(await sessions.list(user.id)).toEqual([]);
    expectProblem(await open(browser(), { id: user.id }), 'account_not_found');
  });

  test('set passwords, which ends sessions and is told', async () => {
    const { user, headers } = await signIn(app, { password: PASSWORD });
    const email = user.email ?? '';
    await refused(users.setPassword(user.id, email), 'password_same_as_email');
    await refused(users.setPassword(user.id, ''), 'input_invalid');
    const password = 'qmzvtrplkwxhbnjd';
    await users.setPassword(user.id, password);
    expectProblem(await new Browser(url).get('/staff/me', { headers }), 'token_blacklisted');
    await mailbox.next(email, 'password_changed');
    expectProblem(await browser().login(email), 'bad_credentials');
    expect((await browser().login(email, password)).status).toBe(200);
    expect((await eventsOf(user.id)).find(({ event }) => event === 'password_change')).toMatchObject({
      actor: 'host app',
    });
    expect((await sessions.listEnded(user.id))[0]).toMatchObject({ reason: 'password_change' });
  });

  test('send a link with which users choose a password', async () => {
    const { id, email } = await users.create({ email: uniqueEmail() });
    await users.sendPasswordReset(id);
    const { link = '' } = await mailbox.next(email ?? '', 'reset_password');
    const token = new URL(link.replace('#', '?')).searchParams;
    const reset = await browser().post('/auth/password/reset/confirm', {
      ...Object.fromEntries(token),
      new_password: PASSWORD,
    });
    expect(reset.status).toBe(200);
    expect(await users.find(id)).toMatchObject({ emailVerified: true, hasPassword: true });
    const nameless = await users.create({ username: `n${uniqueEmail().slice(5, 15)}` });
    await refused(users.sendPasswordReset(nameless.id), 'address_missing');
  });

  describe('a session that a host opens', () => {
    test('is one like all others, with the methods that the host says', async () => {
      const { id } = await users.create({ email: uniqueEmail(), emailVerified: true });
      const guest = browser();
      signedIn.length = 0;
      const { status, body, setCookie } = await open(guest, { id, methods: ['fed'] });
      expect([status, body.refreshToken, signedIn.map((each) => each.id)]).toEqual([201, undefined, [id]]);
      expect(body).toMatchObject({ scheme: 'Bearer', user: { id }, sessionId: expect.any(String) });
      expect(setCookie.filter((line) => /^refresh_token=.+HttpOnly/.test(line))).toHaveLength(1);
      expect((await guest.refresh()).status).toBe(200);
      const me = { id, amr: ['fed'], roles: [], session: body.sessionId };
      expect((await guest.get('/staff/me')).body).toEqual(me);
      expect((await eventsOf(id)).at(-1)).toMatchObject({ event: 'login', outcome: 'success', actor: null });
      // The one that the browser had before ends.
      await open(guest, { id });
      expect(await sessions.list(id)).toHaveLength(1);
      expect((await sessions.listEnded(id))[0]).toMatchObject({ reason: 'replaced', id: body.sessionId });
      const [first] = await sessions.list(id);
      expect(await sessions.end(id, 'x')).toBe(false);
      expect(await sessions.end(id, first?.id ?? '')).toBe(true);
      expectProblem(await guest.refresh(), 'token_blacklisted');
    });

    test('is not opened where its cookie could not be set', async () => {
      const { id } = await users.create({ email: uniqueEmail() });
      const given = { methods: ['fed'], request: { headers: {} }, response: {} } as const;
      await expect(sessions.open(id, given)).rejects.toThrow(TypeError);
      expect(await sessions.list(id)).toEqual([]);
    });

    test('is counted by the limit, and listed a part at a time', async () => {
      const { id } = await users.create({ email: uniqueEmail() });
      for (let i = 0; i < 4; i++) {
        await open(browser(), { id });
        clock.advance(1);
      }
      const all = await sessions.list(id);
      expect(all).toHaveLength(3);
      const [newest] = await sessions.list(id, { limit: 1 });
      expect(newest?.id).toBe(all[0]?.id);
      expect(await sessions.list(id, { after: all[0] })).toEqual(all.slice(1));
      expect(await sessions.endAll(id, { except: newest?.id ?? '' })).toBe(true);
      expect(await sessions.list(id)).toEqual([newest]);
      expect((await sessions.listEnded(id)).map(({ reason }) => reason).sort()).toEqual([
        ...['ended_by_operator', 'ended_by_operator', 'session_limit'],
      ]);
    });

    test('waits for a second factor that the host has not checked', async () => {
      const { user, accessToken } = await signIn(app);
      const next = await addTotp({ app, clock } as never, accessToken);
      const guest = browser();
      const { body } = await open(guest, { id: user.id, methods: ['pwd'] });
      expect(body).toMatchObject({
        needs: 'second_factor_required',
        methods: expect.arrayContaining(['totp']),
      });
      expect(body.accessToken).toBeUndefined();
      expectProblem(await guest.refresh(), 'refresh_missing');
      const finished = await guest.post('/auth/login/second-factor', { method: 'totp', code: next() });
      expect(finished.status).toBe(200);
      expect((await guest.get('/staff/vault')).status).toBe(200);
      const checked = await open(browser(), { id: user.id, methods: ['fed', 'mfa'] });
      expect((await browser(String(checked.body.accessToken)).get('/staff/vault')).status).toBe(200);
      // Whose role demands one has to set it up.
      const admin = await users.create({ email: uniqueEmail(), roles: ['admin'] });
      expect((await open(browser(), { id: admin.id })).body.needs).toBe('second_factor_setup_required');
    });

    test('is for nobody whom the rule of the host keeps out', async () => {
      const { id, email } = await users.create({ email: uniqueEmail() });
      unwelcome.add(email ?? '');
      expectProblem(await open(browser(), { id }), 'sign_in_refused');
      unwelcome.clear();
      expectProblem(await open(browser(), { id, scope: 'orders:read' }), 'invalid_scope');
      expect((await open(browser(), { id, methods: ['saml' as AuthMethod] })).status).toBe(500);
      expect((await open(browser(), { id, methods: [] as never })).status).toBe(500);
      expect(await sessions.list(id)).toEqual([]);
    });

    test('is not opened for a page of another site, unless the host says so', async () => {
      const { id } = await users.create({ email: uniqueEmail() });
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      const forged = await open(browser(), { id }, headers);
      expectProblem(forged, 'origin_refused');
      expect(forged.setCookie).toEqual([]);
      expect(await sessions.list(id)).toEqual([]);
      expect((await open(browser(), { id, isFromOtherSite: true }, headers)).status).toBe(201);
    });
  });

  describe('a test of a host', () => {
    test('signs users in with a role, a level, a scope, or as they are', async () => {
      const admin = await signIn(app, { roles: ['admin'] });
      const hired = await browser(admin.accessToken).post('/staff', { email: uniqueEmail() });
      expect([hired.status, hired.body.roles]).toEqual([201, []]);
      const clerk = await signIn(app);
      expectProblem(await browser(clerk.accessToken).post('/staff', {}), 'insufficient_scope');
      const weak = await browser(clerk.accessToken).get('/staff/vault');
      expectProblem(weak, 'insufficient_user_authentication');
      const strong = await signIn(app, { user: clerk.user.id, level: 'aal2' });
      expect(strong.user.id).toBe(clerk.user.id);
      expect((await browser(strong.accessToken).get('/staff/vault')).status).toBe(200);
      const { cookie } = strong;
      expect((await new Browser(url).send('POST', '/auth/token/refresh', { cookie })).status).toBe(200);
      await expect(signIn(app, { roles: ['admin'], level: 'aal1' })).rejects.toThrow(/level: 'aal2'/);
      await expect(signIn(app, { user: 0 })).rejects.toThrow('there is no user 0');
      const named = await signIn(app, { username: `n${uniqueEmail().slice(5, 15)}` });
      expect(named.user).toMatchObject({ email: null, emailVerified: false });
    });

    test('turns the clock, and waits for emails', async () => {
      const { headers } = await signIn(app);
      const mine = () => new Browser(url).get('/staff/me', { headers });
      expect((await mine()).status).toBe(200);
      clock.advance(3600);
      expectProblem(await mine(), 'token_expired');
      const { email } = await users.create({ email: uniqueEmail(), emailVerified: true });
      const coming = mailbox.next(email ?? '', 'reset_password');
      await browser().post('/auth/password/reset', { email });
      expect((await coming).link).toContain('https://app.example.com');
      expect(mailbox.emails.map(({ to }) => to)).toContain(email);
    });
  });
});
