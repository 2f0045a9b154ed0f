import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from './user.entity.js';

/** A token that is sent by email and works once. */
@Entity({ schema: SCHEMA, name: 'one_time_tokens' })
export class OneTimeToken {
  /** **Shape** SHA-256 of purpose and token. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Column({ type: 'text' })
  purpose!: string;

  /** Null if the account does not exist yet. */
  @Index()
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn()
  user!: User | null;

  /**
   * The state of what it may change, when its email was requested: it only works while that is unchanged. **Shape**
   * SHA-256.
   */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** The address that received the email; empty for an account without one. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** Kept until it expires, so that sending the email again does not make the token valid again. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  usedAt!: Date | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
