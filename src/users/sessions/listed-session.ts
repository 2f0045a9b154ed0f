import { And, LessThan, MoreThan } from 'typeorm';
import { addSeconds } from '../../clock.js';
import type { Queries } from '../../database/database.js';
import { EndedSession } from './ended-session.entity.js';
import { Session } from './session.entity.js';

/** A session as shown in the user's list. */
export type ListedSession = Pick<Session, 'id' | 'userAgent' | 'ip' | 'createdAt' | 'lastUsedAt'> & {
  /** When it was bound to its device; null if it is not. Only with `DEVICE_BOUND_SESSIONS`. */
  boundAt?: Date | null;
};

/** An ended session as shown to its user. */
export type ListedEndedSession = Omit<ListedSession, 'boundAt'> & Pick<EndedSession, 'endedAt' | 'reason'>;

/** The last item of the previous page; the next page begins after it. */
export interface SeenLast {
  /** When it began; in the list of ended sessions, when it ended. */
  at: Date;
  id: string;
}

/** The default page size. */
const MOST_LISTED = 100;

/** How long an ended session is listed. **Unit** seconds. */
export const ENDED_SHOWN = 30 * 86_400;

const LISTED = { id: true, userAgent: true, ip: true, createdAt: true, lastUsedAt: true } as const;

/** Newest first. */
export function listLive(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
  isBindingShown = false,
): Promise<ListedSession[]> {
  const live = { userId, idleExpiresAt: MoreThan(now), absoluteExpiresAt: MoreThan(now) };
  return db.repository(Session).find({
    select: isBindingShown ? { ...LISTED, boundAt: true } : LISTED,
    where: after
      ? [
          { ...live, createdAt: LessThan(after.at) },
          { ...live, createdAt: after.at, id: LessThan(after.id) },
        ]
      : live,
    order: { createdAt: 'DESC', id: 'DESC' },
    take: count,
  });
}

/** Most recently ended first. */
export function listEnded(
  db: Queries,
  userId: number,
  now: Date,
  count = MOST_LISTED,
  after?: SeenLast,
): Promise<ListedEndedSession[]> {
  const shown = MoreThan(addSeconds(now, -ENDED_SHOWN));
  return db.repository(EndedSession).find({
    select: { ...LISTED, endedAt: true, reason: true },
    where: after
      ? [
          { userId, endedAt: And(shown, LessThan(after.at)) },
          { userId, endedAt: after.at, id: LessThan(after.id) },
        ]
      : { userId, endedAt: shown },
    order: { endedAt: 'DESC', id: 'DESC' },
    take: count,
  });
}
