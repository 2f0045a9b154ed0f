import { describe, expect, test } from '@jest/globals';
import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { seal, unseal } from '../../src/crypto/seal.js';

const key = createSecretKey(Buffer.alloc(32, 7));
const secret = Buffer.from('a private key, let us say');
const CONTEXT = 'signing key abc';

describe('encrypted data', () => {
  test.each([
    ['a text', secret],
    ['nothing', Buffer.alloc(0)],
    ['a kilobyte', randomBytes(1024)],
  ])('can be decrypted: %s', (_what, value) => {
    expect(unseal(key, seal(key, value, CONTEXT), CONTEXT)).toEqual(value);
  });

  test('consists of nonce, tag and ciphertext (AES-256-GCM)', () => {
    const sealed = seal(key, secret, CONTEXT);
    expect(sealed).toHaveLength(12 + 16 + secret.length);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
      .setAAD(Buffer.from(CONTEXT))
      .setAuthTag(sealed.subarray(12, 28));
    expect(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])).toEqual(secret);
  });

  test('is different each time', () => {
    const all = Array.from({ length: 200 }, () => seal(key, secret, CONTEXT).subarray(0, 12).toString('hex'));
    expect(new Set(all).size).toBe(200);
  });

  test('reveals nothing of the secret', () => {
    expect(seal(key, secret, CONTEXT).includes(secret.subarray(0, 8))).toBe(false);
  });
});

// Source: McGrew and Viega, The Galois/Counter Mode of Operation (GCM), appendix B, test case 15.
test('decrypts a published vector', () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const published = createSecretKey(hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'));
  const sealed = Buffer.concat([
    hex('cafebabefacedbaddecaf888'),
    hex('b094dac5d93471bdec1a502270e3cc6c'),
    hex(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
        '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad',
    ),
  ]);
  expect(unseal(published, sealed, '')?.toString('hex')).toBe(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
  );
});

describe('nothing can be decrypted', () => {
  const sealed = seal(key, secret, CONTEXT);

  test('with another key', () => {
    expect(unseal(createSecretKey(Buffer.alloc(32, 8)), sealed, CONTEXT)).toBeUndefined();
  });

  test.each(['', 'signing key', 'signing key abd', 'signing key abc ', 'Signing key abc'])(
    'in another place: %j',
    (context) => expect(unseal(key, sealed, context)).toBeUndefined(),
  );

  test('with any byte changed', () => {
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect([i, unseal(key, changed, CONTEXT)]).toEqual([i, undefined]);
    }
  });

  test('truncated at any length, or extended', () => {
    for (let length = 0; length < sealed.length; length++)
      expect([length, unseal(key, sealed.subarray(0, length), CONTEXT)]).toEqual([length, undefined]);
    expect(unseal(key, Buffer.concat([sealed, Buffer.alloc(1)]), CONTEXT)).toBeUndefined();
  });
});
