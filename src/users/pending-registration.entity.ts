import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import type { Profile } from '../hooks/hooks.js';

/**
 * A recent, unverified registration: one row per address, whether or not it has an account.
 *
 * There is deliberately no foreign key: the row has to be the same for taken and free addresses.
 */
@Entity({ schema: SCHEMA, name: 'pending_registrations' })
export class PendingRegistration {
  /** In lower case. */
  @PrimaryColumn({ type: 'text' })
  email!: string;

  /** Replaced as soon as an account is created from it, so that earlier links stop working. */
  @Column({ type: 'uuid' })
  id!: string;

  /**
   * Hashes of the passwords that were entered, without duplicates, latest first. **Shape** PHC strings with one salt
   * per address.
   */
  @Column({ type: 'text', array: true })
  passwordHashes!: string[];

  /** For each password, until when a login with it reports `email_not_verified`. */
  @Column({ type: 'timestamptz', array: true })
  knownUntil!: Date[];

  /** Whether verifying the address creates an account with the password, because nobody has entered another one. */
  @Column({ type: 'boolean' })
  isOpen!: boolean;

  /** The username entered last, which the account gets if it is still free. */
  @Column({ type: 'text', nullable: true })
  username!: string | null;

  @Index('pending_registrations_username_idx', { synchronize: false })
  @Column({ type: 'text', nullable: true })
  usernameFolded!: string | null;

  /** The fields of the host's own that were entered last. */
  @Column({ type: 'jsonb', nullable: true })
  profile!: Profile | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
