import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A nonce that has been used with an ID token. */
@Entity({ schema: SCHEMA, name: 'used_nonces' })
export class UsedNonce {
  /** **Shape** SHA-256. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  /** When the nonce expires by itself. */
  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
