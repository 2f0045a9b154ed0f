import { epochSeconds } from '../../clock.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { expiryOf } from './refresh-rules.js';
import type { SessionWithUser } from './sessions.js';

/** The refresh token of a session, as a function of its row. */
export function refreshSubjectOf(session: SessionWithUser): RefreshSubject {
  return {
    userId: session.user.id,
    publicId: session.user.publicId,
    lookupId: session.lookupId,
    generation: session.generation,
    parentGeneration: session.parentGeneration,
    issuedAt: epochSeconds(session.rotatedAt),
    expiresAt: epochSeconds(expiryOf(session)),
  };
}
