import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../../database/columns.js';
import { SCHEMA } from '../../database/schema.js';
import type { AuthMethod } from '../../tokens/authentication.js';
import { User } from '../user.entity.js';

/**
 * A session: one row for its whole life, whatever the number of refreshes.
 *
 * No index covers a column that a refresh changes, so updates stay within the page (HOT). Timestamps have millisecond
 * precision, because they pass through JavaScript and the refresh token is a function of them.
 */
@Entity({ schema: SCHEMA, name: 'sessions' })
export class Session {
  /** The public ID, `sid` in access tokens. **Shape** UUID v7; its time is the start of the session. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** The name of the session in refresh tokens, used nowhere else. 128 random bits. */
  @Column({ type: 'uuid', unique: true })
  lookupId!: string;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** The generation of the current refresh token; the first is 1. */
  @Column({ type: 'integer' })
  generation!: number;

  /** The generation of the token that the current one replaced; 0 if there was none. */
  @Column({ type: 'integer' })
  parentGeneration!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  rotatedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  lastUsedAt!: Date;

  /** Changes with every rotation. */
  @Column({ type: 'timestamptz', precision: 3 })
  idleExpiresAt!: Date;

  /** Whether the session outlives the browser; if not, its cookie has no Max-Age and its idle lifetime is shorter. */
  @Column({ type: 'boolean', default: true })
  remember!: boolean;

  /** Never changes. */
  @Column({ type: 'timestamptz', precision: 3 })
  absoluteExpiresAt!: Date;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  /**
   * The protection of its first cookie's name: the token is not accepted under a less protected one. 2 `__Host-`, 1
   * `__Secure-`, 0 none.
   */
  @Column({ type: 'smallint', default: 2 })
  cookieProtection!: number;

  /** How the user proved who they are, such as `pwd`. **Source** RFC 8176. */
  @Column({ type: 'text', array: true })
  authMethods!: AuthMethod[];

  /**
   * The permissions that it was opened with, separated by spaces; null for all that its user has. Never changes.
   * **Source** RFC 6749 §3.3.
   */
  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  /** When the user did; null for the start of the session. A refresh does not change it. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  authenticatedAt!: Date | null;

  /**
   * The public key that its device has shown; null if it has shown none. It is set once, and counts from `boundAt` on.
   * **Shape** JSON of a JWK: `kty`, `crv`, `x`, `y`. **Source** RFC 7517.
   */
  @Column({ type: 'text', nullable: true })
  boundJwk!: string | null;

  /** When its device first proved that it keeps the key; null if it is not bound. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  boundAt!: Date | null;

  /** When the newest challenge was made that its device has signed. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  provenAt!: Date | null;
}
