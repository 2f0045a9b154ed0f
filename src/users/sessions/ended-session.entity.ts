import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../../database/columns.js';
import { SCHEMA } from '../../database/schema.js';
import type { EndReason } from '../blacklist/blacklist-entry.entity.js';
import { User } from '../user.entity.js';

/** A session that was ended, kept for 30 days so that the user can see why. Expired sessions are not recorded. */
@Entity({ schema: SCHEMA, name: 'ended_sessions' })
export class EndedSession {
  /** The former ID. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** Its name in refresh tokens; null if it ended before this was recorded. */
  @Index({ where: "(reason = 'replaced'::text)" })
  @Column({ type: 'uuid', nullable: true })
  lookupId!: string | null;

  @Index()
  @Column({ type: 'bigint', transformer: safeInteger })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn()
  user?: User;

  @Column({ type: 'text' })
  reason!: EndReason;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'inet', nullable: true })
  ip!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  lastUsedAt!: Date;

  @Index()
  @Column({ type: 'timestamptz', precision: 3 })
  endedAt!: Date;
}
