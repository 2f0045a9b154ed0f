import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** An email that waits to be sent, or that was given up. One that was sent is gone. */
@Index(['priority', 'dueAt'], { where: 'failed_at IS NULL' })
@Check('outbox_wiped', '(sealed IS NULL) = (failed_at IS NOT NULL)')
@Entity({ schema: SCHEMA, name: 'outbox' })
export class OutboxEmail {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  kind!: string;

  /** Whom it goes to and what it says; null once it was given up. **Shape** see `email-seal.ts`. */
  @Column({ type: 'bytea', nullable: true })
  sealed!: Buffer | null;

  /** What goes first: the lower. See `priorityOf` in `email.ts`. */
  @Column({ type: 'smallint', default: 0 })
  priority!: number;

  /** Stands for the domain of the recipient. **Shape** a digest under a key, 16 bytes. */
  @Column({ type: 'bytea', default: () => "'\\x'" })
  domain!: Buffer;

  /** Stands for the recipient. **Shape** as {@link domain}. */
  @Column({ type: 'bytea', default: () => "'\\x'" })
  recipient!: Buffer;

  /** Attempts that were begun. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Attempts of which nobody knows whether the mail server took the email; the one under way is among them. */
  @Column({ type: 'integer', default: 0 })
  unconfirmed!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** When it is tried next; while an instance has it in hand, when another may take it up. */
  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;

  /** When it is given up. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;

  /** When it was given up: the given-up email. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  failedAt!: Date | null;

  /** Without addresses. */
  @Column({ type: 'text', nullable: true })
  lastError!: string | null;
}
