import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { TokenjarError } from '../errors.js';
import { type Metrics, NO_METRICS } from '../measures.js';
import { traced } from '../tracing.js';
import { ForeignTimes } from './foreign-times.js';
import { kindOf } from './hashers/hashers.js';
import { networkOf, siteOf } from './ip-network.js';
import { MORE_DICTIONARIES } from './notorious.js';
import { FairQueue, Refused } from './fair-queue.js';

/** What a hash of argon2id costs. **Unit** KiB for memory, passes, lanes. */
export interface HashParameters {
  memoryCost: number;
  timeCost: number;
  parallelism: number;
}

/** **Source** OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. */
export const HASH_PARAMETERS: Readonly<HashParameters> = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Any bytes: what nobody has the password of. */
const DECOY = 'PZV8QRQb6XRWvK7vRKdDxA$X0C31eP255qlRIfzVp2Ga5hhMWnka1ZVEdHoYFXCUuo';

const HASHING = new URL('./hashing.worker.js', import.meta.url).href;
const ESTIMATE = new URL('./estimate.worker.js', import.meta.url).href;

const LONGEST_WAIT_SECONDS = 2;
/** How many hashes a thread completes within the maximum wait on a slow machine. */
const WAITING_PER_THREAD = 100;
/** A thread without work for this long ends and frees its memory. **Unit** milliseconds. */
const THREAD_IDLE_MS = 30_000;

/**
 * The threads of this process, by how many there may be: each takes a tenth of a second to load, so that all modules of a
 * process share them. They keep no process alive, and end when they are idle.
 */
const POOLS = new Map<number, Piscina>();

/** What differs from one site to another. */
export interface PasswordSettings {
  /** Devise's `config.pepper`, for the hashes that came from there. */
  pepper?: string | undefined;
  /** Whether blanks at the ends of a password do not count where it does not match with them. */
  areBlanksForgiven?: boolean;
}

/** The origin of a hash; a {@link Caller} is one. */
export interface Asker {
  ip: string | null;
  /** False once the connection is closed, so that nobody waits for the hash. */
  isConnected: () => boolean;
}

/** For hashes without a request. */
const NOBODY: Asker = { ip: null, isConnected: () => true };

/**
 * Hashes and verifies passwords with argon2id, in low-priority threads, as many at once as the process has cores.
 *
 * The bounds keep refreshes fast during a login flood: hashes beyond them wait briefly, sites taking turns, and are then
 * refused instead of filling processor and memory.
 *
 * **Shape** PHC strings. **Unit** a hash takes 19 MiB while it is computed. **Errors** `server_busy`.
 * **Source** RFC 9106; ASVS 5.0 11.4.2, 15.2.2.
 */
export class Passwords {
  private readonly queue: FairQueue;
  private readonly foreignTimes = new ForeignTimes();
  /** How the hashes begin. */
  private readonly prefix: string;

  /**
   * @param processes the number of processes that share the cores of this machine; Infinity for one hash at a time.
   * @param parameters of new hashes; others are only for tests.
   */
  constructor(
    private readonly processes = 1,
    private readonly parameters = HASH_PARAMETERS,
    private readonly settings: PasswordSettings = {},
    metrics: Metrics = NO_METRICS,
  ) {
    const { memoryCost, timeCost, parallelism } = parameters;
    this.prefix = `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`;
    const bounds = {
      atOnce: this.atOnce,
      longest: this.atOnce * WAITING_PER_THREAD,
      longestWait: LONGEST_WAIT_SECONDS * 1000,
    };
    this.queue = new FairQueue(bounds, {
      waited: (took) => metrics.observe('tokenjar_hash_wait_seconds', took / 1000),
      refused: () => metrics.add('tokenjar_hashes_refused_total', 1),
    });
    metrics.watch('tokenjar_hashes_waiting', () => this.queue.load.waiting);
    metrics.watch('tokenjar_hashes_running', () => this.queue.load.running);
  }

  /** The number of concurrent hashes. */
  get atOnce(): number {
    return Math.max(1, Math.floor(availableParallelism() / this.processes));
  }

  /** @param salt random by default. **Unit** 16 bytes. */
  hash(password: string, asker: Asker = NOBODY, salt?: Buffer): Promise<string> {
    const parameters = { ...this.parameters, ...(salt && { salt }) };
    return this.inTurn(asker, { password: normalise(password), parameters });
  }

