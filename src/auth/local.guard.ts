import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { readBody } from '../http/input.pipe.js';
import { LOCAL_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import type { Account } from '../users/users.js';
import { credentialsSchema } from './auth.schemas.js';

/** Demands an e-mail address and a password. **Errors** `input_invalid`, `bad_credentials`, `server_busy`. */
@Injectable()
export class LocalGuard extends StrategyGuard {
  constructor(@Inject(LOCAL_STRATEGY) strategy: Strategy) {
    super(strategy, 'account');
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // Guards run before pipes; and passport-local would take credentials from the query, which ends up in logs.
    request.body = readBody(credentialsSchema, request.body);
    return super.canActivate(context);
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('bad_credentials');
  }
}

/** Hands a handler the account whose credentials were right. */
export const Identified = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<{ account: Account }>().account,
);
