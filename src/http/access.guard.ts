import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Strategy } from 'passport';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { mark, OPERATION, type Served } from './operation.js';
import type { Operation } from './operations.js';
import { IS_PUBLIC, Principal } from './principal.js';
import { ACCESS_STRATEGY, StrategyGuard } from './strategy.guard.js';

/** What the decorators say of a handler. */
interface Route {
  served: Served | undefined;
  isPublic: boolean;
}

/**
 * Demands an access token, unless the route is `@Public()`.
 *
 * Our server puts it before every route; an app that embeds Tokenjar puts it where it wants.
 * **Errors** `access_missing`, `bad_authorization_header`, `token_*`; `method_not_allowed` for what the dialect lacks.
 */
@Injectable()
export class AccessGuard extends StrategyGuard {
  /** By class and handler, which two classes may share. Read once: each look walks the metadata of both. */
  private readonly routes = new WeakMap<object, WeakMap<object, Route>>();

  constructor(
    @Inject(ACCESS_STRATEGY) strategy: Strategy,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly reflector: Reflector,
    // Not `options`: the class above keeps those of Passport under that name.
    @Inject(OPTIONS) private readonly settings: Options,
  ) {
    super(strategy, 'user');
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { served, isPublic } = this.routeOf(context);
    if (served) {
      mark(request, served);
      if (!this.dialect.operations[served.operation]) throw new TokenjarError('method_not_allowed');
    }
    // It may stand before the whole server and before the controller: once is enough.
    if (isPublic || request.user instanceof Principal) return true;
    return super.canActivate(context);
  }

  protected override missing(): TokenjarError {
    return new TokenjarError('access_missing');
  }

  private routeOf(context: ExecutionContext): Route {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let routes = this.routes.get(controller);
    if (!routes) this.routes.set(controller, (routes = new WeakMap<object, Route>()));
    let route = routes.get(handler);
    if (!route) routes.set(handler, (route = this.read(controller, handler)));
    return route;
  }

  private read(controller: Type, handler: ReturnType<ExecutionContext['getHandler']>): Route {
    const operation = this.reflector.get<Operation | undefined>(OPERATION, handler);
    return {
      served: operation && { operation, dialect: this.dialect, options: this.settings },
      isPublic: this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [handler, controller]) === true,
    };
  }
}
