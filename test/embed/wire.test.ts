import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import {
  Authenticated,
  CurrentUser,
  describeTokenjar,
  type Principal,
  SettingsError,
  TokenjarModule,
  type Wire,
} from '../../src/index.js';
import { PASSWORD, SECRET_KEY, startApp, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const account = z.object({ id: z.int(), email: z.string() }).meta({ id: 'Account' });
const credentials = (id: string) =>
  z
    .object({ user: z.object({ email: z.string(), password: z.string() }) })
    .transform(({ user }) => user)
    .meta({
      id,
      examples: [{ user: { email: 'ada@example.com', password: 'marble cactus orbit lantern' } }],
    });
const signedIn = z.object({ data: account, token: z.string() }).meta({ id: 'SignedIn' });

/** As Devise with devise-jwt and a JSON API has it. */
const rails = (more: Wire = {}): Wire => ({
  operations: {
    register: {
      takes: credentials('SignUp'),
      status: 201,
      shape: signedIn,
      gives: (result) => result && { data: accountOf(result.user), token: result.accessToken },
    },
    login: {
      takes: credentials('SignIn'),
      shape: signedIn,
      gives: ({ user, accessToken }) => ({ data: accountOf(user), token: accessToken }),
    },
    refreshToken: {
      status: 200,
      shape: z.object({ token: z.string() }).meta({ id: 'Renewed' }),
      gives: (result) => ({ token: result?.accessToken }),
    },
    getUser: {
      shape: z.object({ data: account }).meta({ id: 'Shown' }),
      gives: (user) => ({ data: user }),
    },
    obtainToken: null,
    ...more.operations,
  },
  paths: {
    register: 'POST /users',
    login: 'POST /users/sign_in',
    logout: 'DELETE /users/sign_out',
    refreshToken: 'POST /users/token',
    getUser: 'GET /users/me',
    endSession: 'DELETE /users/devices/:id',
    ...more.paths,
  },
  word:
    more.word ??
    (({ code, status, detail, errors }) => ({
      status: code === 'input_invalid' ? 422 : status,
      contentType: 'application/json',
      body: errors ? { code, errors } : { code, error: detail },
    })),
  problemShape: z
    .object({
      code: z.string(),
      error: z.string().optional(),
      errors: z.record(z.string(), z.array(z.string())).optional(),
    })
    .meta({ id: 'Failure' }),
  introduction: 'As a Rails app with Devise.',
});
const accountOf = ({ id, email }: { id: number; email: string | null }) => ({ id, email: email ?? '' });

@Controller('notes')
class NotesController {
  @Get()
  @Authenticated()
  mine(@CurrentUser() me: Principal) {
    return { id: me.userId };
  }
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe.each([
  ['fastify', () => new FastifyAdapter()],
  ['express', () => new ExpressAdapter()],
] as const)('a wire of the host on %s', (_, adapterOf) => {
  let app: INestApplication;
  let browser: Browser;
  beforeAll(async () => {
    const settings = database.settings as { databaseUrl: string };
    const tokenjar = TokenjarModule.forRoot({
      ...settings,
      secretKey: SECRET_KEY,
      rateLimit: false,
      wire: rails(),
    });
    @Module({ imports: [tokenjar], controllers: [NotesController] })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapterOf() as FastifyAdapter, { logger: false });
    app.setGlobalPrefix('api', { exclude: ['notes'] });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    browser = new Browser((await app.getUrl()).replace('localhost', '127.0.0.1'));
  });
  const signUp = async (email = uniqueEmail()) => {
    const answer = await browser.post('/users', { user: { email, password: PASSWORD } });
    browser.accessToken = String(answer.body.token);
    return { ...answer, email };
  };

  test('signs up, in, on and out under its paths, with its bodies', async () => {
    const { status, body, email, setCookie } = await signUp();
    const { id } = body.data as { id: number };
    expect([status, body]).toEqual([201, { data: { id, email }, token: expect.any(String) }]);
    expect(setCookie.join()).toMatch(/refresh_token=.*HttpOnly/);
    expect((await browser.get('/notes')).body).toEqual({ id });
    const again = await browser.post('/users/sign_in?from=app', { user: { email, password: PASSWORD } });
    expect([again.status, again.body.data]).toEqual([200, { id, email }]);
    const renewed = await browser.post('/users/token');
    expect([renewed.status, Object.keys(renewed.body)]).toEqual([200, ['token']]);
    browser.accessToken = String(renewed.body.token);
    const { items } = (await browser.get('/api/auth/sessions')).body as unknown as {
      items?: { id: string }[];
    };
    const list = (items ?? (await browser.get('/api/auth/sessions')).body) as unknown as { id: string }[];
    expect((await browser.delete(`/users/devices/${list[0]?.id}`)).status).toBe(204);
    await browser.post('/users/sign_in', { user: { email, password: PASSWORD } });
    const out = await browser.delete('/users/sign_out');
    expect([out.status, out.setCookie.join()]).toEqual([204, expect.stringContaining('refresh_token=;')]);
    expect((await browser.post('/users/token')).status).toBe(401);
  });

  test('shows what users are shown, and no hash and no refresh token', async () => {
    const { email, text } = await signUp();
    const me = await browser.get('/users/me');
    expect(Object.keys(me.body.data as object).sort()).toEqual(
      ['createdAt', 'email', 'emailVerified', 'id', 'locale', 'publicId', 'roles', 'username'].sort(),
    );
    expect(me.text + text).not.toMatch(/argon2|refresh/i);
    expect(me.body.data).toMatchObject({ email });
  });

  test('words errors, which keep their codes, alike for whoever has an account', async () => {
    const { email } = await signUp();
    const wrong = await browser.post('/users/sign_in', { user: { email, password: 'no' } });
    const unknown = await browser.post('/users/sign_in', { user: { email: uniqueEmail(), password: 'no' } });
    expect([wrong.status, wrong.body]).toEqual([401, { code: 'bad_credentials', error: expect.any(String) }]);
    expect([unknown.status, unknown.body]).toEqual([401, wrong.body]);
    const invalid = await browser.post('/users/sign_in', { email });
    expect([invalid.status, invalid.body]).toMatchObject([
      422,
      { code: 'input_invalid', errors: { user: [expect.any(String)] } },
    ]);
    browser.accessToken = undefined;
    const anonymous = await browser.get('/users/me');
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await browser.post('/api/auth/token', {})).status).toBe(404);
  });

  test('refuses what other sites make a browser send', async () => {
    const { email } = await signUp();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const user = { email, password: PASSWORD };
    const answer = await browser.post('/users/sign_in', { user }, { headers });
    expect([answer.status, answer.body.code, answer.setCookie]).toEqual([403, 'origin_refused', []]);
  });

  test('is in the document as it is', () => {
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const { paths, components } = describeTokenjar(app, SwaggerModule.createDocument(app, config));
    const at = (path: string, method: string) =>
      (paths as Record<string, Record<string, { requestBody?: object; responses: Record<string, object> }>>)[
        path
      ]?.[method];
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/users',
        '/users/sign_in',
        '/users/sign_out',
        '/users/devices/{id}',
        '/api/auth/sessions',
      ]),
    );
    expect(at('/api/auth/login', 'post') ?? at('/api/auth/token', 'post')).toBeUndefined();
    expect(JSON.stringify(at('/users/sign_in', 'post')?.requestBody)).toContain('TokenjarSignIn');
    expect(at('/users', 'post')?.responses[201]).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/TokenjarSignedIn' } } },
    });
    expect(JSON.stringify(at('/users/sign_in', 'post')?.responses[422])).toContain('TokenjarFailure');
    expect(at('/users/sign_out', 'delete')?.responses).toHaveProperty('204');
    expect(components?.schemas).toHaveProperty('TokenjarAccount');
  });
});

