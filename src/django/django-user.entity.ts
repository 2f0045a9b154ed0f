import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/**
 * A user who was imported from a Django site, and how the site has them.
 *
 * It stays when the user is deleted here, so that a later run of the import does not bring them back.
 */
@Entity({ schema: SCHEMA, name: 'django_users' })
export class DjangoUser {
  /** The key of the user at the site, as tokens name it. **Shape** `42`, or a UUID. */
  @PrimaryColumn({ type: 'text' })
  siteKey!: string;

  /** Null once the user was deleted here. */
  @Column({ type: 'bigint', nullable: true, unique: true, transformer: safeInteger })
  userId!: number | null;

  @OneToOne(() => User, { onDelete: 'SET NULL', nullable: true })
  @JoinColumn()
  user?: User | null;

  /** What the last run saw, without secrets: a later run changes what is different at the site. */
  @Column({ type: 'jsonb' })
  seen!: Record<string, unknown>;

  /** Of the password column that the last run saw. **Shape** HMAC-SHA-256. */
  @Column({ type: 'bytea' })
  passwordDigest!: Buffer;

  /** Of what tokens with `CHECK_REVOKE_TOKEN` say of the password. **Shape** HMAC-SHA-256. */
  @Column({ type: 'bytea' })
  passwordMark!: Buffer;

  /** Of the user when the last run wrote them; another one means a change here, which is newer. */
  @Column({ type: 'integer' })
  credentialsEpoch!: number;

  /** When all sessions of the user were ended here. Tokens of the site that have no session yet end with them. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  sessionsEndedAt!: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  importedAt!: Date;
}
