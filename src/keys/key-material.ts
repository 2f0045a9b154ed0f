import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type JsonWebKey,
  type JsonWebKeyInput,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import type { Algorithm, SigningKey } from '../tokens/key-ring.js';
import { isShared } from './key-states.js';
import { readKeyText } from './key-text.js';

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
/** Their names in OpenSSL. */
const OPENSSL_CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};
/** Minimum length of an HMAC secret: the length of the output (RFC 7518 §3.2). **Unit** bytes. */
const LEAST_SECRET: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** Generates a private key for an algorithm. */
export async function generateKey(algorithm: Algorithm): Promise<KeyObject> {
  const namedCurve = CURVES[algorithm];
  const pair = promisify(generateKeyPair);
  const { privateKey } = namedCurve
    ? await pair('ec', { namedCurve })
    : await pair('rsa', { modulusLength: 3072 });
  return privateKey;
}

/** Names a key by its JWK thumbprint. **Source** RFC 7638 §3. */
export function toSigningKey(privateKey: KeyObject, algorithm: Algorithm): SigningKey & { kid: string } {
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: 'jwk' });
  const required =
    jwk.kty === 'EC'
      ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
      : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  const kid = createHash('sha256').update(JSON.stringify(required)).digest('base64url');
  return { kid, algorithm, privateKey, publicKey };
}

/** A shared secret as a key, without a key ID because it is never published. */
export const toSharedKey = (secret: KeyObject, algorithm: Algorithm): SigningKey => ({
  kid: undefined,
  algorithm,
  privateKey: secret,
  publicKey: secret,
});

/**
 * Reads `SIGNING_KEY` and `VERIFYING_KEY`.
 *
 * @throws {SettingsError} if they are not keys, not for `ALGORITHM`, or do not match.
 */
export function readOwnKey({
  signingKey,
  verifyingKey,
  algorithm,
}: Pick<Options, 'signingKey' | 'verifyingKey' | 'algorithm'>): SigningKey | undefined {
  if (signingKey === undefined) return undefined;
  if (isShared(algorithm)) return toSharedKey(readSecret(signingKey, algorithm), algorithm);
  const privateKey = readKey('SIGNING_KEY', signingKey, algorithm, createPrivateKey);
  if (!suits(privateKey, algorithm))
    throw new SettingsError([`SIGNING_KEY: is not a key for ALGORITHM=${algorithm}`]);
  const key = toSigningKey(privateKey, algorithm);
  if (!isPair(key)) throw new SettingsError(['SIGNING_KEY: its private and public parts do not match']);
  if (
    verifyingKey !== undefined &&
    !readKey('VERIFYING_KEY', verifyingKey, algorithm, createPublicKey).equals(key.publicKey)
  )
    throw new SettingsError(['VERIFYING_KEY: is not the public key of SIGNING_KEY']);
  return key;
}

/** Reads a private key that an operator imports. @throws {SettingsError} if it is none, weak, or not for the algorithm. */
export function readImportedKey(file: string, algorithm: Algorithm): SigningKey & { kid: string } {
  if (isShared(algorithm))
    throw new SettingsError([
      `${file}: with ALGORITHM=${algorithm} the key is made from SECRET_KEY, or is SIGNING_KEY`,
    ]);
  const privateKey = readKey(file, file, algorithm, createPrivateKey);
  if (!suits(privateKey, algorithm)) throw new SettingsError([`${file}: is not a key for ${algorithm}`]);
  const key = toSigningKey(privateKey, algorithm);
  if (!isPair(key)) throw new SettingsError([`${file}: its private and public parts do not match`]);
  return key;
}

/** A key pair is not an HMAC secret: its public part would let anyone sign (RFC 8725 §2.1). PyJWT refuses it as well. */
const KEY_OF_A_PAIR = /-----BEGIN |^\s*\{.*"kty"\s*:/s;

function readSecret(value: string, algorithm: Algorithm): KeyObject {
  if (KEY_OF_A_PAIR.test(value))
    throw new SettingsError([`SIGNING_KEY: ${algorithm} requires a secret, but this is a PEM or JWK`]);
  const secret = createSecretKey(Buffer.from(value));
  const least = LEAST_SECRET[algorithm] ?? 64;
  if ((secret.symmetricKeySize ?? 0) < least)
    throw new SettingsError([`SIGNING_KEY: ${algorithm} requires a secret of at least ${least} bytes`]);
  return secret;
}

/** Reads the public key of another server. @throws {SettingsError} if it is none, or not for the algorithm. */
export function readVerifyingKey(name: string, value: string, algorithm: Algorithm): KeyObject {
  const key = readKey(name, value, algorithm, createPublicKey);
  if (!suits(key, algorithm)) throw new SettingsError([`${name}: is not a key for ${algorithm}`]);
  return key;
}

function readKey(
  name: string,
  value: string,
  algorithm: Algorithm,
  parse: (input: string | JsonWebKeyInput) => KeyObject,
): KeyObject {
  const text = readKeyText(name, value, parse === createPrivateKey);
  let jwk: JsonWebKey | undefined;
  let key: KeyObject;
  try {
    jwk = text.startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined;
    key = parse(jwk ? { key: jwk, format: 'jwk' } : text);
  } catch {
    throw new SettingsError([`${name}: is not a key in PEM or JWK format`]);
  }
  if (jwk && !isMeantFor(jwk, algorithm))
    throw new SettingsError([`${name}: its use, key_ops or alg does not allow ALGORITHM=${algorithm}`]);
  return key;
}

/** Whether the optional metadata of a JWK allows the algorithm. **Source** RFC 7517 §4.2 to §4.4. */
function isMeantFor({ use, key_ops: operations, alg }: JsonWebKey, algorithm: Algorithm): boolean {
  const signs = !Array.isArray(operations) || operations.includes('sign') || operations.includes('verify');
  return signs && (use ?? 'sig') === 'sig' && (alg ?? algorithm) === algorithm;
}

/** The two parts of a JWK may belong to different keys: Node does not compare them. */
function isPair({ privateKey, publicKey }: SigningKey): boolean {
  const probe = Buffer.from('tokenjar');
  try {
    return verify('sha256', probe, publicKey, sign('sha256', probe, privateKey));
  } catch {
    // A scalar of zero, or out of range: OpenSSL does not sign with it.
    return false;
  }
}

function suits(key: KeyObject, algorithm: Algorithm): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const curve = OPENSSL_CURVES[algorithm];
  if (curve) return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === curve;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  // RFC 7518 §3.3 and §3.5: at least 2048 bits. FIPS 186-5 §A.1.1: a public exponent above 2¹⁶; with 1 anyone could
  // sign.
  return asymmetricKeyType === 'rsa' && modulusLength >= 2048 && publicExponent > 65_536n;
}
