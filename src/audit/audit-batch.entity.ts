import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';

/** Events that were sealed together, and the link to the batch before. See `audit-chain.ts`. */
@Entity({ schema: SCHEMA, name: 'audit_batches' })
export class AuditBatch {
  /** From 1, without gaps. */
  @PrimaryColumn({ type: 'bigint', transformer: safeInteger })
  number!: number;

  /** In ascending order. */
  @Column({ type: 'bigint', array: true })
  eventIds!: number[];

  /** A digest for each event. **Shape** SHA-256, 32 bytes each. */
  @Column({ type: 'bytea' })
  digests!: Buffer;

  /** The highest ID up to here, of any batch. */
  @Column({ type: 'bigint', transformer: safeInteger })
  maxEventId!: number;

  /** What was visible: it is all sealed. **Shape** `pg_snapshot`; null if there was more than a batch holds. */
  @Column({ type: 'text', nullable: true })
  snapshot!: string | null;

  /** The last batch up to here that has a snapshot; 0 if there is none. */
  @Column({ type: 'bigint', transformer: safeInteger })
  completeNumber!: number;

  /** The time of the last event. */
  @Column({ type: 'timestamptz', precision: 3 })
  lastAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  sealedAt!: Date;

  /** Of all of the above and the hash before. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  /** Identifies the key of the signature. **Shape** 8 bytes. */
  @Column({ type: 'bytea' })
  keyId!: Buffer;

  /** **Shape** HMAC-SHA-256. */
  @Column({ type: 'bytea' })
  signature!: Buffer;
}
