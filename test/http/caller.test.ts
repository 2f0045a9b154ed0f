import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { callerOf } from '../../src/http/caller.js';
import { startApp, type TestApp, uniqueEmail, PASSWORD } from '../support/app.js';

const from = (ip: string | undefined, userAgent?: string) =>
  callerOf({
    headers: userAgent === undefined ? {} : { 'user-agent': userAgent },
    method: 'POST',
    url: '/',
    protocol: 'http',
    ...(ip !== undefined && { ip }),
    raw: new IncomingMessage(new Socket()),
  });

describe('an IP address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::1', '::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
    ['192.0.2.1:8080', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['192.0.2.1:_port', '192.0.2.1'],
  ])('%s is normalised to %s', (ip, kept) => expect(from(ip).ip).toBe(kept));

  test.each([
    undefined,
    '',
    ' ',
    'unknown',
    '_hidden',
    '192.0.2.1:',
    '192.0.2.1:123456',
    '[2001:db8::1',
    '[2001:db8::1]443',
    '[192.0.2.1',
    '2001:db8::1]:443',
    '192.0.2',
    '192.0.2.256',
    '0x7f.1',
    '192.0.2.1/24',
    '192.0.2.1, 192.0.2.2',
    '%',
    '%eth0',
    '::ffff:',
    "'; DROP TABLE tokenjar.users; --",
    '\0',
  ])('%j is refused', (ip) => expect(from(ip).ip).toBeNull());
});

describe('a user agent', () => {
  test.each([
    [undefined, null],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['x'.repeat(512), 'x'.repeat(512)],
    ['x'.repeat(8000), 'x'.repeat(512)],
  ])('%s is truncated to 512 characters', (sent, kept) => {
    expect(from('::1', sent).userAgent).toBe(kept);
  });
});

describe('over HTTP', () => {
  let direct: TestApp;
  let proxied: TestApp;
  beforeAll(async () => {
    [direct, proxied] = await Promise.all([startApp(), startApp({ trustedProxies: 'loopback,10.0.0.0/8' })]);
  });
  afterAll(() => Promise.all([direct.close(), proxied.close()]));

  async function addressSeenBy(app: TestApp, headers: Record<string, string>): Promise<unknown> {
    const browser = app.browser();
    const user = { email: uniqueEmail(), password: PASSWORD };
    const { status } = await browser.post('/auth/registration', user, { headers });
    expect(status).toBe(201);
    const [session] = (await browser.get('/auth/sessions')).body as unknown as { ip: string | null }[];
    return session?.ip;
  }

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['192.0.2.9, 192.0.2.1', '192.0.2.1'],
    ['192.0.2.1, 10.1.2.3', '192.0.2.1'],
    ['junk, 192.0.2.1, 10.1.2.3, 127.0.0.1', '192.0.2.1'],
  ])('X-Forwarded-For: %s behind a trusted proxy is the address %s', async (forwarded, ip) => {
    expect(await addressSeenBy(proxied, { 'x-forwarded-for': forwarded })).toBe(ip);
  });

  test.each([
    'unknown',
    'a'.repeat(4000),
    '192.0.2.1:http',
    '[2001:db8::1]:',
    '999.999.999.999',
    "1'; DROP TABLE tokenjar.sessions; --",
    '192.0.2.1 192.0.2.2',
    '::ffff:',
    'ÿ',
    '-1',
  ])('garbage in it is ignored: %s', async (forwarded) => {
    expect(await addressSeenBy(proxied, { 'x-forwarded-for': forwarded })).toBeNull();
  });

  test.each(['', ' ', ',', ',,,', ', ,'])('an empty one is ignored: %j', async (forwarded) => {
    const ip = await addressSeenBy(proxied, { 'x-forwarded-for': forwarded });
    expect([null, '127.0.0.1']).toContain(ip);
  });

  test('is ignored without a trusted proxy', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.1', forwarded: 'for=192.0.2.1' };
    expect(await addressSeenBy(direct, headers)).toBe('127.0.0.1');
  });

  test.each([{ 'user-agent': '' }, { 'user-agent': 'ÿ\u0080' }, { 'user-agent': 'x'.repeat(8000) }])(
    '%j is no failure',
    async (headers) => {
      expect(await addressSeenBy(direct, headers)).toBe('127.0.0.1');
    },
  );
});
