import type { KeyObject } from 'node:crypto';
import type { Options } from '../config/options.js';

export type Algorithm = Options['algorithm'];

/** A key that verifies access tokens, and the only algorithm it may be used with (RFC 8725 §3.1). */
export interface VerifyingKey {
  /** Absent for a shared secret of our own making: there is only the one. */
  kid: string | undefined;
  algorithm: Algorithm;
  publicKey: KeyObject;
}

/** A key that also signs. */
export interface SigningKey extends VerifyingKey {
  privateKey: KeyObject;
}

/** The keys of the access tokens: one signs, all verify. */
export class KeyRing {
  private constructor(
    readonly current: SigningKey,
    private keys: readonly VerifyingKey[],
  ) {}

  /** @param retired keys that no longer sign, while tokens they signed may still be alive. */
  static of(current: SigningKey, retired: readonly VerifyingKey[] = []): KeyRing {
    return new KeyRing(current, [current, ...retired]);
  }

  get size(): number {
    return this.keys.length;
  }

  /** Takes in keys that others made meanwhile. None is ever taken away. */
  learn(others: readonly VerifyingKey[]): void {
    const fresh = others.filter(({ kid }) => kid !== undefined && !this.keys.some((key) => key.kid === kid));
    if (fresh.length > 0) this.keys = [...this.keys, ...fresh];
  }

  /** The keys that a header may mean: one, or several shared secrets, which have no name. */
  findAll(kid: string | undefined, algorithm: string): readonly VerifyingKey[] {
    return this.keys.filter((key) => key.kid === kid && key.algorithm === algorithm);
  }

  /** The public keys as a JWK set. **Source** RFC 7517 §5. A shared secret has nothing to show. */
  toJwks(): { keys: object[] } {
    const shown = this.keys.filter(({ publicKey }) => publicKey.type === 'public');
    return {
      keys: shown.map(({ kid, algorithm, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        alg: algorithm,
        use: 'sig',
      })),
    };
  }
}
