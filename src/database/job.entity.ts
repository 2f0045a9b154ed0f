import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SCHEMA } from './schema.js';

/** A job that is done by one instance at a time: when it is due next. */
@Entity({ schema: SCHEMA, name: 'jobs' })
export class Job {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;
}
