import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** An invitation that nobody has accepted yet: one per address. The latest replaces those before. */
@Entity({ schema: SCHEMA, name: 'invitations' })
export class Invitation {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** In normal form; empty for the first admin of a trial, who names an address. */
  @Column({ type: 'text', unique: true })
  email!: string;

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  roles!: string[];

  /** The admin who made it; null for an operator. */
  @Index()
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  invitedBy!: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'invited_by' })
  inviter!: User | null;

  /** Whether its email is in the outbox, or none is wanted. A command has no secret to encrypt emails with. */
  @Column({ type: 'boolean' })
  isQueued!: boolean;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
