import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/**
 * How often something was tried lately.
 *
 * The table is unlogged: nothing waits for the disk, and a crash of PostgreSQL empties it.
 */
@Entity({ schema: SCHEMA, name: 'limits' })
export class Limit {
  /** **Shape** 16 bytes: the place of the limit in its line, then a digest of what it is about. */
  @PrimaryColumn({ type: 'bytea' })
  key!: Buffer;

  /** Attempts at `countedAt`; they leak away with time. */
  @Column({ type: 'double precision' })
  count!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  countedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  blockedUntil!: Date | null;

  /** Whether the last attempt was let through. */
  @Column({ type: 'boolean' })
  passed!: boolean;

  /** How much the last attempt added to the count, which is what may be given back of it. */
  @Column({ type: 'double precision', default: 0 })
  added!: number;

  /** When the row says nothing any more. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
