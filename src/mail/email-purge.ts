import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** How long an email that was given up is kept for the operator to see why. **Unit** seconds. */
const KEPT = 30 * 86_400;

@Injectable()
export class EmailPurge {
  constructor(purge: Purge) {
    purge.register('given-up emails', expired({ table: 'outbox', column: 'failed_at', keptFor: KEPT }));
  }
}
