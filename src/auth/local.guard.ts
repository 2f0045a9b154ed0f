import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { readInput } from '../http/input.js';
import type { Credentials } from '../http/operations.js';
import { LOCAL_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import type { Account } from '../users/users.js';

/** Demands an e-mail address and a password. **Errors** `input_invalid`, `bad_credentials`, `server_busy`. */
@Injectable()
export class LocalGuard extends StrategyGuard {
  constructor(@Inject(LOCAL_STRATEGY) strategy: Strategy) {
    super(strategy, 'account');
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

/** Whose credentials were right, and the password that was typed. */
export interface Identified {
  account: Account;
  password: string;
}

/** Hands a handler what {@link LocalGuard} found. */
export const Identity = createParamDecorator((_: unknown, context: ExecutionContext): Identified => {
  const { account, body } = context.switchToHttp().getRequest<{ account: Account; body: Credentials }>();
  return { account, password: body.password };
});
