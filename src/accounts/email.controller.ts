import { Post } from '@nestjs/common';
import { type Caller, From, Languages } from '../http/caller.js';
import { Edge } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { EmailChangeInput } from '../http/operations.js';
import { Me, Principal, Protected, Public } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { EmailChange } from './email-change.js';
import { EmailVerification } from './email-verification.js';

/** POST /registration/verify-email and /resend-email, POST /email/change and /change/confirm. */
@Edge('account')
export class EmailController {
  constructor(
    private readonly verification: EmailVerification,
    private readonly change: EmailChange,
  ) {}

  @Public()
  @Post('registration/verify-email')
  @Operates('verifyEmail', 'Verify your address with the key of an email')
  @Refuses('input_invalid', 'body_malformed', 'link_invalid', 'database_unavailable')
  async verify(@Input() { key }: { key: string }, @From() caller: Caller): Promise<void> {
    await this.verification.confirm(key, caller);
  }

  @Public()
  @Post('registration/resend-email')
  @Operates('resendEmail', 'Have the email that verifies your address sent again')
  @Refuses('input_invalid', 'body_malformed', 'rate_limited', 'database_unavailable')
  async resend(
    @Input() { email }: { email?: string | undefined },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    if (email !== undefined) await this.verification.ask(email, caller, languages);
  }

  @Post('email/change')
  @Protected()
  @Operates('changeEmail', 'Move your account to another address, which gets an email to confirm it')
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'rate_limited')
  @Refuses('server_busy', 'database_unavailable')
  async ask(
    @Me() me: Principal,
    @Input() input: EmailChangeInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.change.ask(me, input, caller, languages);
  }

  @Public()
  @Post('email/change/confirm')
  @Operates('confirmEmailChange', 'Confirm your new address with the key of an email')
  @Refuses('input_invalid', 'body_malformed', 'link_invalid', 'email_taken', 'database_unavailable')
  async confirm(
    @Input() { key }: { key: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.change.confirm(key, caller, languages);
  }
}
