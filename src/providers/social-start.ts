import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { SocialStart as Start } from '../http/provider-payloads.js';
import type { Principal } from '../http/principal.js';
import { Limits } from '../limits/limits.js';
import { type Attempt, Attempts, NO_COOKIES } from './attempts.js';
import { Providers } from './providers.js';

/** A page that is about to send its browser to a provider. */
export interface SocialStarted {
  url: string;
  attempt: Attempt;
  /** The value of the cookie that binds the attempt to the browser; undefined if a verifier does. */
  sealed: string | undefined;
}

/** The way to a provider that sends the browser back to the page, as clients of dj-rest-auth have it. */
@Injectable()
export class SocialStart {
  constructor(
    private readonly providers: Providers,
    private readonly attempts: Attempts,
    private readonly limits: Limits,
  ) {}

  /**
   * The redirect URI is that of the settings. With a challenge the state is the sealed attempt, so that nothing has to be
   * kept, neither here nor in a cookie.
   *
   * @param me who links; undefined for a sign-in. **Errors** `method_not_available` without `…_CALLBACK_URL`, and for
   * providers that return by a form, which no page can read; `rate_limited`, `provider_unavailable`.
   */
  async begin(
    provider: string,
    { remember = true, scope, codeChallenge }: Start,
    me: Principal | undefined,
    caller: Caller,
  ): Promise<SocialStarted> {
    const { callbackUrl, returnsByForm } = this.providers.get(provider);
    if (callbackUrl === undefined || returnsByForm) throw new TokenjarError('method_not_available');
    await this.limits.consume('provider_start', { caller });
    const { attempt, sealed } = this.attempts.begin({
      provider,
      returnTo: callbackUrl,
      purpose: me ? 'link' : 'login',
      remember,
      ...(scope !== undefined && { scope }),
      browser: NO_COOKIES,
      page: { challenge: codeChallenge },
      ...(me && { userId: me.userId, sessionId: me.sessionId }),
    });
    if (codeChallenge === undefined)
      return { url: await this.providers.addressFor(attempt), attempt, sealed };
    const url = await this.providers.addressFor({ ...attempt, state: sealed });
    return { url, attempt, sealed: undefined };
  }
}
