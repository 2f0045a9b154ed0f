import { setTimeout as wait } from 'node:timers/promises';
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { Equal } from 'typeorm';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import type { Database, Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { KeyRing, type SigningKey } from '../tokens/key-ring.js';
import type { RefreshTokenKey } from '../tokens/refresh-token.js';
import { LEAD_MS } from './key-watch.js';
import { generateKey, isShared, readOwnKey, toSharedKey, toSigningKey } from './key-material.js';
import { StoredKey } from './stored-key.entity.js';

/** Held while the first key is generated, so that instances that start together share it. */
const LOCK = statement('signing_keys_lock', 'SELECT pg_advisory_xact_lock(7303014002)');

/**
 * Loads the keys of access tokens: `SIGNING_KEY` if it is set; for HS* a key derived from `SECRET_KEY`; otherwise the
 * keys in the database, the first of which is generated here.
 *
 * Keys in the database for a former `ALGORITHM` keep verifying, and so do secrets of `SECRET_KEY_FALLBACKS`.
 *
 * @throws {SettingsError} if neither `SECRET_KEY` nor a fallback decrypts the keys in the database.
 */
export async function openKeyRing(
  options: Options,
  secretKey: string,
  db: Database,
  now: Date,
): Promise<KeyRing> {
  const own = readOwnKey(options);
  if (own) return KeyRing.of(own);
  if (isShared(options.algorithm))
    return KeyRing.of(
      toSharedKey(sharedSecretOf(options, secretKey), options.algorithm),
      options.secretKeyFallbacks.map((former) =>
        toSharedKey(sharedSecretOf(options, former), options.algorithm),
      ),
    );

  const sealing = sealingKeys(options, secretKey);
  const kept = await read(db, sealing);
  const current = kept.find(({ algorithm }) => algorithm === options.algorithm);
  if (current)
    return KeyRing.of(
      current,
      kept.filter((key) => key !== current),
    );

  // Outside the transaction, because an RSA key takes a while.
  const fresh = await generateKey(options.algorithm);
  const ring = await db.transaction(async (tx) => {
    await tx.run(LOCK, []);
    const before = await read(tx, sealing);
    const faster = before.find(({ algorithm }) => algorithm === options.algorithm);
    if (faster)
      return KeyRing.of(
        faster,
        before.filter((key) => key !== faster),
      );
    const key = toSigningKey(fresh, options.algorithm);
    const secret = key.privateKey.export({ format: 'der', type: 'pkcs8' });
    const sealedKey = seal(sealing[0], secret, `signing key ${key.kid}`);
    await tx
      .repository(StoredKey)
      .insert({ kid: key.kid, algorithm: key.algorithm, sealedKey, createdAt: now });
    return KeyRing.of(key, before);
  });
  // Running instances load it meanwhile.
  if (ring.current.kid !== undefined && ring.size > 1) await wait(LEAD_MS);
  return ring;
}

/** Loads the keys in the database for a running instance; undefined if no other instance can add one. */
export function keysOfOthers(
  options: Options,
  secretKey: string,
  db: Database,
): (() => Promise<SigningKey[]>) | undefined {
  if (options.databaseUrl === undefined || options.signingKey !== undefined) return undefined;
  const sealing = sealingKeys(options, secretKey);
  return () => read(db, sealing);
}

const sealingKeys = (options: Options, secretKey: string): [KeyObject, ...KeyObject[]] =>
  [secretKey, ...options.secretKeyFallbacks].map((each) => deriveKey(each, 'sealed signing key')) as [
    KeyObject,
    ...KeyObject[],
  ];

/** simplejwt signs with `SECRET_KEY` itself, and so must a server whose tokens are verified by the same services. */
const sharedSecretOf = ({ tokenFormat }: Options, secretKey: string): KeyObject =>
  tokenFormat === 'simplejwt'
    ? createSecretKey(Buffer.from(secretKey))
    : deriveKey(secretKey, 'access token');

/** The key of the refresh tokens. In simplejwt's format with HS* it is that of the access tokens. */
export function refreshKeyOf(options: Options, secretKey: string): RefreshTokenKey {
  const { algorithm, tokenFormat } = options;
  if (
    tokenFormat === 'simplejwt' &&
    (algorithm === 'HS256' || algorithm === 'HS384' || algorithm === 'HS512')
  )
    return { key: readOwnKey(options)?.privateKey ?? sharedSecretOf(options, secretKey), algorithm };
  return { key: deriveKey(secretKey, 'refresh token'), algorithm: 'HS256' };
}

/** Former keys of refresh tokens. */
export const formerRefreshKeysOf = (options: Options): KeyObject[] =>
  options.secretKeyFallbacks.map((former) => refreshKeyOf(options, former).key);

/** @param sealing the current key, then former ones; keys encrypted with a former one are encrypted again. */
async function read(queries: Queries, sealing: readonly [KeyObject, ...KeyObject[]]): Promise<SigningKey[]> {
  const stored = queries.repository(StoredKey);
  const rows = await stored.find({ order: { createdAt: 'DESC', kid: 'ASC' } });
  const keys: SigningKey[] = [];
  for (const { kid, algorithm, sealedKey } of rows) {
    const context = `signing key ${kid}`;
    const opened = sealing.map((key) => unseal(key, sealedKey, context));
    const secret = opened.find((each) => each !== undefined);
    // With a new key instead, instances with the right SECRET_KEY would refuse the tokens of this one.
    if (!secret)
      throw new SettingsError([
        'SECRET_KEY: does not decrypt the signing key in the database; set the SECRET_KEY that it was encrypted with, here or in SECRET_KEY_FALLBACKS (or empty tokenjar.signing_keys to abandon that key, which invalidates all access tokens)',
      ]);
    // Only replaces the bytes that were read, so that of instances starting together one does it.
    if (!opened[0])
      await stored.update(
        { kid, sealedKey: Equal(sealedKey) },
        { sealedKey: seal(sealing[0], secret, context) },
      );
    keys.push(toSigningKey(createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }), algorithm));
  }
  return keys;
}
