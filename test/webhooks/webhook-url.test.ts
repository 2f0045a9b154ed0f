import { describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { isPublicAddress } from '../../src/webhooks/public-address.js';
import { signedHeaders } from '../../src/webhooks/standard-webhooks.js';
import { delayAfter } from '../../src/webhooks/webhook-schedule.js';
import { RefusedUrl, WebhookUrls } from '../../src/webhooks/webhook-url.js';

test('signs as the vector of Standard Webhooks', () => {
  // From the tests of its libraries.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  expect(
    signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', new Date(1614265330_999), '{"test": 2432232314}'),
  ).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the schedule of Standard Webhooks, with Retry-After and jitter', () => {
  const delays = Array.from({ length: 10 }, (_, i) => delayAfter(i + 1, null, 0));
  expect(delays).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined]);
  expect(delayAfter(1, 120, 0)).toBe(120);
  expect(delayAfter(2, 120, 0)).toBe(300);
  expect(delayAfter(1, 10 * 86_400, 0)).toBe(86_400);
  expect(delayAfter(2, null, 0.5)).toBe(315);
});

const PRIVATE = [
  ...[
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
  ],
  ...['0.0.0.0', '100.64.0.1', '192.0.0.192', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ...[
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::10.0.0.1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '2001:db8::1',
  ],
];
const PUBLIC = [
  ...[
    '1.1.1.1',
    '93.184.216.34',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.0.1',
    '100.128.0.1',
    '223.255.255.254',
  ],
  ...['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '::ffff:1.1.1.1', '64:ff9b::101:101'],
];

describe('addresses', () => {
  test.each(PRIVATE)('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(PUBLIC)('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('URLs', () => {
  const names: Record<string, string[]> = {
    'public.example': ['93.184.216.34', '2606:4700:4700::1111'],
    'private.example': ['10.0.0.1'],
    'both.example': ['93.184.216.34', '::1'],
  };
  const resolve = (name: string) =>
    names[name]
      ? Promise.resolve(names[name])
      : Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }));
  const urls = new WebhookUrls(false, resolve);

  test.each([
    ...[
      'http://public.example/',
      'ftp://public.example',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '//public.example',
      '',
    ],
    ...[
      'https://user:secret@public.example/',
      'https://user@public.example/',
      'https://public.example/#fragment',
    ],
    ...[
      'https://public.example:22/',
      'https://public.example:25/',
      'https://public.example:80/',
      'https://public.example:0/',
    ],
    // However an IPv4 address is written.
    ...[
      'https://127.0.0.1/',
      'https://127.1/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0177.0.0.1/',
    ],
    ...[
      'https://0x7f.0.0.1/',
      'https://017700000001/',
      'https://127.0.0.1./',
      'https://①②⑦.0.0.1/',
      'https://169.254.169.254/',
    ],
    ...[
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[fd00::1]/',
      'https://[64:ff9b::7f00:1]/',
      'https://0/',
    ],
    ...['https://private.example/', 'https://both.example/', `https://public.example/${'x'.repeat(2000)}`],
  ])('refuses %s', (url) => expect(urls.check(url)).rejects.toBeInstanceOf(RefusedUrl));

  test.each([
    ...[
      'https://public.example/hooks?a=b',
      'https://public.example:8443/',
      'https://PUBLIC.example',
      'https://1.1.1.1/',
    ],
    'https://nowhere.example/',
  ])('accepts %s', (url) => expect(urls.check(url)).resolves.toBe(new URL(url).href));

  test('every connection looks the name up again, and refuses what has become private', async () => {
    const look = (name: string, all: boolean) =>
      new Promise((done) =>
        urls.lookup(name, { all }, (error, found: string | LookupAddress[], family) =>
          done(error ?? [found, family]),
        ),
      );
    expect(await look('public.example', false)).toEqual(['93.184.216.34', 4]);
    expect(await look('public.example', true)).toEqual([
      [
        { address: '93.184.216.34', family: 4 },
        { address: '2606:4700:4700::1111', family: 6 },
      ],
      undefined,
    ]);
    names['public.example'] = ['127.0.0.1'];
    expect(await look('public.example', true)).toBeInstanceOf(RefusedUrl);
    expect(await look('both.example', true)).toBeInstanceOf(RefusedUrl);
    expect(await look('nowhere.example', false)).toMatchObject({ code: 'ENOTFOUND' });
  });

  test('with WEBHOOK_ALLOW_PRIVATE, any address and http, but no password', async () => {
    const open = new WebhookUrls(true, resolve);
    expect(await open.check('http://127.0.0.1:80/a')).toBe('http://127.0.0.1/a');
    expect(await open.check('https://private.example/')).toBe('https://private.example/');
    await expect(open.check('http://a:b@private.example/')).rejects.toBeInstanceOf(RefusedUrl);
    await expect(open.check('ftp://private.example/')).rejects.toBeInstanceOf(RefusedUrl);
  });
});
