import { describe, expect, test } from '@jest/globals';
import { isAmong, originOf, originPatternOf } from '../../src/config/origins.js';

describe('an origin', () => {
  test.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['HTTPS://APP.Example.COM', 'https://app.example.com'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['http://app.example.com:80', 'http://app.example.com'],
    ['http://app.example.com:443', 'http://app.example.com:443'],
    ['http://[2001:DB8:0:0::1]:80', 'http://[2001:db8::1]'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://example.com.', 'https://example.com.'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['Chrome-Extension://ABCdef', 'chrome-extension://abcdef'],
    ['file://', 'file://'],
    ['null', 'null'],
  ])('%s is %s', (text, origin) => expect(originOf(text)).toBe(origin));

  test.each([
    '',
    'NULL',
    'app.example.com',
    'https://',
    'https:///',
    'capacitor://',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com?',
    'https://app.example.com#',
    'https://user@app.example.com',
    'https://user:password@app.example.com',
    'https://app.example.com\\@evil.example',
    'https://app.example.com, https://evil.example',
    'https://app.example.com https://evil.example',
    'https://app.example.com:99999',
    'https://app.example.com:port',
    'https:app.example.com',
    'javascript:alert(1)',
    `https://${'a'.repeat(5000)}.example`,
  ])('%s is not an origin', (text) => expect(originOf(text)).toBeUndefined());
});

describe('an entry of TRUSTED_ORIGINS', () => {
  test.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['https://APP.example.com:443', 'https://app.example.com'],
    // As address bars copy it.
    ['https://app.example.com/', 'https://app.example.com'],
    ['capacitor://localhost/', 'capacitor://localhost'],
    ['https://*.preview.example.com', 'https://*.preview.example.com'],
    ['https://*.Preview.Example.com:8443', 'https://*.preview.example.com:8443'],
    ['http://*.example.test:80', 'http://*.example.test'],
    ['tauri://localhost', 'tauri://localhost'],
    [
      'moz-extension://0d3b1a5c-0000-4000-8000-000000000000',
      'moz-extension://0d3b1a5c-0000-4000-8000-000000000000',
    ],
    ['file://', 'file://'],
  ])('%s is accepted as %s', (text, pattern) => expect(originPatternOf(text)).toBe(pattern));

  test.each([
    '*',
    'https://*',
    'https://*.com',
    'https://*.',
    'https://*.com.',
    'https://**.example.com',
    'https://*.*.example.com',
    'https://a*.example.com',
    'https://*a.example.com',
    'https://app.*.example.com',
    'https://*.example.com:*',
    'https://*.10.0.0.1',
    '*://app.example.com',
    'capacitor://*.example.com',
    'htps://app.example.com',
    'htttp://app.example.com',
    'wss://app.example.com',
    'app.example.com',
  ])('%s is refused', (text) => expect(originPatternOf(text)).toBeUndefined());
});

describe('https://*.preview.example.com', () => {
  const matches = (origin: string) => isAmong(['https://*.preview.example.com'], originOf(origin) ?? '');

  test.each([
    'https://pr-42.preview.example.com',
    'https://PR_42.preview.example.com',
    'https://a.preview.example.com:443',
  ])('matches %s', (origin) => expect(matches(origin)).toBe(true));

  test.each([
    'https://preview.example.com',
    'https://.preview.example.com',
    'https://a.b.preview.example.com',
    'https://*.preview.example.com',
    'http://a.preview.example.com',
    'https://a.preview.example.com:8443',
    'https://a.preview.example.com.evil.example',
    'https://a.preview.example.com.',
    'https://evil.example?.preview.example.com',
    'https://evil.example/.preview.example.com',
    'https://evil.example#.preview.example.com',
    'https://evil.example%23.preview.example.com',
    'https://apreview.example.com',
    'null',
  ])('does not match %s', (origin) => expect(matches(origin)).toBe(false));
});
