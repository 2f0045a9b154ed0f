import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** Somebody who came back from a provider, and whose app or page has to fetch the sign-in. */
@Entity({ schema: SCHEMA, name: 'provider_codes' })
export class ProviderCode {
  /** **Shape** SHA-256 of the code. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  /** **Shape** SHA-256 of the verifier of who began, base64url (RFC 7636 §4.2). */
  @Column({ type: 'text' })
  codeChallenge!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  issuer!: string;

  @Column({ type: 'text' })
  subject!: string;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'boolean' })
  isEmailVerified!: boolean;

  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** Whether the provider has asked for what counts as two factors. */
  @Column({ type: 'boolean' })
  isMultiFactor!: boolean;

  @Column({ type: 'boolean' })
  remember!: boolean;

  /** The scope of the session, as requested. */
  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