  /** Whether a password is the one that was stored, as {@link match} finds out. */
  async verify(password: string, stored: string | null | undefined, asker: Asker = NOBODY): Promise<boolean> {
    return (await this.match(password, stored, asker)) !== undefined;
  }

  /**
   * Verifies a password against what is stored, in any format of `hashers/`. A hash of another system was made of the
   * password as it was typed there, so that is tried first, then the normal form of our own hashes, then without blanks
   * at the ends, which Django REST framework and WordPress cut off.
   *
   * Without a stored hash (no account has this address), decoys are verified instead: the same work, so that the response
   * time does not reveal who has an account.
   *
   * @returns what has been hashed there, to be hashed anew; undefined if the password is wrong.
   */
  async match(
    password: string,
    stored: string | null | undefined,
    asker: Asker = NOBODY,
  ): Promise<string | undefined> {
    const all = foreignCandidates(password);
    const isOurs = !stored || stored.startsWith(this.prefix);
    const { matched, took } = await this.inTurn<{ matched?: string; took?: number }>(asker, {
      candidates: isOurs ? this.ownCandidates(password) : all,
      stored,
      spent: all.length,
      decoy: this.prefix + DECOY,
      secrets: { pepper: this.settings.pepper },
    });
    const kind = isOurs || took === undefined ? undefined : kindOf(stored);
    if (kind !== undefined && took !== undefined) this.foreignTimes.note(kind, took);
    return matched;
  }

  /**
   * Learns how long it takes to refuse a password for hashes of other systems, before anybody tries one. Without any, it
   * forgets what it knew.
   */
  async learn(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) this.foreignTimes.clear();
    for (const hash of hashes) {
      const kind = kindOf(hash);
      if (kind !== undefined && !this.foreignTimes.knows(kind)) await this.verify(DECOY, hash);
    }
  }

  /**
   * How long a login with this password takes at least to be refused, whatever the account. **Unit** milliseconds.
   *
   * It is 0 unless there are accounts with hashes of other systems.
   */
  refusalTime(password: string): number {
    return this.foreignTimes.timeOf(foreignCandidates(password).length);
  }

  private ownCandidates(password: string): string[] {
    const normal = normalise(password);
    return this.settings.areBlanksForgiven ? distinct([normal, normal.trim()]) : [normal];
  }

  /**
   * Estimates the number of guesses for the weakest reading of a password (`readingsOf`). An estimate takes as much work
   * as one or several hashes, so it uses the same threads and the same queue. **Errors** `server_busy`.
   *
   * @param context words that an attacker would try first.
   */
  guesses(readings: readonly string[][], context: readonly string[], asker: Asker = NOBODY): Promise<number> {
    return this.inTurn(asker, { readings, context }, ESTIMATE);
  }

  /** Whether a hash was computed with other parameters than the current ones. */
  isOutdated(hashed: string): boolean {
    return !hashed.startsWith(this.prefix);
  }

  private async inTurn<Result>(
    { ip, isConnected }: Asker,
    task: object,
    filename = HASHING,
  ): Promise<Result> {
    try {
      return await traced('hash', {}, () =>
        this.queue.add({ keys: [siteOf(ip), networkOf(ip)], isWanted: isConnected }, () =>
          this.run<Result>(task, filename),
        ),
      );
    } catch (error) {
      if (error instanceof Refused)
        throw new TokenjarError('server_busy', { retryAfter: LONGEST_WAIT_SECONDS });
      throw error;
    }
  }

  /** Threads start with the first hash, so that a server that only refreshes has none. */
  private run<Result>(task: object, filename: string): Promise<Result> {
    const threads = POOLS.get(this.atOnce) ?? poolOf(this.atOnce);
    POOLS.set(this.atOnce, threads);
    return threads.run(task, { filename }) as Promise<Result>;
  }
}

const poolOf = (maxThreads: number): Piscina =>
  new Piscina({
    minThreads: 0,
    maxThreads,
    idleTimeout: THREAD_IDLE_MS,
    // They must not inherit the loaders of the main thread.
    execArgv: [],
    workerData: { moreDictionaries: MORE_DICTIONARIES },
  });

/** The same password typed on another keyboard may use other code points (NIST SP 800-63B-4 §3.1.1.2). */
const normalise = (password: string): string => password.normalize('NFKC');

const foreignCandidates = (password: string): string[] =>
  distinct([password, normalise(password), password.trim(), normalise(password).trim()]);

/** An empty one is nobody's password. */
const distinct = ([first = '', ...others]: string[]): string[] => [
  ...new Set([first, ...others.filter((each) => each !== '')]),
];
