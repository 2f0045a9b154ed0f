import { Post, Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Edge } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { PasswordResetInput } from '../http/operations.js';
import { Public } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { PasswordReset } from './password-reset.js';

/** POST /password/reset and /password/reset/confirm. They leave the refresh cookie alone, so they are for any page. */
@Edge('account', 'password/reset')
export class PasswordResetController {
  constructor(
    private readonly reset: PasswordReset,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Public()
  @Post()
  @Operates('resetPassword', 'Have an email sent that sets a new password')
  @Refuses('input_invalid', 'body_malformed', 'rate_limited', 'database_unavailable')
  async ask(
    @Input() { email }: { email: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.reset.ask(email, caller, languages);
  }

  @Public()
  @Post('confirm')
  @Operates('confirmPasswordReset', 'Set a new password with the token of an email; all your sessions end')
  @Refuses('input_invalid', 'body_malformed', 'link_invalid')
  @Refuses('password_too_short', 'password_too_long', 'password_same_as_email', 'password_too_similar')
  @Refuses('password_too_common', 'password_breached', 'password_numeric', 'password_mismatch')
  @Refuses('server_busy', 'database_unavailable')
  async confirm(
    @Input() input: PasswordResetInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const changed = await this.reset.confirm(input, caller, languages);
    if (!changed) return;
    const device = this.devices.of(this.cookies.sentBy(request));
    this.cookies.set(this.devices.keep(device, changed.after, changed.before), request, response);
  }
}
