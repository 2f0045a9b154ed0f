import { describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { deriveKey, type KeyPurpose } from '../../src/crypto/derive.js';
import { SECRET_KEY } from '../support/app.js';

const PURPOSES: KeyPurpose[] = ['refresh token', 'access token', 'sealed signing key', 'refresh wait'];

/** HKDF-SHA-256 for one block of output, step by step. Source: RFC 5869 §2. */
function hkdf(ikm: Buffer, salt: Buffer, info: Buffer): Buffer {
  const prk = createHmac('sha256', salt.length > 0 ? salt : Buffer.alloc(32))
    .update(ikm)
    .digest();
  return createHmac('sha256', prk)
    .update(info)
    .update(Buffer.from([1]))
    .digest();
}

// Source: RFC 5869 appendix A.1 and A.3; the first 32 of their 42 bytes.
test.each([
  [
    '000102030405060708090a0b0c',
    'f0f1f2f3f4f5f6f7f8f9',
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
  ],
  ['', '', '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d'],
])('the steps are those of RFC 5869: salt %s', (salt, info, okm) => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  expect(hkdf(Buffer.alloc(22, 0x0b), hex(salt), hex(info)).toString('hex')).toBe(okm);
});

describe('a derived key', () => {
  test.each(PURPOSES)('for the %s is HKDF with the purpose as info', (purpose) => {
    const expected = hkdf(Buffer.from(SECRET_KEY), Buffer.alloc(0), Buffer.from(`tokenjar ${purpose} v1`));
    expect(deriveKey(SECRET_KEY, purpose).export().toString('hex')).toBe(expected.toString('hex'));
  });

  test('differs for each purpose and each secret', () => {
    const all = [SECRET_KEY, `${SECRET_KEY} `, 'ключ'].flatMap((secret) =>
      PURPOSES.map((purpose) => deriveKey(secret, purpose).export().toString('hex')),
    );
    expect(new Set(all).size).toBe(12);
    expect(all.every((key) => key.length === 64)).toBe(true);
  });

  test('is 32 bytes of binary data', () => {
    const key = deriveKey(SECRET_KEY, 'refresh token');
    expect([key.type, key.symmetricKeySize]).toEqual(['secret', 32]);
    expect(JSON.stringify({ key })).not.toContain(key.export().toString('hex'));
  });
});
