import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';

/** **Unit** bytes of a digest. */
export const DIGEST_BYTES = 32;
/** What the first batch follows. */
export const GENESIS = Buffer.alloc(DIGEST_BYTES);

/** What the hash of a batch covers, besides the hash before. */
export interface BatchContent {
  number: number;
  eventIds: readonly number[];
  digests: Buffer;
  maxEventId: number;
  snapshot: string | null;
  completeNumber: number;
  lastAt: Date;
  sealedAt: Date;
}

/** Links a batch to the one before. **Shape** SHA-256. */
export function hashOf(batch: BatchContent, before: Buffer): Buffer {
  const { number, eventIds, digests, maxEventId, snapshot, completeNumber, lastAt, sealedAt } = batch;
  const facts = ['batch', number, maxEventId, snapshot, completeNumber, lastAt, sealedAt, eventIds];
  return createHash('sha256').update(JSON.stringify(facts)).update(digests).update(before).digest();
}

/** What the signature of an anchor covers. */
export const hashOfAnchor = ({
  number,
  hash,
  setAt,
}: {
  number: number;
  hash: Buffer;
  setAt: Date;
}): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(['anchor', number, setAt]))
    .update(hash)
    .digest();

export interface Signature {
  keyId: Buffer;
  signature: Buffer;
}

/** The keys that sign the chain, derived from `SECRET_KEY` and, to verify only, from its former values. */
export class ChainKeys {
  private readonly keys: readonly { id: Buffer; key: KeyObject }[];

  /** @param secretKeys the current one first. */
  constructor(secretKeys: readonly [string, ...string[]]) {
    this.keys = secretKeys.map((secretKey) => {
      const key = deriveKey(secretKey, 'audit chain');
      return { id: createHmac('sha256', key).update('id').digest().subarray(0, 8), key };
    });
  }

  /**
   * @param isContinued false for a batch after one whose signature could not be verified: this one then says nothing of
   * what is before it. Otherwise whoever rewrites the chain without a key would only have to wait for the next batch.
   */
  sign(hash: Buffer, isContinued = true): Signature {
    const [current] = this.keys;
    if (!current) throw new TypeError('there is always a key');
    return { keyId: current.id, signature: macOf(current.key, isContinued ? hash : aloneOf(hash)) };
  }

  isCurrent({ keyId }: Signature): boolean {
    return this.keys[0]?.id.equals(keyId) === true;
  }

  /** `unknown` if the key is none of ours: a former one, or that of a forger; `alone` if it says nothing of what is before. */
  verify(hash: Buffer, { keyId, signature }: Signature): 'valid' | 'alone' | 'invalid' | 'unknown' {
    const known = this.keys.find(({ id }) => id.equals(keyId));
    if (!known) return 'unknown';
    const isOf = (content: Buffer): boolean => {
      const expected = macOf(known.key, content);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    };
    return isOf(hash) ? 'valid' : isOf(aloneOf(hash)) ? 'alone' : 'invalid';
  }
}

const aloneOf = (hash: Buffer): Buffer => Buffer.concat([Buffer.from('alone'), hash]);
const macOf = (key: KeyObject, hash: Buffer): Buffer => createHmac('sha256', key).update(hash).digest();
