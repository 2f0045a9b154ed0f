import { describe, expect, test } from '@jest/globals';
import { base32, hotp, matchingTotpStep, totpStepAt, totpUri } from '../../src/crypto/totp.js';
import { bytesOf, codeOf, hotpOf, readTotpUri } from '../support/totp.js';

const SEED = '12345678901234567890';
const keyOf = (bytes: number) => Buffer.from(SEED.repeat(4).slice(0, bytes));

/** RFC 6238 appendix B: seconds since 1970, hash, bytes of the key, code. */
const VECTORS: [number, string, number, string][] = [
  [59, 'sha1', 20, '94287082'],
  [59, 'sha256', 32, '46119246'],
  [59, 'sha512', 64, '90693936'],
  [1111111109, 'sha1', 20, '07081804'],
  [1111111109, 'sha256', 32, '68084774'],
  [1111111109, 'sha512', 64, '25091201'],
  [1111111111, 'sha1', 20, '14050471'],
  [1111111111, 'sha256', 32, '67062674'],
  [1111111111, 'sha512', 64, '99943326'],
  [1234567890, 'sha1', 20, '89005924'],
  [1234567890, 'sha256', 32, '91819424'],
  [1234567890, 'sha512', 64, '93441116'],
  [2000000000, 'sha1', 20, '69279037'],
  [2000000000, 'sha256', 32, '90698825'],
  [2000000000, 'sha512', 64, '38618901'],
  [20000000000, 'sha1', 20, '65353130'],
  [20000000000, 'sha256', 32, '77737706'],
  [20000000000, 'sha512', 64, '47863826'],
];
/** RFC 4226 appendix D: counters 0 to 9. */
const HOTP = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ');

describe.each([
  ['ours', (key: Buffer, counter: number, digits: number, hash: string) => hotp(key, counter, digits, hash)],
  [
    'the authenticator of the tests',
    (key: Buffer, counter: number, digits: number, hash: string) =>
      hotpOf(key, BigInt(counter), digits, hash),
  ],
])('%s', (_, compute) => {
  test.each(VECTORS)('RFC 6238 appendix B: %d s, %s', (seconds, hash, bytes, code) => {
    expect(compute(keyOf(bytes), totpStepAt(new Date(seconds * 1000)), 8, hash)).toBe(code);
  });

  test.each(HOTP.map((code, counter): [number, string] => [counter, code]))(
    'RFC 4226 appendix D: counter %d',
    (counter, code) => expect(compute(keyOf(20), counter, 6, 'sha1')).toBe(code),
  );
});

describe('the step of a code', () => {
  const secret = keyOf(20);
  const at = new Date(1_111_111_111_000);
  const step = totpStepAt(at);
  const text = base32(secret);

  test.each([-1, 0, 1])('is found %d steps away', (away) =>
    expect(matchingTotpStep(secret, codeOf(text, at, away), at)).toBe(step + away),
  );
  test.each([-3, -2, 2, 3])('is not found %d steps away', (away) =>
    expect(matchingTotpStep(secret, codeOf(text, at, away), at)).toBeUndefined(),
  );
  test('is not found once it, or a later one, is spent', () => {
    expect(matchingTotpStep(secret, codeOf(text, at), at, step)).toBeUndefined();
    expect(matchingTotpStep(secret, codeOf(text, at, -1), at, step)).toBeUndefined();
    expect(matchingTotpStep(secret, codeOf(text, at, 1), at, step)).toBe(step + 1);
  });
  test.each([
    ['a blank', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
    ['blanks around', (code: string) => `  ${code}\t`],
    ['a hyphen', (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`],
    [
      'wide digits',
      (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    ],
  ])('is found of one that is typed with %s', (_, typed) =>
    expect(matchingTotpStep(secret, typed(codeOf(text, at)), at)).toBe(step),
  );
  test.each(['', '28708', '2870822', 'abcdef', '٢٨٧٠٨٢', '💩💩💩'])('is not found of %j', (code) =>
    expect(matchingTotpStep(secret, code, at)).toBeUndefined(),
  );
});

describe('what an app reads', () => {
  test('Base32 as in RFC 4648 §10', () => {
    const vectors = ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'];
    expect(vectors.map((_, length) => base32(Buffer.from('foobar'.slice(0, length))))).toEqual(vectors);
    expect(Buffer.from(bytesOf('MZXW6YTBOI')).toString()).toBe('foobar');
  });
  test('issuer, account and secret, whatever stands in them', () => {
    const uri = totpUri(keyOf(20), 'Ada & Söhne', 'ada+1@example.com');
    expect(uri).not.toContain('+');
    expect(readTotpUri(uri)).toEqual({
      issuer: 'Ada & Söhne',
      account: 'ada+1@example.com',
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
