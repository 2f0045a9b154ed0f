import { Inject, Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { TokenAnswers } from '../auth/token-answer.js';
import { OPTIONS, type Options } from '../config/options.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { PasswordChangeInput, TokensAndUser } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { rotationAge } from '../users/sessions/refresh-rules.js';
import { PasswordChange } from './password-change.js';

/** POST /password/change. */
@ApiController()
export class PasswordController {
  constructor(
    private readonly change: PasswordChange,
    private readonly devices: KnownDevices,
    private readonly answers: TokenAnswers,
    private readonly cookies: Cookies,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  @Operation('changePassword')
  async changePassword(
    @CurrentUser() me: Principal,
    @Input() input: PasswordChangeInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser> {
    const { renewOnPasswordChange } = this.options;
    const renewAfter = renewOnPasswordChange ? rotationAge(this.options) : undefined;
    const changed = await this.change.change(me, input, caller, renewAfter);
    const { session, isRenewed, before, after, asked } = changed;
    const device = this.devices.of(this.cookies.sentBy(request));
    // A recent refresh token stays current, but the cookie that carries it may have been lost, so it is sent again.
    const outcome = isRenewed ? 'issued' : renewOnPasswordChange ? 'repeated' : 'kept';
    this.cookies.set(this.devices.remember(device, after, before), request, response);
    return this.cookies.apply(await this.answers.give(session, outcome, asked), request, response);
  }
}
