import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/**
 * A recipient whose mailbox takes no emails for the time being, by a report of who runs it; or did not, so that an older
 * report changes nothing.
 */
@Entity({ schema: SCHEMA, name: 'suspended_recipients' })
export class SuspendedRecipient {
  /** **Shape** a digest, as in the outbox. */
  @PrimaryColumn({ type: 'bytea' })
  recipient!: Buffer;

  @Column({ type: 'boolean' })
  isSuspended!: boolean;

  /** When that was decided, by the clock of who reported it. */
  @Column({ type: 'timestamptz', precision: 3 })
  changedAt!: Date;
}
