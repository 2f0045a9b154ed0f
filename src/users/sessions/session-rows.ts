import { pick } from '../../database/columns.js';
import { ACTIVE_USER_FIELDS, type ActiveUser, type SessionUser } from '../user.entity.js';
import type { SessionState } from './refresh-rules.js';
import { factsIn, type SessionFacts } from './session-facts.js';
import type { SessionRow } from './session-statements.js';

/** A session as its row has it, alive or expired, with its user. */
export interface SessionWithUser extends SessionState, SessionFacts {
  id: string;
  lookupId: string;
  user: SessionUser;
  /** Whether it is bound to a device; only known of a session that was found by its refresh token. */
  isBound?: boolean;
}

export function toSession(row: SessionRow): SessionWithUser {
  const { facts, publicId } = factsIn(row);
  return {
    id: row.session_id,
    lookupId: row.lookup_id.replaceAll('-', ''),
    generation: row.generation,
    parentGeneration: row.parent_generation,
    rotatedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    ...facts,
    user: toUser(row, publicId, row.isActive),
    ...(row.is_bound && { isBound: true }),
  };
}

/** The user of a row that holds a session too. */
export const toUser = (row: ActiveUser, publicId: string, isActive: boolean): SessionUser => ({
  ...pick(row, ACTIVE_USER_FIELDS),
  publicId,
  isActive,
});
