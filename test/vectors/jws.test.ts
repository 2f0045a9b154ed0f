import { describe, expect, test } from '@jest/globals';
import type { JsonWebKey } from 'node:crypto';
import { SettingsError } from '../../src/config/check.js';
import type { Algorithm } from '../../src/tokens/key-ring.js';
import { readPart } from '../support/jwt.js';
import { byNumber, count, type Group, isVerified, readGroups, signingKeyOf } from './wycheproof.js';

const groups = readGroups<JsonWebKey>('json_web_signature');
const vectors = byNumber(groups);

/** Where we refuse what may be taken. */
const STRICTER: Readonly<Record<number, string>> = {
  ...Object.fromEntries(
    [259, 264, 268, 272, 320, 325].map((tcId) => [tcId, 'nothing is signed, and a JWT has claims']),
  ),
  372: 'a character that is not of base64url (RFC 7515 §2)',
  373: 'a character that is not of base64url (RFC 7515 §2)',
};
/** What says nothing: called invalid, though the bytes are those of the valid 357. */
const CONTRADICTORY = [367, 370];

/** What is wrong in the file about its keys, set right. */
function keyOf({
  comment,
  private: jwk,
  tests: [first],
}: Group<JsonWebKey>): JsonWebKey & { alg: Algorithm } {
  const header = readPart(first?.jws ?? '', 0);
  // RFC 7520 names no algorithm in these keys; the file does, and for some not that of the signature.
  if (comment.startsWith('rfc7520')) return { ...jwk, key_ops: undefined, alg: header.alg as Algorithm };
  return { ...jwk, alg: (jwk.alg ?? header.alg) as Algorithm };
}

type Outcome = 'verified' | 'refused' | 'refused for its key' | 'refused, stricter' | 'left out';
const outcomes: Outcome[] = [];

describe.each(vectors)('%d', (tcId, { comment, jws, result }, group) => {
  test(`${group.comment} ${comment}: ${result}`, () => {
    const outcome = outcomeOf(tcId, jws, group);
    outcomes.push(outcome);
    if (outcome !== 'left out')
      expect(outcome === 'verified').toBe(result === 'valid' && !(tcId in STRICTER));
  });
});

function outcomeOf(tcId: number, jws: string, group: Group<JsonWebKey>): Outcome {
  if (CONTRADICTORY.includes(tcId)) {
    expect(jws).toBe(vectors.find(([other]) => other === 357)?.[1].jws);
    return 'left out';
  }
  try {
    const jwk = keyOf(group);
    if (isVerified(jws, [signingKeyOf(jwk, jwk.alg)])) return 'verified';
  } catch (error) {
    if (error instanceof SettingsError) return 'refused for its key';
    throw error;
  }
  return tcId in STRICTER ? 'refused, stricter' : 'refused';
}

test('uses every vector', () => {
  expect(count(outcomes)).toEqual({
    verified: 38,
    refused: 349,
    'refused for its key': 4,
    'refused, stricter': 8,
    'left out': 2,
  });
});
