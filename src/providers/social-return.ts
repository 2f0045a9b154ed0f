import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { SocialReturn as Returned } from '../http/provider-payloads.js';
import { Limits } from '../limits/limits.js';
import { type Attempt, Attempts } from './attempts.js';
import type { FoundAccount } from './linking.js';
import { Providers } from './providers.js';

/** What a page got from a provider, and the attempts of its browser. */
export interface PageReturn {
  provider: string;
  input: Returned;
  /** The values of the cookies of attempts. */
  sealed: readonly string[];
}

/** The way back from a provider to the page, and from the page to us, as clients of dj-rest-auth have it. */
@Injectable()
export class SocialReturn {
  constructor(
    private readonly attempts: Attempts,
    private readonly providers: Providers,
    private readonly limits: Limits,
  ) {}

  /** The attempt that this browser, or the holder of the verifier, has begun. **Errors** `access_token_refused`, `state_missing`. */
  attemptOf({ provider, input, sealed }: PageReturn, purpose: Attempt['purpose']): Attempt {
    const { code, state = '', codeVerifier, accessToken } = input;
    if (code === undefined && accessToken !== undefined) throw new TokenjarError('access_token_refused');
    const attempt =
      codeVerifier === undefined
        ? this.attempts.findOfPage(sealed, provider, state)
        : this.attempts.findByVerifier(state, provider, codeVerifier);
    if (attempt?.purpose !== purpose) throw new TokenjarError('state_missing');
    return attempt;
  }

  /** Exchanges the code. **Errors** `provider_refused`, `provider_unavailable`, `rate_limited`. */
  async accountOf(attempt: Attempt, { code = '', iss }: Returned, caller: Caller): Promise<FoundAccount> {
    const { provider, state } = attempt;
    await this.limits.consume('provider_return', { caller });
    const parameters = new URLSearchParams({ code, state, ...(iss !== undefined && { iss }) });
    try {
      return { ...(await this.providers.get(provider).accountFor(parameters, attempt)), provider };
    } catch (error) {
      if (error instanceof TokenjarError) this.providers.warnOf(provider, error);
      throw error;
    }
  }
}
