import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalAddress } from '../src/email-address.js';

describe('the normal form', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    [' ada@example.com\n', 'ada@example.com'],
    ['ü@BÜCHER.example', 'ü@xn--bcher-kva.example'],
    ['ü@xn--bcher-kva.example', 'ü@xn--bcher-kva.example'],
    ['ü@XN--BCHER-KVA.EXAMPLE', 'ü@xn--bcher-kva.example'],
    ['u\u0308@bu\u0308cher.example', 'ü@xn--bcher-kva.example'],
    ['Ü@bücher。example', 'ü@xn--bcher-kva.example'],
    ['ada@ｅｘａｍｐｌｅ.com', 'ada@example.com'],
    ['ada@faß.de', 'ada@xn--fa-hia.de'],
    ['아다@예시.kr', '아다@xn--vv4b11d.kr'],
    // The sign of the kelvin is the email K by NFC, and no second account.
    ['mi\u212ae@example.com', 'mike@example.com'],
    ['1.2@1.2.3.4', '1.2@1.2.3.4'],
  ])('of %j is %s', (text, normal) => expect(normalAddress(text)).toBe(normal));

  test('of a normal form is itself, without whitespace, capitals, or characters beyond ASCII in the domain', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (name, domain) => {
          const address = normalAddress(`${name}@${domain}.example`);
          if (address === undefined) return;
          expect(normalAddress(address)).toBe(address);
          expect(address).toBe(address.toLowerCase());
          expect(address.slice(address.lastIndexOf('@'))).toMatch(/^@[a-z0-9.-]+$/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    'ada',
    'ada@',
    '@b',
    'a b@c',
    'a@b@c',
    'a@b/c',
    'a@ü/c',
    'a@[::1]',
    'a\u200b@b',
    'a\u037e@b',
    'a@b..c',
    'a@-b',
    'a@xn--ü',
    'a@ü／b',
  ])('%j has none', (text) => expect(normalAddress(text)).toBeUndefined());
});
