import { createHash } from 'node:crypto';
import { layoutFor } from './fuse-filter.js';

/** Why a file is not a filter, or a list cannot be converted: a sentence without the name of the file. */
export class BreachFilterError extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = 'BreachFilterError';
  }
}

const MAGIC = Buffer.from('TJBREACH');
const VERSION = 1;
const CHECKSUM_AT = 24;
const CHECKSUM_LENGTH = 32;
export const HEADER_LENGTH = CHECKSUM_AT + CHECKSUM_LENGTH;
const ENTRY_LENGTH = 8;
export const MOST_BITS = 16;

/** One of the filters in a file, for all hashes with the same first bits. */
export interface Shard {
  /** **Unit** hashes. */
  count: number;
  seed: number;
}

/**
 * The header of a file, before its fingerprints.
 *
 * **Shape** all numbers little-endian: `TJBREACH`; version, 32 bits; number of bits that choose a shard, 32 bits; number
 * of hashes, 64 bits; SHA-256 of the fingerprints, these 24 bytes and the directory; the directory, for each shard its
 * number of hashes and its seed, 32 bits each. Then the fingerprints of each shard after each other, 16 bits each.
 */
export function headOf(shards: readonly Shard[]): { start: Buffer; directory: Buffer } {
  const start = Buffer.alloc(CHECKSUM_AT);
  MAGIC.copy(start);
  start.writeUInt32LE(VERSION, 8);
  start.writeUInt32LE(Math.log2(shards.length), 12);
  start.writeBigUInt64LE(BigInt(shards.reduce((sum, { count }) => sum + count, 0)), 16);
  const directory = Buffer.alloc(shards.length * ENTRY_LENGTH);
  for (const [i, { count, seed }] of shards.entries()) {
    directory.writeUInt32LE(count, i * ENTRY_LENGTH);
    directory.writeUInt32LE(seed, i * ENTRY_LENGTH + 4);
  }
  return { start, directory };
}

/** Reads a whole file. @throws {BreachFilterError} if it is another kind of file, of another version, truncated or damaged. */
export function readFilterFile(file: Buffer): { bits: number; shards: Shard[]; fingerprints: Buffer } {
  if (file.length < HEADER_LENGTH || !file.subarray(0, MAGIC.length).equals(MAGIC))
    throw new BreachFilterError('is no filter; build one with: tokenjar passwords build-filter LIST');
  const version = file.readUInt32LE(8);
  if (version !== VERSION)
    throw new BreachFilterError(
      `is a filter of version ${version}, but this server requires version ${VERSION}: rebuild it`,
    );
  const bits = file.readUInt32LE(12);
  const directoryEnd = HEADER_LENGTH + 2 ** Math.min(bits, MOST_BITS) * ENTRY_LENGTH;
  const directory = file.subarray(HEADER_LENGTH, directoryEnd);
  const fingerprints = file.subarray(directoryEnd);
  const checksum = createHash('sha256')
    .update(fingerprints)
    .update(file.subarray(0, CHECKSUM_AT))
    .update(directory)
    .digest();
  if (!checksum.equals(file.subarray(CHECKSUM_AT, HEADER_LENGTH)))
    throw new BreachFilterError('is damaged or was cut: its checksum is wrong');
  const shards = Array.from({ length: 2 ** bits }, (_, i) => ({
    count: directory.readUInt32LE(i * ENTRY_LENGTH),
    seed: directory.readUInt32LE(i * ENTRY_LENGTH + 4),
  }));
  return { bits, shards, fingerprints };
}

/** Where the fingerprints of each shard begin. **Unit** bytes. */
export function offsetsOf(shards: readonly Shard[]): number[] {
  let offset = 0;
  return shards.map(({ count }) => {
    const own = offset;
    offset += 2 * layoutFor(count).size;
    return own;
  });
}
