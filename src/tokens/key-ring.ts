import type { KeyObject } from 'node:crypto';
import type { Options } from '../config/options.js';

export type Algorithm = Options['algorithm'];

/** A key that verifies access tokens, and the only algorithm it may be used with (RFC 8725 §3.1). */
export interface VerifyingKey {
  /** Absent for a shared secret that comes from the settings. */
  kid: string | undefined;
  algorithm: Algorithm;
  publicKey: KeyObject;
}

/** A key that also signs. */
export interface SigningKey extends VerifyingKey {
  privateKey: KeyObject;
}

/** A key of the ring, and when it does what. **Unit** milliseconds since 1970. */
export interface RingKey {
  key: SigningKey;
  /** `Infinity` if it does not sign yet. */
  signsFrom: number;
  /** `Infinity` while no other key is to follow. */
  signsUntil: number;
  /** When the last token that it signed has expired. */
  verifiesUntil: number;
}

/** Where the keys of a ring come from, if others change them. */
export interface KeySource {
  /** Waits, if it has to, until the keys are known as they were a moment ago. It never fails. */
  upToDate(): void | Promise<void>;
  /** Reads the keys now; undefined if that was just done, or this key is known to be refused. **Errors** of the database. */
  reload(kid: string): Promise<void> | undefined;
}

/** The keys of the access tokens: one signs at a time, all verify. */
export class KeyRing {
  private changes = 0;
  private source: KeySource | undefined;

  private constructor(private keys: readonly RingKey[]) {}

  /** Keys that stay as they are: those of the settings. @param retired keys that verify only. */
  static of(current: SigningKey, retired: readonly VerifyingKey[] = []): KeyRing {
    const [always, never] = [-Infinity, Infinity];
    return new KeyRing([
      { key: current, signsFrom: always, signsUntil: never, verifiesUntil: never },
      ...retired.map((key) => ({
        key: { ...key, privateKey: key.publicKey },
        ...{ signsFrom: never, signsUntil: never, verifiesUntil: never },
      })),
    ]);
  }

  /** Keys that take turns. */
  static scheduled(keys: readonly RingKey[]): KeyRing {
    return new KeyRing(keys);
  }

  /** How often its keys were replaced: what was verified before may have been signed with a key that is revoked. */
  get version(): number {
    return this.changes;
  }

  /** Replaces all keys. One that is left out is refused from now on. */
  replace(keys: readonly RingKey[]): void {
    this.keys = keys;
    this.changes++;
  }

  readFrom(source: KeySource): void {
    this.source = source;
  }

  /** Before a token is signed, so that a key whose turn is over does not sign. */
  upToDate(): void | Promise<void> {
    return this.source?.upToDate();
  }

  /** For a token that names an unknown key. @returns undefined if there is nothing to wait for. */
  reload(kid: string): Promise<void> | undefined {
    return this.source?.reload(kid);
  }

  /** The key that signs at a time. */
  signerAt(now: Date): SigningKey {
    const time = now.getTime();
    const signer = this.keys
      .filter(({ signsFrom, signsUntil }) => signsFrom <= time && time < signsUntil)
      .reduce<RingKey | undefined>(
        (last, key) => (last && last.signsFrom >= key.signsFrom ? last : key),
        undefined,
      );
    const found = signer ?? this.upcoming();
    if (!found) throw new TypeError('there is no signing key');
    return found.key;
  }

  /** For a clock that is behind by some milliseconds, at the moment in which a key begins. */
  private upcoming(): RingKey | undefined {
    return this.keys
      .filter(({ signsFrom }) => Number.isFinite(signsFrom))
      .sort((a, b) => b.signsFrom - a.signsFrom)[0];
  }

  /** The keys that a header may mean: one, or several shared secrets, which have no name. */
  findAll(kid: string | undefined, algorithm: string, now: Date): readonly VerifyingKey[] {
    return this.keysAt(now).filter((key) => key.kid === kid && key.algorithm === algorithm);
  }

  /** The public keys as a JWK set, with the next one. **Source** RFC 7517 §5. A shared secret has nothing to show. */
  toJwks(now: Date): { keys: object[] } {
    const shown = this.keysAt(now).filter(({ publicKey }) => publicKey.type === 'public');
    return {
      keys: shown.map(({ kid, algorithm, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        alg: algorithm,
        use: 'sig',
      })),
    };
  }

  private keysAt(now: Date): SigningKey[] {
    return this.keys.filter(({ verifiesUntil }) => now.getTime() < verifiesUntil).map(({ key }) => key);
  }
}
