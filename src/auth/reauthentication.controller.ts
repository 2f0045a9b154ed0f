import { Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { ReauthenticationInput } from '../http/pending-sign-in.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { KnownDevices } from './known-devices.js';
import { Reauthentication } from './reauthentication.js';
import { TokenAnswers } from './token-answer.js';

/** POST /reauthenticate. */
@ApiController()
export class ReauthenticationController {
  constructor(
    private readonly reauthentication: Reauthentication,
    private readonly devices: KnownDevices,
    private readonly answers: TokenAnswers,
    private readonly cookies: Cookies,
  ) {}

  @Operation('reauthenticate')
  async reauthenticate(
    @CurrentUser() me: Principal,
    @Input() input: ReauthenticationInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser> {
    const device = this.devices.of(this.cookies.sentBy(request));
    const { session, outcome } = await this.reauthentication.authenticate(me, input, device, caller);
    return this.cookies.apply(await this.answers.give(session, outcome), request, response);
  }
}
