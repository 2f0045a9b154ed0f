import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/**
 * What was registered for an address lately, and not verified: one row an address, whether it has an account or not.
 *
 * It points to no user on purpose: it must be the same row for a taken and for a free address.
 */
@Entity({ schema: SCHEMA, name: 'pending_registrations' })
export class PendingRegistration {
  /** In lower case. */
  @PrimaryColumn({ type: 'text' })
  email!: string;

  /** Another one as soon as an account was made of it: links of before are dead. */
  @Column({ type: 'uuid' })
  id!: string;

  /** Of the passwords that were typed, each once, the last one first. **Shape** PHC strings of one salt an address. */
  @Column({ type: 'text', array: true })
  passwordHashes!: string[];

  /** Until when a login with each of them is answered with `email_not_verified`. */
  @Column({ type: 'timestamptz', array: true })
  knownUntil!: Date[];

  /** Whether the click that verifies the address makes an account with the password: nobody has typed another one. */
  @Column({ type: 'boolean' })
  isOpen!: boolean;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
