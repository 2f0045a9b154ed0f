import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/**
 * A browser that does not need the second factor, while password, address and factors of the account are unchanged: it
 * has the epochs of the time when it was trusted.
 */
@Entity({ schema: SCHEMA, name: 'trusted_devices' })
export class TrustedDevice {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** **Shape** SHA-256 of a secret of 32 random bytes. */
  @Column({ type: 'bytea', unique: true })
  digest!: Buffer;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** **Shape** `Firefox on Linux`. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'integer' })
  credentialsEpoch!: number;

  @Column({ type: 'integer' })
  factorsEpoch!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
