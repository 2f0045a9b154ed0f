import { Injectable } from '@nestjs/common';
import { addSeconds } from '../clock.js';
import { statement } from '../database/statement.js';
import { MARGIN, repeat } from '../housekeeping/sweeps.js';
import { Purge } from '../housekeeping/purge.js';

/** How long it is known that a key was revoked, so that it is not imported again. **Unit** seconds. */
const REVOKED_FOR = 365 * 86_400;
/** How long keys of a former algorithm are kept that never signed. **Unit** seconds. */
const UNUSED_FOR = 86_400;

const REMOVE = statement<[until: Date]>(
  'purge_signing_keys',
  `DELETE FROM tokenjar.signing_keys WHERE
    CASE WHEN revoked_at IS NOT NULL THEN revoked_at <= $1::timestamptz - interval '${REVOKED_FOR} seconds'
      WHEN signs_from IS NULL THEN created_at <= $1::timestamptz - interval '${UNUSED_FOR} seconds'
        AND sealed_key <> '' AND algorithm <> (SELECT algorithm FROM tokenjar.signing_keys
          WHERE signs_from IS NOT NULL AND signs_until IS NULL AND revoked_at IS NULL LIMIT 1)
      ELSE signs_until + token_lifetime * interval '1 second' <= $1 END
    RETURNING kid`,
);

/** Deletes signing keys whose tokens have expired. */
@Injectable()
export class KeysPurge {
  constructor(purge: Purge) {
    purge.register('signing keys', (db, now) => repeat(db, REMOVE, addSeconds(now, -MARGIN)));
  }
}
