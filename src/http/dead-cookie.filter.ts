import { Catch, Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { Cookies } from './cookies.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { HostGlobals } from './host-globals.js';
import { ProblemFilter } from './problem.filter.js';
import { RefusedRequests } from './refused-requests.js';
import { stateOf } from './request-state.js';

/**
 * Renders a failed refresh, and clears the cookie if its token can never work again.
 *
 * A token that may work in a moment (503, a lost race) keeps its cookie: clearing it would sign an honest user out, or
 * delete the cookie that another tab has just received. A cookie that we did not sign is not touched either, because
 * another app on the same host may use the name.
 */
@Catch()
@Injectable()
export class DeadCookieFilter extends ProblemFilter {
  constructor(
    @Inject(OPTIONS) private readonly settings: Options,
    @Inject(DIALECT) dialect: Dialect,
    private readonly cookies: Cookies,
    refused: RefusedRequests,
    globals: HostGlobals,
  ) {
    super(settings, dialect, refused, globals);
  }

  protected override prepare(thrown: unknown, request: HttpRequest, response: unknown): void {
    const isDead = thrown instanceof TokenjarError && thrown.isDeadToken;
    const { refreshCookie } = stateOf(request);
    if (isDead && this.settings.clearDeadCookie && refreshCookie !== undefined)
      this.cookies.refresh.clear(request, response, refreshCookie);
    // The browser makes a new proof before the next attempt.
    if (thrown instanceof TokenjarError && thrown.code === 'device_proof_required')
      this.cookies.devices.clearProof(request, response);
    // The next attempt then sends a single cookie, the one set here.
    if (thrown instanceof TokenjarError && thrown.code === 'cookie_ambiguous')
      this.cookies.refresh.expireForeign(request, response);
  }
}
