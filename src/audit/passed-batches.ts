import { addSeconds } from '../clock.js';
import type { AuditBatch } from './audit-batch.entity.js';
import { OPEN_FOR_BATCHES } from './audit-chain-statements.js';

/** A batch with a snapshot. */
interface Mark {
  maxEventId: number;
  sealedAt: Date;
  /** No transaction from here on had begun. */
  xmax: bigint;
}

/**
 * No server takes as long between the ID of a row and its transaction, which PostgreSQL assigns one after the other.
 * **Unit** seconds.
 */
const LONGEST_PAUSE = 10;

/**
 * The last batches, to tell a row that was committed late from one that was inserted with an ID of the past.
 *
 * A row gets its ID when its transaction runs. When rows with higher IDs were sealed, and a second snapshot was taken some
 * seconds after that, its transaction had begun. One that began later did not get this ID from the sequence.
 */
export class Passed {
  private readonly marks: Mark[] = [];

  add({ maxEventId, snapshot, sealedAt }: Pick<AuditBatch, 'maxEventId' | 'snapshot' | 'sealedAt'>): void {
    const [, xmax] = snapshot?.split(':') ?? [];
    if (xmax === undefined) return;
    this.marks.push({ maxEventId, sealedAt, xmax: BigInt(xmax) });
    if (this.marks.length > 2 * OPEN_FOR_BATCHES) this.marks.splice(0, OPEN_FOR_BATCHES);
  }

  /** @param writtenBy its transaction; null for a row from before there was a chain. */
  isTooLate(id: number, writtenBy: string | null): boolean {
    const last = this.marks.at(-1);
    if (writtenBy === null || !last || last.maxEventId < id) return false;
    const passed = this.marks.find(({ maxEventId }) => maxEventId >= id) ?? last;
    const from = addSeconds(passed.sealedAt, LONGEST_PAUSE);
    const after = this.marks.find(({ maxEventId, sealedAt }) => maxEventId >= id && sealedAt >= from);
    return after !== undefined && BigInt(writtenBy) >= after.xmax;
  }
}
