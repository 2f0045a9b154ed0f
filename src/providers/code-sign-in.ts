import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { ProviderCodeInput } from '../http/provider-payloads.js';
import { Limits } from '../limits/limits.js';
import { type DirectAnswer, DirectSignIn } from './direct-sign-in.js';
import { ProviderCodes } from './provider-codes.js';
import { Providers } from './providers.js';

/** Signs in with the code that an app, or a page of another site, got when its user came back from a provider. */
@Injectable()
export class CodeSignIn {
  constructor(
    private readonly codes: ProviderCodes,
    private readonly providers: Providers,
    private readonly direct: DirectSignIn,
    private readonly limits: Limits,
  ) {}

  /** **Errors** `login_expired`, `rate_limited`, and those of {@link DirectSignIn.enter}. */
  async finish(
    { code, codeVerifier }: ProviderCodeInput,
    presence: Presence,
    caller: Caller,
  ): Promise<DirectAnswer> {
    await this.limits.consume('provider_code', { caller });
    const { found, wanted } = await this.codes.consume(code, codeVerifier);
    if (!this.providers.has(found.provider)) throw new TokenjarError('login_expired');
    return this.direct.enter(found, wanted, presence, caller);
  }
}
