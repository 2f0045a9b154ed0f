import { Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { LoginOptionsInput, PasskeyLoginInput, PublicKeyOptions } from '../http/passkey-payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { LoginOptions } from './login-options.js';
import { PasskeySignIn } from './passkey-sign-in.js';

/** POST /login/options, /login/passkey and /reauthenticate/options. */
@ApiController()
export class PasskeyLoginController {
  constructor(
    private readonly loginOptions: LoginOptions,
    private readonly signIn: PasskeySignIn,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Operation('loginOptions')
  async options(
    @Input() input: LoginOptionsInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<PublicKeyOptions> {
    const device = this.devices.of(this.cookies.sentBy(request));
    const answer = await this.loginOptions.begin(input, device);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('reauthenticationOptions')
  reauthenticationOptions(
    @Input() { method }: LoginOptionsInput,
    @CurrentUser() me: Principal,
    @Req() request: HttpRequest,
  ): Promise<PublicKeyOptions> {
    return this.loginOptions.again(method, me, this.devices.of(this.cookies.sentBy(request)));
  }

  @Operation('passkeyLogin')
  async login(
    @Input() input: PasskeyLoginInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const sent = this.cookies.sentBy(request);
    // A body is written on purpose, a cookie rides along.
    const secrets = input.loginToken === undefined ? sent.passkeyChallenge : [input.loginToken];
    const answer = await this.signIn.verify(secrets, input, this.devices.of(sent), caller);
    return this.cookies.apply(answer, request, response);
  }
}
