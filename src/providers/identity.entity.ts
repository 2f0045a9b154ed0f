import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** An account at a provider that is linked to a user. Issuer and subject say which; its address never does. */
@Entity({ schema: SCHEMA, name: 'identities' })
@Unique(['issuer', 'subject'])
export class Identity {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** The ID of the provider in `PROVIDERS`, for people. */
  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  issuer!: string;

  /** The user's ID at the provider. */
  @Column({ type: 'text' })
  subject!: string;

  /** The address that the provider named last, verified or not. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** The name that the provider gave last, if it gives one; Apple does once. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** Whether nobody had verified the address of the account when it was linked. */
  @Column({ type: 'boolean' })
  isUnproven!: boolean;

  /** When its user ended the connection at the provider. Then it is not listed, and using it again ends that. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;
}
