import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import type { HttpRequest } from '../http/caller.js';
import { stateOf } from '../http/request-state.js';
import { LOCAL_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import type { Identified } from './strategies/local.strategy.js';

declare module '../http/request-state.js' {
  interface RequestState {
    identified?: Identified;
  }
}

/** Requires an email address and a password. **Errors** `input_invalid`, `bad_credentials`, `server_busy`. */
@Injectable()
export class LocalGuard extends StrategyGuard {
  constructor(@Inject(LOCAL_STRATEGY) strategy: Strategy) {
    super(strategy);
  }

  override handleRequest<User>(
    error: unknown,
    found: unknown,
    info: unknown,
    context: ExecutionContext,
  ): User {
    const identified = super.handleRequest<Identified>(error, found, info, context);
    stateOf(context.switchToHttp().getRequest<HttpRequest>()).identified = identified;
    // A host may log what Passport stores on the request, so the hash is left out.
    return { id: identified.account.id } as User;
  }
}

/** Provides the account whose credentials {@link LocalGuard} has verified, and its device. */
export const Identity = createParamDecorator((_: unknown, context: ExecutionContext): Identified => {
  const { identified } = stateOf(context.switchToHttp().getRequest<HttpRequest>());
  if (!identified) throw new TypeError('@Identity() stands on a route without LocalGuard');
  return identified;
});
