import { Column, Entity, Index, JoinColumn, ManyToOne, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';
import { Factor } from './factor.entity.js';

/** A requested removal of a second factor of an account, or of all of them. Any session of the account can cancel it. */
@Entity({ schema: SCHEMA, name: 'factor_resets' })
export class FactorReset {
  @PrimaryColumn({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @OneToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** The one that is removed; null for all of them. */
  @Column({ type: 'uuid', nullable: true })
  @Index()
  factorId!: string | null;

  @ManyToOne(() => Factor, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn()
  factor?: Factor | null;

  /** The operator. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  requestedAt!: Date;

  /** When they are removed; null until a server has announced it, which begins the wait. The announcement is an email if the address is verified. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  dueAt!: Date | null;
}
