import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import {
  AccessGuard,
  type Hooks,
  type HookSession,
  CurrentUser,
  Principal,
  TokenjarModule,
  TokenjarRoles,
  TokenjarSessions,
  TokenjarUsers,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, startApp, uniqueEmail } from '../support/app.js';
import { z } from 'zod';
import { type Answer, Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/problem.js';
import { codeOf } from '../support/totp.js';

/** The hooks of the test that runs. All are there from the start, as a host's are. */
let given: Hooks = {};
const HOOKS: Required<Hooks> = {
  claims: (subject, context) => given.claims?.(subject, context) ?? {},
  userFields: (user, context) => given.userFields?.(user, context) ?? {},
  maySignIn: (signing, context) => (given.maySignIn ? given.maySignIn(signing, context) : true),
  beforeRegistration: (asked, context) => given.beforeRegistration?.(asked, context),
  afterRegistration: (user, context) => given.afterRegistration?.(user, context),
  afterSignIn: (session, context) => given.afterSignIn?.(session, context),
  afterRefresh: (session, context) => given.afterRefresh?.(session, context),
  verifyPassword: (credentials, context) => given.verifyPassword?.(credentials, context) ?? null,
  onEvent: (event, context) => given.onEvent?.(event, context),
};
/** What the schema of the host waits for. */
let meeting: (() => Promise<void>) | undefined;
const FIELDS = z
  .object({
    company: z.string().max(40).optional(),
    size: z.int().min(1).nullable().optional(),
  })
  .refine(async () => {
    await meeting?.();
    return true;
  });
/** Holds up whoever comes until there are as many. */
function meetingOf(count: number): () => Promise<void> {
  let arrived = 0;
  let open = () => undefined as void;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    if (++arrived === count) open();
    await all;
  };
}
const fail = (): never => {
  throw new Error('the host could not');
};

@Controller('notes')
@UseGuards(AccessGuard)
class NotesController {
  @Get()
  mine(@CurrentUser() { claims }: Principal) {
    return { plan: claims.plan, roles: claims.roles };
  }

  @Get('holder')
  holder(@CurrentUser() { userId, roles }: Principal) {
    return { userId, roles };
  }
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  given = {};
});

