import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { REFRESH_STRATEGY, StrategyGuard } from './strategy.guard.js';

interface WithRefreshToken {
  refreshToken: RefreshSubject;
}

/** Demands a refresh token, from the cookie or where `REFRESH_TOKEN_IN` says. **Errors** `refresh_missing`, `token_*`. */
@Injectable()
export class RefreshGuard extends StrategyGuard {
  constructor(@Inject(REFRESH_STRATEGY) strategy: Strategy) {
    super(strategy, 'refreshToken');
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('refresh_missing');
  }
}

/** Hands a handler what its refresh token says. The session has not been looked at. */
export const Presented = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<WithRefreshToken>().refreshToken,
);
