import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { AuditAnchor } from './audit-anchor.entity.js';
import { AuditBatch } from './audit-batch.entity.js';
import { COUNT_UNSEALED, DIGEST, READ_BATCHES } from './audit-chain-statements.js';
import { type ChainKeys, DIGEST_BYTES, GENESIS, hashOf, hashOfAnchor } from './chain-hash.js';
import { Passed } from './passed-batches.js';

/** Rows read at once that stand between those of a page. */
const STRAYS = 10_000;

/** Where the trail was tampered with. */
export interface Finding {
  /** What happened to the event, or to the record of its batch. */
  what:
    | 'event_changed'
    | 'event_removed'
    | 'event_inserted'
    | 'batch_changed'
    | 'batch_removed'
    | 'anchor_changed'
    | 'head_missing';
  /** The ID of the event; of a batch, of its first one. Null if none is known. */
  eventId: number | null;
  batch: number | null;
}

/** What a verification found. */
export interface Verification {
  /** Undefined if nothing was tampered with. */
  finding: Finding | undefined;
  batches: number;
  events: number;
  /** Not sealed yet. */
  unsealed: number;
  /** When the last of what is no longer there was removed by `AUDIT_RETENTION`. */
  removedAt: Date | undefined;
  /** The end of the chain. Noted elsewhere, it proves later that nothing was cut off. */
  head: { number: number; hash: string } | undefined;
  /** Whether a key that we have has signed the end: otherwise a forger could have sealed everything anew. */
  isSigned: boolean;
  /**
   * The last batch that nothing proves: it is signed with none of our keys, and whoever sealed the next one did not have
   * its key either. Undefined if there is none.
   */
  unprovenUntil: number | undefined;
}

