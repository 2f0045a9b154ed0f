import { hash } from 'node:crypto';

/** Enough for the access tokens that are in use at one process at a time. At about a kilobyte each. */
const MOST = 10_000;

/**
 * Remembers what access tokens say whose signature was found good, because a signature is most of what a guarded
 * request costs (ES256: 60 µs of 90) and a browser shows the same token again and again.
 *
 * Only the signature is remembered. Time, claims and blacklist are looked at anew for every request, and a key is never
 * taken away while a process runs.
 *
 * **Shape** by the SHA-256 of the whole token, so that memory holds nothing that can be replayed and no look-up
 * compares what is secret.
 */
export class VerifiedTokens {
  private readonly claims = new Map<string, Readonly<Record<string, unknown>>>();

  /** @param most how many are remembered; beyond, the one that was learned first is forgotten. */
  constructor(private readonly most = MOST) {}

  get size(): number {
    return this.claims.size;
  }

  /** The claims of a token that was learned, or undefined. */
  recall(token: string): Readonly<Record<string, unknown>> | undefined {
    return this.claims.get(digestOf(token));
  }

  /** Notes the claims of a token. @param claims frozen, since requests share them from now on. */
  learn(token: string, claims: Record<string, unknown>): void {
    if (this.claims.size >= this.most) this.forgetFirst();
    this.claims.set(digestOf(token), freeze(claims));
  }

  private forgetFirst(): void {
    for (const first of this.claims.keys()) {
      this.claims.delete(first);
      return;
    }
  }
}

const digestOf = (token: string): string => hash('sha256', token, 'base64');

/** JSON only: no circles. */
function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
