import { TokenjarError } from '../../errors.js';
import type { BlacklistMemory, JudgedSession, JudgedToken } from './blacklist-memory.js';
import type { FollowingRoles } from './following-roles.js';

/** Refuses what the blacklist knows of. **Errors** `token_blacklisted`, `token_outdated`, `user_inactive`. */
export function judge(
  token: JudgedSession | JudgedToken,
  memory: BlacklistMemory,
  roles: FollowingRoles | undefined,
): void {
  if (memory.refuses(token)) throw new TokenjarError('token_blacklisted');
  if (!('claimsEpoch' in token)) return;
  const { actor } = token;
  // An administrator who has signed out, or is none any more, does not act as anybody.
  if (actor && (memory.refuses(actor) || memory.changeSince(actor)))
    throw new TokenjarError('token_blacklisted');
  const change = memory.changeSince(token) ?? (roles?.outdates(token) ? 'token_outdated' : undefined);
  if (!change) return;
  // No refresh gives an actor another token.
  throw new TokenjarError(actor && change === 'token_outdated' ? 'token_blacklisted' : change);
}
