import { describe, expect, test } from '@jest/globals';
import type { JsonWebKey } from 'node:crypto';
import { SettingsError } from '../../src/config/check.js';
import type { Algorithm } from '../../src/tokens/key-ring.js';
import { readPart } from '../support/jwt.js';
import { byNumber, count, isVerified, readGroups, signingKeyOf } from './wycheproof.js';

interface KeySet {
  keys: JsonWebKey[];
}

const vectors = byNumber(readGroups<KeySet>('json_web_key'));

/** What does not apply to us, and why. */
const LEFT_OUT: Readonly<Record<number, string>> = {
  4: 'two keys of one kid: ours are named by their thumbprints',
  7: 'a prime of a chip with a known flaw (CVE-2017-15361): the key is its owner’s, who has to know its origin',
  25: 'a shared secret is set as it is, not as a JWK that could say what it is for',
  26: 'a shared secret is set as it is, not as a JWK that could say what it is for',
};

type Outcome = 'verified' | 'refused' | 'refused for its key' | 'left out';
const outcomes: Outcome[] = [];

describe.each(vectors)('%d', (tcId, { comment, jws, result }, group) => {
  test(`${group.comment} ${comment}: ${result}`, () => {
    const outcome = tcId in LEFT_OUT ? 'left out' : outcomeOf(jws, group.private.keys);
    outcomes.push(outcome);
    if (outcome !== 'left out') expect(outcome === 'verified').toBe(result === 'valid');
  });
});

/** The algorithm that is set is the one of the signature, which is what a mistaken operator would do. */
function outcomeOf(jws: string, keys: JsonWebKey[]): Outcome {
  const algorithm = readPart(jws, 0).alg as Algorithm;
  try {
    return isVerified(
      jws,
      keys.map((key) => signingKeyOf(key, algorithm)),
    )
      ? 'verified'
      : 'refused';
  } catch (error) {
    if (error instanceof SettingsError) return 'refused for its key';
    throw error;
  }
}

test('uses every vector', () => {
  expect(count(outcomes)).toEqual({ verified: 5, refused: 1, 'refused for its key': 16, 'left out': 4 });
});
