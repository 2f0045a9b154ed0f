import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';

/** The last batch whose events `AUDIT_RETENTION` has removed: where the chain begins now. One row. */
@Entity({ schema: SCHEMA, name: 'audit_anchors' })
export class AuditAnchor {
  /** `retention`. */
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'bigint', transformer: safeInteger })
  number!: number;

  /** Of that batch. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  @Column({ type: 'timestamptz', precision: 3 })
  setAt!: Date;

  @Column({ type: 'bytea' })
  keyId!: Buffer;

  @Column({ type: 'bytea' })
  signature!: Buffer;
}