test('a wire that makes a success of an error, forgets its code or fails changes neither status nor code', async () => {
  const words: Wire['word'][] = [
    () => ({ status: 200, contentType: 'application/json', body: { ok: true } }),
    () => {
      throw new Error('of the host');
    },
    ({ code }) => ({ status: 401.5, contentType: 'application/json', body: { code } }),
    ({ code }) => ({ status: 401, contentType: 'application/json', body: { code, size: 1n } }),
    ({ code }) => ({ status: 401, contentType: 'application/json\r\nset-cookie: a=b', body: { code } }),
    ({ code }) => ({ status: 401, contentType: 'text/html', body: { code } }),
    ({ code }) => ({ status: 401, contentType: 'application/json', body: code as never }),
  ];
  let word: Wire['word'];
  const app = await startApp({ wire: rails({ word: (...asked) => word?.(...asked) as never }) }, database);
  for (word of words) {
    const sent = { user: { email: uniqueEmail(), password: 'no' } };
    const answer = await app.browser().post('/users/sign_in', sent);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      401,
      expect.stringMatching(/^application\/(problem\+)?json/),
    ]);
    expect(answer.body.code).toBe('bad_credentials');
  }
  await app.close();
});

test('a wire that cannot word a success is an error of the host', async () => {
  const answers: (() => unknown)[] = [
    () => {
      throw new Error('of the host');
    },
    () => ({ size: 1n }),
    () => Promise.resolve({}),
    () => '<p>a page</p>',
  ];
  let gives: () => unknown = () => undefined;
  const login = { takes: credentials('SignIn'), gives: () => gives() };
  const app = await startApp({ wire: rails({ operations: { login } }) }, database);
  const email = uniqueEmail();
  await app.browser().post('/users', { user: { email, password: PASSWORD } });
  for (gives of answers) {
    const answer = await app.browser().post('/users/sign_in', { user: { email, password: PASSWORD } });
    expect([answer.status, answer.body.code]).toEqual([500, 'hook_failed']);
    expect(answer.text).not.toContain('of the host');
  }
  await app.close();
});

