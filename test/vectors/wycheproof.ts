import { createSecretKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { JwtService } from '@nestjs/jwt';
import { parseOptions } from '../../src/config/check.js';
import { TokenjarError } from '../../src/errors.js';
import { readOwnKey, toSharedKey } from '../../src/keys/key-material.js';
import { readHeader, verifySignature } from '../../src/tokens/jwt.js';
import { type Algorithm, KeyRing, type SigningKey } from '../../src/tokens/key-ring.js';
import { SECRET_KEY } from '../support/app.js';

export interface Vector {
  tcId: number;
  comment: string;
  jws: string;
  result: 'valid' | 'invalid';
}

export interface Group<Keys> {
  comment: string;
  /** The keys as their owner has them; of a shared secret there is nothing else. */
  private: Keys;
  tests: Vector[];
}

export const readGroups = <Keys>(name: string): Group<Keys>[] =>
  (
    JSON.parse(readFileSync(new URL(`wycheproof-${name}.json`, import.meta.url), 'utf8')) as {
      testGroups: Group<Keys>[];
    }
  ).testGroups;

/** The vectors by number, each with its group. */
export const byNumber = <Keys>(groups: Group<Keys>[]): [tcId: number, vector: Vector, group: Group<Keys>][] =>
  groups.flatMap((group) =>
    group.tests.map((vector): [number, Vector, Group<Keys>] => [vector.tcId, vector, group]),
  );

/**
 * A key, read as `SIGNING_KEY` is, under the name that the vectors have for it.
 *
 * @throws {SettingsError} where the server would not start with it.
 */
export function signingKeyOf(jwk: JsonWebKey, algorithm: Algorithm): SigningKey {
  const kid = jwk.kid as string;
  const options = parseOptions({ secretKey: SECRET_KEY, algorithm });
  const secret = jwk.kty === 'oct' ? Buffer.from(jwk.k ?? '', 'base64url') : undefined;
  // A secret is set as a text; one whose bytes are none cannot be, though it can be derived.
  if (secret && !Buffer.from(secret.toString()).equals(secret))
    return { ...toSharedKey(createSecretKey(secret), algorithm), kid };
  const key = readOwnKey({ ...options, signingKey: secret?.toString() ?? JSON.stringify(jwk) });
  if (!key) throw new TypeError('SIGNING_KEY was not read');
  return { ...key, kid };
}

/** Whether a signature is good, checked as that of an access token is; what such a token has to say is left out. */
export function isVerified(jws: string, [first, ...others]: SigningKey[]): boolean {
  if (!first) throw new TypeError('no key');
  try {
    const { alg, kid } = readHeader(jws);
    const [key] = KeyRing.of(first, others).findAll(kid, alg, new Date());
    if (!key) return false;
    verifySignature(new JwtService({}), jws, key.publicKey, {
      algorithms: [key.algorithm],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    return true;
  } catch (error) {
    if (error instanceof TokenjarError) return false;
    throw error;
  }
}

/** How many there are of each. */
export function count(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
