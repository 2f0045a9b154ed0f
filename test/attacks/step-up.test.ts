import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { DIALECTS } from '../../src/http/dialects/dialects.js';
import { has } from '../../src/http/dialects/dialect.js';
import { partsOf } from '../../src/http/operation-row.js';
import { ROUTES, rowOf } from '../../src/http/operations.js';
import { TokenjarModule } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { addTotp } from '../support/totp-account.js';

/** Attacks by somebody with a stolen access token, whose sign-in is a while ago, on what demands a recent one. */

const LATER = 16 * 60;

/** The same path, as it may be written for a router, or for a proxy before it. */
const PATHS: ((path: string) => string)[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => path.replace('/auth/', '/auth//'),
  (path) => path.replace('/auth/', '/auth/./'),
  (path) => path.replace('/auth/', '/auth/x/../'),
  (path) => path.replace('/auth/', '/AUTH/'),
  (path) => path.replace(/\/auth\/\w+/, (begin) => begin.toUpperCase()),
  (path) => path.replace('/auth/', '/%61uth/'),
  (path) => `${path}?fresh=1`,
  (path) => `${path};x=1`,
  (path) => `${path}.json`,
  (path) => `${path}%2f`,
  (path) => `http://127.0.0.1${path}`,
];

/** Other ways to name a method. */
const overrides = (method: string) => [
  {},
  { 'x-http-method-override': method },
  { 'x-http-method': method },
  { 'x-method-override': method },
];

interface World {
  url: string;
  close: () => Promise<void>;
  dialect: keyof typeof DIALECTS;
  app: Pick<TestApp, 'app' | 'clock'>;
  /** For looking at what has become of the data. */
  sql: <Row = Record<string, unknown>>(text: string) => Promise<Row[]>;
}

async function server(dialect: World['dialect']): Promise<World> {
  const app = await startApp({ dialect });
  return { url: app.url, close: () => app.close(), dialect, app, sql: (text) => app.sql(text) };
}

/** In a host, whose router reads paths in its own way; a server of ours on the same data shows what it has done. */
async function onExpress(): Promise<World> {
  const database: TestDatabase = await createDatabase();
  const { databaseUrl } = database.settings as { databaseUrl: string };
  const shows = await startApp({}, database);
  @Module({
    imports: [
      TokenjarModule.forRoot({ databaseUrl, secretKey: SECRET_KEY, rateLimit: false, clock: shows.clock }),
    ],
  })
  class HostModule {}
  const host = await NestFactory.create(HostModule, new ExpressAdapter(), { logger: false });
  await host.listen(0, '127.0.0.1');
  return {
    url: (await host.getUrl()).replace('localhost', '127.0.0.1'),
    dialect: 'standard',
    app: shows,
    sql: (text) => shows.sql(text),
    close: async () => {
      await host.close();
      await shows.close();
      await database.drop();
    },
  };
}

function send(url: string, method: string, path: string, headers: Record<string, string>, json: object) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify(json);
  const length = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  return new Promise<number>((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, method, path, headers: { ...headers, ...length }, agent: false },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const STARTS: [string, () => Promise<World>][] = [
  ['our server', () => server('standard')],
  ['our server, in the words of dj-rest-auth', () => server('django')],
  ...(isEmbedded ? [] : [['a host on Express', onExpress] as [string, () => Promise<World>]]),
];

describe.each(STARTS)('%s', (_name, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
  }, 60_000);
  afterAll(() => world.close());

  const state = () =>
    world.sql(
      `SELECT u.id, u.email, u.password_hash, u.credentials_epoch, u.factors_epoch,
          (SELECT json_agg(f ORDER BY f.id) FROM tokenjar.factors f) AS factors,
          (SELECT json_agg(d.id) FROM tokenjar.trusted_devices d) AS devices,
          (SELECT json_agg(r.digest ORDER BY r.digest) FROM tokenjar.recovery_codes r) AS codes,
          (SELECT count(*) FROM tokenjar.totp_setups) AS setups, (SELECT count(*) FROM tokenjar.outbox) AS emails
        FROM tokenjar.users u`,
    );

  test('changes nothing for an old sign-in, however path and method are written', async () => {
    const isDjango = world.dialect === 'django';
    const user = new Browser(world.url);
    const email = uniqueEmail();
    const passwords = isDjango ? { password1: PASSWORD, password2: PASSWORD } : { password: PASSWORD };
    const { body } = await user.post('/auth/registration', { email, ...passwords });
    const token = String(body.access_token ?? body.access);
    await addTotp(world.app, token);
    await world.sql(
      `INSERT INTO tokenjar.trusted_devices (id, digest, user_id, credentials_epoch, factors_epoch, created_at, expires_at)
        SELECT gen_random_uuid(), '\\x00', id, credentials_epoch, factors_epoch, now(), now() + interval '1 year'
        FROM tokenjar.users`,
    );
    world.app.clock.advance(LATER);
    const refreshed = await user.refresh();
    expect(refreshed.status).toBe(200);
    const authorization = `Bearer ${String(refreshed.body.access_token ?? refreshed.body.access)}`;
    const [{ id: factor } = { id: '' }] = await world.sql<{ id: string }>('SELECT id FROM tokenjar.factors');
    const [{ id: device } = { id: '' }] = await world.sql<{ id: string }>(
      'SELECT id FROM tokenjar.trusted_devices',
    );
    const json = {
      name: 'mine now',
      code: '123456',
      password: PASSWORD,
      old_password: PASSWORD,
      new_password: 'violet harbour cinder maple',
      new_password1: 'violet harbour cinder maple',
      new_password2: 'violet harbour cinder maple',
      email: uniqueEmail(),
      new_email: uniqueEmail(),
    };
    const before = await state();
    const routes = ROUTES.filter(
      (each) => rowOf(each.operation).fresh !== undefined && has(DIALECTS[world.dialect], each),
    );
    expect(routes.length).toBeGreaterThan(8);
    for (const { id, route } of routes) {
      const [verb, template] = partsOf(route);
      const path = `/auth${template}`.replace(':id', template.includes('trusted') ? device : factor);
      for (const written of PATHS.map((write) => write(path))) {
        const methods = new Set([verb, 'HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
        const tries = [
          ...[...methods].map((method) => ({ method, headers: {} })),
          ...overrides(verb).map((headers) => ({ method: 'POST', headers })),
        ];
        for (const { method, headers } of written === path ? tries : [{ method: verb, headers: {} }]) {
          const status = await send(world.url, method, written, { authorization, ...headers }, json);
          if (method === verb) expect([id, written, status]).toEqual([id, written, expect.any(Number)]);
          if (method === verb && status < 300)
            throw new Error(`${id} let ${method} ${written} in: ${status}`);
          expect([id, written, status < 500]).toEqual([id, written, true]);
        }
      }
      expect([id, await state()]).toEqual([id, before]);
    }
  });
});
