import { Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { PendingSignIn, SecondFactorInput, SignInResult } from '../http/pending-sign-in.js';
import { KnownDevices } from './known-devices.js';
import { SecondFactor } from './second-factor.js';

/** POST /login/pending and /login/second-factor: what a pending login lacks, and its continuation. */
@ApiController()
export class SecondFactorController {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Operation('showPendingLogin')
  show(
    @Input() input: { loginToken?: string | undefined },
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<PendingSignIn> {
    return this.cookies.withPendingLogin(input, request, response, (secrets, sent) =>
      this.secondFactor.show(secrets, this.devices.of(sent)),
    );
  }

  @Operation('verifySecondFactor')
  async verify(
    @Input() input: SecondFactorInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const answer = await this.cookies.withPendingLogin(input, request, response, (secrets, sent) =>
      this.secondFactor.verify(secrets, input, this.devices.of(sent), caller),
    );
    return this.cookies.apply(answer, request, response);
  }
}
