import { Injectable, Optional } from '@nestjs/common';
import { statement } from '../database/statement.js';
import { Purge } from '../housekeeping/purge.js';
import { BATCH, repeat } from '../housekeeping/sweeps.js';
import { AuditChain } from './audit-chain.js';

/**
 * Removes batches up to the anchor with their events, oldest first. The last complete batch stays without its events,
 * because the chain goes on from there.
 */
const REMOVE = statement<[until: Date]>(
  'purge_audit_events',
  `WITH expired AS MATERIALIZED (
      SELECT number, event_ids FROM (
        SELECT number, event_ids, sum(cardinality(event_ids)) OVER (ORDER BY number) - cardinality(event_ids) AS before
        FROM tokenjar.audit_batches
        WHERE number <= (SELECT number FROM tokenjar.audit_anchors WHERE name = 'retention' AND set_at <= $1)
        ORDER BY number LIMIT ${BATCH}
      ) AS oldest WHERE before < ${BATCH}
    ), removed AS (
      DELETE FROM tokenjar.audit_batches WHERE number IN (SELECT number FROM expired)
        AND number < (SELECT complete_number FROM tokenjar.audit_batches ORDER BY number DESC LIMIT 1)
    )
    DELETE FROM tokenjar.audit_events WHERE id IN (SELECT unnest(event_ids) FROM expired) RETURNING id`,
);

/**
 * Removes audit events after `AUDIT_RETENTION`: up to the anchor that a running server has signed. What is not sealed yet
 * stays.
 */
@Injectable()
export class AuditPurge {
  /** @param chain of a server; commands have no key, and use the anchor that there is. */
  constructor(purge: Purge, @Optional() chain?: AuditChain) {
    purge.register('audit events', async function* (db, now) {
      await chain?.run();
      if (chain && !(await chain.moveAnchor(now))) return;
      yield* repeat(db, REMOVE, now);
    });
  }
}
