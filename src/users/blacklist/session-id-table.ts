/** Four words of ID, one of expiry. */
const WORDS = 5;
/** Each grows by itself, so that growth neither holds up requests for long nor doubles what all take. */
const PARTS = 64;
const PART_SHIFT = 26;
const LEAST_SLOTS = 8;
const FULLEST = 0.75;
/** How full a part is when it has grown. */
const ROOMY = 0.6;
/** The year 2106. */
const MOST_SECONDS = 2 ** 32 - 1;
const PACKED_BYTES = 24;

/** SQL: an entry of a page in 24 bytes, the ID and its expiry, as a double in seconds since 1970. */
export const packedEntry = (id: string, expiresAt: string): string =>
  `uuid_send(${id}) || float8send(date_part('epoch', ${expiresAt}))`;

/**
 * A hash table of session IDs with expiry, in blocks of memory that the garbage collector does not traverse: a million take
 * 27 to 33 MB.
 *
 * The IDs are our own UUID v7, so their last 32 bits are random and serve as the hash.
 */
export class SessionIdTable {
  private readonly parts = Array.from({ length: PARTS }, () => new Part());

  get size(): number {
    return this.parts.reduce((sum, { count }) => sum + count, 0);
  }

  has(id: string): boolean {
    const [first, second, third, fourth] = wordsOf(id);
    return this.partOf(fourth).has(first, second, third, fourth);
  }

  /** The later expiry counts. @param expiresAt **Unit** milliseconds since 1970; kept as whole seconds, rounded up. */
  set(id: string, expiresAt: number): void {
    const [first, second, third, fourth] = wordsOf(id);
    this.partOf(fourth).set(first, second, third, fourth, wholeSeconds(expiresAt / 1000));
  }

  /** @param packed **Shape** as {@link packedEntry} has it; entries one after the other. */
  setPacked(packed: Uint8Array): void {
    const bytes = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    for (let at = 0; at < bytes.byteLength; at += PACKED_BYTES) {
      const [second, third, fourth] = [
        bytes.getUint32(at + 4),
        bytes.getUint32(at + 8),
        bytes.getUint32(at + 12),
      ];
      const expiry = wholeSeconds(bytes.getFloat64(at + 16));
      this.partOf(fourth).set(bytes.getUint32(at), second, third, fourth, expiry);
    }
  }

  /** @param now **Unit** milliseconds since 1970. */
  deleteExpired(now: number): void {
    for (const part of this.parts) part.deleteExpired(now / 1000);
  }

  private partOf(hash: number): Part {
    return this.parts[hash >>> PART_SHIFT] as Part;
  }
}

/**
 * The IDs whose hashes begin alike.
 *
 * **Shape** open addressing with 20-byte slots, in the order of their hashes; an expiry of 0 marks a free one.
 */
class Part {
  count = 0;
  private slots = new Uint32Array(LEAST_SLOTS * WORDS);

  has(first: number, second: number, third: number, fourth: number): boolean {
    return this.count > 0 && this.slots[this.slotOf(first, second, third, fourth) + 4] !== 0;
  }

  set(first: number, second: number, third: number, fourth: number, expiry: number): void {
    if ((this.count + 1) * WORDS > this.slots.length * FULLEST) this.rebuild(this.count + 1, 0);
    this.put(first, second, third, fourth, expiry);
  }

  /** @param now **Unit** seconds since 1970. */
  deleteExpired(now: number): void {
    let dead = 0;
    for (let at = 4; at < this.slots.length; at += WORDS) {
      const expiry = this.slots[at] as number;
      if (expiry !== 0 && expiry <= now) dead++;
    }
    if (dead > 0) this.rebuild(this.count - dead, now);
  }

  private rebuild(expected: number, now: number): void {
    const old = this.slots;
    this.slots = new Uint32Array(Math.max(LEAST_SLOTS, Math.ceil(expected / ROOMY)) * WORDS);
    this.count = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const expiry = old[at + 4] as number;
      if (expiry > now) this.put(...wordsAt(old, at), expiry);
    }
  }

  private put(first: number, second: number, third: number, fourth: number, expiry: number): void {
    const at = this.slotOf(first, second, third, fourth);
    const known = this.slots[at + 4] as number;
    if (known === 0) this.count++;
    this.slots[at] = first;
    this.slots[at + 1] = second;
    this.slots[at + 2] = third;
    this.slots[at + 3] = fourth;
    this.slots[at + 4] = Math.max(known, expiry);
  }

  /** The slot of an ID, or the free slot where it would go. */
  private slotOf(first: number, second: number, third: number, fourth: number): number {
    const { slots } = this;
    const { length } = slots;
    // Of the bits that do not choose the part.
    const share = ((fourth << (32 - PART_SHIFT)) >>> 0) / 2 ** 32;
    let at = Math.floor((share * length) / WORDS) * WORDS;
    for (;;) {
      if (slots[at + 4] === 0) return at;
      if (
        slots[at + 3] === fourth &&
        slots[at + 2] === third &&
        slots[at + 1] === second &&
        slots[at] === first
      )
        return at;
      at += WORDS;
      if (at === length) at = 0;
    }
  }
}

type Words = [number, number, number, number];

/** The 128 bits of a UUID as four unsigned integers. */
const wordsOf = (id: string): Words => [
  parseInt(id.slice(0, 8), 16),
  parseInt(id.slice(9, 13) + id.slice(14, 18), 16),
  parseInt(id.slice(19, 23) + id.slice(24, 28), 16),
  parseInt(id.slice(28), 16),
];

const wordsAt = (slots: Uint32Array, at: number): Words =>
  [slots[at], slots[at + 1], slots[at + 2], slots[at + 3]] as Words;

/** As a slot has it: never forgotten early, and 0 marks a free one. */
const wholeSeconds = (seconds: number): number => Math.min(Math.max(Math.ceil(seconds), 1), MOST_SECONDS);
