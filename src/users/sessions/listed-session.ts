import { addSeconds } from '../../clock.js';
import type { Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import type { EndReason } from '../blacklist/blacklist-entry.entity.js';

/** A session as its user sees it in a list. */
export interface ListedSession {
  id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: Date;
  lastUsedAt: Date;
}

/** A session that was ended, as its user sees it. */
export interface ListedEndedSession extends ListedSession {
  endedAt: Date;
  reason: EndReason;
}

/** The last one of a page that was seen: the next begins after it. */
export interface SeenLast {
  /** When it began, or in the list of those that ended, when it ended. */
  at: Date;
  id: string;
}

/** {@link SeenLast} as parameters. */
type After = [at: Date | null, id: string | null];

const COLUMNS = `id, user_agent AS "userAgent", host(ip) AS ip, created_at AS "createdAt", last_used_at AS "lastUsedAt"`;

/** Newest first. */
const LIST = statement<[userId: number, now: Date, count: number, ...after: After], ListedSession>(
  'session_list',
  `SELECT ${COLUMNS} FROM tokenjar.sessions
    WHERE user_id = $1 AND idle_expires_at > $2 AND absolute_expires_at > $2
      AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
    ORDER BY created_at DESC, id DESC LIMIT $3`,
);

/** Newest first. */
const LIST_ENDED = statement<
  [userId: number, endedAfter: Date, count: number, ...after: After],
  ListedEndedSession
>(
  'session_list_ended',
  `SELECT ${COLUMNS}, ended_at AS "endedAt", reason FROM tokenjar.ended_sessions
    WHERE user_id = $1 AND ended_at > $2 AND ($4::timestamptz IS NULL OR (ended_at, id) < ($4, $5::uuid))
    ORDER BY ended_at DESC, id DESC LIMIT $3`,
);

/** How many are listed where nobody says. */
const MOST_LISTED = 100;

/** How long a session that ended is shown with its reason. **Unit** seconds. */
export const ENDED_SHOWN = 30 * 86_400;

export function listLive(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
): Promise<ListedSession[]> {
  return db.run(LIST, [userId, now, count, after?.at ?? null, after?.id ?? null]);
}

export function listEnded(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
): Promise<ListedEndedSession[]> {
  const since = addSeconds(now, -ENDED_SHOWN);
  return db.run(LIST_ENDED, [userId, since, count, after?.at ?? null, after?.id ?? null]);
}
