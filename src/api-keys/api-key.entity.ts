import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** An API key. A trigger refuses it everywhere as soon as its row is deleted, whoever deletes it. */
@Entity({ schema: SCHEMA, name: 'api_keys' })
export class ApiKey {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  @Column({ type: 'text' })
  name!: string;

  /** **Shape** SHA-256 of the key. */
  @Column({ type: 'bytea', unique: true })
  digest!: Buffer;

  /** The permissions that it has at most. */
  @Column({ type: 'text', array: true })
  scopes!: string[];

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;

  /** Written at most every 15 minutes. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  /** When its owner was told that it expires soon. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  remindedAt!: Date | null;
}
