import { Logger } from '@nestjs/common';
import type { KeyRing, VerifyingKey } from '../tokens/key-ring.js';

/** An instance that generates a key waits this long before it signs with it; by then every instance knows it. **Unit** milliseconds. */
export const LEAD_MS = 1000;

/**
 * Loads keys that other instances generated, so that their tokens are valid here too: while `ALGORITHM` is changed
 * instance by instance, an instance with the former one would otherwise refuse the tokens of the others.
 */
export class KeyWatch {
  private readonly logger = new Logger('Tokenjar');
  private known: number | undefined;
  private reading = false;

  /** @param read loads the keys from the database; undefined if no other instance can add one. */
  constructor(
    private readonly keys: KeyRing,
    private readonly read: (() => Promise<readonly VerifyingKey[]>) | undefined,
  ) {}

  /** Called with the number of keys in the database, which shows whether there is a new one. */
  async hear(count: number): Promise<void> {
    if (!this.read || this.reading || count === this.known) return;
    this.reading = true;
    try {
      this.keys.learn(await this.read());
      this.known = count;
    } catch (error) {
      // It is called again in a moment.
      this.logger.warn(`The signing keys could not be loaded: ${String(error)}`);
    } finally {
      this.reading = false;
    }
  }
}
