import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { BreachFilterError, HEADER_LENGTH, headOf, MOST_BITS, type Shard } from './breach-filter-file.js';
import { buildFilter, type Keys } from './fuse-filter.js';

/** The shortest line of a list: 40 digits and the end of the line. **Unit** bytes. */
const LEAST_LINE = 41;
/** Approximate size of a shard. **Unit** hashes. */
const SHARD = 131_072;
/** Maximum size of an unsorted list, which is collected in memory at 8 bytes each. **Unit** hashes. */
const MOST_GATHERED = 100_000_000;
const LINE = /^([0-9a-f]{40})(?::(\d{1,15}))?\r?$/i;

export interface BuiltFilter {
  /** **Unit** hashes. */
  count: number;
  /** **Unit** bytes. */
  size: number;
}

/** The list is not sorted. */
class OutOfOrder extends Error {}

/**
 * Builds the file that `BREACHED_PASSWORDS` names from a list of SHA-1 hashes.
 *
 * Hashes are divided by their first bits into shards with a filter each. A sorted list, as provided by
 * Have I Been Pwned, is read once and held one shard at a time, whatever its length; an unsorted one is collected in memory.
 *
 * **Shape** of a line: 40 hexadecimal digits, and the number of times the password was seen after a colon, or nothing.
 *
 * @param minCount hashes seen less often are left out.
 * @throws {BreachFilterError} naming the invalid line.
 */
export async function buildBreachFilter(list: string, output: string, minCount = 1): Promise<BuiltFilter> {
  const { size } = await stat(list);
  const bits = Math.min(Math.max(0, Math.ceil(Math.log2(size / LEAST_LINE / SHARD))), MOST_BITS);
  const temporary = `${output}.${process.pid}.tmp`;
  const remove = () => rmSync(temporary, { force: true });
  const file = await open(temporary, 'w', 0o644);
  // Also where the process is told to stop.
  process.once('exit', remove);
  try {
    const built = await write(file, list, bits, minCount);
    await file.sync();
    await file.close();
    // Atomically, because a server may be starting.
    await rename(temporary, output);
    return built;
  } catch (error) {
    await file.close().catch(() => undefined);
    remove();
    throw error;
  } finally {
    process.off('exit', remove);
  }
}

async function write(file: FileHandle, list: string, bits: number, minCount: number): Promise<BuiltFilter> {
  try {
    return await new FilterWriter(file, bits).write(hashesOf(list, minCount), true);
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error;
    return await new FilterWriter(file, bits).write(hashesOf(list, minCount), false);
  }
}

/** Writes the shards one by one, and the header at the end. */
class FilterWriter {
  private readonly shards: Shard[] = [];
  private readonly checksum = createHash('sha256');
  private at: number;

  constructor(
    private readonly file: FileHandle,
    private readonly bits: number,
  ) {
    this.at = HEADER_LENGTH + 8 * 2 ** bits;
  }

  /** @param isOrdered writes a shard when the first hash of a later one comes. */
  async write(batches: AsyncIterable<[number, number][]>, isOrdered: boolean): Promise<BuiltFilter> {
    const open = new Map<number, GrowingKeys>();
    let gathered = 0;
    for await (const batch of batches) {
      for (const [high, low] of batch) {
        const index = this.bits === 0 ? 0 : high >>> (32 - this.bits);
        if (isOrdered && index < this.shards.length) throw new OutOfOrder();
        while (isOrdered && index > this.shards.length) await this.add(open);
        let keys = open.get(index);
        if (!keys) open.set(index, (keys = new GrowingKeys()));
        keys.push(high, low);
      }
      gathered += batch.length;
      if (!isOrdered && gathered > MOST_GATHERED)
        throw new BreachFilterError('is too long to be held in memory: sort it first, with LC_ALL=C sort');
    }
    while (this.shards.length < 2 ** this.bits) await this.add(open);
    return this.finish();
  }

  private async add(open: Map<number, GrowingKeys>): Promise<void> {
    const keys = open.get(this.shards.length)?.distinct() ?? new Uint32Array();
    open.delete(this.shards.length);
    const { seed, fingerprints } = buildFilter(keys);
    this.shards.push({ count: keys.length / 2, seed });
    const bytes = Buffer.alloc(2 * fingerprints.length);
    for (const [i, fingerprint] of fingerprints.entries()) bytes.writeUInt16LE(fingerprint, 2 * i);
    this.checksum.update(bytes);
    await this.file.write(bytes, 0, bytes.length, this.at);
    this.at += bytes.length;
  }

  private async finish(): Promise<BuiltFilter> {
    const count = this.shards.reduce((sum, shard) => sum + shard.count, 0);
    if (count === 0) throw new BreachFilterError('holds no hash');
    const { start, directory } = headOf(this.shards);
    const checksum = this.checksum.update(start).update(directory).digest();
    await this.file.write(
      Buffer.concat([start, checksum, directory]),
      0,
      HEADER_LENGTH + directory.length,
      0,
    );
    await this.file.truncate(this.at);
    return { count, size: this.at };
  }
}

class GrowingKeys {
  private keys = new Uint32Array(1024);
  private length = 0;

  push(high: number, low: number): void {
    if (this.length === this.keys.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.keys);
      this.keys = larger;
    }
    this.keys[this.length++] = high;
    this.keys[this.length++] = low;
  }

  /** Each once. */
  distinct(): Keys {
    const sorted = new BigUint64Array(this.keys.buffer, 0, this.length / 2).sort();
    let count = 0;
    for (const key of sorted) if (count === 0 || key !== sorted[count - 1]) sorted[count++] = key;
    return new Uint32Array(sorted.buffer, 0, 2 * count);
  }
}

/** The first 64 bits of each hash of a list, many at a time. */
async function* hashesOf(list: string, minCount: number): AsyncGenerator<[number, number][]> {
  let number = 0;
  let rest = '';
  const read = (line: string): [number, number] | undefined => {
    number++;
    const [, hash, count] = LINE.exec(number === 1 ? line.replace(/^\u00ef\u00bb\u00bf/, '') : line) ?? [];
    if (hash === undefined && line.trim() !== '') throw new BreachFilterError(problemOf(line, number));
    if (hash === undefined || Number(count ?? minCount) < minCount) return undefined;
    return [Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8, 16), 16)];
  };
  const stream: AsyncIterable<string> = createReadStream(list, {
    encoding: 'latin1',
    highWaterMark: 1 << 20,
  });
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    // A file without line breaks is not a list, and must not be held in memory.
    if (rest.length > 1000) read(rest);
    yield lines.flatMap((line) => {
      const hash = read(line);
      return hash ? [hash] : [];
    });
  }
  const last = rest === '' ? undefined : read(rest);
  if (last) yield [last];
}

/** The message does not quote the line, which may be a plain-text password. */
function problemOf(line: string, number: number): string {
  if (/^[0-9a-f]{32}(:\d+)?\r?$/i.test(line))
    return `line ${number}: a hash of 32 digits is NTLM or MD5; use the list of SHA-1 hashes`;
  return `line ${number}: is neither a SHA-1 hash (40 hexadecimal digits) nor one with a count (HEX:count)`;
}
