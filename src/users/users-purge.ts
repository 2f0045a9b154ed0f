import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { statement } from '../database/statement.js';
import { Purge } from '../housekeeping/purge.js';
import { BATCH, expired, MARGIN, type SweptPage, walk } from '../housekeeping/sweeps.js';
import { ENDED_SHOWN } from './sessions/listed-session.js';

const NIL = '00000000-0000-0000-0000-000000000000';

/** Sessions are walked in the order in which they began, for no index stands on what a refresh changes. */
const PAGE = statement<[after: string, before: string, expired: Date], SweptPage<string>>(
  'purge_sessions',
  `WITH page AS MATERIALIZED (
      SELECT id, least(idle_expires_at, absolute_expires_at) AS expires_at FROM tokenjar.sessions
      WHERE id > $1 AND id < $2 ORDER BY id LIMIT ${BATCH}
    ), gone AS (
      DELETE FROM tokenjar.sessions WHERE id IN (
        SELECT s.id FROM tokenjar.sessions s
        WHERE s.id IN (SELECT id FROM page WHERE expires_at <= $3)
          AND least(s.idle_expires_at, s.absolute_expires_at) <= $3
        FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS gone, (SELECT count(*)::int FROM page) AS seen,
      (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last`,
);

/** Removes sessions, entries of the blacklist, tokens of emails and registrations once they have expired. */
@Injectable()
export class UsersPurge {
  constructor(
    purge: Purge,
    @Inject(OPTIONS)
    {
      refreshTokenLifetime,
      sessionMaxLifetime,
      leeway,
    }: Pick<Options, 'refreshTokenLifetime' | 'sessionMaxLifetime' | 'leeway'>,
  ) {
    const keptFor = MARGIN + leeway;
    purge.register('expired sessions', (db, now) => {
      const until = addSeconds(now, -keptFor);
      // None that began later can have expired.
      const began = addSeconds(until, -Math.min(refreshTokenLifetime, sessionMaxLifetime));
      const before = uuidv7({ msecs: Math.max(0, began.getTime()), seq: 0, random: new Uint8Array(16) });
      return walk(db, PAGE, NIL, before, until);
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
    purge.register(
      'registrations that nobody verified',
      expired({ table: 'pending_registrations', column: 'expires_at', key: 'email', keptFor }),
    );
  }
}
