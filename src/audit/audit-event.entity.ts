import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** What is recorded. Names are for ever. */
export const AUDIT_EVENTS = [
  'registration',
  'login',
  'login_blocked',
  'login_unlock_requested',
  'login_unlocked',
  'session_ended',
  'password_check',
  'password_change',
  'password_reset_requested',
  'password_reset',
  'email_verification_requested',
  'email_verification',
  'email_change_requested',
  'email_change',
  'user_deactivated',
  'user_activated',
  'user_deleted',
  'rate_limited',
  'origin_refused',
  'link_refused',
  'token_refused',
] as const;
export type AuditEventName = (typeof AUDIT_EVENTS)[number];

/**
 * Something that happened to an account. Rows are added and, when they are old, removed; nothing changes one.
 *
 * It points to no parent on purpose: events outlive the users and sessions they speak of, and adding one takes no lock
 * on the user.
 */
@Entity({ schema: SCHEMA, name: 'audit_events' })
@Index(['userId', 'id'], { where: '(user_id IS NOT NULL)' })
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ type: 'text' })
  event!: AuditEventName;

  @Column({ type: 'text' })
  outcome!: 'success' | 'failure';

  /** Why, in one of a few words: of a failure, or of an end. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  /** Whose account; null where nobody has the address that was tried. */
  @Column({ type: 'bigint', nullable: true })
  userId!: string | null;

  @Column({ type: 'uuid', nullable: true })
  sessionId!: string | null;

  /** From where; null where an operator did it, whom `user_agent` then names. */
  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'text', nullable: true })
  requestId!: string | null;

  /** How often it happened since `at`: refusals of one kind from one network within a minute are one row. */
  @Column({ type: 'integer', default: 1 })
  count!: number;
}
