import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { BreachFilterError, offsetsOf, readFilterFile, type Shard } from './breach-filter-file.js';
import { isKnown, layoutFor } from './fuse-filter.js';

/** Maximum size of one read: a file may be larger than the system reads at once. **Unit** bytes. */
const CHUNK = 64 * 1024 * 1024;

/**
 * The passwords found in data breaches, as a filter of their hashes. No external service is contacted.
 *
 * It recognises every password of the list that it was built from, and one in 65,536 others by mistake; a user who chose
 * such a password has to choose another one. **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.12.
 */
export class BreachedPasswords {
  private readonly offsets: number[];

  private constructor(
    private readonly bits: number,
    private readonly shards: readonly Shard[],
    private readonly fingerprints: Buffer,
  ) {
    this.offsets = offsetsOf(shards);
  }

  /** An empty filter, for a server without a list. */
  static readonly none = new BreachedPasswords(0, [{ count: 0, seed: 0 }], Buffer.alloc(0));

  /** Loads a filter into memory. @throws {BreachFilterError} with a message that begins with the path. */
  static async open(path: string): Promise<BreachedPasswords> {
    try {
      const { bits, shards, fingerprints } = readFilterFile(await contentOf(path));
      return new BreachedPasswords(bits, shards, fingerprints);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new BreachFilterError(
        error instanceof BreachFilterError ? `${path} ${error.message}` : error.message,
        { cause: error },
      );
    }
  }

  /** The number of passwords it was built from. */
  get size(): number {
    return this.shards.reduce((sum, { count }) => sum + count, 0);
  }

  /** Whether a password is known, as entered or as it is hashed here (NFKC). */
  has(password: string): boolean {
    return this.hasText(password) || this.hasText(password.normalize('NFKC'));
  }

  private hasText(text: string): boolean {
    const hash = createHash('sha1').update(text).digest();
    const [high, low] = [hash.readUInt32BE(0), hash.readUInt32BE(4)];
    const index = this.bits === 0 ? 0 : high >>> (32 - this.bits);
    const { count, seed } = this.shards[index] ?? { count: 0, seed: 0 };
    const offset = this.offsets[index] ?? 0;
    return isKnown(high, low, seed, layoutFor(count), (i) => this.fingerprints.readUInt16LE(offset + 2 * i));
  }
}

async function contentOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const content = Buffer.allocUnsafeSlow(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(content, at, Math.min(CHUNK, size - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return content.subarray(0, at);
  } finally {
    await file.close();
  }
}
