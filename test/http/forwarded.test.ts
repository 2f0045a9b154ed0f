import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TokenjarModule } from '../../src/index.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { PASSWORD, SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

/** What a server made of a request: whose address it is, whether over https, and which origin was its own. */
interface Seen {
  ip: unknown;
  isSecure: boolean;
}

async function seenBy(url: string, headers: Record<string, string>): Promise<Seen> {
  const browser = new Browser(url);
  const user = { email: uniqueEmail(), password: PASSWORD };
  const { status, setCookie, text } = await browser.post('/auth/registration', user, { headers });
  expect([status, text]).toEqual([201, text]);
  const [session] = (await browser.get('/auth/sessions')).body as unknown as { ip: string | null }[];
  return { ip: session?.ip, isSecure: setCookie.every((line) => /; Secure/i.test(line)) };
}

/** Whether a page of an origin is let in. */
const isOwn = async (url: string, origin: string, headers: Record<string, string>): Promise<boolean> => {
  const sent = { origin, ...headers };
  const { status } = await new Browser(url).post('/auth/logout', undefined, { headers: sent });
  return status !== 403;
};

/** X-Forwarded-For, X-Forwarded-Proto, the client's address, and whether it came over https. */
const SAID: [
  forwardedFor: string | undefined,
  proto: string | undefined,
  ip: string | null,
  isSecure: boolean,
][] = [
  // One proxy.
  ['203.0.113.9', 'https', '203.0.113.9', true],
  ['203.0.113.9', 'http', '203.0.113.9', false],
  ['203.0.113.9', 'HTTPS', '203.0.113.9', true],
  ['203.0.113.9', undefined, '203.0.113.9', false],
  ['203.0.113.9', 'ftp', '203.0.113.9', false],
  ['203.0.113.9', '', '203.0.113.9', false],
  ['203.0.113.9', 'wss', '203.0.113.9', true],
  [undefined, 'https', '127.0.0.1', true],
  // Ports, brackets, quotes: RFC 7239 §6.
  ['203.0.113.9:51234', 'https', '203.0.113.9', true],
  ['"203.0.113.9:51234"', 'https', '203.0.113.9', true],
  ['[2001:db8::7]:443', 'https', '2001:db8::7', true],
  ['"[2001:db8::7]:443"', 'https', '2001:db8::7', true],
  ['[2001:db8::7]', 'https', '2001:db8::7', true],
  ['[2001:db8::7]:_port', 'https', '2001:db8::7', true],
  ['2001:db8::7', 'https', '2001:db8::7', true],
  ['[::ffff:203.0.113.9]:80', 'https', '203.0.113.9', true],
  ['unknown', 'https', null, true],
  ['_hidden', 'https', null, true],
  ['_hidden:_port', 'https', null, true],
  // Several proxies of ours, each adding; one writes ports.
  ['203.0.113.9, 10.0.0.2', 'https,http', '203.0.113.9', true],
  ['203.0.113.9:51234, 10.0.0.2:443', 'https, http', '203.0.113.9', true],
  ['203.0.113.9, [fd00::2]:443', 'http,https', '203.0.113.9', false],
  ['203.0.113.9, 10.0.0.2, 10.0.0.3', 'https', '203.0.113.9', true],
  ['203.0.113.9, 10.0.0.2, 10.0.0.3', 'https,http,http', '203.0.113.9', true],
  ['203.0.113.9, 10.0.0.2, 10.0.0.3', 'https,http', '203.0.113.9', true],
  ['10.0.0.3, 10.0.0.2', 'https,http', '10.0.0.3', true],
  // The address was written anew on the way, the scheme added to.
  ['203.0.113.9', 'https,http', '203.0.113.9', true],
  [undefined, 'https,http', '127.0.0.1', true],
  // What the client sent itself, before what proxies added.
  ['198.51.100.1, 203.0.113.9', 'https,http', '203.0.113.9', false],
  ['198.51.100.1, 203.0.113.9, 10.0.0.2', 'http,https,http', '203.0.113.9', true],
  ['10.0.0.9, 203.0.113.9', 'https', '203.0.113.9', true],
  ['junk, 203.0.113.9', 'https', '203.0.113.9', true],
  ['203.0.113.9, unknown', 'https', null, true],
  ['127.0.0.1, 203.0.113.9:1', 'https', '203.0.113.9', true],
  // It cannot be told which value is whose: the client may have sent the first.
  ['203.0.113.9', 'http,https', '203.0.113.9', true],
  ['198.51.100.1, 203.0.113.9', 'http,http,https', '203.0.113.9', true],
  [undefined, 'http,"https"', '127.0.0.1', true],
  ['203.0.113.9', 'http,http', '203.0.113.9', false],
  // A proxy on this machine that spoke to another over a unix socket.
  ['203.0.113.9, unix:', 'https', '203.0.113.9', true],
];

