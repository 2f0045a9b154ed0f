import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A login that waits for an emailed code, whether or not the address has an account. */
@Entity({ schema: SCHEMA, name: 'login_codes' })
export class LoginCode {
  /** **Shape** SHA-256 of the secret of the browser that asked: 32 random bytes. The code is derived from it. */
  @PrimaryColumn({ type: 'bytea' })
  digest!: Buffer;

  @Index()
  @Column({ type: 'text' })
  email!: string;

  /** The owner of the address when the code was requested. **Shape** SHA-256. */
  @Column({ type: 'bytea' })
  boundTo!: Buffer;

  /** Wrong codes. */
  @Column({ type: 'smallint', default: 0 })
  failures!: number;

  @Column({ type: 'boolean', default: true })
  remember!: boolean;

  /** The scope of the session, as requested. */
  @Column({ type: 'text', nullable: true })
  scope!: string | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
