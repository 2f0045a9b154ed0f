import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/** By which handle authenticators know a user: random, so that it says nothing about them. */
@Entity({ schema: SCHEMA, name: 'passkey_users' })
export class PasskeyUser {
  @PrimaryColumn({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @OneToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  /** **Shape** 32 random bytes. **Source** Web Authentication Level 3 §14.6.1. */
  @Column({ type: 'bytea' })
  handle!: Buffer;
}
