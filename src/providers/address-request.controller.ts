import { Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
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
    @Input() { email }: { email: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const answer = await this.request.ask(email, this.cookies.sentBy(request), caller, languages);
    this.cookies.apply(answer, request, response);
  }
}
