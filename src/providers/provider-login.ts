import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Presence } from '../auth/account-holders.js';
import type { Proof } from '../auth/entry.js';
import { SignIn } from '../auth/sign-in.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import type { User } from '../users/user.entity.js';
import { type FoundAccount, Linking } from './linking.js';

/** How somebody has shown that an account at a provider is theirs, and where. */
export type ProviderProof = Pick<Proof, 'methods' | 'device' | 'caller' | 'remember' | 'scope'> & {
  presence: Presence;
};

/** Signs in whoever has an account at a provider. */
@Injectable()
export class ProviderLogin {
  constructor(
    private readonly linking: Linking,
    private readonly signIn: SignIn,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns undefined if nobody knows them, and the provider has no verified address; the owner of the address if they
   * have to sign in to that account first. **Errors** `user_inactive`, `registration_closed`, `rate_limited`, and those of
   * {@link SignIn.finish}.
   */
  async enter(
    found: FoundAccount,
    { presence, ...proof }: ProviderProof,
  ): Promise<Answer<SignInResult> | { owner: User } | undefined> {
    const known = await this.linking.accountOf(found, presence, proof.caller);
    if (!known) return undefined;
    const account = 'owner' in known ? known.owner : known.user;
    if (!account.isActive) {
      await this.recordRefusal(account, 'user_inactive', proof.caller);
      throw new TokenjarError('user_inactive');
    }
    if ('owner' in known) {
      await this.recordRefusal(account, 'account_exists', proof.caller);
      return known;
    }
    return this.signIn.finish({
      ...proof,
      account,
      isNewAccount: known.isNew,
      ifChanged: 'login_expired',
    });
  }

  private async recordRefusal({ id: userId }: User, reason: ErrorCode, caller: Caller): Promise<void> {
    await this.audit.record({ event: 'login', outcome: 'failure', reason, userId, caller });
  }
}
