import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Removes set-ups that nobody finished, and trusted devices that have expired. */
@Injectable()
export class MfaPurge {
  constructor(purge: Purge) {
    purge.register(
      'set-ups of authenticator apps that nobody finished',
      expired({ table: 'totp_setups', column: 'expires_at', key: 'holder', keptFor: 0 }),
    );
    purge.register(
      'trusted devices',
      expired({ table: 'trusted_devices', column: 'expires_at', keptFor: 0 }),
    );
  }
}
