import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import PQueue from 'p-queue';
import { TokenjarError } from '../errors.js';

/** **Source** OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. **Unit** KiB for memory. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/** Of random bytes that nobody kept: it takes the work of a check and never fits. */
const DECOY =
  '$argon2id$v=19$m=19456,t=2,p=1$PZV8QRQb6XRWvK7vRKdDxA$X0C31eP255qlRIfzVp2Ga5hhMWnka1ZVEdHoYFXCUuo';

const LONGEST_WAIT_SECONDS = 2;
const LONGEST_QUEUE = 500;

/**
 * Hashes and checks passwords, argon2id, as many at once as there are cores.
 *
 * The bound is what keeps refreshes fast while somebody floods the login: hashes beyond it wait a little, then are
 * refused, instead of filling the thread pool and the memory.
 *
 * **Shape** PHC strings. **Errors** `server_busy`. **Source** RFC 9106; ASVS 5.0 11.4.2.
 */
export class Passwords {
  private readonly queue = new PQueue({ concurrency: availableParallelism() });

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(normalise(password), PARAMETERS));
  }

  /**
   * Says whether the password fits.
   *
   * Without a hash (nobody has this address) a decoy is checked instead and the answer is no: the same work, so that
   * time does not tell who has an account.
   */
  async fits(password: string, hashed: string | null | undefined): Promise<boolean> {
    const target = hashed?.startsWith('$argon2') ? hashed : DECOY;
    const fits = await this.inTurn(() => verify(target, normalise(password)));
    return fits && target === hashed;
  }

  /** Whether a hash was made with other parameters than today's. */
  isOutdated(hashed: string): boolean {
    return !hashed.startsWith(PREFIX);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.queue.size >= LONGEST_QUEUE) throw busy();
    const waited = new AbortController();
    const timer = setTimeout(() => waited.abort(), LONGEST_WAIT_SECONDS * 1000);
    try {
      return await this.queue.add(
        () => {
          clearTimeout(timer);
          return work();
        },
        { signal: waited.signal },
      );
    } catch (error) {
      if (waited.signal.aborted) throw busy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

const busy = () => new TokenjarError('server_busy', { retryAfter: LONGEST_WAIT_SECONDS });

/** The same password typed on another keyboard may come in other code points (NIST SP 800-63B-4 §3.1.1.2). */
const normalise = (password: string): string => password.normalize('NFKC');
