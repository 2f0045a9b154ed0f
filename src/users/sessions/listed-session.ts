import { addSeconds } from '../../clock.js';
import type { Queries } from '../../database/database.js';
import type { EndReason } from '../blacklist/blacklist-entry.entity.js';
import { LIST, LIST_ENDED, type ListedRow } from './session-statements.js';

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

/** How many are listed where nobody says. */
const MOST_LISTED = 100;

/** How long a session that ended is shown with its reason. **Unit** seconds. */
export const ENDED_SHOWN = 30 * 86_400;

export async function listLive(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
): Promise<ListedSession[]> {
  const values = [userId, now, count, after?.at ?? null, after?.id ?? null];
  return (await db.run<ListedRow>(LIST, values)).map(toListed);
}

export async function listEnded(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
): Promise<ListedEndedSession[]> {
  const values = [userId, addSeconds(now, -ENDED_SHOWN), count, after?.at ?? null, after?.id ?? null];
  const rows = await db.run<ListedRow & { ended_at: Date; reason: EndReason }>(LIST_ENDED, values);
  return rows.map((row) => ({ ...toListed(row), endedAt: row.ended_at, reason: row.reason }));
}

const toListed = ({ id, user_agent, ip, created_at, last_used_at }: ListedRow): ListedSession => ({
  id,
  userAgent: user_agent,
  ip,
  createdAt: created_at,
  lastUsedAt: last_used_at,
});
