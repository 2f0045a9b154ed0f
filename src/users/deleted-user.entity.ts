import { Column, Entity, Index } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';

/** The IDs of a user who was deleted: the audit trail names them as long as it has their events. A trigger writes it. */
@Entity({ schema: SCHEMA, name: 'deleted_users' })
export class DeletedUser {
  @Column({ type: 'bigint', primary: true, transformer: safeInteger })
  id!: number;

  @Column({ type: 'uuid', unique: true })
  publicId!: string;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  deletedAt!: Date;
}
