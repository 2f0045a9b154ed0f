import { Inject, Injectable } from '@nestjs/common';
import { type By, byOf, recorded } from '../../audit/audit.js';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import type { Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import type { Caller } from '../../http/caller.js';
import { type AuthMethod, isPossession } from '../../tokens/authentication.js';

const REAUTHENTICATE = statement<
  [
    id: string,
    userId: number,
    now: Date,
    methods: readonly AuthMethod[],
    isPossession: boolean,
    recentSince: Date,
    ...by: By,
  ],
  { id: string }
>(
  'session_reauthenticate',
  `WITH s AS (
      UPDATE tokenjar.sessions SET authenticated_at = $3,
        auth_methods = CASE WHEN $5 OR (created_at >= $6 AND coalesce(authenticated_at, created_at) = created_at)
          THEN auth_methods || ARRAY(SELECT m FROM unnest($4::text[]) m WHERE m <> ALL (auth_methods))
          ELSE $4 END
      WHERE id = $1 AND user_id = $2 AND idle_expires_at > $3 AND absolute_expires_at > $3
      RETURNING id, user_id
    ), entered AS (
      ${recorded({ at: '$3', event: 'reauthentication', reason: `array_to_string($4::text[], ' ')`, userId: 's.user_id', sessionId: 's.id', by: 7 }, 's')}
    )
    SELECT id FROM s`,
);

/** Notes in a session that its user has authenticated again. */
@Injectable()
export class SessionReauthentication {
  constructor(
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'freshSignIn'>,
  ) {}

  /**
   * Moves the time of the sign-in to now.
   *
   * What was proven before still counts beside something that the user has, or if it was proven at a recent sign-in.
   * A password alone must not renew a second factor again and again: it does so once, and not long after the sign-in.
   *
   * @param methods those proven now. @returns false if the session is not alive.
   */
  async note(
    { userId, sessionId }: { userId: number; sessionId: string },
    methods: readonly AuthMethod[],
    tx: Queries,
    caller: Caller,
  ): Promise<boolean> {
    const now = this.clock.now();
    const recentSince = addSeconds(now, -this.options.freshSignIn);
    const rows = await tx.run(REAUTHENTICATE, [
      sessionId,
      userId,
      now,
      methods,
      methods.some(isPossession),
      recentSince,
      ...byOf(caller),
    ]);
    return rows.length === 1;
  }
}
