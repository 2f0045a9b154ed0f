import { hash } from 'node:crypto';

/** Enough for the access tokens that are in use at one process at a time. At about a kilobyte each. */
const MOST = 10_000;

/**
 * Remembers the claims of access tokens that were verified: the signature is most of the cost of a guarded request
 * (ES256: 60 µs of 90), and a browser sends the same token many times.
 *
 * What changes with time is not remembered: expiry and blacklist are checked for every request. When the
 * keys change, all is forgotten.
 *
 * **Shape** the key is the SHA-256 of the whole token: memory holds nothing that can be replayed, and no lookup compares
 * a secret.
 */
export class VerifiedTokens<Claims extends object> {
  private readonly claims = new Map<string, Claims>();

  /** @param most how many are remembered; beyond, the one that was learned first is forgotten. */
  constructor(private readonly most = MOST) {}

  get size(): number {
    return this.claims.size;
  }

  /** The claims of a token that was learned, or undefined. */
  recall(token: string): Claims | undefined {
    return this.claims.get(digestOf(token));
  }

  /** Remembers the claims of a token. @returns them, frozen: requests share them from now on. */
  learn(token: string, claims: Claims): Claims {
    if (this.claims.size >= this.most) this.forgetFirst();
    this.claims.set(digestOf(token), freeze(claims));
    return claims;
  }

  forgetAll(): void {
    this.claims.clear();
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
