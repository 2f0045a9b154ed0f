import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, Post, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  Authenticated,
  Mailer,
  CurrentUser,
  type OutgoingEmail,
  Principal,
  ProblemFilter,
  Public,
  RequireFresh,
  RequireRole,
  RequireScope,
  TokenjarModule,
  TokenjarRoles,
  TokenjarSessions,
  TokenjarUsers,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/problem.js';
import { FRONTEND_URL, PUBLIC_URL } from '../support/providers.js';

@Controller('notes')
class NotesController {
  @Get('open')
  open() {
    return { open: true };
  }

  @Get('mine')
  @Authenticated()
  mine(@CurrentUser() me: Principal) {
    return { owner: me.userId, plan: me.claims.plan };
  }

  @Get('kept')
  @UseFilters(ProblemFilter)
  @RequireScope('notes:read')
  kept(@CurrentUser() me: Principal) {
    return { key: me.keyId, scopes: me.scopes };
  }

  @Get('settled')
  @UseFilters(ProblemFilter)
  @RequireFresh()
  settled() {
    return { settled: true };
  }

  @Get('public')
  @Authenticated()
  @Public()
  public() {
    return { public: true };
  }

  @Get('broken')
  broken() {
    throw new Error('the host has its own way to fail');
  }
}

@Controller('orders')
@RequireRole('clerk', 'admin')
@UseFilters(ProblemFilter)
class OrdersController {
  @Get()
  list(@CurrentUser() me: Principal) {
    return { roles: me.roles, scopes: me.scopes };
  }

  @Get('write')
  @RequireScope('orders:read')
  @RequireScope('orders:write')
  write() {
    return { written: true };
  }
}

/** A host's own address beside ours. */
@Controller('api/auth')
class OwnController {
  @Post('own')
  own() {
    return { isOwn: true };
  }
}
@Module({ controllers: [OwnController] })
class OwnModule {}

let database: TestDatabase;
const apps: INestApplication[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => database.drop());

/** A host's own way for emails to leave. */
class Postbox extends Mailer {
  readonly emails: OutgoingEmail[] = [];

  send(email: OutgoingEmail): Promise<void> {
    this.emails.push(email);
    return Promise.resolve();
  }
}
const postbox = new Postbox();

const settings = () => ({
  ...(database.settings as { databaseUrl: string }),
  secretKey: SECRET_KEY,
  emailCodeLogin: true,
  apiKeys: true,
  mailer: postbox,
  claims: () => ({ plan: 'free' }),
  frontendUrl: FRONTEND_URL,
  publicUrl: PUBLIC_URL,
  providers: [{ id: 'github', clientId: 'tokenjar', clientSecret: 'a secret' }],
  fetch: (url: string) => Promise.resolve(Response.json(GITHUB[new URL(url).pathname])),
});

/** What GitHub answers, by path. */
const GITHUB: Readonly<Record<string, unknown>> = {
  '/login/oauth/access_token': { access_token: 'a', token_type: 'bearer' },
  '/user': { id: 1 },
  '/user/emails': [{ email: uniqueEmail(), primary: true, verified: true }],
};
const forRoot = () => TokenjarModule.forRoot({ ...settings(), pathPrefix: 'api/auth' });
const forRootAsync = () =>
  TokenjarModule.forRootAsync({ pathPrefix: 'api/auth', useFactory: () => Promise.resolve(settings()) });
const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };

async function start(
  module: ReturnType<typeof forRoot>,
  adapter = adapters.fastify(),
): Promise<INestApplication> {
  // What the host registers last: on Express, the first route that matches is asked first.
  @Module({ imports: [module, OwnModule], controllers: [NotesController, OrdersController] })
  class HostModule {}
  const app = await NestFactory.create(HostModule, adapter, {
    logger: false,
    abortOnError: false,
  });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return app;
}
const browserOf = async (app: INestApplication) =>
  new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));

