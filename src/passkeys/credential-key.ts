import { createPublicKey, type JsonWebKey } from 'node:crypto';

/** A COSE_Key, decoded. Its labels are numbers. **Source** RFC 9052 §7. */
export type CoseKey = ReadonlyMap<unknown, unknown>;

const KTY = 1;
const ALG = 3;

/** **Unit** bits. The longer the key, the longer anybody with it keeps us busy. **Source** NIST SP 800-131A for the least. */
const RSA_BITS = { least: 2048, most: 8192 };
/** **Source** FIPS 186-5 §5.1. */
const isSoundExponent = (exponent: bigint | undefined): boolean =>
  exponent !== undefined && exponent > 2n ** 16n && exponent < 2n ** 256n;

/**
 * Whether the public key of a new passkey is one that was asked for and can be verified with.
 *
 * The library looks at the algorithm alone, and stores what stands beside it: a key of another kind or curve, a point
 * that is on none, one of a few bits or of thousands of bytes. Without attestation nothing was signed with it yet, so its
 * owner would learn at the next sign-in, when it is too late.
 *
 * **Source** Web Authentication Level 3 §5.8.5 and §6.5.1.1: which curves, and no other parameters.
 */
export function isSoundKey(key: CoseKey): boolean {
  const algorithm = key.get(ALG);
  const kind = KINDS.find((each) => each.alg === algorithm && each.kty === key.get(KTY));
  if (!kind || key.size !== 2 + kind.labels.length) return false;
  const jwk = kind.jwkOf((label) => textOf(key.get(label)));
  if (kind.crv !== undefined && key.get(-1) !== kind.crv) return false;
  try {
    const { asymmetricKeyDetails: { modulusLength, publicExponent } = {} } = createPublicKey({
      key: jwk,
      format: 'jwk',
    });
    if (modulusLength === undefined) return true;
    return (
      modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most && isSoundExponent(publicExponent)
    );
  } catch {
    return false;
  }
}

interface Kind {
  alg: number;
  kty: number;
  crv?: number;
  labels: readonly number[];
  jwkOf: (text: (label: number) => string) => JsonWebKey;
}

/** **Source** RFC 9053 §7.1 and §7.2, RFC 8230 §4. */
const KINDS: readonly Kind[] = [
  {
    alg: -7,
    kty: 2,
    crv: 1,
    labels: [-1, -2, -3],
    jwkOf: (text) => ({ kty: 'EC', crv: 'P-256', x: text(-2), y: text(-3) }),
  },
  {
    alg: -8,
    kty: 1,
    crv: 6,
    labels: [-1, -2],
    jwkOf: (text) => ({ kty: 'OKP', crv: 'Ed25519', x: text(-2) }),
  },
  { alg: -257, kty: 3, labels: [-1, -2], jwkOf: (text) => ({ kty: 'RSA', n: text(-1), e: text(-2) }) },
];

/** Base64url; empty for what are no bytes, which makes no key. */
const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : '';
