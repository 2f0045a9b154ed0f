import { z } from 'zod';
import { deviceOf } from '../http/device.js';
import { cursorInvalid, type Page } from '../http/paging.js';
import type { ListedSession, SeenLast } from '../users/sessions/listed-session.js';

/** More precise times would tell a thief when the victim refreshes. **Unit** milliseconds. */
const LAST_USED_STEP = 15 * 60 * 1000;

/** The key of a session in a list. **Shape** milliseconds since 1970 and a UUID. */
export const keyOf = (at: Date, id: string): string => `${at.getTime()}_${id}`;

/** The last session of the page before. **Errors** `input_invalid`. */
export function seenLast({ after }: Page): SeenLast | undefined {
  if (after === undefined) return undefined;
  const [, at = '', id = ''] = /^(\d{1,14})_([\da-f-]{36})$/.exec(after) ?? [];
  if (!z.uuid().safeParse(id).success) throw cursorInvalid();
  return { at: new Date(Number(at)), id };
}

/** A live session, for people to read. */
export const toLiveFacts = (session: ListedSession) => ({
  ...toFacts(session),
  isDeviceBound: (session.boundAt ?? null) !== null,
});

/** A session, for people to read. */
export const toFacts = ({ id, userAgent, ip, createdAt, lastUsedAt }: ListedSession) => ({
  id,
  device: deviceOf(userAgent),
  ip,
  createdAt,
  lastUsedAt: new Date(
    Math.max(createdAt.getTime(), Math.floor(lastUsedAt.getTime() / LAST_USED_STEP) * LAST_USED_STEP),
  ),
});
