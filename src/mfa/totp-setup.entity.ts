import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** An authenticator app that is being set up. It is for the session or the login that has begun it, and nobody else. */
@Entity({ schema: SCHEMA, name: 'totp_setups' })
export class TotpSetup {
  /** **Shape** `session <id>` or `login <digest>`. */
  @PrimaryColumn({ type: 'text' })
  holder!: string;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  @Column({ type: 'bytea' })
  sealed!: Buffer;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
