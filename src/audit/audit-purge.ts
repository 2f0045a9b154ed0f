import { Inject, Injectable } from '@nestjs/common';
import { addSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { statement } from '../database/statement.js';
import { Purge } from '../housekeeping/purge.js';
import { BATCH, repeat } from '../housekeeping/sweeps.js';

/** IDs are assigned roughly in order of time, so the oldest rows have the lowest IDs, and `at` needs no index. */
const REMOVE = statement<[until: Date]>(
  'purge_audit_events',
  `DELETE FROM tokenjar.audit_events WHERE id IN (
      SELECT id FROM (SELECT id, at FROM tokenjar.audit_events ORDER BY id LIMIT ${BATCH}) AS oldest WHERE at <= $1
    ) RETURNING id`,
);

/** Removes audit events after `AUDIT_RETENTION`. */
@Injectable()
export class AuditPurge {
  constructor(purge: Purge, @Inject(OPTIONS) { auditRetention }: Pick<Options, 'auditRetention'>) {
    purge.register('audit events', (db, now) => repeat(db, REMOVE, addSeconds(now, -auditRetention)));
  }
}
