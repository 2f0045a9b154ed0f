import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { pageOf, walk } from '../housekeeping/sweeps.js';

/** No index covers a column that an attempt changes. */
const PAGE = pageOf<Buffer>({ table: 'limits', key: 'key', expiry: 'expires_at' });

/** Deletes counters that have drained. */
@Injectable()
export class LimitsPurge {
  constructor(purge: Purge) {
    purge.register('expired limits', (db, now) => walk(db, PAGE, Buffer.alloc(0), now));
  }
}
