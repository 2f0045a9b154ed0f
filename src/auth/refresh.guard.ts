import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { callerOf, type HttpRequest } from '../http/caller.js';
import { stateOf } from '../http/request-state.js';
import { REFRESH_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import { RefreshFailures } from '../limits/refresh-failures.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';

/** What a page says that only wants to know whether somebody is signed in. */
const acceptsAbsence = z.object({ optional: z.literal([true, 'true']) });

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
    private readonly failures: RefreshFailures,
  ) {
    super(strategy);
  }

  override handleRequest<User>(
    error: unknown,
    found: unknown,
    info: unknown,
    context: ExecutionContext,
  ): User {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const refused = info instanceof TokenjarError ? info.code : undefined;
    if (refused === 'refresh_missing' && acceptsAbsence.safeParse(request.body).success)
      return undefined as User;
    // Who brings no token has nothing that could be bad: a first visit, many of them behind one address.
    // Counted after the look, so that a bad neighbour behind the same address holds up no good token.
    if (refused !== undefined && refused !== 'refresh_missing')
      this.failures.recordFailure(callerOf(request));
    const subject = super.handleRequest<RefreshSubject>(error, found, info, context);
    stateOf(request).refreshToken = subject;
    // What Passport keeps on the request may be logged by a host: no name of the session.
    return { id: subject.userId } as User;
  }
}

/** Hands a handler what its refresh token says, if there is one. The session has not been looked at. */
export const Presented = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    stateOf(context.switchToHttp().getRequest<HttpRequest>()).refreshToken,
);
