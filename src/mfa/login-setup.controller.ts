import { Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { SecondFactor } from '../auth/second-factor.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { TotpSetupFacts } from '../http/payloads.js';
import type { LoginSetupInput } from '../http/pending-sign-in.js';
import { TotpSecrets } from './totp-secrets.js';

/** POST /login/setup: an authenticator app for a login that cannot go on without a second factor. */
@ApiController()
export class LoginSetupController {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly secrets: TotpSecrets,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Operation('setUpLoginFactor')
  async setUp(
    @Input() input: LoginSetupInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TotpSetupFacts> {
    return this.cookies.withPendingLogin(input, request, response, async (secrets, sent) => {
      const { need, progress } = await this.secondFactor.resume(secrets, this.devices.of(sent));
      const { account, loginId } = progress;
      if (need.kind !== 'second_factor_setup' || input.method !== 'totp' || loginId === undefined)
        throw new TokenjarError('method_not_available');
      return this.secrets.begin(`login ${loginId}`, account);
    });
  }
}
