import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { readInput } from '../http/input.js';
import { LOCAL_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import type { Identified } from './strategies/local.strategy.js';

/** Demands an e-mail address and a password. **Errors** `input_invalid`, `bad_credentials`, `server_busy`. */
@Injectable()
export class LocalGuard extends StrategyGuard {
  constructor(@Inject(LOCAL_STRATEGY) strategy: Strategy) {
    super(strategy, 'identified');
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // passport-local would take credentials from the query, which ends up in logs; read, the body always has them.
    request.body = readInput(request);
    return super.canActivate(context);
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('bad_credentials');
  }
}

/** Hands a handler the account whose credentials {@link LocalGuard} found right, and the device that they came from. */
export const Identity = createParamDecorator(
  (_: unknown, context: ExecutionContext): Identified =>
    context.switchToHttp().getRequest<{ identified: Identified }>().identified,
);
