import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/**
 * The counter of recent attempts for one limit and one value.
 *
 * The table is unlogged: no write waits for the disk, and a crash of PostgreSQL empties it.
 */
@Entity({ schema: SCHEMA, name: 'limits' })
export class Limit {
  /** **Shape** 16 bytes: the rank of the limit, then a digest of the value. */
  @PrimaryColumn({ type: 'bytea' })
  key!: Buffer;

  /** Attempts at `countedAt`; the counter drains over time. */
  @Column({ type: 'double precision' })
  count!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  countedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  blockedUntil!: Date | null;

  /** Until when the outcome of the attempt that caused the block is awaited; null when it is known. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  inFlightUntil!: Date | null;

  /** Whether the last attempt was allowed. */
  @Column({ type: 'boolean' })
  passed!: boolean;

  /** How much the last attempt added to the counter, which is what may be refunded. */
  @Column({ type: 'double precision', default: 0 })
  added!: number;

  /** When the row has no effect any more. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
