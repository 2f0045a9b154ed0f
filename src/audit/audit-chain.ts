import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import {
  APPEND,
  FIND_EXPIRED,
  READ_UNSEALED,
  SET_ANCHOR,
  type UnsealedRow,
} from './audit-chain-statements.js';
import { type BatchContent, ChainKeys, GENESIS, hashOf, hashOfAnchor } from './chain-hash.js';
import { type Link, provenUntil } from './expired-batches.js';

/** Token of the queries of what follows the audit trail, on a connection beside the pool. */
export const EVENT_QUERIES = Symbol('tokenjar.eventQueries');
export type EventQueries = Pick<Queries, 'run'> & { close(): Promise<void> };

/** **Unit** milliseconds. */
const SEAL_EVERY_MS = 1000;
/** How often what has expired is looked for. **Unit** milliseconds. */
const ANCHOR_EVERY_MS = 60_000;
/** How much later an instance may look, so that they do not all read the same. **Unit** milliseconds. */
const SPREAD_MS = 300;

/**
 * Seals the audit trail: events are collected into numbered batches, each with the hash of the batch before and a
 * signature under a key from `SECRET_KEY`. Whoever changes, removes or inserts rows afterwards without that key leaves a
 * trace that `tokenjar audit verify` finds.
 *
 * It runs behind the transactions that record events, and takes no lock that they wait for. IDs are assigned before the
 * commit, so an event can become visible after others with higher IDs; PostgreSQL's snapshots say which rows a batch
 * could not see. Every instance tries; of batches with one number, the first is kept.
 *
 * The numbers of batches are also an order of the events in which none is behind a mark that has passed it.
 *
 * **Source** ASVS 5.0 16.4.2; B. Schneier, J. Kelsey, Secure Audit Logs to Support Computer Forensics (1999).
 */
@Injectable()
export class AuditChain implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('Tokenjar');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> | undefined;
  private isStopped = false;
  private anchoredAt = -Infinity;
  /** The last batch that this instance has sealed. */
  private sealed: number | undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(
    @Inject(EVENT_QUERIES) private readonly queries: EventQueries,
    private readonly clock: Clock,
    private readonly keys: ChainKeys,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'auditRetention'>,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Others use the connection until they have ended. */
  beforeApplicationShutdown(): Promise<void> {
    return this.queries.close();
  }

  /** Calls back whenever this instance has sealed events. */
  whenSealed(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Seals everything that is committed. */
  async run(): Promise<void> {
    // Whoever was faster may have read before the last of it was committed.
    while ((await this.sealBatch()) !== 'done');
  }

  /** Seals a batch. @returns whether there is nothing more, there may be, or another instance has sealed meanwhile. */
  private async sealBatch(): Promise<'done' | 'more' | 'overtaken'> {
    const [unsealed] = await this.queries.run(READ_UNSEALED, []);
    if (!unsealed?.event_ids || !unsealed.digests || !unsealed.last_at) return 'done';
    const number = (unsealed.number ?? 0) + 1;
    const eventIds = unsealed.event_ids.map(Number);
    const batch: BatchContent = {
      number,
      eventIds,
      digests: unsealed.digests,
      maxEventId: Math.max(unsealed.max_event_id ?? 0, eventIds.at(-1) ?? 0),
      snapshot: unsealed.is_full ? null : unsealed.snapshot,
      completeNumber: unsealed.is_full ? (unsealed.complete_number ?? 0) : number,
      lastAt: unsealed.last_at,
      sealedAt: this.clock.now(),
    };
    const hash = hashOf(batch, unsealed.hash ?? GENESIS);
    const { keyId, signature } = this.keys.sign(hash, this.isProven(unsealed));
    const appended = await this.queries.run(APPEND, [
      ...([number, eventIds, batch.digests, batch.maxEventId] as const),
      ...([batch.snapshot, batch.completeNumber, batch.lastAt, batch.sealedAt] as const),
      ...([hash, keyId, signature] as const),
    ]);
    if (appended.length === 0) return 'overtaken';
    this.sealed = number;
    for (const listener of this.listeners) listener();
    return unsealed.is_full ? 'more' : 'done';
  }

  /** Whether the end of the chain is signed with a key of ours. A log that is kept elsewhere says if it is not. */
  private isProven({ number, hash, key_id: keyId, signature }: UnsealedRow): boolean {
    if (this.sealed !== undefined && (number ?? 0) < this.sealed)
      this.logger.error(
        `The audit trail was cut off: batch ${this.sealed}, which this server has sealed, is missing`,
      );
    if (number === null || !hash || !keyId || !signature) return true;
    const verdict = this.keys.verify(hash, { keyId, signature });
    if (verdict === 'valid' || verdict === 'alone') return true;
    this.logger.error(
      `Batch ${number} of the audit trail is signed with none of SECRET_KEY and SECRET_KEY_FALLBACKS: what follows does not prove it`,
    );
    return false;
  }

  /**
   * Moves the anchor behind what has expired, so that it may be removed. One that a former key has signed is signed anew.
   *
   * @returns false if the anchor or what follows it is not ours: then nothing is removed, and it stays for the operator to
   * see.
   */
  async moveAnchor(now: Date): Promise<boolean> {
    const until = addSeconds(now, -this.options.auditRetention);
    const [row] = await this.queries.run(FIND_EXPIRED, [until]);
    if (!row) return true;
    const { number, head, anchor, anchor_hash, set_at, key_id, signature } = row;
    if (anchor !== null && anchor_hash && set_at && key_id && signature) {
      const signed = { keyId: key_id, signature };
      const covered = hashOfAnchor({ number: anchor, hash: anchor_hash, setAt: set_at });
      if (this.keys.verify(covered, signed) !== 'valid') {
        this.logger.error(
          'The anchor of the audit trail is not signed with our SECRET_KEY: nothing is removed after AUDIT_RETENTION',
        );
        return false;
      }
      if (!this.keys.isCurrent(signed)) await this.setAnchor(anchor, anchor_hash, set_at);
    }
    if (number === null) return true;
    const from: Link | undefined =
      anchor === null || !anchor_hash ? undefined : { number: anchor, hash: anchor_hash };
    // Only what is signed says that it has expired: a row may say anything.
    const proven = await provenUntil(this.queries, this.keys, { from, number, head, until });
    if (proven === 'changed') {
      this.logger.error(
        'The audit trail was changed where it has expired: nothing is removed after AUDIT_RETENTION. `tokenjar audit verify` says more',
      );
      return false;
    }
    if (proven) await this.setAnchor(proven.number, proven.hash, now);
    return true;
  }

  private async setAnchor(number: number, hash: Buffer, setAt: Date): Promise<void> {
    const { keyId, signature } = this.keys.sign(hashOfAnchor({ number, hash, setAt }));
    await this.queries.run(SET_ANCHOR, [number, hash, setAt, keyId, signature]);
  }

  private schedule(): void {
    if (this.isStopped) return;
    const delay = SEAL_EVERY_MS + Math.random() * SPREAD_MS;
    this.timer = setTimeout(() => {
      this.running = this.runIfPossible().finally(() => this.schedule());
    }, delay).unref();
  }

  private async runIfPossible(): Promise<void> {
    try {
      // An instance that was faster goes on.
      while (!this.isStopped && (await this.sealBatch()) === 'more');
      if (this.clock.machine() - this.anchoredAt < ANCHOR_EVERY_MS) return;
      await this.moveAnchor(this.clock.now());
      this.anchoredAt = this.clock.machine();
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`The audit trail cannot be sealed: ${String(error)}`);
    }
  }
}
