import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { User } from '../users/user.entity.js';

/** A login that lacks a step. It is no session: its secret opens the rest of the login and nothing else. */
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

  /** How the user has proved who they are so far. */
  @Column({ type: 'text', array: true })
  methods!: AuthMethod[];

  /** What is missing. **Shape** `second_factor` or `second_factor_setup`. */
  @Column({ type: 'text' })
  needs!: string;

  /** It ends when this is no longer the state of password, address and factors. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** Of WebAuthn, where one was asked for. */
  @Column({ type: 'bytea', nullable: true })
  challenge!: Buffer | null;

  /** Wrong answers. */
  @Column({ type: 'smallint', default: 0 })
  failures!: number;

  /** What the session is to be, as the first step asked for. */
  @Column({ type: 'boolean', default: true })
  remember!: boolean;

  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
