import { Column, Entity, Index, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { Factor } from '../mfa/factor.entity.js';

/** What only a passkey has: the public half of its key. Its owner, name and last use are those of the factor. */
@Entity({ schema: SCHEMA, name: 'passkeys' })
export class Passkey {
  @PrimaryColumn({ type: 'uuid' })
  factorId!: string;

  @OneToOne(() => Factor, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  factor?: Factor;

  /** Chosen by the authenticator. **Shape** 1023 bytes at most. */
  @Index({ unique: true })
  @Column({ type: 'bytea' })
  credentialId!: Buffer;

  /** **Shape** COSE_Key (RFC 9052 §7). */
  @Column({ type: 'bytea' })
  publicKey!: Buffer;

  /** How often it was used, as the authenticator says; 0 where it does not count, as synced passkeys do. */
  @Column({ type: 'bigint', transformer: safeInteger })
  counter!: number;

  /** How the authenticator is reached, as its client says: `internal`, `hybrid`, `usb`, `nfc` and others. */
  @Column({ type: 'text', array: true })
  transports!: string[];

  /** The model of the authenticator, as it says; all zeros where it does not. */
  @Column({ type: 'uuid' })
  aaguid!: string;

  /** Whether it can be backed up, as synced passkeys are. It never changes. */
  @Column({ type: 'boolean' })
  isBackupEligible!: boolean;

  @Column({ type: 'boolean' })
  isBackedUp!: boolean;

  /** Whether it can be found without being named; null where the client did not say. */
  @Column({ type: 'boolean', nullable: true })
  isDiscoverable!: boolean | null;
}
