/**
 * Reproducible random numbers, so that a seed determines the plan of a run.
 *
 * Every browser, thief and fault has its own generator, so that one does not affect the numbers of the others.
 * **Source** mulberry32 by Tommy Ettinger; FNV-1a for the names.
 */
export class Random {
  private state: number;

  constructor(private readonly seed: string) {
    let hash = 0x811c9dc5;
    for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    this.state = hash >>> 0;
  }

  /** A separate generator under this name. */
  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** From 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A waiting time with this mean, for independent events (exponential distribution). */
  waitOf(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }
}
