import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { User } from '../users/user.entity.js';

/** A login that lacks a step. It is not a session: its secret only allows finishing the login. */
@Entity({ schema: SCHEMA, name: 'pending_logins' })
export class PendingLogin {
  /** **Shape** SHA-256 of a secret of 32 random bytes. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Index()
  @Column({ type: 'bigint' })
  userId!: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** The methods used so far. */
  @Column({ type: 'text', array: true })
  methods!: AuthMethod[];

  /** What is missing. **Shape** `second_factor` or `second_factor_setup`. */
  @Column({ type: 'text' })
  needs!: string;

  /** The state of the password, the address and the factors; the login ends when it changes. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** Wrong answers so far. */
  @Column({ type: 'smallint', default: 0 })
  failures!: number;

  /** Properties of the session, as requested in the first step. */
  @Column({ type: 'boolean', default: true })
  remember!: boolean;

  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
