import type { Clock } from '../clock.js';
import type { Caller } from '../http/caller.js';
import { KeyRefusal } from './key-refusal.js';
import {
  currentOf,
  isDue,
  type KeyTimes,
  pendingOf,
  whenImported,
  whenRevoked,
  whenRotated,
} from './key-states.js';
import type { Given, KeyStore, KnownKey } from './key-store.js';

/** Rotates, revokes and imports signing keys. Each is recorded in the transaction that changes the keys. */
export class KeyChanges {
  constructor(
    private readonly given: KeyStore | undefined,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** @throws {KeyRefusal} if the keys are those of the settings. */
  private get store(): KeyStore {
    if (!this.given) throw new KeyRefusal('from_settings', 'SIGNING_KEY');
    return this.given;
  }

  /** The next key takes its turn. @throws {KeyRefusal} */
  rotate(caller?: Caller): Promise<KnownKey[]> {
    return this.store.change(
      (keys, make) => whenRotated(keys, this.clock.now(), make),
      (_, after) => this.rotated(after, caller),
    );
  }

  /** Rotates if a key has signed for long enough. Of several instances one does. @param every **Unit** seconds. */
  rotateIfDue(every: number): Promise<KnownKey[]> {
    return this.store.change(
      (keys, make) =>
        isDue(keys, this.clock.now(), every) ? whenRotated(keys, this.clock.now(), make) : keys,
      (_, after) => this.rotated(after, undefined),
    );
  }

  /** Whatever a key signed is refused. @throws {KeyRefusal} */
  revoke(kid: string, caller: Caller): Promise<KnownKey[]> {
    return this.store.change(
      (keys, make) => whenRevoked(keys, kid, this.clock.now(), make),
      () => ({ event: 'signing_key_revoked', outcome: 'success', reason: kid, caller }),
    );
  }

  /** Adds a key from elsewhere. @param inForce the kid of the key that instances sign with now, if it is not here. @throws {KeyRefusal} */
  import(key: Given, inForce: string | undefined, caller: Caller): Promise<KnownKey[]> {
    const { kid, algorithm } = key;
    return this.store.change(
      (keys) => whenImported(keys, { kid, algorithm }, this.clock.now(), kid === inForce),
      () => ({ event: 'signing_key_imported', outcome: 'success', reason: kid, caller }),
      [key],
    );
  }

  private rotated(keys: readonly KeyTimes[], caller: Caller | undefined) {
    const now = this.clock.now();
    const kid = (pendingOf(keys, now) ?? currentOf(keys, now))?.kid ?? '';
    return {
      event: 'signing_key_rotated',
      outcome: 'success',
      reason: kid,
      ...(caller && { caller }),
    } as const;
  }
}
