import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** A recovery code that was not used yet. */
@Entity({ schema: SCHEMA, name: 'recovery_codes' })
export class RecoveryCode {
  /** **Shape** SHA-256 of the user and the code. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;
}
