import { makeRoomIn } from '../limits/refusal-memory.js';

/** How many keys are remembered, and how many texts that are none. At about half a kilobyte each. */
const MOST = 10_000;

/** A key that was found, with what its owner may do as of `claimsEpoch`. */
export interface KnownKey {
  keyId: string;
  userId: number;
  publicId: string;
  scopes: readonly string[];
  /** **Unit** milliseconds since 1970. */
  createdAt: number;
  expiresAt: number;
  readAt: number;
  /** The roles of its owner. */
  roles: readonly string[];
  isActive: boolean;
  claimsEpoch: number;
}

/**
 * What look-ups have found, by the digest of what was looked up. A flood of texts that are no keys cannot make it forget
 * keys: the two have memories of their own.
 */
export class KnownKeys {
  private readonly found = new Map<string, KnownKey>();
  private readonly missing = new Map<string, number>();

  /** @param keptFor how long a key counts, and how long a text counts as none. **Unit** milliseconds. */
  constructor(private readonly keptFor: { found: number; missing: number }) {}

  get size(): number {
    return this.found.size + this.missing.size;
  }

  /** A key that was read lately enough. */
  find(digest: string, now: number): KnownKey | undefined {
    const known = this.found.get(digest);
    return known && isRecent(known.readAt, this.keptFor.found, now) ? known : undefined;
  }

  /** Whether it was a key when it was last looked up, however long ago. */
  has(digest: string): boolean {
    return this.found.has(digest);
  }

  isMissing(digest: string, now: number): boolean {
    const at = this.missing.get(digest);
    return at !== undefined && isRecent(at, this.keptFor.missing, now);
  }

  remember(digest: string, key: KnownKey): void {
    this.found.delete(digest);
    makeRoomIn(this.found, MOST);
    this.found.set(digest, key);
  }

  rememberMissing(digest: string, now: number): void {
    this.found.delete(digest);
    this.missing.delete(digest);
    makeRoomIn(this.missing, MOST);
    this.missing.set(digest, now);
  }

  forgetAll(): void {
    this.found.clear();
    this.missing.clear();
  }
}

/** Also false if the clock was set back. */
const isRecent = (at: number, keptFor: number, now: number): boolean => now >= at && now - at < keptFor;
