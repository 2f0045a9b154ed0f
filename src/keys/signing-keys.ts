import { setTimeout as wait } from 'node:timers/promises';
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import type { Database, Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { type Algorithm, KeyRing, type SigningKey } from '../tokens/key-ring.js';
import type { RefreshTokenKey } from '../tokens/refresh-token.js';
import { LEAD_MS } from './key-watch.js';
import { generateKey, isShared, readOwnKey, toSharedKey, toSigningKey } from './key-material.js';

interface KeyRow {
  kid: string;
  algorithm: Algorithm;
  sealed_key: Buffer;
}

/** Held while the first key is made, so that instances that start together share one. */
const LOCK = statement('signing_keys_lock', 'SELECT pg_advisory_xact_lock(7303014002)');
const LIST = statement<[], KeyRow>(
  'signing_keys_list',
  'SELECT kid, algorithm, sealed_key FROM tokenjar.signing_keys ORDER BY created_at DESC, kid',
);
const ADD = statement<[kid: string, algorithm: Algorithm, sealedKey: Buffer, now: Date]>(
  'signing_keys_add',
  'INSERT INTO tokenjar.signing_keys (kid, algorithm, sealed_key, created_at) VALUES ($1, $2, $3, $4)',
);

/** Only over the bytes that were read: of instances that start together one does it. */
const SEAL_AGAIN = statement<[kid: string, before: Buffer, sealedKey: Buffer]>(
  'signing_keys_seal_again',
  'UPDATE tokenjar.signing_keys SET sealed_key = $3 WHERE kid = $1 AND sealed_key = $2 RETURNING kid',
);

/**
 * Finds the keys of the access tokens: `SIGNING_KEY` where it is set; for HS* a key derived from `SECRET_KEY`; else the
 * keys kept in the database, of which the first is made here.
 *
 * Of keys kept in the database, those of an `ALGORITHM` that was served before keep verifying; so do secrets of
 * `SECRET_KEY_FALLBACKS`.
 *
 * @throws {SettingsError} when neither `SECRET_KEY` nor a fallback opens the keys in the database.
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

  // Outside the transaction: an RSA key takes a while.
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
    await tx.run(ADD, [key.kid, key.algorithm, seal(sealing[0], secret, `signing key ${key.kid}`), now]);
    return KeyRing.of(key, before);
  });
  // Others that serve already learn it meanwhile.
  if (ring.current.kid !== undefined && ring.size > 1) await wait(LEAD_MS);
  return ring;
}

/** The keys in the database, for an instance that is running; undefined where no other can make one. */
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

/** simplejwt signs with `SECRET_KEY` itself, and so does whoever has to be understood by what it left behind. */
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

/** The keys that refresh tokens were signed with before. */
export const formerRefreshKeysOf = (options: Options): KeyObject[] =>
  options.secretKeyFallbacks.map((former) => refreshKeyOf(options, former).key);

/** @param sealing the key in force, then former ones; what one of these had sealed is sealed again. */
async function read(queries: Queries, sealing: readonly [KeyObject, ...KeyObject[]]): Promise<SigningKey[]> {
  const rows = await queries.run(LIST, []);
  const keys: SigningKey[] = [];
  for (const { kid, algorithm, sealed_key } of rows) {
    const context = `signing key ${kid}`;
    const opened = sealing.map((key) => unseal(key, sealed_key, context));
    const secret = opened.find((each) => each !== undefined);
    // Making another key instead would leave instances with the right SECRET_KEY refusing what this one signs.
    if (!secret)
      throw new SettingsError([
        'SECRET_KEY: does not open the signing key in the database; set the one it was made with, here or in SECRET_KEY_FALLBACKS (or empty tokenjar.signing_keys to abandon that key, which ends every access token)',
      ]);
    if (!opened[0]) await queries.run(SEAL_AGAIN, [kid, sealed_key, seal(sealing[0], secret, context)]);
    keys.push(toSigningKey(createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }), algorithm));
  }
  return keys;
}
