import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/**
 * An account at a provider that the next sign-in to one account, in one browser, links to it. Without a user, it waits
 * for an address.
 */
@Entity({ schema: SCHEMA, name: 'pending_identities' })
export class PendingIdentity {
  /** **Shape** SHA-256 of a secret of 32 random bytes. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Index()
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn()
  user?: User;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  issuer!: string;

  @Column({ type: 'text' })
  subject!: string;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** Whether the session is to outlive the browser. */
  @Column({ type: 'boolean', default: true })
  remember!: boolean;

  /** The scope of the session, as requested. */
  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  /** The login code that confirms the address which its user has named, if they have. **Shape** SHA-256. */
  @Index()
  @Column({ type: 'bytea', nullable: true })
  codeDigest!: Buffer | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