test('a wire takes no path from a route, on Express as little as on Fastify', async () => {
  const settings = database.settings as { databaseUrl: string };
  for (const [paths, why] of [
    [{ login: 'POST /auth/registration' }, 'is POST /auth/registration already'],
    [{ login: 'POST /Auth/Login/' }, 'has no path'],
    [{ login: 'POST /AUTH/login' }, 'is POST /auth/login already'],
    [{ endSession: 'DELETE /auth/:id' }, 'is DELETE /auth/sessions already'],
    [{ login: 'POST /in', register: 'POST /in' }, 'is POST /in already'],
    [{ getUser: 'GET /.well-known/jwks.json' }, 'is GET /.well-known/jwks.json already'],
  ] as const)
    for (const adapter of [new FastifyAdapter(), new ExpressAdapter()]) {
      const tokenjar = TokenjarModule.forRoot({
        ...settings,
        secretKey: SECRET_KEY,
        wire: { paths },
        cookiePath: '/',
      });
      @Module({ imports: [tokenjar] })
      class HostModule {}
      const options = { logger: false, abortOnError: false } as const;
      const start = async () => {
        const app = await NestFactory.create(HostModule, adapter as FastifyAdapter, options);
        await app.init().finally(() => app.close());
      };
      await expect(start()).rejects.toThrow(why);
    }
});

test.each<[string, Wire, RegExp]>([
  ['an operation that there is not', { operations: { signIn: {} } as never }, /no operation signIn/],
  ['an operation of administrators', { operations: { listUsers: {} } }, /same in every dialect/],
  ['an error as a success', { operations: { login: { status: 400 } } }, /status 400/],
  ['a GET that changes something', { paths: { login: 'GET /users/sign_in' } }, /cannot be GET/],
  ['a path without its parameter', { paths: { endSession: 'DELETE /users/devices' } }, /parameters :id/],
  ['a path of nothing', { paths: { signIn: 'POST /x' } }, /no route/],
])('a wire with %s does not start', async (_, more, why) => {
  const refused = await startApp({ wire: rails(more) }, database).then(
    (app) => app.close(),
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(SettingsError);
  expect(String(refused)).toMatch(why);
});
