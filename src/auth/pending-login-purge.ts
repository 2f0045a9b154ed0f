import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Removes logins that were never finished. */
@Injectable()
export class PendingLoginPurge {
  constructor(purge: Purge) {
    const sweep = expired({ table: 'pending_logins', column: 'expires_at', key: 'digest', keptFor: 0 });
    purge.register('logins that nobody finished', sweep);
    const codes = expired({ table: 'login_codes', column: 'expires_at', key: 'digest', keptFor: 0 });
    purge.register('codes that nobody entered', codes);
  }
}
