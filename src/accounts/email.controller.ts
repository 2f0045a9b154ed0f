import { Req } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { TokenVerification } from '../auth/token-verification.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { EmailChangeInput, EmailedKey } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { EmailChange } from './email-change.js';
import { EmailVerification } from './email-verification.js';

/** POST /registration/verify-email and /resend-email, POST /email/change and /change/confirm. */
@ApiController()
export class EmailController {
  constructor(
    private readonly verification: EmailVerification,
    private readonly change: EmailChange,
    private readonly tokens: TokenVerification,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('verifyEmail')
  async verify(
    @Req() request: HttpRequest,
    @Input() input: EmailedKey,
    @From() caller: Caller,
  ): Promise<void> {
    const sent = this.cookies.sentBy(request);
    const presence = await this.holders.presenceIn(sent, request.headers.authorization);
    await this.verification.confirm(input, presence, caller);
  }

  @Operation('resendEmail')
  async resend(
    @Input() { email }: { email?: string | undefined },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    if (email !== undefined) await this.verification.ask(email, caller, languages);
  }

  @Operation('changeEmail')
  async ask(
    @CurrentUser() me: Principal,
    @Input() input: EmailChangeInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.change.ask(me, input, caller, languages);
  }

  @Operation('confirmEmailChange')
  async confirm(
    @Req() request: HttpRequest,
    @Input() input: EmailedKey,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    const signedIn = await this.tokens.signedInBy(request.headers.authorization);
    await this.change.confirm(input, signedIn, caller, languages);
  }
}
