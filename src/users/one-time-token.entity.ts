import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from './user.entity.js';

/** A token that an email carries and that works once. */
@Entity({ schema: SCHEMA, name: 'one_time_tokens' })
export class OneTimeToken {
  /** **Shape** SHA-256 of purpose and token. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Column({ type: 'text' })
  purpose!: string;

  /** Null where the account is yet to be made. */
  @Index()
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn()
  user!: User | null;

  /** Works only while this is the state of what it may change: of when its mail was asked for. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** The address that the mail went to. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** Kept until it expires, so that a mail that is sent once more does not bring it back. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  usedAt!: Date | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
