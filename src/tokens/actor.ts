import { TokenjarError } from '../errors.js';
import type { TokenUser, TokenUsers } from './token-user.js';

/** Who acts as the user of an access token: an administrator, in a session of their own. */
export interface Actor extends TokenUser {
  sessionId: string;
  /** The last change of the administrator that the token knows of. **Unit** milliseconds since 1970. */
  claimsEpoch: number;
}

/** How long an administrator may act as a user. **Unit** seconds. */
export const ACTING_LIFETIME = 3600;

/** **Source** RFC 8693 §4.1. */
export const actorClaim = (
  actor: Actor | undefined,
  users: TokenUsers,
): Record<string, unknown> | undefined =>
  actor && {
    sub: users.nameOf(actor),
    user_ref: users.refOf(actor),
    sid: actor.sessionId,
    claims_epoch: actor.claimsEpoch || undefined,
  };

/** Reads the claim `act`. A token that says it is of an actor is never one of the user. **Errors** `token_invalid`. */
export function readActor(act: unknown, users: TokenUsers): Actor | undefined {
  if (act === undefined) return undefined;
  const { sub, user_ref: ref, sid, claims_epoch: epoch = 0 } = (act ?? {}) as Record<string, unknown>;
  const user = typeof sub === 'string' ? users.read({ name: sub, ref }) : undefined;
  if (!user || typeof sid !== 'string') throw new TokenjarError('token_invalid');
  if (typeof epoch !== 'number') throw new TokenjarError('token_invalid');
  return { ...user, sessionId: sid, claimsEpoch: epoch };
}
