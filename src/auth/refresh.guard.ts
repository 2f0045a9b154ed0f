import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { callerOf, type HttpRequest } from '../http/caller.js';
import { DeviceSessions } from '../http/device-sessions.js';
import { stateOf } from '../http/request-state.js';
import { REFRESH_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import { RefreshFailures } from '../limits/refresh-failures.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';

/** Sent by pages that only want to know whether a user is signed in. */
const acceptsAbsence = z.object({ optional: z.literal([true, 'true']) });

/**
 * Requires a refresh token, in the cookie or as set by `REFRESH_TOKEN_IN`. A request with `optional` passes without
 * one, because an error would appear in red in the console of every visitor.
 *
 * **Errors** `refresh_missing`, `token_*`; `rate_limited` after too many failures.
 */
@Injectable()
export class RefreshGuard extends StrategyGuard {
  constructor(
    @Inject(REFRESH_STRATEGY) strategy: Strategy,
    private readonly failures: RefreshFailures,
    private readonly devices: DeviceSessions,
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
    // A request without a token is not a failure: first visits may be many behind one address. Failures are counted
    // after verification, so that an abusive client behind the same address cannot block valid tokens.
    if (refused !== undefined && refused !== 'refresh_missing')
      this.failures.recordFailure(callerOf(request));
    const subject = super.handleRequest<RefreshSubject>(error, found, info, context);
    const state = stateOf(request);
    state.refreshToken = subject;
    state.isDeviceProven = this.devices.isProven(subject, request);
    // A host may log what Passport stores on the request, so the session's name is left out.
    return { id: subject.userId } as User;
  }
}

/** Provides the subject of the refresh token, if there is one. The session has not been checked yet. */
export const Presented = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    stateOf(context.switchToHttp().getRequest<HttpRequest>()).refreshToken,
);
