import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** How long the list shows keys that have expired. **Unit** seconds. */
const EXPIRED_SHOWN = 30 * 86_400;

/** Deletes expired API keys. */
@Injectable()
export class ApiKeysPurge {
  constructor(purge: Purge) {
    purge.register(
      'expired API keys',
      expired({ table: 'api_keys', column: 'expires_at', keptFor: EXPIRED_SHOWN }),
    );
  }
}
