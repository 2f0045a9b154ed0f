import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import { User } from './user.entity.js';

/** A token that a letter carries and that works once. */
@Entity({ schema: SCHEMA, name: 'one_time_tokens' })
export class OneTimeToken {
  /** **Shape** SHA-256 of purpose and token. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Column({ type: 'text' })
  purpose!: string;

  @Index()
  @Column({ type: 'bigint' })
  userId!: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn()
  user!: User;

  /** What it may change was in this state. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** The address that is to be confirmed, where it is not the user's yet. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
