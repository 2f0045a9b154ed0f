import type { Queries } from '../database/database.js';
import { READ_BATCHES } from './audit-chain-statements.js';
import { type ChainKeys, GENESIS, hashOf } from './chain-hash.js';

/** A place in the chain. */
export interface Link {
  number: number;
  hash: Buffer;
}

/**
 * Where a former key has signed what expires, everything up to a batch of ours has to be read to prove it. Each time, as
 * many batches have to have expired as this part of those that are read.
 */
const WORTHWHILE = 0.1;

/**
 * How far what has expired is proven: it follows from the anchor, and a key of ours has signed its end, or one of the
 * batches after. Otherwise whoever writes to the database could let the server certify that anything has expired.
 *
 * @param from the anchor, if there is one. @param number the batch up to which everything has expired, as the rows say. @returns undefined if nothing is proven
 * yet; `changed` if the rows are not those that were sealed.
 */
export async function provenUntil(
  queries: Pick<Queries, 'run'>,
  keys: ChainKeys,
  { from, number, head, until }: { from: Link | undefined; number: number; head: number; until: Date },
): Promise<Link | 'changed' | undefined> {
  const begin = from?.number ?? 0;
  const isWorthReadingOn = number - begin >= WORTHWHILE * (head - begin);
  let at = from ?? { number: 0, hash: GENESIS };
  let expired: Link | undefined;
  let proven: Link | undefined;
  for (;;) {
    const page = await queries.run(READ_BATCHES, [at.number]);
    if (page.length === 0) return proven;
    for (const row of page) {
      // pg reads arrays of bigint as text.
      const batch = { ...row, eventIds: row.eventIds.map(Number) };
      if (!from && at.number === 0 && batch.number !== 1) {
        // The operator has removed an anchor that nobody could verify. What follows says how old this one is.
        at = { number: batch.number, hash: batch.hash };
        continue;
      }
      const hash = hashOf(batch, at.hash);
      const verdict = keys.verify(hash, batch);
      if (batch.number !== at.number + 1 || !hash.equals(batch.hash) || verdict === 'invalid')
        return 'changed';
      at = { number: batch.number, hash };
      const isExpired = Math.min(batch.lastAt.getTime(), batch.sealedAt.getTime()) <= until.getTime();
      if (batch.number <= number && !isExpired) return 'changed';
      if (batch.number <= number) expired = at;
      if (verdict !== 'unknown') proven = expired;
      if (batch.number >= number && (proven === expired || !isWorthReadingOn)) return proven;
    }
  }
}
