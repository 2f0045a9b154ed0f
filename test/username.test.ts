import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foldedUsername, usernameSkeleton } from '../src/username.js';

describe('the folded form', () => {
  test.each([
    ['Jane', 'jane'],
    // RFC 8265 §3.3.3 maps width and case.
    ['ｊａｎｅ', 'jane'],
    ['ﬁona', 'fiona'],
    ['Straße', 'strasse'],
    ['ΟΔΥΣΣΕΎΣ', 'οδυσσεύς'],
    ['ja\u200bne', 'jane'],
    ['e\u0301va', '\u00e9va'],
    ['제인', '제인'],
  ])('of %j is %s', (name, folded) => expect(foldedUsername(name)).toBe(folded));

  test('is the same for a name in capitals, and for itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const folded = foldedUsername(name);
        expect(foldedUsername(folded)).toBe(folded);
      }),
    );
  });
});

test.each([
  ['раура', 'paypa'],
  ['jane', 'jаne'],
  ['modern', 'rnodern'],
])('%s and %s look alike', (one, other) => expect(usernameSkeleton(one)).toBe(usernameSkeleton(other)));
