import { Check, Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** Why a session ended. */
export type EndReason =
  | 'logout'
  | 'blacklist'
  | 'ended_by_user'
  | 'reuse_orphan'
  | 'reuse_ancestor'
  | 'password_change'
  | 'user_deleted';

/**
 * Tokens that are refused although they have not expired: those of one session, or those of all sessions of a user
 * that began up to a moment, but for one.
 *
 * It points to no parent on purpose: entries outlive the sessions and users they speak of.
 */
@Entity({ schema: SCHEMA, name: 'blacklist' })
@Check('blacklist_concerns_one', '(session_id IS NULL) <> (user_id IS NULL)')
@Check('blacklist_user_until', '(user_id IS NULL) = (began_until IS NULL)')
export class BlacklistEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column({ type: 'uuid', nullable: true })
  sessionId!: string | null;

  @Column({ type: 'bigint', nullable: true })
  userId!: string | null;

  /** With `userId`: sessions that began at this moment or before. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  beganUntil!: Date | null;

  /** With `userId`: the session that goes on. */
  @Column({ type: 'uuid', nullable: true })
  exceptSessionId!: string | null;

  @Column({ type: 'text' })
  reason!: EndReason;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** When the last access token it can concern has expired. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
