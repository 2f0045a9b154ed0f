import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import type { EventName } from '../events.js';

/** An address of somebody else's server that is told about events. */
@Entity({ schema: SCHEMA, name: 'webhook_endpoints' })
export class WebhookEndpoint {
  /** **Shape** UUID v7. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  url!: string;

  /** The events that it is told about; all of them if this is empty. */
  @Column({ type: 'text', array: true, default: () => "'{}'" })
  events!: EventName[];

  /** The secret that signs. **Shape** sealed by `crypto/seal.ts`. */
  @Column({ type: 'bytea', select: false })
  sealedSecret!: Buffer;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** The batch of the audit trail up to which deliveries were made. */
  @Column({ type: 'bigint', transformer: safeInteger })
  afterBatch!: number;

  /** When it answered 410 Gone. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  disabledAt!: Date | null;
}
