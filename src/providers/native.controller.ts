import { Param, Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import type { IdTokenInput, ProviderCodeInput, ProviderNonce } from '../http/provider-payloads.js';
import { CodeSignIn } from './code-sign-in.js';
import type { DirectAnswer } from './direct-sign-in.js';
import { IdTokenSignIn } from './id-token-sign-in.js';

/** POST /providers/token, /providers/:provider/nonce and /providers/:provider/token: for apps, and pages of other sites. */
@ApiController()
export class NativeController {
  constructor(
    private readonly idTokens: IdTokenSignIn,
    private readonly codes: CodeSignIn,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('createProviderNonce')
  nonce(@Param('provider') provider: string): ProviderNonce {
    return this.idTokens.begin(provider);
  }

  @Operation('idTokenLogin')
  async idToken(
    @Param('provider') provider: string,
    @Input() input: IdTokenInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const presence = await this.holders.presenceIn(this.cookies.sentBy(request));
    return this.apply(await this.idTokens.finish(provider, input, presence, caller), request, response);
  }

  @Operation('providerCodeLogin')
  async code(
    @Input() input: ProviderCodeInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const presence = await this.holders.presenceIn(this.cookies.sentBy(request));
    return this.apply(await this.codes.finish(input, presence, caller), request, response);
  }

  private apply(answer: DirectAnswer, request: HttpRequest, response: unknown): SignInResult {
    const result = this.cookies.apply(answer, request, response);
    if (result instanceof TokenjarError) throw result;
    return result;
  }
}
