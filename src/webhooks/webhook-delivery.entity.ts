import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import type { EventName } from '../events.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

const IS_PENDING = '((delivered_at IS NULL) AND (failed_at IS NULL))';

/** An event that is delivered to an endpoint, or was. */
@Entity({ schema: SCHEMA, name: 'webhook_deliveries' })
@Index(['endpointId', 'eventId'], { unique: true })
@Index(['endpointId', 'dueAt'], { where: IS_PENDING })
export class WebhookDelivery {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid' })
  endpointId!: string;

  @ManyToOne(() => WebhookEndpoint, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'endpoint_id' })
  endpoint?: WebhookEndpoint;

  /** In the audit trail, which forgets it after `AUDIT_RETENTION`. */
  @Column({ type: 'bigint', transformer: safeInteger })
  eventId!: number;

  @Column({ type: 'text' })
  event!: EventName;

  /** What is sent, the same at every attempt. **Shape** JSON. */
  @Column({ type: 'text' })
  payload!: string;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** The time of the next attempt; during one, the time from which another instance may make it. */
  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;

  /** Attempts started so far. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Those before it was replayed: the schedule began anew. */
  @Column({ type: 'integer', default: 0 })
  attemptsBeforeReplay!: number;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  deliveredAt!: Date | null;

  /** When it was given up. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  failedAt!: Date | null;

  /** Of the last attempt; null if there was no response. */
  @Column({ type: 'integer', nullable: true })
  responseStatus!: number | null;

  /** Why the last attempt failed. */
  @Column({ type: 'text', nullable: true })
  lastError!: string | null;
}
