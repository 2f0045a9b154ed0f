import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { IdTokenInput, ProviderNonce } from '../http/provider-payloads.js';
import { Limits } from '../limits/limits.js';
import { type DirectAnswer, DirectSignIn } from './direct-sign-in.js';
import { NONCE_LIFETIME, ProviderNonces } from './provider-nonces.js';
import { Providers } from './providers.js';

/**
 * Signs in with an ID token that the client got from a provider itself, as the SDKs for apps give it.
 *
 * An access token of a provider is never accepted: it does not say for whom it was issued.
 */
@Injectable()
export class IdTokenSignIn {
  constructor(
    private readonly providers: Providers,
    private readonly nonces: ProviderNonces,
    private readonly direct: DirectSignIn,
    private readonly limits: Limits,
  ) {}

  /** Begins one. **Errors** `provider_not_found`, `method_not_available` for providers without ID tokens. */
  begin(provider: string): ProviderNonce {
    this.providers.get(provider).demandIdTokens();
    return { nonce: this.nonces.issue(provider), expiresIn: NONCE_LIFETIME };
  }

  /**
   * The nonce is used up by a genuine token alone, so nobody can use up that of somebody else.
   *
   * **Errors** `login_expired` for a nonce that is not ours, has expired or was used; `provider_refused`,
   * `provider_unavailable`, `rate_limited`, and those of {@link DirectSignIn.enter} and {@link begin}.
   */
  async finish(
    provider: string,
    { idToken, nonce, remember = true, scope }: IdTokenInput,
    presence: Presence,
    caller: Caller,
  ): Promise<DirectAnswer> {
    const client = this.providers.get(provider);
    client.demandIdTokens();
    const { forms, expiresAt } = this.nonces.formsOf(provider, nonce);
    await this.limits.consume('provider_token', { caller });
    try {
      const account = await client.accountOf(idToken, forms);
      await this.nonces.consume(nonce, expiresAt);
      return await this.direct.enter({ ...account, provider }, { remember, scope }, presence, caller);
    } catch (error) {
      if (error instanceof TokenjarError) this.providers.warnOf(provider, error);
      throw error;
    }
  }
}
