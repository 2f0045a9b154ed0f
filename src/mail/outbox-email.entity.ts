import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** An email that is queued or was given up. Sent emails are deleted. */
@Index(['priority', 'dueAt'], { where: 'failed_at IS NULL' })
@Check('outbox_wiped', '(sealed IS NULL) = (failed_at IS NOT NULL)')
@Entity({ schema: SCHEMA, name: 'outbox' })
export class OutboxEmail {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  kind!: string;

  /** Recipient and content; null after it was given up. **Shape** see `email-seal.ts`. */
  @Column({ type: 'bytea', nullable: true })
  sealed!: Buffer | null;

  /** Lower values are sent first. See `priorityOf` in `email.ts`. */
  @Column({ type: 'smallint', default: 0 })
  priority!: number;

  /** Digest of the recipient's domain. **Shape** keyed, 16 bytes. */
  @Column({ type: 'bytea', default: () => "'\\x'" })
  domain!: Buffer;

  /** Digest of the recipient. **Shape** as {@link domain}. */
  @Column({ type: 'bytea', default: () => "'\\x'" })
  recipient!: Buffer;

  /** Attempts started so far. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Attempts with an unknown outcome, including the current one. */
  @Column({ type: 'integer', default: 0 })
  unconfirmed!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** The time of the next attempt; while an instance is sending it, the time from which another may. */
  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;

  /** When it will be given up. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;

  /** When it was given up. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  failedAt!: Date | null;

  /** Without addresses. */
  @Column({ type: 'text', nullable: true })
  lastError!: string | null;
}
