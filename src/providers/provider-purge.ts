import { Injectable } from '@nestjs/common';
import { Purge } from '../housekeeping/purge.js';
import { expired } from '../housekeeping/sweeps.js';

/** Removes what nobody signed in to link. */
@Injectable()
export class ProviderPurge {
  constructor(purge: Purge) {
    const sweep = expired({ table: 'pending_identities', column: 'expires_at', key: 'digest', keptFor: 0 });
    purge.register('identities that nobody signed in to link', sweep);
    const used = expired({ table: 'used_nonces', column: 'expires_at', key: 'digest', keptFor: 0 });
    purge.register('used nonces of providers', used);
    const codes = expired({ table: 'provider_codes', column: 'expires_at', key: 'digest', keptFor: 0 });
    purge.register('codes that nobody fetched a sign-in with', codes);
  }
}
