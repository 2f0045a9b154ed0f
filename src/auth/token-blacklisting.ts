import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { callerOf, type HttpRequest } from '../http/caller.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { PresentedToken } from './presented-token.js';
import { TokenVerification } from './token-verification.js';

/** Ending a session by its refresh token, whoever brings it. */
@Injectable()
export class TokenBlacklisting {
  constructor(
    private readonly ending: SessionEnding,
    private readonly presented: PresentedToken,
    private readonly verification: TokenVerification,
    private readonly cookie: RefreshCookie,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Ends the session of a token from the body, else of the cookie; the cookie goes if it was of that session, unless
   * dead cookies are left to the client.
   *
   * **Errors** `refresh_missing`, `cookie_ambiguous`, `token_*`; `token_blacklisted` the second time.
   */
  async blacklist(inBody: string | undefined, request: HttpRequest, response: unknown): Promise<void> {
    const token = inBody ?? (await this.presented.inCookie(request))?.value ?? null;
    if (token === null) throw new TokenjarError('refresh_missing');
    const { lookupId } = this.verification.verifyRefresh(token);
    if (!(await this.ending.endByLookup(lookupId, 'blacklist', callerOf(request))))
      throw new TokenjarError('token_blacklisted');
    if (!this.options.clearDeadCookie) return;
    for (const { name, value } of this.cookie.sent(request))
      if (this.verification.lookupIdOf(value) === lookupId) this.cookie.clear(request, response, name);
  }
}