const headersFor = (forwardedFor: string | undefined, proto: string | undefined) => ({
  ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
  ...(proto !== undefined && { 'x-forwarded-proto': proto }),
});

describe('behind TRUSTED_PROXIES', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ trustedProxies: 'loopback,uniquelocal' });
  });
  afterAll(() => app.close());

  test.each(SAID)('For: %s, Proto: %s is %s, https: %s', async (forwardedFor, proto, ip, isSecure) => {
    expect(await seenBy(app.url, headersFor(forwardedFor, proto))).toEqual({ ip, isSecure });
  });

  const own = 'https://app.example.com';
  test.each([
    ['app.example.com', true],
    ['APP.example.com:443', true],
    ['app.example.com, inner.local', true],
    ['"app.example.com"', true],
    ['inner.local, app.example.com', false],
    ['app.example.com:8443', false],
    ['app.example.com.evil.example', false],
    ['app.example.com/@evil.example', false],
    ['user@app.example.com', false],
    [`${'a'.repeat(300)}.example.com`, false],
    ['', false],
  ])('X-Forwarded-Host: %s makes https://app.example.com our own origin: %s', async (host, expected) => {
    const headers = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': host,
      'x-forwarded-for': '203.0.113.9',
    };
    expect(await isOwn(app.url, own, headers)).toBe(expected);
  });

  test('the host at the position of the client counts, like the scheme', async () => {
    const ownHost = (forwardedFor: string, host: string) =>
      isOwn(app.url, own, {
        'x-forwarded-proto': 'https',
        'x-forwarded-for': forwardedFor,
        'x-forwarded-host': host,
      });
    expect(await ownHost('203.0.113.9, 10.0.0.2', 'app.example.com, inner.local')).toBe(true);
    expect(await ownHost('198.51.100.1, 203.0.113.9', 'forged.example, app.example.com')).toBe(true);
    expect(await ownHost('198.51.100.1, 203.0.113.9', 'app.example.com, real.example')).toBe(false);
  });

  test.each([
    ['app.example.com', '8443', 'https://app.example.com:8443', true],
    ['app.example.com', '8443', 'https://app.example.com', true],
    ['app.example.com', '443', 'https://app.example.com', true],
    ['app.example.com', '8443', 'https://app.example.com:9443', false],
    ['app.example.com:9443', '8443', 'https://app.example.com:8443', false],
    ['app.example.com', '8443@evil.example', 'https://evil.example', false],
  ])(
    'X-Forwarded-Host: %s, X-Forwarded-Port: %s makes %s our own origin: %s',
    async (host, port, origin, is) => {
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': host, 'x-forwarded-port': port };
      expect(await isOwn(app.url, origin, headers)).toBe(is);
    },
  );

  test('a configured proxy causes no warning', async () => {
    await seenBy(app.url, headersFor('203.0.113.9', 'https'));
    expect(app.log.join('\n')).not.toContain('TRUSTED_PROXIES does not name');
  });

  test.each(['a-name.of:the/proxy=1', 'x'.repeat(64), 'Root=1-67891233-abcdef012345678912345678'])(
    'X-Request-Id: %s names the request in the audit trail',
    async (id) => expect(await idOf(app, id)).toBe(id),
  );

  test.each(['x'.repeat(65), 'a b', 'a"b', '<script>', 'ÿ', '', '{"a":1}', 'x'.repeat(4000)])(
    'X-Request-Id: %j does not',
    async (id) => expect(await idOf(app, id)).toMatch(/^[0-9a-f-]{36}$/),
  );
});

async function idOf(app: TestApp, id: string): Promise<unknown> {
  const email = uniqueEmail();
  await app
    .browser()
    .post('/auth/registration', { email, password: PASSWORD }, { headers: { 'x-request-id': id } });
  const [row] = await app.sql<{ request_id: string }>(
    `SELECT a.request_id FROM tokenjar.audit_events a JOIN tokenjar.users u ON u.id = a.user_id WHERE u.email = $1`,
    [email],
  );
  return row?.request_id;
}

