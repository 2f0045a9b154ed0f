import { Param, Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { CurrentUser, Principal } from '../http/principal.js';
import type {
  ProviderRedirect,
  SocialProof,
  SocialReturn as Returned,
  SocialStart as Start,
} from '../http/provider-payloads.js';
import { ATTEMPT_LIFETIME } from './attempts.js';
import { SocialConnect } from './social-connect.js';
import { SocialLogin } from './social-login.js';
import { SocialStart } from './social-start.js';

/** The social endpoints of dj-rest-auth: /:provider, /:provider/connect, and the address that comes before. */
@ApiController()
export class SocialController {
  constructor(
    private readonly start: SocialStart,
    private readonly logins: SocialLogin,
    private readonly connects: SocialConnect,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('beginSocialLogin')
  beginLogin(
    @Param('provider') provider: string,
    @Input() input: Start,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<ProviderRedirect> {
    return this.begin(provider, input, undefined, caller, request, response);
  }

  @Operation('socialLogin')
  async login(
    @Param('provider') provider: string,
    @Input() input: SocialProof,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const sealed = this.sealedIn(input, request, response);
    const presence = await this.holders.presenceIn(
      this.cookies.sentBy(request),
      request.headers.authorization,
    );
    const answer = await this.logins.enter({ provider, input, sealed }, presence, caller);
    const result = this.cookies.apply(answer, request, response);
    if (result instanceof TokenjarError) throw result;
    return result;
  }

  @Operation('beginSocialConnect')
  beginConnect(
    @Param('provider') provider: string,
    @Input() input: Start,
    @CurrentUser() me: Principal,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<ProviderRedirect> {
    return this.begin(provider, input, me, caller, request, response);
  }

  @Operation('socialConnect')
  connect(
    @Param('provider') provider: string,
    @Input() input: Returned,
    @CurrentUser() me: Principal,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser> {
    const sealed = this.sealedIn(input, request, response);
    return this.connects.link({ provider, input, sealed }, me, caller);
  }

  private async begin(
    provider: string,
    input: Start,
    me: Principal | undefined,
    caller: Caller,
    request: HttpRequest,
    response: unknown,
  ): Promise<ProviderRedirect> {
    const { url, attempt, sealed } = await this.start.begin(provider, input, me, caller);
    if (sealed !== undefined)
      this.cookies.attempts.keepForPage(attempt.state, sealed, ATTEMPT_LIFETIME, request, response);
    return { url };
  }

  /** The attempts of the browser for this state; their cookies are cleared, because the code works once. */
  private sealedIn({ state = '' }: Returned, request: HttpRequest, response: unknown): string[] {
    const sealed = this.cookies.attempts.read(state, request);
    if (sealed.length > 0) this.cookies.attempts.forget(state, request, response);
    return sealed;
  }
}
