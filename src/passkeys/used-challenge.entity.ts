import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A challenge that was answered. No instance accepts it again. */
@Entity({ schema: SCHEMA, name: 'used_challenges' })
export class UsedChallenge {
  @PrimaryColumn({ type: 'bytea' })
  challenge!: Buffer;

  /** When it would have expired. */
  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
