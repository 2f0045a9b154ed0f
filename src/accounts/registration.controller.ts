import { Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { stateOf } from '../http/request-state.js';
import type { NewAccount } from '../http/payloads.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { Registration } from './registration.js';

/** POST /registration, also known as /signup. */
@ApiController()
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Operation('register')
  async register(
    @Input() input: NewAccount,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult | undefined> {
    const account = await this.registration.register(input, caller, languages);
    if (!account) {
      stateOf(request).code = 'email_not_verified';
      return undefined;
    }
    const device = this.devices.of(this.cookies.sentBy(request));
    const answer = await this.signIn.finish({
      account,
      methods: ['pwd'],
      device,
      caller,
      isNewAccount: true,
      remember: input.remember,
      scope: input.scope,
    });
    return this.cookies.apply(answer, request, response);
  }
}
