import { Check, Column, Entity, Index } from 'typeorm';
import { safeInteger } from '../../database/columns.js';
import { SCHEMA } from '../../database/schema.js';

/** Why a session ended. */
export const END_REASONS = [
  'logout',
  // Another sign-in in the same browser.
  'replaced',
  'blacklist',
  'ended_by_user',
  'ended_by_operator',
  'session_limit',
  'reuse_orphan',
  'reuse_ancestor',
  'password_change',
  'password_reset',
  // A second factor was added or removed.
  'factor_change',
  // An email showed that the address is somebody's, and nobody had verified it before.
  'address_proven',
  // A provider says that its user has ended the connection there.
  'provider_revoked',
  // Its tokens could not be issued.
  'sign_in_failed',
  'user_deactivated',
  'user_deleted',
] as const;
/** Why a session has ended. */
export type EndReason = (typeof END_REASONS)[number];
/** Why tokens are refused. Triggers write the entries of the last two. */
export type EntryReason = EndReason | 'outdated' | 'api_key_revoked';

/**
 * Tokens that are refused although they have not expired: those of one session or API key; those of all sessions of a user that
 * began up to a given time, except one; or access tokens of a user from before a change, which a refresh replaces.
 *
 * There are deliberately no foreign keys: entries outlive the sessions and users that they refer to.
 */
@Entity({ schema: SCHEMA, name: 'blacklist' })
@Index(['writtenBy', 'id'])
@Check('blacklist_concerns_one', '(session_id IS NULL) <> (user_id IS NULL)')
@Check('blacklist_user_until', '(user_id IS NULL) = (began_until IS NULL AND claims_epoch IS NULL)')
export class BlacklistEntry {
  @Column({ type: 'bigint', primary: true, generated: 'identity', transformer: safeInteger })
  id!: number;

  /** Or the ID of an API key. */
  @Column({ type: 'uuid', nullable: true })
  sessionId!: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  /** With `userId`: sessions that began at this time or earlier. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  beganUntil!: Date | null;

  /** With `userId`: the session that stays alive. */
  @Column({ type: 'uuid', nullable: true })
  exceptSessionId!: string | null;

  /** With `userId`: access tokens with an earlier epoch of their user are outdated. A trigger writes such entries. */
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  claimsEpoch!: number | null;

  @Column({ type: 'text' })
  reason!: EntryReason;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** When the last access token that it affects has expired. */
  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;

  /**
   * The transaction that wrote it (xid8). Sequence numbers are assigned before their transactions commit, in any order;
   * with this, an instance can read exactly what it could not see in its last read.
   */
  // The default as TypeORM reads it back, without casts.
  @Column({ type: 'bigint', default: () => '((pg_current_xact_id()))', transformer: safeInteger })
  writtenBy!: number;
}
