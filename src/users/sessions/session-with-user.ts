import { epochSeconds } from '../../clock.js';
import { pick } from '../../database/columns.js';
import type { Authentication, AuthMethod } from '../../tokens/authentication.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { expiryOf, type SessionState } from './refresh-rules.js';
import type { SessionRow } from './session-statements.js';
import { ACTIVE_USER_FIELDS, type ActiveUser, type SessionUser } from '../user.entity.js';

/** A session as its row has it, alive or expired, with its user. */
export interface SessionWithUser extends SessionState {
  id: string;
  lookupId: string;
  /** Whether it outlives the browser. */
  isRemembered: boolean;
  authentication: Authentication;
  user: SessionUser;
}

/** The refresh token of a session, as a function of its row. */
export function refreshSubjectOf(session: SessionWithUser): RefreshSubject {
  return {
    userId: session.user.id,
    lookupId: session.lookupId,
    generation: session.generation,
    issuedAt: epochSeconds(session.rotatedAt),
    expiresAt: epochSeconds(expiryOf(session)),
  };
}

export function toSession(row: SessionRow): SessionWithUser {
  return {
    id: row.session_id,
    lookupId: row.lookup_id.replaceAll('-', ''),
    generation: row.generation,
    parentGeneration: row.parent_generation,
    rotatedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    ...toSignIn(row),
    user: toUser(row, row.isActive),
  };
}

/** The user of a row that holds a session too. */
export const toUser = (row: ActiveUser, isActive: boolean): SessionUser => ({
  ...pick(row, ACTIVE_USER_FIELDS),
  isActive,
});

/** What the one column says of how a session began. */
export function toSignIn({
  authentication,
}: Pick<SessionRow, 'authentication'>): Pick<SessionWithUser, 'authentication' | 'isRemembered'> {
  const [time, remember, ...methods] = authentication.split(' ');
  return {
    authentication: { time: Number(time), methods: methods as AuthMethod[] },
    isRemembered: remember === 't',
  };
}
