import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deviceOf } from '../../src/http/device.js';

test.each([
  ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  [
    'Chrome on Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36',
  ],
  [
    'Microsoft Edge on Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0',
  ],
  [
    'Safari on macOS',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  ],
  [
    'Safari on iOS',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  ],
  [
    'Chrome on Android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36',
  ],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['PostmanRuntime/7.43.0', 'PostmanRuntime/7.43.0'],
  ['node', 'node'],
])('%s', (name, userAgent) => expect(deviceOf(userAgent)).toBe(name));

test.each([[null], ['']])('%j has no description', (userAgent) => expect(deviceOf(userAgent)).toBeNull());

test('the description is short, whatever the user agent contains', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ minLength: 1, maxLength: 512 }), fc.string({ unit: 'binary', minLength: 1 })),
      (userAgent) => {
        const device = deviceOf(userAgent);
        expect(device).not.toBe('');
        expect((device ?? 'none').length).toBeLessThanOrEqual(80);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['the longest one that is kept', 'x'.repeat(512)],
  ['a long name before a version', `${'x'.repeat(500)}/1.0`],
  ['a long name before a version and a blank', `${'x'.repeat(500)}/1.0 (a)`],
  ['a browser with a long tail', `Mozilla/5.0 (X11; Linux) Firefox/1 ${'y'.repeat(450)}`],
  ['blanks', ' '.repeat(512)],
  ['brackets', '('.repeat(512)],
  ['slashes', '/'.repeat(512)],
])('%s has a short description', (_what, userAgent) => {
  const device = deviceOf(userAgent);
  expect((device ?? 'none').length).toBeLessThanOrEqual(80);
  expect(device).not.toBe('');
});
