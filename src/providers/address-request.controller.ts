import { Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { PendingCode } from '../http/pending-sign-in.js';
import type { AddressInput } from '../http/provider-payloads.js';
import { AddressRequest } from './address-request.js';

/** POST /login/email. */
@ApiController()
export class AddressRequestController {
  constructor(
    private readonly request: AddressRequest,
    private readonly cookies: Cookies,
  ) {}

  @Operation('requestIdentityCode')
  async ask(
    @Input() { email, loginToken }: AddressInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<PendingCode> {
    const sent = this.cookies.sentBy(request);
    // A body is written on purpose, a cookie rides along.
    const pendingIdentity = loginToken === undefined ? sent.pendingIdentity : [loginToken];
    const answer = await this.request.ask(email, { ...sent, pendingIdentity }, caller, languages);
    return this.cookies.apply(answer, request, response);
  }
}
