/** Four words of ID, one of expiry. */
const WORDS = 5;
const LEAST_SLOTS = 64;
const FULLEST = 0.7;
/** The year 2106. */
const MOST_SECONDS = 2 ** 32 - 1;
const PACKED_BYTES = 24;

/** SQL: an entry of a page in 24 bytes, the ID and its expiry, as a double in seconds since 1970. */
export const packedEntry = (id: string, expiresAt: string): string =>
  `uuid_send(${id}) || float8send(date_part('epoch', ${expiresAt}))`;

/**
 * A hash table of session IDs with expiry, in one block of memory that the garbage collector does not traverse: a
 * million take 42 MB, and half as much again while it grows.
 *
 * **Shape** open addressing with 20-byte slots; an expiry of 0 marks a free one. The IDs are our own UUID v7, so their
 * last 32 bits are random and serve as the hash.
 */
export class SessionIdTable {
  private slots = new Uint32Array(LEAST_SLOTS * WORDS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  has(id: string): boolean {
    if (this.count === 0) return false;
    return this.slots[this.slotOf(...wordsOf(id)) + 4] !== 0;
  }

  /** The later expiry counts. @param expiresAt **Unit** milliseconds since 1970; kept as whole seconds, rounded up. */
  set(id: string, expiresAt: number): void {
    this.makeRoom(1);
    this.put(...wordsOf(id), wholeSeconds(expiresAt / 1000));
  }

  /** @param packed **Shape** as {@link packedEntry} has it; entries one after the other. */
  setPacked(packed: Uint8Array): void {
    const bytes = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    this.makeRoom(bytes.byteLength / PACKED_BYTES);
    for (let at = 0; at < bytes.byteLength; at += PACKED_BYTES)
      this.put(
        bytes.getUint32(at),
        bytes.getUint32(at + 4),
        bytes.getUint32(at + 8),
        bytes.getUint32(at + 12),
        wholeSeconds(bytes.getFloat64(at + 16)),
      );
  }

  /** @param now **Unit** milliseconds since 1970. */
  deleteExpired(now: number): void {
    let dead = 0;
    for (let at = 4; at < this.slots.length; at += WORDS) {
      const expiry = this.slots[at] ?? 0;
      if (expiry !== 0 && expiry * 1000 <= now) dead++;
    }
    if (dead > 0) this.rebuild(this.count - dead, (expiry) => expiry * 1000 > now);
  }

  private makeRoom(more: number): void {
    if ((this.count + more) * WORDS > this.slots.length * FULLEST)
      this.rebuild(this.count + more, () => true);
  }

  private rebuild(expected: number, stays: (expiry: number) => boolean): void {
    const old = this.slots;
    const slots = Math.max(LEAST_SLOTS, 2 ** Math.ceil(Math.log2((expected + 1) / FULLEST)));
    this.slots = new Uint32Array(slots * WORDS);
    this.count = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const expiry = old[at + 4] as number;
      if (expiry !== 0 && stays(expiry)) this.put(...wordsAt(old, at), expiry);
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
    const last = slots.length / WORDS - 1;
    let slot = fourth & last;
    for (;;) {
      const at = slot * WORDS;
      if (slots[at + 4] === 0) return at;
      if (
        slots[at + 3] === fourth &&
        slots[at + 2] === third &&
        slots[at + 1] === second &&
        slots[at] === first
      )
        return at;
      slot = (slot + 1) & last;
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