describe.each([
  ['fastify', 'forRoot', forRoot],
  ['fastify', 'forRootAsync', forRootAsync],
  ['express', 'forRoot', forRoot],
] as const)('inside a host on %s by %s', (platform, _, makeModule) => {
  test('works under the prefix, with the guard where the host puts it', async () => {
    const app = await start(makeModule(), adapters[platform]() as FastifyAdapter);
    const browser = await browserOf(app);
    expect((await browser.get('/notes/mine')).status).toBe(401);

    const signedUp = await browser.post('/api/auth/registration', {
      email: uniqueEmail(),
      password: PASSWORD,
    });
    expect(signedUp.status).toBe(201);
    const { id } = signedUp.body.user as { id: number };
    expect((await browser.get('/notes/mine')).body).toEqual({ owner: id, plan: 'free' });
    expect((await browser.post('/api/auth/token/refresh')).status).toBe(200);
    expect((await browser.get('/api/auth/sessions')).status).toBe(200);

    const refused = await (await browserOf(app)).post('/api/auth/token/refresh');
    expect([refused.status, refused.body.code]).toEqual([401, 'refresh_missing']);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');

    expect((await browser.post('/api/auth/logout')).status).toBe(204);
    expect((await browser.get('/notes/mine')).status).toBe(401);
  });

  test('opens routes by role and permission', async () => {
    const app = await start(makeModule(), adapters[platform]() as FastifyAdapter);
    const browser = await browserOf(app);
    const [roles, users] = [app.get(TokenjarRoles), app.get(TokenjarUsers)];
    const anonymous = await browser.get('/orders');
    expect([anonymous.status, anonymous.body.code]).toEqual([401, 'access_missing']);
    const email = uniqueEmail();
    const signedUp = await browser.post('/api/auth/registration', { email, password: PASSWORD });
    const { id } = signedUp.body.user as { id: number };
    const refused = async (path: string, challenge: string) => {
      const answer = await browser.get(path);
      expectProblem(answer, 'insufficient_scope');
      expect(answer.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope"${challenge}`);
    };
    await refused('/orders', '');
    await roles.set('clerk', { permissions: ['orders:read'] });
    await users.setRoles(id, ['clerk']);
    expectProblem(await browser.get('/orders'), 'token_outdated');
    await browser.post('/api/auth/token/refresh');
    expect((await browser.get('/orders')).body).toEqual({ roles: ['clerk'], scopes: ['orders:read'] });
    await refused('/orders/write', ', scope="orders:read orders:write"');
    await roles.set('clerk', { permissions: ['orders:read', 'orders:write'] });
    expectProblem(await browser.get('/orders/write'), 'token_outdated');
    await browser.post('/api/auth/token/refresh');
    expect((await browser.get('/orders/write')).status).toBe(200);
    // With permissions of its own choice a session has no role.
    await browser.post('/api/auth/login', { email, password: PASSWORD, scope: 'orders:read orders:write' });
    await refused('/orders/write', ', scope="orders:read orders:write"');
    await browser.post('/api/auth/login', { email, password: PASSWORD });
    // A role that demands a second factor, of a session that was opened without: it is refused, and goes on.
    await users.setRoles(id, ['admin']);
    await browser.post('/api/auth/token/refresh');
    const weak = await browser.get('/orders');
    expectProblem(weak, 'insufficient_user_authentication');
    expect(weak.body.acr_values).toBe('aal2');
    expect((await browser.get('/notes/mine')).status).toBe(200);
    await users.setRoles(id, []);
  });

  test('opens routes to API keys, by their permissions', async () => {
    const app = await start(makeModule(), adapters[platform]() as FastifyAdapter);
    const browser = await browserOf(app);
    const [roles, users] = [app.get(TokenjarRoles), app.get(TokenjarUsers)];
    await roles.set('reader', { permissions: ['notes:read'] });
    const email = uniqueEmail();
    const { body: signedUp } = await browser.post('/api/auth/registration', { email, password: PASSWORD });
    const owner = (signedUp.user as { id: number }).id;
    await users.setRoles(owner, ['reader']);
    await browser.post('/api/auth/token/refresh');
    const keyFor = async (...scopes: string[]) => {
      const { status, body } = await browser.post('/api/auth/keys', { name: 'a program', scopes });
      expect(status).toBe(201);
      const program = Object.assign(await browserOf(app), { accessToken: String(body.key) });
      return { program, id: String(body.id) };
    };
    const [reader, blind] = [await keyFor('notes:read'), await keyFor()];
    expect((await reader.program.get('/notes/kept')).body).toEqual({
      key: reader.id,
      scopes: ['notes:read'],
    });
    expect((await blind.program.get('/notes/mine')).body).toMatchObject({ owner });
    const codeAt = async (program: Browser, path: string) => {
      const { status, body } = await program.get(path);
      return [status, body.code];
    };
    expect(await codeAt(blind.program, '/notes/kept')).toEqual([403, 'insufficient_scope']);
    expect(await codeAt(reader.program, '/notes/settled')).toEqual([403, 'api_key_refused']);
    expect(await codeAt(reader.program, '/orders')).toEqual([403, 'insufficient_scope']);
    expect(await codeAt(reader.program, '/api/auth/factors')).toEqual([403, 'api_key_refused']);
    const exchanging = Object.assign(await browserOf(app), { accessToken: reader.program.accessToken });
    const { body: exchanged } = await exchanging.post('/api/auth/keys/token');
    const holder = Object.assign(await browserOf(app), { accessToken: String(exchanged.access_token) });
    expect((await holder.get('/notes/kept')).body).toMatchObject({ scopes: ['notes:read'] });
    expect((await browser.delete(`/api/auth/keys/${reader.id}`)).status).toBe(204);
    expect(await codeAt(reader.program, '/notes/kept')).toEqual([401, 'token_invalid']);
    // An access token is refused as soon as the instance hears of it.
    const ended = await eventually(
      () => holder.get('/notes/kept'),
      ({ status }) => status === 401,
    );
    expect(ended.body.code).toBe('token_blacklisted');
  });

  test('signs in with an emailed code, in the browser that asked', async () => {
    const browser = await browserOf(await start(makeModule(), adapters[platform]() as FastifyAdapter));
    const email = uniqueEmail();
    await browser.post('/api/auth/registration', { email, password: PASSWORD });
    await browser.post('/api/auth/logout');
    expect((await browser.post('/api/auth/login/code', { email })).status).toBe(200);
    const codeIn = () =>
      postbox.emails
        .filter(({ to }) => to === email)
        .map(({ subject }) => /(\d{8}) is your code/.exec(subject)?.[1]);
    const [code] = await eventually(codeIn, (codes) => codes.some(Boolean)).then((all) =>
      all.filter(Boolean),
    );
    const elsewhere = new Browser(browser.base);
    expectProblem(await elsewhere.post('/api/auth/login/code/confirm', { code }), 'login_expired');
    expect((await browser.post('/api/auth/login/code/confirm', { code })).status).toBe(200);
    expect((await browser.get('/notes/mine')).status).toBe(200);
  });

  test('signs in with a provider that returns by a redirect or by a form', async () => {
    const app = await start(makeModule(), adapters[platform]() as FastifyAdapter);
    for (const isForm of [false, true]) {
      const browser = await browserOf(app);
      const begin = await browser.post('/api/auth/providers/github/start', {
        purpose: 'login',
        return_to: '/welcome',
      });
      expect(begin.setCookie.join()).toMatch(/^provider_attempt_[\w-]{8}=[^;]+;.* SameSite=Lax/);
      const returned = new URLSearchParams({
        code: 'c',
        state: new URL(String(begin.body.url)).searchParams.get('state') ?? '',
      });
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://github.com' };
      const path = '/api/auth/providers/github/callback';
      const back = isForm
        ? await browser.send('POST', path, { form: Object.fromEntries(returned), headers })
        : await browser.get(`${path}?${returned.toString()}`, { headers });
      expect([back.status, back.headers.get('location')]).toEqual([303, `${FRONTEND_URL}/welcome#signed_in`]);
      expect((await browser.post('/api/auth/token/refresh')).status).toBe(200);
      expect((await browser.get('/api/auth/identities')).body).toEqual([
        expect.objectContaining({ provider: 'github' }),
      ]);
    }
  });

  test('leaves the host addresses that look like those of a provider', async () => {
    const browser = await browserOf(await start(makeModule(), adapters[platform]() as FastifyAdapter));
    expect(await browser.post('/api/auth/own')).toMatchObject({ status: 201, body: { isOwn: true } });
    for (const path of ['/api/auth/nobody', '/api/auth/github'])
      expect((await browser.post(path)).status).toBe(404);
  });

  test('does not affect the host’s routes', async () => {
    const browser = await browserOf(await start(makeModule(), adapters[platform]() as FastifyAdapter));
    expect((await browser.get('/notes/open')).body).toEqual({ open: true });
    expect((await browser.get('/notes/public')).body).toEqual({ public: true });
    expect((await browser.get('/notes/open')).headers.get('cache-control')).toBeNull();
    const broken = await browser.get('/notes/broken');
    expect([broken.status, broken.body.code]).toEqual([500, undefined]);
    expect((await browser.get('/auth/login')).status).toBe(404);
    expect((await browser.get('/health/live')).status).toBe(404);
  });
});

test('exports providers for the host', async () => {
  const app = await start(forRoot());
  const browser = await browserOf(app);
  const { body } = await browser.post('/api/auth/registration', { email: uniqueEmail(), password: PASSWORD });
  const { id } = body.user as { id: number };
  const sessions = app.get(TokenjarSessions);
  expect(await sessions.list(id)).toHaveLength(1);
  expect(await sessions.endAll(id)).toBe(true);
  expect((await browser.get('/notes/mine')).status).toBe(401);
});

test('keeps two apps in one process separate', async () => {
  const other = await createDatabase();
  try {
    const first = await browserOf(await start(forRoot()));
    const second = await browserOf(
      await start(
        TokenjarModule.forRoot({
          ...(other.settings as { databaseUrl: string }),
          secretKey: `${SECRET_KEY} of another`,
          pathPrefix: 'api/auth',
        }),
      ),
    );
    await first.post('/api/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    await second.post('/api/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    expect((await first.get('/api/auth/user')).status).toBe(200);
    expect((await second.get('/api/auth/user')).status).toBe(200);
    expect((await first.post('/api/auth/token/refresh')).status).toBe(200);
    first.accessToken = second.accessToken;
    expectProblem(await first.get('/api/auth/user'), 'token_invalid');
  } finally {
    for (const app of apps.splice(0)) await app.close();
    await other.drop();
  }
});
