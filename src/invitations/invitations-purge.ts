import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Removes invitations that nobody accepted. */
@Injectable()
export class InvitationsPurge {
  constructor(purge: Purge) {
    purge.register(
      'invitations that nobody accepted',
      expired({ table: 'invitations', column: 'expires_at', keptFor: 0 }),
    );
  }
}
