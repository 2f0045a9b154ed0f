import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { VersioningType, type VersioningOptions } from '@nestjs/common';
import { TokenjarModule, type TokenjarInput } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, createEmptyDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startMailServer } from '../support/smtp.js';

let database: TestDatabase;
const apps: INestApplication[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => database.drop());

const forRoot = (settings: TokenjarInput = {}, of: TestDatabase = database) =>
  TokenjarModule.forRoot({ ...of.settings, secretKey: SECRET_KEY, rateLimit: false, ...settings });

const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };
type Platform = keyof typeof adapters;

async function start(
  imports: DynamicModule[],
  prepare: (app: INestApplication) => unknown = () => undefined,
  platform: Platform = 'fastify',
): Promise<() => Browser> {
  @Module({ imports })
  class HostModule {}
  const app = await NestFactory.create(HostModule, adapters[platform]() as FastifyAdapter, {
    logger: false,
    abortOnError: false,
  });
  apps.push(app);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  return () => new Browser(url);
}

async function signUp(browser: Browser, at = '/auth'): Promise<string> {
  const email = uniqueEmail();
  const { status } = await browser.post(`${at}/registration`, { email, password: PASSWORD });
  expect(status).toBe(201);
  return email;
}

describe('the path of the cookie has to cover where the host puts us', () => {
  const below =
    (prefix: string, exclude: string[] = []) =>
    (app: INestApplication) =>
      app.setGlobalPrefix(prefix, { exclude });

  test.each([
    ['a global prefix', below('api'), { cookiePath: '/api/auth' }, '/api/auth'],
    ['one that is written with slashes', below('/api/v2/'), { cookiePath: '/api' }, '/api/v2/auth'],
    ['one that our routes are excluded from', below('api', ['auth/*path']), { cookiePath: '/auth' }, '/auth'],
  ] as const)('%s', async (_what, prepare, settings, at) => {
    const browser = (await start([forRoot(settings)], prepare))();
    await signUp(browser, at);
    expect((await browser.post(`${at}/token/refresh`)).status).toBe(200);
  });

  test.each(['fastify', 'express'] as const)(
    'on %s, the addresses of RFC 8615 stay at the root where the host says so',
    async (platform) => {
      const settings: TokenjarInput = { cookiePath: '/api', publicUrl: 'https://example.com/api' };
      const moved = (await start([forRoot(settings)], below('api', ['.well-known/*path']), platform))();
      await signUp(moved, '/api/auth');
      expect((await moved.get('/.well-known/jwks.json')).body.keys).toEqual(expect.any(Array));
      expect((await moved.get('/api/.well-known/jwks.json')).status).toBe(404);
      const { body } = await moved.get('/.well-known/oauth-authorization-server');
      expect(body.jwks_uri).toBe('https://example.com/.well-known/jwks.json');
    },
  );

  test('the addresses for other services are below the prefix, also without PUBLIC_URL', async () => {
    const settings: TokenjarInput = { cookiePath: '/api', frontendUrl: 'https://example.com', apiKeys: true };
    const moved = (await start([forRoot(settings)], below('api')))();
    expect((await moved.get('/api/.well-known/oauth-authorization-server')).body).toMatchObject({
      issuer: 'https://example.com/api',
      jwks_uri: 'https://example.com/api/.well-known/jwks.json',
      introspection_endpoint: 'https://example.com/api/auth/introspect',
      revocation_endpoint: 'https://example.com/api/auth/revoke',
    });
  });

  test.each([
    [
      below('api'),
      { cookiePath: '/auth' },
      /^COOKIE_PATH: \/auth does not cover the API at \/api\/auth,.*PUBLIC_URL/,
    ],
    [
      () => undefined,
      { cookiePath: '/api/auth' },
      /^COOKIE_PATH: \/api\/auth does not cover the API at \/auth,/,
    ],
    [
      below('api'),
      { cookiePath: '/api/auth', publicUrl: 'https://example.com/shop/api' },
      /^COOKIE_PATH: \/api\/auth does not cover the API at \/shop\/api\/auth, so refreshes would never receive the cookie$/,
    ],
    [
      below('api'),
      { providers: [{ id: 'github', clientId: 'a', clientSecret: 'b' }] },
      /^PUBLIC_URL: is required with PROVIDERS and the global prefix \/api/,
    ],
  ] as const)('or the app does not start (%#)', async (prepare, settings, message) => {
    await expect(start([forRoot(settings as TokenjarInput)], prepare)).rejects.toThrow(message);
  });

  test('as browsers see it, where a proxy removes a path', async () => {
    const settings = { cookiePath: '/shop/api/auth', publicUrl: 'https://example.com/shop/api' };
    const browser = (await start([forRoot(settings)], below('api')))();
    const answer = await browser.post('/api/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    expect(answer.setCookie.join()).toContain('Path=/shop/api/auth');
  });
});

test.each<[Platform, VersioningOptions]>([
  ['express', { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '2' }],
  ['fastify', { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '2' }],
  ['fastify', { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: ['1', '2'] }],
])('on %s, versions of the host in %o do not concern us', async (platform, versioning) => {
  const browser = (await start([forRoot()], (app) => app.enableVersioning(versioning), platform))();
  await signUp(browser);
  for (const headers of [{ 'x-version': '1' }, { accept: 'application/json;v=7' }, {}] as Record<
    string,
    string
  >[])
    expect((await browser.get('/auth/user', { headers })).status).toBe(200);
});

describe('two of them', () => {
  (isEmbedded ? test.skip : test)('in one app are refused, before either has opened a database', async () => {
    const empty = await createEmptyDatabase();
    try {
      const [first, second] = [forRoot({}, empty), forRoot({ pathPrefix: 'staff' }, database)];
      await expect(start([first, second])).rejects.toThrow(
        /^TokenjarModule: this app imports 2 of them, and there can be one in a Nest app\./,
      );
      const later = TokenjarModule.forRootAsync({ pathPrefix: 'staff', useFactory: () => ({}) });
      await expect(start([first, later])).rejects.toThrow(/imports 2 of them/);
    } finally {
      await empty.drop();
    }
  });

  test('that are one and the same are one', async () => {
    const module = forRoot();
    @Module({ imports: [module] })
    class FeatureModule {}
    const browser = (await start([module, { module: FeatureModule }]))();
    await signUp(browser);
  });

  (isEmbedded ? test.skip : test)('in two apps of one process have each its own database', async () => {
    const other = await createDatabase();
    try {
      const one = (await start([forRoot()]))();
      const two = (
        await start([forRoot({ secretKey: `${SECRET_KEY} of another` }, other)], undefined, 'express')
      )();
      const email = await signUp(one);
      expect((await two.post('/auth/login', { email, password: PASSWORD })).status).toBe(401);
      await signUp(two);
      two.accessToken = one.accessToken;
      expect((await two.get('/auth/user')).body.code).toBe('token_invalid');
      expect((await one.get('/auth/user')).status).toBe(200);
    } finally {
      for (const app of apps.splice(0)) await app.close();
      await other.drop();
    }
  });
});

test('an app that closes leaves nothing behind, and another starts in its place', async () => {
  const mail = await startMailServer();
  try {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const busy = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => !/^(Immediate|TickObject)$/.test(name))
        .sort();
    const smtpUrl = `${mail.url}${mail.url.includes('?') ? '&' : '?'}pool=true`;
    const lifetime = async (platform: Platform) => {
      const settings: TokenjarInput = {
        smtpUrl,
        frontendUrl: 'https://example.com',
        emailVerification: 'optional',
      };
      const browser = (await start([forRoot(settings)], undefined, platform))();
      const email = await signUp(browser);
      await mail.emailTo(email);
      for (const app of apps.splice(0)) await app.close();
    };
    // What a first one loads and starts for good, such as threads that are waiting to be stopped.
    await lifetime('fastify');
    await lifetime('express');
    const [known, before] = [listeners(), busy()];
    // As often as a developer saves a file.
    for (let i = 0; i < 2; i++)
      for (const platform of ['fastify', 'express'] as const) await lifetime(platform);
    expect(listeners()).toEqual(known);
    const grown = () => {
      const left = [...before];
      return busy().filter((name) => !left.includes(name) || !left.splice(left.indexOf(name), 1));
    };
    expect(await eventually(grown, (more) => more.length === 0)).toEqual([]);
  } finally {
    await mail.stop();
  }
});
