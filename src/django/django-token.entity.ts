import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A refresh token of a Django site that was presented here, or that the site had blacklisted. */
@Entity({ schema: SCHEMA, name: 'django_tokens' })
export class DjangoToken {
  /** **Shape** SHA-256 of its `jti`. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  /** The session that it continues, by its name in refresh tokens; null for a token that is refused. */
  @Column({ type: 'uuid', nullable: true })
  lookupId!: string | null;

  /** When the token itself expires; then the row goes. */
  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
