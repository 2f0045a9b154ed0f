import { Inject, Injectable } from '@nestjs/common';
import { StepUp } from '../auth/step-up.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { SentCookies } from '../http/cookies.js';
import type { ProviderStart as Start } from '../http/provider-payloads.js';
import type { Principal } from '../http/principal.js';
import { Limits } from '../limits/limits.js';
import { type Attempt, Attempts, keptOf, NO_COOKIES } from './attempts.js';
import { Providers } from './providers.js';
import { isNativeAddress, returnAddress } from './return-to.js';

/** A browser that is about to go to a provider. */
export interface Started {
  url: string;
  attempt: Attempt;
  /** The value of the cookie that binds the attempt to the browser; null if nothing does. */
  sealed: string | null;
  returnsByForm: boolean;
}

/** The way to a provider. */
@Injectable()
export class ProviderStart {
  constructor(
    private readonly providers: Providers,
    private readonly attempts: Attempts,
    private readonly stepUp: StepUp,
    private readonly limits: Limits,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * @param me who links or authenticates again; undefined for a sign-in. **Errors** `provider_not_found`,
   * `return_to_refused`, `rate_limited`, `provider_unavailable`; `method_not_available` for sign-ins without cookies;
   * `insufficient_user_authentication` for links.
   */
  async begin(
    provider: string,
    input: Start,
    me: Principal | undefined,
    cookies: SentCookies,
    caller: Caller,
  ): Promise<Started> {
    const client = this.providers.get(provider);
    const returnTo = this.returnAddressOf(input);
    if (returnTo === undefined) throw new TokenjarError('return_to_refused');
    const { purpose, remember = true, scope, codeChallenge } = input;
    // There is no cookie that could carry the refresh token back: a code has to.
    if (purpose === 'login' && codeChallenge === undefined && this.options.refreshTokenIn === 'body')
      throw new TokenjarError('method_not_available');
    await this.limits.consume('provider_start', { caller });
    // A link is a way in: a stolen access token must not be enough.
    if (me && purpose === 'link') await this.stepUp.demandFreshById(me);
    const facts = { provider, returnTo, purpose, remember, ...(scope !== undefined && { scope }) };
    const { attempt, sealed } =
      codeChallenge === undefined
        ? this.attempts.begin({
            ...facts,
            browser: keptOf(cookies),
            ...(me && { userId: me.userId, sessionId: me.sessionId }),
          })
        : {
            attempt: this.attempts.beginUnbound({ ...facts, browser: NO_COOKIES, codeChallenge }),
            sealed: null,
          };
    const url = await this.providers.addressFor(attempt);
    return { url, attempt, sealed, returnsByForm: client.returnsByForm };
  }

  private returnAddressOf({ returnTo, codeChallenge }: Start): string | undefined {
    if (codeChallenge === undefined) return returnAddress(returnTo, this.options);
    return isNativeAddress(returnTo, this.options) ? returnTo : undefined;
  }
}
