import { TokenjarError } from '../errors.js';

/** Who acts as the user of an access token: an administrator, in a session of their own. */
export interface Actor {
  userId: number;
  sessionId: string;
  /** The last change of the administrator that the token knows of. **Unit** milliseconds since 1970. */
  claimsEpoch: number;
}

/** How long an administrator may act as a user. **Unit** seconds. */
export const ACTING_LIFETIME = 3600;

/** **Source** RFC 8693 §4.1. */
export const actorClaim = (actor: Actor | undefined): Record<string, unknown> | undefined =>
  actor && { sub: String(actor.userId), sid: actor.sessionId, claims_epoch: actor.claimsEpoch || undefined };

/** Reads the claim `act`. A token that says it is of an actor is never one of the user. **Errors** `token_invalid`. */
export function readActor(act: unknown): Actor | undefined {
  if (act === undefined) return undefined;
  const { sub, sid, claims_epoch: epoch = 0 } = (act ?? {}) as Record<string, unknown>;
  if (typeof sub !== 'string' || !/^[1-9]\d{0,15}$/.test(sub) || typeof sid !== 'string')
    throw new TokenjarError('token_invalid');
  if (typeof epoch !== 'number') throw new TokenjarError('token_invalid');
  return { userId: Number(sub), sessionId: sid, claimsEpoch: epoch };
}
