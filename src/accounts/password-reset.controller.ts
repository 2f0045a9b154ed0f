import { Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { KnownDevices } from '../auth/known-devices.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { Named, PasswordResetInput } from '../http/payloads.js';
import { PasswordReset } from './password-reset.js';

/**
 * POST /password/reset and /password/reset/confirm. They do not touch the refresh cookie, so pages of any origin may
 * call them.
 */
@ApiController()
export class PasswordResetController {
  constructor(
    private readonly reset: PasswordReset,
    private readonly devices: KnownDevices,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('resetPassword')
  async ask(
    @Input() named: Named,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.reset.ask(named, caller, languages);
  }

  @Operation('confirmPasswordReset')
  async confirm(
    @Input() input: PasswordResetInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const sent = this.cookies.sentBy(request);
    const presence = await this.holders.presenceIn(sent, request.headers.authorization);
    const changed = await this.reset.confirm(input, presence, caller, languages);
    if (!changed) return;
    const device = this.devices.of(sent);
    this.cookies.set(this.devices.keep(device, changed.after, changed.before), request, response);
  }
}
