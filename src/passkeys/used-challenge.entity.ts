import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A challenge that was answered. It is good for no second answer, on whichever instance. */
@Entity({ schema: SCHEMA, name: 'used_challenges' })
export class UsedChallenge {
  @PrimaryColumn({ type: 'bytea' })
  challenge!: Buffer;

  /** From when on it is too old in any case. */
  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
