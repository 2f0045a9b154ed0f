/** Four words of ID, one of expiry. */
const WORDS = 5;
const LEAST_SLOTS = 64;
const FULLEST = 0.7;

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
    return this.slots[this.slotOf(wordsOf(id)) + 4] !== 0;
  }

  /** @param expiresAt **Unit** milliseconds since 1970; kept as whole seconds, rounded up. */
  set(id: string, expiresAt: number): void {
    if ((this.count + 1) * WORDS > this.slots.length * FULLEST) this.rebuild(this.count + 1, () => true);
    this.put(wordsOf(id), Math.ceil(expiresAt / 1000));
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

  private rebuild(expected: number, stays: (expiry: number) => boolean): void {
    const old = this.slots;
    const slots = Math.max(LEAST_SLOTS, 2 ** Math.ceil(Math.log2((expected + 1) / FULLEST)));
    this.slots = new Uint32Array(slots * WORDS);
    this.count = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const expiry = old[at + 4] ?? 0;
      if (expiry !== 0 && stays(expiry)) this.put(old.subarray(at, at + 4), expiry);
    }
  }

  private put(words: ArrayLike<number>, expiry: number): void {
    const at = this.slotOf(words);
    if (this.slots[at + 4] === 0) this.count++;
    for (let word = 0; word < 4; word++) this.slots[at + word] = words[word] ?? 0;
    this.slots[at + 4] = expiry;
  }

  /** The slot of an ID, or the free slot where it would go. */
  private slotOf(words: ArrayLike<number>): number {
    const { slots } = this;
    const last = slots.length / WORDS - 1;
    let slot = (words[3] ?? 0) & last;
    for (;;) {
      const at = slot * WORDS;
      if (slots[at + 4] === 0) return at;
      if (
        slots[at + 3] === words[3] &&
        slots[at + 2] === words[2] &&
        slots[at + 1] === words[1] &&
        slots[at] === words[0]
      )
        return at;
      slot = (slot + 1) & last;
    }
  }
}

/** The 128 bits of a UUID as four unsigned integers. */
const wordsOf = (id: string): [number, number, number, number] => [
  parseInt(id.slice(0, 8), 16),
  parseInt(id.slice(9, 13) + id.slice(14, 18), 16),
  parseInt(id.slice(19, 23) + id.slice(24, 28), 16),
  parseInt(id.slice(28), 16),
];
