import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../../database/columns.js';
import { SCHEMA } from '../../database/schema.js';

/** A role: a name for permissions. Users may also have roles without a row, which permit nothing by themselves. */
@Entity({ schema: SCHEMA, name: 'roles' })
export class Role {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  /** **Shape** scope tokens (RFC 6749 §3.3), such as `orders:read`. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  permissions!: string[];

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** When it last changed, later than any change before. A trigger moves it. **Unit** milliseconds since 1970. */
  @Column({ type: 'bigint', default: 0, transformer: safeInteger })
  epoch!: number;
}
