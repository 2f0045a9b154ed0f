import { Column, Entity, Index } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import type { EventName } from '../events.js';

/**
 * An event of an account. Rows are inserted and eventually deleted, never updated.
 *
 * There are deliberately no foreign keys: events outlive the users and sessions that they refer to, and an insert takes
 * no lock on the user.
 */
@Entity({ schema: SCHEMA, name: 'audit_events' })
@Index('audit_events_at_idx', { synchronize: false })
@Index('audit_events_event_id_idx', { synchronize: false })
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

  /** A short reason for a failure or an end. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  /** The account; null if the address has none. */
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @Column({ type: 'uuid', nullable: true })
  sessionId!: string | null;

  /** Null if the event was not caused by a request. */
  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'text', nullable: true })
  requestId!: string | null;

  /** The operator who caused the event; null if the owner or a stranger did. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  /** Of a sign-in: the methods used. */
  @Column({ type: 'text', array: true, nullable: true })
  methods!: string[] | null;

  /** The number of occurrences since `at`: refusals of one kind from one network within a minute share a row. */
  @Column({ type: 'integer', default: 1 })
  count!: number;

  /** The transaction that recorded the event, by which the chain finds it; null for events from before there was one. */
  // The default as TypeORM reads it back, without casts.
  @Index({ where: '(written_by IS NOT NULL)' })
  @Column({
    type: 'bigint',
    nullable: true,
    default: () => '((pg_current_xact_id()))',
    transformer: safeInteger,
    select: false,
  })
  writtenBy!: number | null;
}
