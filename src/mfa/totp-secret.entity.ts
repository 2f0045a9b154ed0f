import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { Factor } from './factor.entity.js';

/** What an authenticator app shares with us. */
@Entity({ schema: SCHEMA, name: 'totp_secrets' })
export class TotpSecret {
  @PrimaryColumn({ type: 'uuid' })
  factorId!: string;

  @OneToOne(() => Factor, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  factor?: Factor;

  /** Bound to the user and the factor. **Shape** of `crypto/seal.ts`. */
  @Column({ type: 'bytea' })
  sealed!: Buffer;

  /** The time step of the last code that was accepted: no code of it or before is accepted again. */
  @Column({ type: 'bigint', transformer: safeInteger })
  lastStep!: number;
}
