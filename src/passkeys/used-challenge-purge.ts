import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Removes used challenges that would be too old by now. */
@Injectable()
export class UsedChallengePurge {
  constructor(purge: Purge) {
    const sweep = expired({ table: 'used_challenges', column: 'expires_at', key: 'challenge', keptFor: 0 });
    purge.register('used passkey challenges', sweep);
  }
}
