import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';
import type { Algorithm } from '../tokens/key-ring.js';

/** A key that signs access tokens. */
@Entity({ schema: SCHEMA, name: 'signing_keys' })
export class StoredKey {
  /** **Shape** JWK thumbprint (RFC 7638), base64url. */
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  @Column({ type: 'text' })
  algorithm!: Algorithm;

  /** **Shape** PKCS #8 DER, encrypted under a key derived from `SECRET_KEY`, bound to `kid`. */
  @Column({ type: 'bytea' })
  sealedKey!: Buffer;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}
