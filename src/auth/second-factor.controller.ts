import { Req, Res } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { SecondFactorInput, SignInResult } from '../http/pending-sign-in.js';
import { KnownDevices } from './known-devices.js';
import { SecondFactor } from './second-factor.js';

/** POST /login/second-factor: continues a pending login. */
@ApiController()
export class SecondFactorController {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Operation('verifySecondFactor')
  async verify(
    @Input() input: SecondFactorInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const sent = this.cookies.sentBy(request);
    // A secret in the body is sent on purpose, a cookie automatically, so the body takes precedence.
    const secrets = input.loginToken === undefined ? sent.pendingLogin : [input.loginToken];
    try {
      const answer = await this.secondFactor.verify(secrets, input, this.devices.of(sent), caller);
      return this.cookies.apply(answer, request, response);
    } catch (error) {
      const isExpired = error instanceof TokenjarError && error.code === 'login_expired';
      if (isExpired && secrets === sent.pendingLogin)
        this.cookies.set([{ cookie: 'pendingLogin', value: null }], request, response);
      throw error;
    }
  }
}
