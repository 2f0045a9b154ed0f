import { Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies, pendingLoginsIn } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { LoginCodeInput, LoginCodeRequest, PendingCode, SignInResult } from '../http/pending-sign-in.js';
import { CodeLogin } from './code-login.js';
import { AccountHolders } from './account-holders.js';
import { KnownDevices } from './known-devices.js';

/** POST /login/code, /login/code/confirm and /login/code/show. */
@ApiController()
export class LoginCodeController {
  constructor(
    private readonly login: CodeLogin,
    private readonly devices: KnownDevices,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('requestLoginCode')
  async ask(
    @Input() input: LoginCodeRequest,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<PendingCode> {
    const sent = this.cookies.sentBy(request);
    const previous = pendingLoginsIn(input, sent);
    const answer = await this.login.ask(input, previous, this.devices.of(sent), caller, languages);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('confirmLoginCode')
  async confirm(
    @Input() input: LoginCodeInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const answer = await this.cookies.withPendingLogin(input, request, response, async (secrets, sent) => {
      const presence = await this.holders.presenceIn(sent, request.headers.authorization);
      return this.login.confirm(secrets, input, this.devices.of(sent), presence, caller);
    });
    return this.cookies.apply(answer, request, response);
  }

  @Operation('showLoginCode')
  async show(@Input() { key }: { key: string }): Promise<{ code: string }> {
    return { code: await this.login.show(key) };
  }
}
