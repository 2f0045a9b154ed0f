import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from '../database/schema.js';

/** A job that one instance runs for all, and when it is due next. */
@Entity({ schema: SCHEMA, name: 'jobs' })
export class Job {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;
}