interface DigestRow {
  id: number;
  digest: Buffer;
  written_by: string | null;
}
const BY_ID = statement<[ids: readonly number[]], DigestRow>(
  '',
  `SELECT e.id, ${DIGEST} AS digest, e.written_by::text FROM tokenjar.audit_events e WHERE e.id = ANY($1::bigint[])`,
);
const BETWEEN = statement<[after: number, until: number], { id: number }>(
  '',
  `SELECT id FROM tokenjar.audit_events WHERE id > $1 AND id <= $2 ORDER BY id LIMIT ${STRAYS}`,
);
const ONE_SNAPSHOT = statement('', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');

/**
 * Verifies the audit trail against its chain, in one snapshot of the database and with little memory.
 *
 * @param expected a former end of the chain, which has to be in it.
 * @param progress called with the number of the batch that was verified.
 */
export class AuditVerification {
  private before: Buffer = GENESIS;
  private next = 1;
  private anchor: AuditAnchor | undefined;
  private batches = 0;
  private events = 0;
  private isSigned = true;
  private unprovenUntil: number | undefined;
  private readonly passed = new Passed();
  /** IDs of rows that no batch has named so far. */
  private readonly strays = new Set<number>();
  /** Up to here, all rows are in a batch or among the strays. */
  private swept = -Number.MAX_SAFE_INTEGER;

  private constructor(
    private readonly tx: Queries,
    private readonly keys: ChainKeys,
    private readonly expected: { number: number; hash: string } | undefined,
    private readonly progress: (batch: number, last: number) => void,
  ) {}

  static run(
    db: { transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result> },
    keys: ChainKeys,
    {
      expected,
      progress = () => undefined,
    }: {
      expected?: { number: number; hash: string } | undefined;
      progress?: ((batch: number, last: number) => void) | undefined;
    } = {},
  ): Promise<Verification> {
    return db.transaction(async (tx) => {
      await tx.run(ONE_SNAPSHOT, []);
      return new AuditVerification(tx, keys, expected, progress).verify();
    });
  }

  private async verify(): Promise<Verification> {
    let finding = await this.begin();
    const [last] = await this.tx
      .repository(AuditBatch)
      .find({ select: { number: true }, order: { number: 'DESC' }, take: 1 });
    for (let after = 0; !finding;) {
      const page = await this.tx.run(READ_BATCHES, [after]);
      const end = page.at(-1);
      if (!end) break;
      after = end.number;
      finding = await this.verifyPage(page);
      this.progress(end.number, last?.number ?? end.number);
    }
    const unsealed = finding ? { count: 0, finding: undefined } : await this.verifyRest();
    finding ??= unsealed.finding ?? this.headMissing();
    const number = this.next - 1;
    return {
      finding,
      batches: this.batches,
      events: this.events,
      unsealed: unsealed.count,
      removedAt: this.anchor?.setAt,
      head: number > 0 ? { number, hash: this.before.toString('hex') } : undefined,
      isSigned: this.isSigned,
      unprovenUntil: this.unprovenUntil,
    };
  }

  /** The chain begins after the anchor that `AUDIT_RETENTION` has left. */
  private async begin(): Promise<Finding | undefined> {
    const anchor = await this.tx.repository(AuditAnchor).findOneBy({ name: 'retention' });
    if (!anchor) return undefined;
    this.anchor = anchor;
    if (this.keys.verify(hashOfAnchor(anchor), anchor) !== 'valid')
      return { what: 'anchor_changed', eventId: null, batch: anchor.number };
    this.before = anchor.hash;
    this.next = anchor.number + 1;
    return undefined;
  }

  private async verifyPage(page: AuditBatch[]): Promise<Finding | undefined> {
    // pg reads arrays of bigint as text.
    for (const batch of page) batch.eventIds = batch.eventIds.map(Number);
    const ids = page.flatMap(({ eventIds }) => eventIds);
    const rows = new Map((await this.tx.run(BY_ID, [ids])).map((row) => [row.id, row]));
    for (const batch of page) {
      // What has expired may be gone, and may not be.
      const isExpired = batch.number <= (this.anchor?.number ?? 0);
      const finding =
        (isExpired ? undefined : this.verifyLink(batch)) ?? this.verifyEvents(batch, rows, isExpired);
      if (finding) return finding;
      this.passed.add(batch);
    }
    await this.sweep(Math.max(...ids), rows);
    return undefined;
  }

  private verifyLink(batch: AuditBatch): Finding | undefined {
    const at = { eventId: batch.eventIds[0] ?? null, batch: batch.number };
    if (batch.number !== this.next) return { ...at, what: 'batch_removed', batch: this.next };
    const hash = hashOf(batch, this.before);
    const verdict = this.keys.verify(hash, batch);
    const isAsExpected =
      this.expected?.number !== batch.number || this.expected.hash === hash.toString('hex');
    if (!hash.equals(batch.hash) || verdict === 'invalid' || !isAsExpected)
      return { ...at, what: 'batch_changed' };
    // Before the first one that is left, there may have been another.
    const isBeforeSigned = this.isSigned && this.batches > 0;
    if (verdict === 'alone' && !isBeforeSigned) this.unprovenUntil = batch.number - 1;
    this.isSigned = verdict === 'valid' || verdict === 'alone';
    this.before = hash;
    this.next = batch.number + 1;
    this.batches++;
    return undefined;
  }

  private verifyEvents(
    batch: AuditBatch,
    rows: ReadonlyMap<number, DigestRow>,
    mayBeGone: boolean,
  ): Finding | undefined {
    for (const [i, eventId] of batch.eventIds.entries()) {
      this.strays.delete(eventId);
      const row = rows.get(eventId);
      if (!row && mayBeGone) continue;
      const at = { eventId, batch: batch.number };
      if (!row) return { ...at, what: 'event_removed' };
      if (!row.digest.equals(batch.digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)))
        return { ...at, what: 'event_changed' };
      if (this.passed.isTooLate(row.id, row.written_by)) return { ...at, what: 'event_inserted' };
      if (!mayBeGone) this.events++;
    }
    return undefined;
  }

  /** Notes the rows up to an ID that the batches of this page do not name. Later ones may. */
  private async sweep(until: number, named: ReadonlyMap<number, unknown>): Promise<void> {
    while (this.swept < until) {
      const between = await this.tx.run(BETWEEN, [this.swept, until]);
      for (const { id } of between) if (!named.has(id)) this.strays.add(id);
      this.swept = between.length < STRAYS ? until : (between.at(-1)?.id ?? until);
    }
  }

  /** Rows that no batch names: they are not sealed yet, or were inserted. */
  private async verifyRest(): Promise<{ count: number; finding: Finding | undefined }> {
    const [unsealed] = await this.tx.run(COUNT_UNSEALED, []);
    if (!unsealed) throw new TypeError('a count has a row');
    const late = new Set(unsealed.late.map(Number));
    const rows = await this.tx.run(BY_ID, [[...this.strays]]);
    const inserted = [
      ...rows
        .filter(({ id, written_by }) => !late.has(id) || this.passed.isTooLate(id, written_by))
        .map(({ id }) => id),
      ...unsealed.forged.map(Number),
    ].sort((a, b) => a - b);
    const [eventId] = inserted;
    return {
      count: late.size + unsealed.latest,
      finding: eventId === undefined ? undefined : { what: 'event_inserted', eventId, batch: null },
    };
  }

  private headMissing(): Finding | undefined {
    const { expected } = this;
    const isMissing = expected && expected.number >= this.next;
    return isMissing ? { what: 'head_missing', eventId: null, batch: expected.number } : undefined;
  }
}
