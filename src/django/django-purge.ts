import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Longer than any leeway: a token is not forgotten while it is still accepted. **Unit** seconds. */
const KEPT_FOR = 30 * 86_400;

/** Deletes what is known of tokens of the Django site that have expired. */
@Injectable()
export class DjangoPurge {
  constructor(purge: Purge) {
    purge.register(
      'expired Django tokens',
      expired({ table: 'django_tokens', column: 'expires_at', key: 'digest', keptFor: KEPT_FOR }),
    );
  }
}
