import type { BlacklistRow } from '../blacklist/blacklist-feed.js';
import type { ReplacingRow } from './session-statements.js';

/** What the browser of a sign-in had before. */
export interface SignedInBefore {
  /** The sessions proven by its cookies. **Shape** as in {@link RefreshSubject}. */
  lookupIds: readonly string[];
  /** The users of these sessions, so that the database knows where to look. */
  userIds: readonly number[];
  /** The protection of the name of the new session's cookie: 2 `__Host-`, 1 `__Secure-`, 0 none. */
  cookieProtection: number;
}

/** The blacklist entries of the sessions ended by a sign-in. */
export const replacedBy = (rows: ReplacingRow[]): BlacklistRow[] =>
  rows.flatMap(({ replaced_id, replaced_until }) =>
    replaced_id === null
      ? []
      : [
          {
            session_id: replaced_id,
            user_id: null,
            began_until: null,
            except_session_id: null,
            claims_epoch: null,
            reason: 'replaced' as const,
            expires_at: replaced_until,
          },
        ],
  );
