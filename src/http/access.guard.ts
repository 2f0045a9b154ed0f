import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { IS_PUBLIC, Principal } from './principal.js';
import { ACCESS_STRATEGY, StrategyGuard } from './strategy.guard.js';

/**
 * Demands an access token, unless the route is `@Public()`.
 *
 * Our server puts it before every route; an app that embeds Tokenjar puts it where it wants.
 * **Errors** `access_missing`, `bad_authorization_header`, `token_*`.
 */
@Injectable()
export class AccessGuard extends StrategyGuard {
  constructor(
    @Inject(ACCESS_STRATEGY) strategy: Strategy,
    private readonly reflector: Reflector,
  ) {
    super(strategy, 'user');
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]))
      return true;
    // It may stand before the whole server and before the controller: once is enough.
    if (context.switchToHttp().getRequest<HttpRequest>().user instanceof Principal) return true;
    return super.canActivate(context);
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('access_missing');
  }
}