describe.each([
  ['without TRUSTED_PROXIES', {}],
  ['from somebody who is none of TRUSTED_PROXIES', { trustedProxies: '10.0.0.0/8,192.0.2.1' }],
])('%s', (_what, settings) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(settings);
  });
  afterAll(() => app.close());

  test.each([
    { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
    { 'x-forwarded-for': '203.0.113.9, 10.0.0.2', 'x-forwarded-proto': 'https, https' },
    { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' },
    { forwarded: 'for=203.0.113.9;proto=https' },
    { 'x-real-ip': '203.0.113.9', 'x-forwarded-ssl': 'on', 'front-end-https': 'on' },
  ] as Record<string, string>[])('nothing in %j is trusted', async (headers) => {
    expect(await seenBy(app.url, headers)).toEqual({ ip: '127.0.0.1', isSecure: false });
    const forged = { ...headers, 'x-forwarded-host': 'app.example.com' };
    expect(await isOwn(app.url, 'https://app.example.com', forged)).toBe(false);
    expect(await isOwn(app.url, 'http://app.example.com', forged)).toBe(false);
    expect(await idOf(app, 'a-name-of-a-stranger')).not.toBe('a-name-of-a-stranger');
  });

  test('a proxy that is not configured is logged once', async () => {
    for (let i = 0; i < 3; i++) await seenBy(app.url, headersFor(`203.0.113.${i}`, 'https'));
    const lines = app.log.filter((line) => line.includes('TRUSTED_PROXIES does not name'));
    expect(lines).toEqual([expect.stringMatching(/through 127\.0\.0\.1 .*count as one/)]);
  });
});

test('Strict-Transport-Security is only sent over https', async () => {
  const app = await startApp({ trustedProxies: 'loopback' });
  try {
    const said = async (path: string, proto?: string) =>
      (await app.browser().get(path, { headers: headersFor(undefined, proto) })).headers.get(
        'strict-transport-security',
      );
    for (const path of ['/auth/user', '/nobody', '/auth/%zz', '/.well-known/jwks.json']) {
      expect([path, await said(path)]).toEqual([path, null]);
      expect([path, await said(path, 'http')]).toEqual([path, null]);
      // A year.
      expect([path, await said(path, 'https')]).toEqual([path, 'max-age=31536000']);
      expect([path, await said(path, 'https,http')]).toEqual([path, expect.stringContaining('max-age=')]);
    }
  } finally {
    await app.close();
  }
});

describe('in library form', () => {
  let database: TestDatabase;
  let host: INestApplication | undefined;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await host?.close();
    await database.drop();
  });

  async function start(platform: 'fastify' | 'express', trusts: boolean, settings: TokenjarInput = {}) {
    await host?.close();
    @Module({
      imports: [
        TokenjarModule.forRoot({
          ...database.settings,
          secretKey: SECRET_KEY,
          rateLimit: false,
          ...settings,
        }),
      ],
    })
    class HostModule {}
    const adapter =
      platform === 'fastify'
        ? new FastifyAdapter({ trustProxy: trusts && '127.0.0.1' })
        : new ExpressAdapter();
    const made = await NestFactory.create(HostModule, adapter, { logger: false, abortOnError: false });
    if (platform === 'express' && trusts) (made as NestExpressApplication).set('trust proxy', 'loopback');
    host = made;
    await made.listen(0, '127.0.0.1');
    return (await made.getUrl()).replace('localhost', '127.0.0.1');
  }
  const direct = { ip: '127.0.0.1', isSecure: false };

  describe.each(['fastify', 'express'] as const)('on %s', (platform) => {
    test('uses the proxies trusted by the host, in any notation', async () => {
      const url = await start(platform, true);
      for (const [forwardedFor, proto] of [
        ['203.0.113.9', 'https'],
        ['203.0.113.9:51234', 'https,http'],
        ['"203.0.113.9:51234"', 'https'],
      ])
        expect(await seenBy(url, headersFor(forwardedFor, proto))).toEqual({
          ip: '203.0.113.9',
          isSecure: true,
        });
      expect(await seenBy(url, headersFor('[2001:db8::7]:443', 'https'))).toMatchObject({
        ip: '2001:db8::7',
      });
      expect(await seenBy(url, headersFor(undefined, 'https,http'))).toEqual({ ...direct, isSecure: true });
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.com, inner.local' };
      expect(await isOwn(url, 'https://app.example.com', forwarded)).toBe(true);
    });

    test('trusts none if the host trusts none, unless TRUSTED_PROXIES is set', async () => {
      const said = headersFor('203.0.113.9:51234', 'https,http');
      expect(await seenBy(await start(platform, false), said)).toEqual(direct);
      const url = await start(platform, false, { trustedProxies: 'loopback' });
      expect(await seenBy(url, said)).toEqual({ ip: '203.0.113.9', isSecure: true });
      const other = await start(platform, false, { trustedProxies: '10.0.0.0/8' });
      expect(await seenBy(other, said)).toEqual(direct);
    });
  });
});
