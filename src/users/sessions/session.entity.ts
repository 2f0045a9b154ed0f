import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../../database/columns.js';
import { SCHEMA } from '../../database/schema.js';
import type { AuthMethod } from '../../tokens/authentication.js';
import { User } from '../user.entity.js';

/**
 * A session: one row for life, whatever the number of refreshes.
 *
 * No index stands on a column that a refresh changes, so that its update stays within the page (HOT). Timestamps keep
 * milliseconds, because they pass through JavaScript and the refresh token is a function of them.
 */
@Entity({ schema: SCHEMA, name: 'sessions' })
export class Session {
  /** The public id, `sid` in access tokens. **Shape** UUID v7; its time is when the session began. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** Names the session in refresh tokens and nowhere else. 128 random bits. */
  @Column({ type: 'uuid', unique: true })
  lookupId!: string;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** Of the refresh token that is current; the first is 1. */
  @Column({ type: 'integer' })
  generation!: number;

  /** Of the token that was replaced by the current one; 0 while there was none. */
  @Column({ type: 'integer' })
  parentGeneration!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  rotatedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  lastUsedAt!: Date;

  /** Moves with every rotation. */
  @Column({ type: 'timestamptz', precision: 3 })
  idleExpiresAt!: Date;

  /** Never moves. */
  @Column({ type: 'timestamptz', precision: 3 })
  absoluteExpiresAt!: Date;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  /** What the name of its first cookie had: it is not taken from one that has less. 2 `__Host-`, 1 `__Secure-`, 0 none. */
  @Column({ type: 'smallint', default: 2 })
  cookieProtection!: number;

  /** How the user proved who they are. **Source** RFC 8176, such as `pwd`. */
  @Column({ type: 'text', array: true })
  authMethods!: AuthMethod[];

  /** When they did; null for when the session began. A refresh does not move it. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  authenticatedAt!: Date | null;
}
