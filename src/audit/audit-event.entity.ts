import { Column, Entity, Index } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import type { EventName } from '../events.js';

/**
 * Something that happened to an account. Rows are added and, when they are old, removed; nothing changes one.
 *
 * It points to no parent on purpose: events outlive the users and sessions they speak of, and adding one takes no lock
 * on the user.
 */
@Entity({ schema: SCHEMA, name: 'audit_events' })
@Index(['userId', 'id'], { where: '(user_id IS NOT NULL)' })
export class AuditEvent {
  @Column({ type: 'bigint', primary: true, generated: 'identity', transformer: safeInteger })
  id!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ type: 'text' })
  event!: EventName;

  @Column({ type: 'text' })
  outcome!: 'success' | 'failure';

  /** Why, in one of a few words: of a failure, or of an end. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  /** Whose account; null where nobody has the address that was tried. */
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @Column({ type: 'uuid', nullable: true })
  sessionId!: string | null;

  /** From where; null where no request did it. */
  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'text', nullable: true })
  requestId!: string | null;

  /** Who did it where it was neither the owner nor a stranger: the name of an operator. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  /** How often it happened since `at`: refusals of one kind from one network within a minute are one row. */
  @Column({ type: 'integer', default: 1 })
  count!: number;
}