describe.each([
  ['fastify', () => new FastifyAdapter()],
  ['express', () => new ExpressAdapter()],
] as const)('the hooks of a host on %s', (_, adapterOf) => {
  let app: INestApplication;
  let source: DataSource;
  beforeAll(async () => {
    const tokenjar = TokenjarModule.forRoot({
      ...(database.settings as { databaseUrl: string }),
      secretKey: SECRET_KEY,
      rateLimit: false,
      apiKeys: true,
      hookTimeout: '1s',
      refreshRotateAfter: '0s',
      ...HOOKS,
      profile: FIELDS,
    });
    @Module({ imports: [tokenjar], controllers: [NotesController] })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapterOf() as FastifyAdapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    source = app.get<DataSource>(getDataSourceToken('tokenjar'));
    await source.query('CREATE TABLE IF NOT EXISTS public.profiles (user_id bigint, email text)');
  });
  afterAll(() => app.close());

  const browser = async () => new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
  interface SignedUp {
    user: Browser;
    email: string;
    id: number;
  }
  const signUp = async (): Promise<SignedUp> => {
    const [user, email] = [await browser(), uniqueEmail()];
    const { status, body } = await user.post('/auth/registration', { email, password: PASSWORD });
    expect(status).toBe(201);
    return { user, email, id: (body.user as { id: number }).id };
  };
  const sessionsOf = async (id: number) => (await app.get(TokenjarSessions).list(id)).length;
  const failed = (answer: Answer) => {
    expectProblem(answer, 'hook_failed');
    expect(answer.text).not.toContain('the host could not');
    expect(answer.setCookie).toEqual([]);
  };

  describe('claims', () => {
    test('are asked for at every sign-in and refresh, with the rights of that moment, and replace none of ours', async () => {
      given.claims = async ({ roles, sessionId }) => {
        await Promise.resolve();
        return { plan: roles.includes('gold') ? 'gold' : 'free', roles: ['root'], seen: sessionId };
      };
      const { user, id } = await signUp();
      expect((await user.get('/notes')).body).toEqual({ plan: 'free', roles: [] });
      await app.get(TokenjarRoles).set('gold', { permissions: [] });
      await app.get(TokenjarUsers).setRoles(id, ['gold']);
      expect((await user.refresh()).status).toBe(200);
      expect((await user.get('/notes')).body).toEqual({ plan: 'gold', roles: ['gold'] });
      const { body: key } = await user.post('/auth/keys', { name: 'a program', scopes: [] });
      const program = Object.assign(await browser(), { accessToken: String(key.key) });
      expect((await program.get('/notes')).body).toMatchObject({ plan: expect.any(String) });
    });

    test('that fail open no session, keep the login that waits, and lose no refresh token', async () => {
      const { user, email, id } = await signUp();
      const { body: begun } = await user.post('/auth/factors/totp', { password: PASSWORD });
      const secret = String(begun.secret);
      await user.post('/auth/factors/totp/confirm', { code: codeOf(secret, new Date(Date.now() - 30_000)) });
      const [other, code] = [await browser(), codeOf(secret, new Date())];
      await other.login(email);
      const before = await sessionsOf(id);
      given.claims = fail;
      failed(await other.post('/auth/login/second-factor', { method: 'totp', code }));
      expect(await sessionsOf(id)).toBe(before);
      failed(await user.refresh());
      failed(await user.refresh());
      given.claims = () => ({});
      // A code works once, whatever came of it.
      const next = codeOf(secret, new Date(), 1);
      expect((await other.post('/auth/login/second-factor', { method: 'totp', code: next })).status).toBe(
        200,
      );
      expect((await user.refresh()).status).toBe(200);
    });

    test('that fail leave the password as it was', async () => {
      const { user, email } = await signUp();
      given.claims = fail;
      const passwords = { old_password: PASSWORD, new_password: 'a rather different set of words' };
      failed(await user.post('/auth/password/change', passwords));
      given = {};
      expect((await (await browser()).login(email)).status).toBe(200);
      expect((await user.post('/auth/password/change', passwords)).status).toBe(200);
    });

    test('are JSON, and of an API key too none of ours; what the hook changes of its subject changes nothing', async () => {
      const { user, id } = await signUp();
      const { body: key } = await user.post('/auth/keys', { name: 'a program', scopes: [] });
      const program = Object.assign(await browser(), { accessToken: String(key.key) });
      given.claims = (subject) => {
        Object.assign(subject, { roles: ['root'], userId: 1 });
        return { ...subject, plan: 'gold', roles: ['root'], toJSON: undefined };
      };
      expect((await program.get('/notes')).body).toEqual({ plan: 'gold' });
      expect((await program.get('/notes/holder')).body).toEqual({ userId: id, roles: [] });
      given.claims = () => ({ plan: 'gold', nbf: 9e9, toJSON: () => ({ plan: 'free', sub: '1' }) });
      expect((await user.refresh()).status).toBe(200);
      expect((await user.get('/notes')).body).toEqual({ plan: 'free', roles: [] });
      const cyclic: Record<string, unknown> = { plan: 'gold' };
      cyclic.self = cyclic;
      for (const returned of [cyclic, { plan: 1n }]) {
        given.claims = () => returned;
        failed(await user.refresh());
      }
    });

    test.each<[string, Hooks['claims'], (signal: AbortSignal | undefined) => void]>([
      ['hang', () => new Promise(() => undefined), (signal) => expect(signal?.aborted).toBe(true)],
      ['are no object', () => 'gold' as never, (signal) => expect(signal?.aborted).toBe(false)],
    ])('that %s fail', async (_what, claims, then) => {
      const { user } = await signUp();
      let signal: AbortSignal | undefined;
      given.claims = (subject, context) => {
        ({ signal } = context);
        return claims?.(subject, context) ?? {};
      };
      failed(await user.refresh());
      then(signal);
    });
  });

  test('show more fields of the user, and none in place of ours', async () => {
    given.userFields = ({ email }) => ({ display_name: email?.split('@', 1)[0], email: 'x', id: 0 });
    const { user, email, id } = await signUp();
    const shown = { id, email, display_name: email.split('@', 1)[0] };
    expect((await user.get('/auth/user')).body).toMatchObject(shown);
    expect((await user.patch('/auth/user', { locale: 'ko' })).body).toMatchObject(shown);
    expect((await user.refresh()).status).toBe(200);
    expect((await user.login(email)).body.user).toMatchObject(shown);
    given.userFields = fail;
    failed(await user.get('/auth/user'));
  });

  describe('fields of the host', () => {
    const companyOf = ({ status, body }: Answer) => [status, (body.user as { company?: string }).company];

    test('are kept with the account, shown and changed one by one', async () => {
      const begun: unknown[] = [];
      given.beforeRegistration = ({ profile }) => void begun.push(profile);
      given.afterRegistration = (_user, { profile }) => void begun.push(profile);
      const [user, email] = [await browser(), uniqueEmail()];
      const sent = { email, password: PASSWORD, company: 'Acme', size: 3, roles: ['admin'], other: 1 };
      expect(companyOf(await user.post('/auth/registration', sent))).toEqual([201, 'Acme']);
      expect(begun).toEqual([
        { company: 'Acme', size: 3 },
        { company: 'Acme', size: 3 },
      ]);
      expect((await user.get('/auth/user')).body).toMatchObject({ company: 'Acme', size: 3, roles: [] });
      const changed = await user.patch('/auth/user', { company: 'Initech', locale: 'ko', id: 1 });
      expect(changed.body).toMatchObject({ email, company: 'Initech', size: 3, locale: 'ko' });
      expect((await user.patch('/auth/user', { size: null })).body).toMatchObject({ size: null });
      expect(companyOf(await user.refresh())).toEqual([200, 'Initech']);
      expect(companyOf(await user.login(email))).toEqual([200, 'Initech']);
      const told: unknown = await source.query(
        `SELECT reason FROM tokenjar.audit_events WHERE event = 'user_changed' AND reason LIKE 'profile%' ORDER BY id DESC LIMIT 1`,
      );
      expect(told).toEqual([{ reason: 'profile=size' }]);
    });

    test('that are wrong make no account and change nothing', async () => {
      const [user, email] = [await browser(), uniqueEmail()];
      const sent = { email, password: PASSWORD, company: 'A'.repeat(41), size: 0 };
      const refused = await user.post('/auth/registration', sent);
      expectProblem(refused, 'input_invalid');
      expect(Object.keys(refused.body.errors as object)).toEqual(['company', 'size']);
      expect(await app.get(TokenjarUsers).findByEmail(email)).toBeUndefined();
      const { user: other, email: name } = await signUp();
      expectProblem(await other.patch('/auth/user', { company: 1 }), 'input_invalid');
      expect(companyOf(await other.login(name))).toEqual([200, undefined]);
    });

    test('changed at once are all there', async () => {
      const { user } = await signUp();
      meeting = meetingOf(2);
      const changes = [{ company: 'Acme' }, { size: 7 }].map((each) => user.patch('/auth/user', each));
      expect((await Promise.all(changes)).map(({ status }) => status)).toEqual([200, 200]);
      meeting = undefined;
      expect((await user.get('/auth/user')).body).toMatchObject({ company: 'Acme', size: 7 });
    });
  });

  describe('who may sign in', () => {
    test('is asked after the proof, whatever it was', async () => {
      const { email, id } = await signUp();
      const asked: unknown[] = [];
      given.maySignIn = ({ user, methods, ip }) => {
        asked.push([user.id, methods, ip]);
        return false;
      };
      const before = await sessionsOf(id);
      expectProblem(await (await browser()).login(email), 'sign_in_refused');
      expectProblem(await (await browser()).login(email, 'a wrong one, of words'), 'bad_credentials');
      expectProblem(
        await (await browser()).post('/auth/token', { email, password: PASSWORD }),
        'sign_in_refused',
      );
      expect(asked).toEqual([
        [id, ['pwd'], '127.0.0.1'],
        [id, ['pwd'], '127.0.0.1'],
      ]);
      expect(await sessionsOf(id)).toBe(before);
      const reasons: unknown = await source.query(
        `SELECT reason FROM tokenjar.audit_events WHERE user_id = $1 AND outcome = 'failure' AND event = 'login'`,
        [id],
      );
      expect(reasons).toContainEqual({ reason: 'sign_in_refused' });
    });

    test.each([
      ['throws', fail],
      ['forgets to say so', () => undefined as never],
    ])('lets nobody in if it %s', async (_what, maySignIn) => {
      const { email, id } = await signUp();
      const before = await sessionsOf(id);
      given.maySignIn = maySignIn;
      failed(await (await browser()).login(email));
      expect(await sessionsOf(id)).toBe(before);
    });
  });

  describe('a registration', () => {
    test('is refused by fields, whoever has the address', async () => {
      const { email: taken } = await signUp();
      given.beforeRegistration = ({ email }) => ({ email: [`Not ${email?.split('@')[1]}.`] });
      for (const email of [taken, uniqueEmail()]) {
        const answer = await (await browser()).post('/auth/registration', { email, password: PASSWORD });
        expectProblem(answer, 'input_invalid');
        expect(answer.body.errors).toEqual({ email: ['Not example.com.'] });
        expect((await app.get(TokenjarUsers).findByEmail(email)) !== undefined).toBe(email === taken);
      }
    });

    test('is one transaction with what the host writes', async () => {
      const emails: string[] = [];
      given.afterRegistration = async ({ id, email }, { manager }) => {
        emails.push(String(email));
        await manager.query('INSERT INTO public.profiles VALUES ($1, $2)', [id, email]);
        if (emails.length === 1) fail();
      };
      const [user, email] = [await browser(), uniqueEmail()];
      failed(await user.post('/auth/registration', { email, password: PASSWORD }));
      expect(await app.get(TokenjarUsers).findByEmail(email)).toBeUndefined();
      const profiles = () =>
        source.query('SELECT user_id::int AS id FROM public.profiles WHERE email = $1', [email]);
      expect(await profiles()).toEqual([]);
      const { status, body } = await user.post('/auth/registration', { email, password: PASSWORD });
      expect(status).toBe(201);
      expect(await profiles()).toEqual([{ id: (body.user as { id: number }).id }]);
    });
  });

  describe('a store of passwords of the host', () => {
    const theirs = 'a word that only they know';
    const store =
      (...emails: string[]): Hooks['verifyPassword'] =>
      ({ email, password }) =>
        emails.includes(String(email)) && password === theirs ? { emailVerified: true } : null;

    test('is where a new user comes from, once', async () => {
      const email = uniqueEmail();
      given.verifyPassword = store(email);
      expectProblem(await (await browser()).login(email), 'bad_credentials');
      const first = await (await browser()).login(email, theirs);
      expect([first.status, first.body.user]).toMatchObject([200, { email, email_verified: true }]);
      given.verifyPassword = fail;
      expect((await (await browser()).login(email, theirs)).status).toBe(200);
    });

    test('makes one account of two first sign-ins at once', async () => {
      const email = uniqueEmail();
      given.verifyPassword = store(email);
      const both = [await browser(), await browser()].map((each) => each.login(email, theirs));
      expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    });

    test('gives no account to somebody whose address the store has not verified', async () => {
      const { email, id } = await signUp();
      await source.query(
        'UPDATE tokenjar.users SET password_hash = NULL, email_verified = true WHERE id = $1',
        [id],
      );
      given.verifyPassword = () => ({ emailVerified: false });
      expectProblem(await (await browser()).login(email, theirs), 'bad_credentials');
    });

    test('takes an account whose address nobody has verified from whoever registered it', async () => {
      const { user, email, id } = await signUp();
      await source.query('UPDATE tokenjar.users SET password_hash = NULL WHERE id = $1', [id]);
      given.verifyPassword = store(email);
      const { status, body } = await (await browser()).login(email, theirs);
      expect([status, body.user]).toMatchObject([200, { id, email_verified: true }]);
      expectProblem(await user.refresh(), 'token_blacklisted');
    });

    test('gives an account without a password one, and an account with one no other', async () => {
      const { email, id } = await signUp();
      given.verifyPassword = store(email);
      expectProblem(await (await browser()).login(email, theirs), 'bad_credentials');
      await source.query('UPDATE tokenjar.users SET password_hash = NULL WHERE id = $1', [id]);
      const { status, body } = await (await browser()).login(email, theirs);
      expect([status, (body.user as { id: number }).id]).toEqual([200, id]);
      expectProblem(await (await browser()).login(email), 'bad_credentials');
      await source.query('UPDATE tokenjar.users SET password_hash = NULL, is_active = false WHERE id = $1', [
        id,
      ]);
      expectProblem(await (await browser()).login(email, theirs), 'bad_credentials');
    });

    test('is asked after whatever is wrong here, and answers alike for all if it fails', async () => {
      const { email } = await signUp();
      const asked: unknown[] = [];
      given.verifyPassword = ({ email: name }) => {
        asked.push(name);
        return fail();
      };
      const unknown = uniqueEmail();
      for (const name of [email, unknown]) failed(await (await browser()).login(name, theirs));
      expect((await (await browser()).login(email)).status).toBe(200);
      expect(asked).toEqual([email, unknown]);
    });
  });

  test('are told of events as webhooks are, again if they fail', async () => {
    const told: { id: string; type: string; user: unknown }[] = [];
    given.onEvent = ({ id, type, data }) => {
      told.push({ id, type, user: data.user_id });
      if (told.length === 1) fail();
    };
    const { user, id } = await signUp();
    await user.post('/auth/logout');
    const typesOf = () => told.filter((each) => each.user === id).map(({ type }) => type);
    const types = await eventually(typesOf, (all) => new Set(all).size === 3);
    expect(new Set(types)).toEqual(new Set(['registration', 'login', 'session_ended']));
    await source.query(
      `UPDATE tokenjar.webhook_deliveries SET due_at = now() - interval '1 s' WHERE delivered_at IS NULL`,
    );
    const again = () => told.filter((each) => each.id === told[0]?.id).length;
    expect(await eventually(again, (times) => times > 1)).toBe(2);
  });

  test('are told of sessions before their tokens are sent', async () => {
    const told: [string, HookSession][] = [];
    given.afterSignIn = (session) => void told.push(['sign-in', session]);
    given.afterRefresh = (session) => void told.push(['refresh', session]);
    const { user, email, id } = await signUp();
    await user.refresh();
    const [session] = await app.get(TokenjarSessions).list(id);
    expect(told).toMatchObject([
      ['sign-in', { sessionId: session?.id, methods: ['pwd'], user: { id, email } }],
      ['refresh', { sessionId: session?.id, user: { id, email } }],
    ]);
    expect(JSON.stringify(told)).not.toMatch(/argon2|Hash|[eE]poch/);
    given = { afterSignIn: fail, afterRefresh: fail };
    failed(await (await browser()).login(email));
    expect(await sessionsOf(id)).toBe(1);
    failed(await user.refresh());
    given = {};
    expect((await user.refresh()).status).toBe(200);
  });
});

test('a wrong password counts while the store is down', async () => {
  const app = await startApp({ rateLimit: true, verifyPassword: fail, limitLoginAccount: '2/1d' });
  try {
    const email = uniqueEmail();
    for (const code of ['hook_failed', 'hook_failed', 'rate_limited'] as const)
      expectProblem(await app.browser().login(email), code);
  } finally {
    await app.close();
  }
});
