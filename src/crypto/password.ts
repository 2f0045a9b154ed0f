import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { TokenjarError } from '../errors.js';
import { networkOf, siteOf } from './ip-network.js';
import { MORE_DICTIONARIES } from './notorious.js';
import { FairQueue, Refused } from './fair-queue.js';

/** **Source** OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. **Unit** KiB for memory. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/** Of random bytes that nobody kept: it takes the work of a check and never fits. */
const DECOY =
  '$argon2id$v=19$m=19456,t=2,p=1$PZV8QRQb6XRWvK7vRKdDxA$X0C31eP255qlRIfzVp2Ga5hhMWnka1ZVEdHoYFXCUuo';

const HASHING = new URL('./hashing.worker.js', import.meta.url).href;
const ESTIMATE = new URL('./estimate.worker.js', import.meta.url).href;

const LONGEST_WAIT_SECONDS = 2;
/** What one thread gets done within the longest wait, on a slow machine. */
const WAITING_PER_THREAD = 100;
/** A thread without work for this long ends, and gives its memory back. **Unit** milliseconds. */
const THREAD_IDLE_MS = 30_000;

/** Who asks for a hash; a {@link Caller} is one. */
export interface Asker {
  ip: string | null;
  /** False once the connection has closed: then nobody waits for the hash. */
  isConnected: () => boolean;
}

/** For hashes that no request asks for. */
const NOBODY: Asker = { ip: null, isConnected: () => true };

/**
 * Hashes and checks passwords, argon2id, in threads of low priority, as many at once as the process has cores to itself.
 *
 * The bounds are what keeps refreshes fast while somebody floods the login: hashes beyond them wait a little, site
 * by site in turn, then are refused, instead of filling processor and memory.
 *
 * **Shape** PHC strings. **Unit** a hash takes 19 MiB while it is made. **Errors** `server_busy`.
 * **Source** RFC 9106; ASVS 5.0 11.4.2, 15.2.2.
 */
export class Passwords {
  private readonly queue: FairQueue;
  private threads: Piscina | undefined;

  /** @param processes that share the cores of this machine. */
  constructor(private readonly processes = 1) {
    this.queue = new FairQueue({
      atOnce: this.atOnce,
      longest: this.atOnce * WAITING_PER_THREAD,
      longestWait: LONGEST_WAIT_SECONDS * 1000,
    });
  }

  /** How many hashes are made at the same time. */
  get atOnce(): number {
    return Math.max(1, Math.floor(availableParallelism() / this.processes));
  }

  /** @param salt a random one where none is given. **Unit** 16 bytes. */
  hash(password: string, asker: Asker = NOBODY, salt?: Buffer): Promise<string> {
    const parameters = { ...PARAMETERS, ...(salt && { salt }) };
    return this.inTurn(asker, { password: normalise(password), parameters });
  }

  /**
   * Says whether the password fits.
   *
   * Without a hash (nobody has this address) a decoy is checked instead and the answer is no: the same work, so that
   * time does not tell who has an account.
   */
  async fits(password: string, hashed: string | null | undefined, asker: Asker = NOBODY): Promise<boolean> {
    const target = hashed?.startsWith('$argon2') ? hashed : DECOY;
    const fits = await this.inTurn<boolean>(asker, { password: normalise(password), hashed: target });
    return fits && target === hashed;
  }

  /**
   * How many guesses a password is worth, of its readings the weakest (`readingsOf`). The estimate takes as much work as
   * a hash, or several, so it has the same threads and waits in the same queue. **Errors** `server_busy`.
   *
   * @param context words that whoever guesses would try first.
   */
  guesses(readings: readonly string[][], context: readonly string[], asker: Asker = NOBODY): Promise<number> {
    return this.inTurn(asker, { readings, context }, ESTIMATE);
  }

  /** Whether a hash was made with other parameters than today's. */
  isOutdated(hashed: string): boolean {
    return !hashed.startsWith(PREFIX);
  }

  /** Called by Nest once no request is under way. */
  async onApplicationShutdown(): Promise<void> {
    await this.threads?.destroy();
  }

  private async inTurn<Result>(
    { ip, isConnected }: Asker,
    task: object,
    filename = HASHING,
  ): Promise<Result> {
    try {
      return await this.queue.add({ keys: [siteOf(ip), networkOf(ip)], isWanted: isConnected }, () =>
        this.run(task, filename),
      );
    } catch (error) {
      if (error instanceof Refused)
        throw new TokenjarError('server_busy', { retryAfter: LONGEST_WAIT_SECONDS });
      throw error;
    }
  }

  /** Threads start with the first hash: a server that only refreshes has none. */
  private run<Result>(task: object, filename: string): Promise<Result> {
    this.threads ??= new Piscina({
      minThreads: 0,
      maxThreads: this.atOnce,
      idleTimeout: THREAD_IDLE_MS,
      // It must not inherit the loaders of the main thread.
      execArgv: [],
      workerData: { moreDictionaries: MORE_DICTIONARIES },
    });
    return this.threads.run(task, { filename }) as Promise<Result>;
  }
}

/** The same password typed on another keyboard may come in other code points (NIST SP 800-63B-4 §3.1.1.2). */
const normalise = (password: string): string => password.normalize('NFKC');
