import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { linkTo } from '../mail/links.js';
import { shownIdOf } from '../user-id.js';
import { ownerState } from './address-state.js';
import { OneTimeTokens } from './one-time-tokens.js';
import type { User } from './user.entity.js';

/** **Unit** seconds. **Source** ASVS 5.0 6.4.1 (a secret that is set by others is short-lived, and used once). */
export const PASSWORD_LINK_LIFETIME = 86_400;

/**
 * Links that set the password of an account, once, for whoever hands them to the user: they are not mailed. Commands
 * have no secret, so none is needed.
 */
@Injectable()
export class PasswordLinks {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly audit: Audit,
    @Inject(OPTIONS)
    private readonly options: Pick<
      Options,
      'port' | 'frontendUrl' | 'publicUrl' | 'resetPasswordLink' | 'userId'
    >,
  ) {}

  /** It works until the password, the address or the state of the account changes. */
  async make(
    user: Pick<User, 'id' | 'publicId' | 'email' | 'credentialsEpoch'>,
    by: Caller,
    queries: Queries,
  ): Promise<string> {
    const boundTo = ownerState({ account: user, registration: undefined });
    const facts = { userId: user.id, boundTo, email: user.email ?? '' };
    const lifetime = PASSWORD_LINK_LIFETIME;
    const key = await this.tokens.issue('reset_password', facts, { lifetime }, queries);
    if (key === undefined) throw new TypeError('a random token is always new');
    const requested = { event: 'password_reset_requested', outcome: 'success', userId: user.id } as const;
    await this.audit.record({ ...requested, caller: by }, queries);
    const userId = shownIdOf(user, this.options);
    return linkTo(this.options, this.options.resetPasswordLink, { key, userId });
  }
}
