import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { callerOf, type HttpRequest } from '../http/caller.js';
import { REFRESH_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';
import { RefreshFailures } from '../limits/refresh-failures.js';
import { PresentedToken } from './presented-token.js';

interface WithRefreshToken {
  refreshToken?: RefreshSubject;
}

/** What a page says that only wants to know whether somebody is signed in. */
const asksKindly = z.object({ optional: z.literal([true, 'true']) });

/**
 * Demands a refresh token, from the cookie or where `REFRESH_TOKEN_IN` says. A request that says `optional` passes
 * without one: a refusal would put a red line into the console of every visitor.
 *
 * **Errors** `refresh_missing`, `token_*`; `rate_limited` after many.
 */
@Injectable()
export class RefreshGuard extends StrategyGuard {
  constructor(
    @Inject(REFRESH_STRATEGY) strategy: Strategy,
    private readonly presented: PresentedToken,
    private readonly refreshTokens: RefreshTokens,
    private readonly failures: RefreshFailures,
  ) {
    super(strategy, 'refreshToken');
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // Passport's extractor cannot wait, and to choose among several cookies takes a look at their sessions.
    request.presentedToken = await this.presented.of(request);
    if (request.presentedToken === null && asksKindly.safeParse(request.body).success) return true;
    try {
      return await super.canActivate(context);
    } catch (error) {
      const { presentedToken } = request;
      if (isInvalid(error) && presentedToken !== null && this.refreshTokens.isOfAnother(presentedToken))
        request.refreshCookieName = undefined;
      // Who brings no token has nothing that could be bad: a first visit, many of them behind one address.
      // Counted after the look, so that a bad neighbour behind the same address holds up no good token.
      if (error instanceof TokenjarError && error.status === 401 && error.code !== 'refresh_missing')
        this.failures.recordFailure(callerOf(request));
      throw error;
    }
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('refresh_missing');
  }
}

const isInvalid = (error: unknown) => error instanceof TokenjarError && error.code === 'token_invalid';

/** Hands a handler what its refresh token says, if there is one. The session has not been looked at. */
export const Presented = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<WithRefreshToken>().refreshToken,
);
