import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import type { KeyRing } from '../tokens/key-ring.js';
import { whenRecovered } from './key-recovery.js';
import { currentOf, type KeyTimes, pendingOf, whenStarted } from './key-states.js';
import { type Given, type KeyStore, type KnownKey, ringOf } from './key-store.js';

/** Tokens of unknown keys cause one reading in this time, however many there are. **Unit** milliseconds. */
const RELOAD_MS = 1000;
/** How long the signing of a token waits at most. */
const PATIENCE_MS = 300;

/**
 * Follows the keys in the database, which others rotate, revoke and add, so that all instances sign with the same one and
 * refuse the same ones.
 */
export class KeyWatch {
  private readonly logger = new Logger('Tokenjar');
  /** What the database said of the keys when they were read. */
  private state: string | undefined;
  private reading: Promise<void> | undefined;
  private reloadedAt = -Infinity;
  private hasLost = false;

  /** @param store undefined if the keys are those of the settings. */
  constructor(
    private readonly keys: KeyRing,
    private readonly store: KeyStore | undefined,
    private readonly clock: Clock,
    private known: readonly KnownKey[],
  ) {}

  /**
   * Lets tokens be signed with keys that were read lately, so that a key whose turn is over does not sign. If the database
   * does not answer, they are signed after a moment with what is known.
   *
   * @param refresh reads the feed if its data is too old.
   */
  confirmBy(refresh: () => void | Promise<void>): void {
    const upToDate = () => {
      const reading = refresh();
      if (!reading) return undefined;
      return Promise.race([reading.catch(() => undefined), wait(PATIENCE_MS, undefined, { ref: false })]);
    };
    if (this.store) this.keys.readFrom({ upToDate, reload: (kid) => this.reload(kid) });
  }

  /** The keys in the database, as this instance knows them. */
  get times(): readonly KeyTimes[] {
    return this.known;
  }

  /** Takes over the keys as a change of this instance has left them. */
  take(known: readonly KnownKey[]): void {
    this.known = known;
    this.keys.replace(ringOf(known));
  }

  /** Called with what the feed reads along with the blacklist; it changes whenever a key does. */
  hear(state: string, queries: Pick<Queries, 'run'>): void | Promise<void> {
    if (!this.store || (state === this.state && !this.hasLost)) return;
    // A reading that began before may not have seen the change.
    return this.reading ? this.reading.then(() => this.read(queries, state)) : this.read(queries, state);
  }

  /** The database may have lost commits: what this instance knows of the keys is put back. */
  whenLost(): void {
    this.hasLost = true;
  }

  /**
   * Reads the keys because a token names one that is not known. Normally every instance has read a key long before it
   * signs; this one may have been paused. Whoever invents names causes one reading per second.
   *
   * @returns undefined if it has just been tried. **Errors** of the database.
   */
  private reload(kid: string): Promise<void> | undefined {
    // Revoked, or retired for long: it is known, and so is that its tokens are refused.
    if (this.known.some((key) => key.kid === kid)) return undefined;
    if (this.reading) return this.reading;
    const now = this.clock.machine();
    if (now - this.reloadedAt < RELOAD_MS) return undefined;
    this.reloadedAt = now;
    return this.read();
  }

  private read(queries?: Pick<Queries, 'run'>, state?: string): Promise<void> {
    return (this.reading ??= this.readOnce(queries, state).finally(() => (this.reading = undefined)));
  }

  private async readOnce(queries?: Pick<Queries, 'run'>, state?: string): Promise<void> {
    if (!this.store) return;
    const before = this.known;
    const isRecovery = this.hasLost;
    try {
      const found = await this.store.read(queries);
      this.take(isRecovery ? whenRecovered(before, found, this.clock.now()) : found);
      if (state !== undefined) this.state = state;
    } catch (error) {
      // It is called again in a moment.
      this.logger.warn(`The signing keys could not be loaded: ${String(error)}`);
      return;
    }
    if (!isRecovery) return;
    this.hasLost = false;
    // On the pool, and not part of the reading: the feed goes on meanwhile.
    void this.recover(this.store, before).catch((error: unknown) => {
      this.hasLost = true;
      if (!isUnavailable(error))
        this.logger.error(`Signing keys that the database has lost cannot be put back: ${String(error)}`);
    });
  }

  private async recover(store: KeyStore, before: readonly KnownKey[]): Promise<void> {
    const now = this.clock.now();
    const algorithm = (pendingOf(before, now) ?? currentOf(before, now))?.algorithm;
    if (algorithm === undefined) return;
    const given = before.flatMap(({ keys }) => keys.filter((key): key is Given => key.kid !== undefined));
    let isChanged = false;
    const known = await store.change(
      (found, make) => whenStarted(whenRecovered(before, found, now), algorithm, now, make),
      () => {
        isChanged = true;
        return undefined;
      },
      given,
    );
    this.take(known);
    if (isChanged)
      this.logger.warn('The database had lost changes of the signing keys; they are made again from memory');
  }
}
