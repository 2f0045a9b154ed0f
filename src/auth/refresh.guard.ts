import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { REFRESH_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { PresentedToken } from './presented-token.js';

interface WithRefreshToken {
  refreshToken: RefreshSubject;
}

/** Demands a refresh token, from the cookie or where `REFRESH_TOKEN_IN` says. **Errors** `refresh_missing`, `token_*`. */
@Injectable()
export class RefreshGuard extends StrategyGuard {
  constructor(
    @Inject(REFRESH_STRATEGY) strategy: Strategy,
    private readonly presented: PresentedToken,
  ) {
    super(strategy, 'refreshToken');
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // Passport's extractor cannot wait, and to choose among several cookies takes a look at their sessions.
    request.presentedToken = await this.presented.of(request);
    return super.canActivate(context);
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
