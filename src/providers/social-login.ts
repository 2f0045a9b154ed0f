import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { IdTokenInput, SocialProof } from '../http/provider-payloads.js';
import { type DirectAnswer, DirectSignIn } from './direct-sign-in.js';
import { IdTokenSignIn } from './id-token-sign-in.js';
import { type PageReturn, SocialReturn } from './social-return.js';

/** Signs in with what a provider has given to the page or the app. */
@Injectable()
export class SocialLogin {
  constructor(
    private readonly back: SocialReturn,
    private readonly direct: DirectSignIn,
    private readonly idTokens: IdTokenSignIn,
  ) {}

  /** An ID token comes first, as in dj-rest-auth. **Errors** those of {@link SocialReturn} and {@link IdTokenSignIn}. */
  async enter(
    { input, ...returned }: PageReturn & { input: SocialProof },
    presence: Presence,
    caller: Caller,
  ): Promise<DirectAnswer> {
    const { idToken, nonce = '', remember, scope } = input;
    if (idToken !== undefined)
      return this.byIdToken(returned.provider, { idToken, nonce, remember, scope }, presence, caller);
    const attempt = this.back.attemptOf({ ...returned, input }, 'login');
    const found = await this.back.accountOf(attempt, input, caller);
    return this.direct.enter(found, { ...attempt, scope: attempt.scope ?? scope }, presence, caller);
  }

  private async byIdToken(
    provider: string,
    input: IdTokenInput,
    presence: Presence,
    caller: Caller,
  ): Promise<DirectAnswer> {
    try {
      return await this.idTokens.finish(provider, input, presence, caller);
    } catch (error) {
      if (!(error instanceof TokenjarError) || error.code !== 'provider_refused') throw error;
      const errors = { idToken: [error.message] };
      throw new TokenjarError('provider_refused', { errors, cause: error.cause });
    }
  }
}
