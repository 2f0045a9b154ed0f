import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** How long the log of deliveries goes back. **Unit** seconds. */
const KEPT = 30 * 86_400;

@Injectable()
export class WebhookPurge {
  constructor(purge: Purge) {
    purge.register(
      'webhook deliveries',
      expired({ table: 'webhook_deliveries', column: 'created_at', keptFor: KEPT }),
    );
  }
}
