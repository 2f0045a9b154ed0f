import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OptionsInput } from '../../src/config/options.js';
import { TokenjarModule } from '../../src/index.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { contractOf } from '../support/contract.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { rawRequest } from '../support/raw-request.js';

/** What clients and proxies say of a body that is not there. */
const TYPES = [
  undefined,
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded;charset=UTF-8',
  'text/plain;charset=UTF-8',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/xml',
];
/** What only a parser that does not know them minds. */
const ODD_TYPES = ['form', '*/*', 'application/json; charset=latin1'];
const LENGTHS: [what: string, head: string[], body: string][] = [
  ['a length of 0', ['Content-Length: 0'], ''],
  ['no chunks', ['Transfer-Encoding: chunked'], '0\r\n\r\n'],
];
const guises = (types: (string | undefined)[]) =>
  types.flatMap((type) =>
    LENGTHS.map(([what, head, body]) => ({
      what: `${what}, ${type ?? 'no type'}`,
      head: [...head, ...(type === undefined ? [] : [`Content-Type: ${type}`])],
      body,
    })),
  );

interface Route {
  method: string;
  path: string;
}

/** All that may have a body, from the document of the server. */
async function routesOf(app: TestApp): Promise<Route[]> {
  const { operations } = await contractOf(app);
  return operations
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => ({
      method,
      path: path.replace(/\{\w+\}/, '0192f0c1-0000-7000-8000-000000000000'),
    }));
}

async function send(url: string, token: string, { method, path }: Route, head: string[], content: string) {
  const { status, text } = await rawRequest(
    url,
    [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`, ...head],
    content,
  );
  // Challenges are new in every answer.
  const body = text.slice(text.indexOf('\r\n\r\n')).replace(/"[\w.-]{40,}"/g, '"…"');
  return { status, body };
}

/** Answers that differ from the one to a request without a body. */
async function strangeAnswers(url: string, token: string, routes: Route[], types: (string | undefined)[]) {
  const strange: string[] = [];
  for (const route of routes) {
    const plain = await send(url, token, route, [], '');
    expect(plain.status).not.toBe(415);
    for (const { what, head, body } of guises(types)) {
      const answer = await send(url, token, route, head, body);
      if (answer.status !== plain.status || answer.body !== plain.body)
        strange.push(`${route.method} ${route.path}, ${what}: ${answer.status} in place of ${plain.status}`);
    }
  }
  return strange;
}

const tokenFrom = async (browser: Browser, path: string, dialect: string): Promise<string> => {
  const user = { email: uniqueEmail(), password: PASSWORD, password1: PASSWORD, password2: PASSWORD };
  const { text } = await browser.post(path, user);
  const token = /"access(?:_token)?":\s*"([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no token in ${dialect}: ${text}`);
  return token;
};

describe.each(['standard', 'django', 'django-legacy', 'envelope'] as const)(
  'in the dialect %s',
  (dialect) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ dialect, emailVerification: 'optional' });
    });
    afterAll(() => app.close());

    test('empty content is treated like no body by every operation, whatever the headers say', async () => {
      const routes = await routesOf(app);
      expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual(
        expect.arrayContaining(['POST /auth/logout', 'POST /auth/token/refresh', 'DELETE /auth/sessions']),
      );
      const token = await tokenFrom(app.browser(), '/auth/registration', dialect);
      const types = dialect === 'standard' ? [...TYPES, ...ODD_TYPES] : [undefined, 'text/plain', 'form'];
      expect(await strangeAnswers(app.url, token, routes, types)).toEqual([]);
    });

    test('content of an unsupported type is refused', async () => {
      for (const { status } of [
        await app
          .browser()
          .send('POST', '/auth/logout', { body: ' ', headers: { 'content-type': 'text/plain' } }),
        await rawRequest(
          app.url,
          ['POST /auth/logout HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked'],
          '1\r\nx\r\n0\r\n\r\n',
        ),
      ])
        expect(status).toBe(415);
    });
  },
);

test('a chunked body is read completely, and one that breaks off causes no failure', async () => {
  const app = await startApp();
  try {
    const user = JSON.stringify({ email: uniqueEmail(), password: PASSWORD });
    const chunks = [...user].map((character) => `1\r\n${character}\r\n`).join('');
    const head = ['POST /auth/registration HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
    const chunked = [...head, 'Transfer-Encoding: chunked'];
    expect((await rawRequest(app.url, chunked, `${chunks}0\r\n\r\n`)).status).toBe(201);
    const [, code] = /"code":"(\w+)"/.exec((await rawRequest(app.url, chunked, 'x\r\n')).text) ?? [];
    expect(code).toBe('request_malformed');
    expect((await app.browser().get('/health/live')).status).toBe(200);
  } finally {
    await app.close();
  }
});

describe('in library form', () => {
  let database: TestDatabase;
  let server: TestApp;
  let routes: Route[];
  let app: INestApplication | undefined;
  beforeAll(async () => {
    database = await createDatabase();
    server = await startApp({ pathPrefix: 'api/auth' });
    routes = (await routesOf(server)).filter(({ path }) => path.startsWith('/api/auth'));
  });
  afterAll(async () => {
    await app?.close();
    await server.close();
    await database.drop();
  });

  const hostOf = (settings: OptionsInput = {}) => {
    @Module({
      imports: [
        TokenjarModule.forRoot({
          ...database.settings,
          secretKey: SECRET_KEY,
          pathPrefix: 'api/auth',
          rateLimit: false,
          ...settings,
        }),
      ],
    })
    class HostModule {}
    return HostModule;
  };
  const start = async (host: INestApplication): Promise<string> => {
    await app?.close();
    app = host;
    await host.listen(0, '127.0.0.1');
    return (await host.getUrl()).replace('localhost', '127.0.0.1');
  };
  const check = async (host: INestApplication, types: (string | undefined)[]) => {
    const url = await start(host);
    const token = await tokenFrom(new Browser(url), '/api/auth/registration', 'a host');
    expect(await strangeAnswers(url, token, routes, types)).toEqual([]);
  };
  const silent = { logger: false, abortOnError: false } as const;
  const onFastify = () => NestFactory.create<NestFastifyApplication>(hostOf(), new FastifyAdapter(), silent);
  const onExpress = () => NestFactory.create<NestExpressApplication>(hostOf(), new ExpressAdapter(), silent);

  test('on Fastify', async () => check(await onFastify(), [...TYPES, ...ODD_TYPES]));

  test('on Fastify with the host’s own parsers', async () => {
    const host = await onFastify();
    host.useBodyParser('application/xml', { bodyLimit: 1000 }, (_request, body, done) =>
      done(null, body.toString()),
    );
    host
      .getHttpAdapter()
      .getInstance()
      .addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    await check(host, [...TYPES, ...ODD_TYPES]);
  });

  test('does not affect the host’s routes on Fastify', async () => {
    const host = await onFastify();
    host
      .getHttpAdapter()
      .getInstance()
      .post('/notes', (_request, reply) => reply.send('made'));
    const url = await start(host);
    const { status } = await rawRequest(
      url,
      ['POST /notes HTTP/1.1', 'Host: localhost', 'Content-Type: application/xml', 'Content-Length: 0'],
      '',
    );
    expect(status).toBe(415);
  });

  test('on Express', async () => check(await onExpress(), TYPES));

  test('on Express with the host’s own parsers', async () => {
    const host = await onExpress();
    host.useBodyParser('text', { type: ['text/*', 'application/xml'] });
    host.useBodyParser('raw', { type: 'application/octet-stream' });
    await check(host, TYPES);
  });
});
