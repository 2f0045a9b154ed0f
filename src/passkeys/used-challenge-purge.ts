import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired, MARGIN } from '../housekeeping/sweeps.js';

/** Removes used challenges that are too old by now, also for an instance whose clock is behind: it would take them again. */
@Injectable()
export class UsedChallengePurge {
  constructor(purge: Purge) {
    const sweep = expired({
      table: 'used_challenges',
      column: 'expires_at',
      key: 'challenge',
      keptFor: MARGIN,
    });
    purge.register('used passkey challenges', sweep);
  }
}
