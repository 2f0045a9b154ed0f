import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Purge } from '../housekeeping/purge.js';
import { expired, MARGIN, pageOf, walk } from '../housekeeping/sweeps.js';
import { ENDED_SHOWN } from './sessions/listed-session.js';

const NIL = '00000000-0000-0000-0000-000000000000';

/** In order of their start, because no index covers a column that a refresh changes. */
const SESSIONS = pageOf<string, [before: string]>({
  table: 'sessions',
  key: 'id',
  expiry: 'least(idle_expires_at, absolute_expires_at)',
  end: 'id < $3',
});

/** Deletes expired sessions, blacklist entries, emailed tokens and registrations. */
@Injectable()
export class UsersPurge {
  constructor(
    purge: Purge,
    @Inject(OPTIONS)
    {
      refreshTokenLifetime,
      sessionMaxLifetime,
      leeway,
      auditRetention,
    }: Pick<Options, 'refreshTokenLifetime' | 'sessionMaxLifetime' | 'leeway' | 'auditRetention'>,
  ) {
    const keptFor = MARGIN + leeway;
    purge.register('expired sessions', (db, now) => {
      const until = addSeconds(now, -keptFor);
      // Those that began later cannot have expired.
      const began = addSeconds(until, -Math.min(refreshTokenLifetime, sessionMaxLifetime));
      const before = uuidv7({ msecs: Math.max(0, began.getTime()), seq: 0, random: new Uint8Array(16) });
      return walk(db, SESSIONS, NIL, until, before);
    });
    purge.register(
      'entries of the blacklist',
      expired({ table: 'blacklist', column: 'expires_at', keptFor }),
    );
    purge.register(
      'records of ended sessions',
      expired({ table: 'ended_sessions', column: 'ended_at', keptFor: ENDED_SHOWN }),
    );
    purge.register(
      'links of emails',
      expired({ table: 'one_time_tokens', column: 'expires_at', key: 'digest', keptFor }),
    );
    // The audit trail names them, and it is sealed and cleared a while later.
    const namedFor = auditRetention + 7 * 86_400;
    purge.register(
      'IDs of deleted users',
      expired({ table: 'deleted_users', column: 'deleted_at', keptFor: namedFor }),
    );
    purge.register(
      'registrations that nobody verified',
      expired({ table: 'pending_registrations', column: 'expires_at', key: 'email', keptFor }),
    );
  }
}
