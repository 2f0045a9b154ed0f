import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** The kinds of second factors. Each keeps what only it has in a table of its own. */
export type FactorType = 'totp' | 'passkey';

/** A second factor of an account, once it was confirmed. */
@Entity({ schema: SCHEMA, name: 'factors' })
@Index(['userId', 'type'], { unique: true, where: `(type = 'totp'::text)` })
export class Factor {
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
  type!: FactorType;

  /** As the user calls it; null where they have not said. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;
}
