import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import type { Algorithm, SigningKey } from '../tokens/key-ring.js';
import { toSharedKey, toSigningKey } from './key-material.js';
import { isShared } from './key-states.js';
import type { StoredKey } from './stored-key.entity.js';

type Sealed = Pick<StoredKey, 'kid' | 'algorithm' | 'sealedKey' | 'revokedAt'>;

/** The secrets of the keys in the database: sealed there, or made from `SECRET_KEY`. */
export class KeySecrets {
  private readonly sealing: readonly KeyObject[];
  /** Each is opened once, and stays the same object while a process runs. */
  private readonly opened = new Map<string, SigningKey[]>();

  /** @param secretKeys the current one, then former ones. */
  constructor(
    private readonly secretKeys: readonly string[],
    private readonly tokenFormat: Options['tokenFormat'],
  ) {
    this.sealing = secretKeys.map((each) => deriveKey(each, 'sealed signing key'));
  }

  /**
   * The keys of a row: of several, the first signs. None if it is revoked.
   *
   * @returns with them the row's secret sealed anew, if a former `SECRET_KEY` sealed it.
   * @throws {SettingsError} if neither `SECRET_KEY` nor a fallback decrypts it.
   */
  open(row: Sealed): { keys: readonly SigningKey[]; resealed?: Buffer } {
    const { kid, algorithm } = row;
    if (row.revokedAt) return { keys: [] };
    if (isShared(algorithm)) return { keys: this.remembered(kid, () => this.sharedOf(algorithm)) };
    const known = this.opened.get(kid);
    const isOfFormer =
      !known && unseal(this.sealing[0] as KeyObject, row.sealedKey, contextOf(kid)) === undefined;
    const keys = known ?? this.remembered(kid, () => [this.unsealed(row)]);
    return { keys, ...(isOfFormer && { resealed: this.seal(keys[0] as SigningKey) }) };
  }

  seal({ kid = '', privateKey }: SigningKey): Buffer {
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    return seal(this.sealing[0] as KeyObject, der, contextOf(kid));
  }

  private unsealed({ kid, algorithm, sealedKey }: Sealed): SigningKey {
    const secret = this.sealing
      .map((key) => unseal(key, sealedKey, contextOf(kid)))
      .find((each) => each !== undefined);
    // With a new key instead, instances with the right SECRET_KEY would refuse the tokens of this one.
    if (!secret)
      throw new SettingsError([
        'SECRET_KEY: does not decrypt the signing key in the database; set the SECRET_KEY that it was encrypted with, here or in SECRET_KEY_FALLBACKS (or empty tokenjar.signing_keys to abandon that key, which invalidates all access tokens)',
      ]);
    return toSigningKey(createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }), algorithm);
  }

  private sharedOf(algorithm: Algorithm): SigningKey[] {
    return this.secretKeys.map((each) => toSharedKey(sharedSecretOf(this.tokenFormat, each), algorithm));
  }

  private remembered(kid: string, make: () => SigningKey[]): SigningKey[] {
    const keys = this.opened.get(kid) ?? make();
    this.opened.set(kid, keys);
    return keys;
  }
}

const contextOf = (kid: string): string => `signing key ${kid}`;

/** simplejwt signs with `SECRET_KEY` itself, and so must a server whose tokens are verified by the same services. */
export const sharedSecretOf = (tokenFormat: Options['tokenFormat'], secretKey: string): KeyObject =>
  tokenFormat === 'simplejwt'
    ? createSecretKey(Buffer.from(secretKey))
    : deriveKey(secretKey, 'access token');
