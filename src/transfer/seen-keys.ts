import { hash, randomBytes } from 'node:crypto';

/**
 * Which texts were there before, of very many: 16 bytes each. Two texts have one digest of 64 bits once in 40 million runs
 * with a million; nobody can arrange it, for it is salted.
 */
export class SeenKeys {
  private readonly salt = randomBytes(16).toString('hex');
  private slots = new BigUint64Array(1024);
  private count = 0;

  /** @returns whether it is new. */
  add(text: string): boolean {
    const digest = this.digestOf(text);
    if (this.count * 2 >= this.slots.length) this.grow();
    const slot = this.slotOf(digest);
    if (this.slots[slot] === digest) return false;
    this.slots[slot] = digest;
    this.count++;
    return true;
  }

  has(text: string): boolean {
    return this.slots[this.slotOf(this.digestOf(text))] !== 0n;
  }

  private digestOf(text: string): bigint {
    return hash('sha256', this.salt + text, 'buffer').readBigUInt64LE() || 1n;
  }

  private slotOf(digest: bigint): number {
    const { length } = this.slots;
    let slot = Number(digest % BigInt(length));
    while (this.slots[slot] !== 0n && this.slots[slot] !== digest) slot = (slot + 1) % length;
    return slot;
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new BigUint64Array(before.length * 2);
    for (const digest of before) if (digest !== 0n) this.slots[this.slotOf(digest)] = digest;
  }
}
