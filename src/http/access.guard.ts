import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { mark, OPERATION } from './operation.js';
import type { Operation } from './operations.js';
import { IS_PUBLIC, Principal } from './principal.js';
import { ACCESS_STRATEGY, StrategyGuard } from './strategy.guard.js';

/**
 * Demands an access token, unless the route is `@Public()`.
 *
 * Our server puts it before every route; an app that embeds Tokenjar puts it where it wants.
 * **Errors** `access_missing`, `bad_authorization_header`, `token_*`; `method_not_allowed` for what the dialect lacks.
 */
@Injectable()
export class AccessGuard extends StrategyGuard {
  constructor(
    @Inject(ACCESS_STRATEGY) strategy: Strategy,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly reflector: Reflector,
  ) {
    super(strategy, 'user');
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const operation = this.reflector.get<Operation | undefined>(OPERATION, context.getHandler());
    if (operation) {
      mark(request, operation, this.dialect);
      if (!this.dialect.operations[operation]) throw new TokenjarError('method_not_allowed');
    }
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]))
      return true;
    // It may stand before the whole server and before the controller: once is enough.
    if (request.user instanceof Principal) return true;
    return super.canActivate(context);
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('access_missing');
  }
}
