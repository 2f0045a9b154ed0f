import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** The purpose of a key. Two purposes never share a key. */
export type KeyPurpose =
  | 'refresh token'
  | 'access token'
  | 'sealed signing key'
  | 'refresh wait'
  | 'sealed letter'
  | 'letter recipient'
  | 'one-time token'
  | 'limit'
  | 'device cookie'
  | 'device proof'
  | 'registration salt'
  | 'passkey challenge'
  | 'sealed totp secret'
  | 'login code'
  | 'provider attempt'
  | 'audit chain'
  | 'sealed webhook secret'
  | 'django password'
  | 'imported recovery code'
  | 'imported account'
  | 'user reference'
  | 'export fingerprint';

/**
 * Derives the key for one purpose from `SECRET_KEY`.
 *
 * **Shape** 32 bytes, HKDF-SHA-256 with an empty salt and the purpose as info.
 * **Source** RFC 5869; NIST SP 800-108 on separating keys by purpose.
 */
export function deriveKey(secretKey: string, purpose: KeyPurpose): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', `tokenjar ${purpose} v1`, 32)));
}
