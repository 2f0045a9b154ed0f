import { Injectable } from '@nestjs/common';
import { statement } from '../database/statement.js';
import { Purge } from '../housekeeping/purge.js';
import { BATCH, type SweptPage, walk } from '../housekeeping/sweeps.js';

const PAGE = statement<[after: Buffer, now: Date], SweptPage<Buffer>>(
  'purge_limits',
  `WITH page AS MATERIALIZED (
      SELECT key, expires_at FROM tokenjar.limits WHERE key > $1::bytea ORDER BY key LIMIT ${BATCH}
    ), gone AS (
      DELETE FROM tokenjar.limits WHERE key IN (
        SELECT l.key FROM tokenjar.limits l
        WHERE l.key IN (SELECT key FROM page WHERE expires_at <= $2) AND l.expires_at <= $2
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS gone, (SELECT count(*)::int FROM page) AS seen,
      (SELECT key FROM page ORDER BY key DESC LIMIT 1) AS last`,
);

/** Removes counts that have leaked away. They are walked by key, because no index stands on what an attempt changes. */
@Injectable()
export class LimitsPurge {
  constructor(purge: Purge) {
    purge.register('expired limits', (db, now) => walk(db, PAGE, Buffer.alloc(0), now));
  }
}
