import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import type { Algorithm } from '../tokens/key-ring.js';
import type { KeyTimes } from './key-states.js';

/** A key that signs access tokens. */
@Entity({ schema: SCHEMA, name: 'signing_keys' })
export class StoredKey implements KeyTimes {
  /** **Shape** JWK thumbprint (RFC 7638), base64url; for a secret that comes from `SECRET_KEY` its name. */
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  @Column({ type: 'text' })
  algorithm!: Algorithm;

  /**
   * **Shape** PKCS #8 DER, encrypted under a key derived from `SECRET_KEY`, bound to `kid`. Empty if the key is revoked, or
   * comes from `SECRET_KEY`.
   */
  @Column({ type: 'bytea' })
  sealedKey!: Buffer;

  @Column({ name: 'imported', type: 'boolean', default: false })
  isImported!: boolean;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  signsFrom!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  signsUntil!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;

  /** **Unit** seconds. */
  @Column({ type: 'integer', default: 0 })
  tokenLifetime!: number;
}
