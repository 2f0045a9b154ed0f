import { Injectable } from '@nestjs/common';
import { type Caller, callerOf, type HttpRequest } from './caller.js';
import { type Answer, Cookies, type SentCookies } from './cookies.js';
import { OriginGuard } from './origin.guard.js';

/** Reads and answers requests that a host has got on its own routes. */
@Injectable()
export class GivenRequests {
  constructor(
    private readonly origins: OriginGuard,
    private readonly cookies: Cookies,
  ) {}

  /**
   * What a sign-in needs to know of it.
   *
   * @param isFromOtherSite whether it may come from a page of another site. **Errors** `origin_refused`.
   * @throws {TypeError} for a response that takes no cookies: the session would be one that nobody has.
   */
  read(request: object, response: object, isFromOtherSite: boolean): { caller: Caller; sent: SentCookies } {
    if (!('getHeader' in response) || typeof response.getHeader !== 'function')
      throw new TypeError('the response has to be what @Res({ passthrough: true }) gives');
    if (!isFromOtherSite) this.origins.demand(request as HttpRequest);
    return { caller: callerOf(request as HttpRequest), sent: this.cookies.sentBy(request as HttpRequest) };
  }

  /** Sets the cookies of an answer. @returns its result. */
  apply<Result>(answer: Answer<Result>, request: object, response: object): Result {
    return this.cookies.apply(answer, request as HttpRequest, response);
  }
}
