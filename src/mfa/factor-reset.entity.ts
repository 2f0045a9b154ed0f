import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** All second factors of an account are to be removed, as an operator has asked, unless a session of it cancels that. */
@Entity({ schema: SCHEMA, name: 'factor_resets' })
export class FactorReset {
  @PrimaryColumn({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @OneToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** The operator. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  requestedAt!: Date;

  /** When they go; null until a server has announced it by an email, from which on the wait counts. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  dueAt!: Date | null;
}
