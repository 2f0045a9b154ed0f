import { Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { Admission } from '../auth/admission.js';
import { SignIn } from '../auth/sign-in.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import type { InvitationAcceptance } from '../http/invitation-payloads.js';
import { ApiController, Operation } from '../http/operation.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { Acceptance } from './acceptance.js';

/** POST /invitations/accept. */
@ApiController()
export class AcceptanceController {
  constructor(
    private readonly acceptance: Acceptance,
    private readonly signIn: SignIn,
    private readonly admission: Admission,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('acceptInvitation')
  async accept(
    @Input() input: InvitationAcceptance,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const sent = this.cookies.sentBy(request);
    const presence = await this.holders.presenceIn(sent, request.headers.authorization);
    const { account } = await this.acceptance.accept(input, { presence, caller, languages }, (user) =>
      this.admission.demand({ account: user, scope: input.scope }),
    );
    const answer = await this.signIn.finish({
      account,
      methods: ['pwd'],
      device: presence.device,
      caller,
      // Whoever has the link gets no notice about themselves.
      isNewAccount: true,
      remember: input.remember,
      scope: input.scope,
    });
    return this.cookies.apply(answer, request, response);
  }
}
