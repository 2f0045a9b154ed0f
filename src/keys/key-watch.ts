import { Logger } from '@nestjs/common';
import type { KeyRing, VerifyingKey } from '../tokens/key-ring.js';

/** One that makes a key signs with it only so much later: by then every instance has heard of it. **Unit** milliseconds. */
export const LEAD_MS = 1000;

/**
 * Learns the keys that other instances made, so that their tokens are good here too: while `ALGORITHM` is changed
 * instance by instance, one that still has the former one would refuse what the others sign.
 */
export class KeyWatch {
  private readonly logger = new Logger('Tokenjar');
  private known: number | undefined;
  private reading = false;

  /** @param read what the database has; undefined where nobody else can make a key that counts here. */
  constructor(
    private readonly keys: KeyRing,
    private readonly read: (() => Promise<readonly VerifyingKey[]>) | undefined,
  ) {}

  /** Told how many keys the database has, which says whether there is a new one. */
  async hear(count: number): Promise<void> {
    if (!this.read || this.reading || count === this.known) return;
    this.reading = true;
    try {
      this.keys.learn(await this.read());
      this.known = count;
    } catch (error) {
      // It is told again in a moment.
      this.logger.warn(`The signing keys cannot be read: ${String(error)}`);
    } finally {
      this.reading = false;
    }
  }
}
