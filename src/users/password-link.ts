import type { Audit } from '../audit/audit.js';
import type { Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { linkTo } from '../mail/links.js';
import { ownerState } from './address-state.js';
import type { OneTimeTokens } from './one-time-tokens.js';
import type { User } from './user.entity.js';

/** **Unit** seconds. **Source** ASVS 5.0 6.4.1 (a secret that is set by others is short-lived, and used once). */
export const PASSWORD_LINK_LIFETIME = 86_400;

/** What makes a link that sets a password. Commands have no secret, so it needs none. */
export interface PasswordLinkMaker {
  tokens: OneTimeTokens;
  audit: Audit;
  options: Pick<Options, 'port' | 'frontendUrl' | 'publicUrl' | 'resetPasswordLink'>;
}

/**
 * Makes a link that sets the password of an account, once, for whoever hands it to the user: it is not mailed. It works
 * until the password, the address or the state of the account changes.
 */
export async function passwordLinkFor(
  user: Pick<User, 'id' | 'email' | 'credentialsEpoch'>,
  { tokens, audit, options }: PasswordLinkMaker,
  by: Caller,
  queries: Queries,
): Promise<string> {
  const boundTo = ownerState({ account: user, registration: undefined });
  const facts = { userId: user.id, boundTo, email: user.email ?? '' };
  const key = await tokens.issue('reset_password', facts, { lifetime: PASSWORD_LINK_LIFETIME }, queries);
  if (key === undefined) throw new TypeError('a random token is always new');
  const requested = { event: 'password_reset_requested', outcome: 'success', userId: user.id } as const;
  await audit.record({ ...requested, caller: by }, queries);
  return linkTo(options, options.resetPasswordLink, { key, userId: user.id });
}
