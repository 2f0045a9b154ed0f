import { Param, Req, Res, UseGuards } from '@nestjs/common';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { Principal } from '../http/principal.js';
import type {
  ProviderFacts,
  ProviderRedirect,
  ProviderStart as ProviderStartInput,
} from '../http/provider-payloads.js';
import { ATTEMPT_LIFETIME } from './attempts.js';
import { ProviderStart } from './provider-start.js';
import { Providers } from './providers.js';
import { PurposeGuard } from './purpose.guard.js';

/** GET /providers, and the way to one. */
@ApiController()
export class ProvidersController {
  constructor(
    private readonly providers: Providers,
    private readonly start: ProviderStart,
    private readonly cookies: Cookies,
  ) {}

  @Operation('listProviders')
  list(): ProviderFacts[] {
    return this.providers.list();
  }

  @Operation('startProvider')
  @UseGuards(PurposeGuard)
  async begin(
    @Param('provider') provider: string,
    @Input() input: ProviderStartInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<ProviderRedirect> {
    // Set by the guard, for purposes that need it.
    const me = request.user instanceof Principal ? request.user : undefined;
    const { url, attempt, sealed, returnsByForm } = await this.start.begin(
      provider,
      input,
      me,
      this.cookies.sentBy(request),
      caller,
    );
    if (sealed !== null)
      this.cookies.attempts.keep(attempt.state, sealed, ATTEMPT_LIFETIME, returnsByForm, request, response);
    return { url };
  }
}
