import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { User } from '../users/user.entity.js';

/**
 * A user who came from a file of another system, and how it has them.
 *
 * It stays when the user is deleted here, so that a later run of the import does not bring them back; a trigger then
 * empties what says more than that.
 */
@Entity({ schema: SCHEMA, name: 'imported_users' })
export class ImportedUser {
  /** As `--from` names it. */
  @PrimaryColumn({ type: 'text' })
  system!: string;

  /** The key of the user there. **Shape** an ID of the system; a digest where that would be an address. */
  @PrimaryColumn({ type: 'text' })
  sourceKey!: string;

  /** Null once the user was deleted here. */
  @Index()
  @Column({ type: 'bigint', nullable: true, transformer: safeInteger })
  userId!: number | null;

  @ManyToOne(() => User, { onDelete: 'SET NULL', nullable: true })
  @JoinColumn()
  user?: User | null;

  /** What the last run saw, without secrets: a later run changes what is different there. */
  @Column({ type: 'jsonb' })
  seen!: Record<string, unknown>;

  /** Of the stored password that the last run saw. **Shape** HMAC-SHA-256. */
  @Column({ type: 'bytea' })
  passwordDigest!: Buffer;

  /** Of the user when the last run wrote them; another one means a change here, which is newer. */
  @Column({ type: 'integer' })
  credentialsEpoch!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  importedAt!: Date;
}
