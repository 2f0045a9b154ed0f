import type { IncomingHttpHeaders } from 'node:http';
import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import type { Strategy } from 'passport';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect, has, hasPathOf } from './dialects/dialect.js';
import { wordsOf } from './dialects/dialects.js';
import { HostGlobals } from './host-globals.js';
import { NoSuchRoute } from './no-such-route.js';
import { partsOf } from './operation-row.js';
import { FIXED_OPERATIONS, type FixedName, type OperationName, ROUTES, rowOf } from './operations.js';
import { PerRoute } from './per-route.js';
import { isPublic, Principal, refuseActor, refuseKeys, remember } from './principal.js';
import { NoRequest, requestOf } from './request-of.js';
import { RequestOutcomes } from './request-outcomes.js';
import { type Served, stateOf } from './request-state.js';
import { isUndecoded } from './undecoded.js';
import './unlogged-refusals.js';
import { ACCESS_STRATEGY, StrategyGuard } from './strategy.guard.js';

/** The metadata of a handler: the name of its operation, and the id of the route to it. */
export const OPERATION = 'tokenjar.operation';
export const ROUTE_ID = 'tokenjar.route';

/** What the guard reads of a call, and where Passport keeps who makes it. */
export interface GuardedCall {
  headers: IncomingHttpHeaders;
  user?: unknown;
}

/** What the decorators say of a handler. */
interface Route {
  served: Served | undefined;
  fixed: FixedName | undefined;
  /** How the dialect refuses what it does not have. */
  lacking: 'method_not_allowed' | 'not_found' | undefined;
  isPublic: boolean;
  /** Whether its path begins with the ID of a provider, so that it matches other paths too. */
  isOfProvider: boolean;
  /** Whether it refuses an administrator who acts as the user. */
  refusesActor: boolean;
  /** Whether it refuses API keys, or whatever is none. */
  keys: 'refused' | 'accepted' | 'only';
}

/**
 * Demands an access token, unless the route is `@Public()`.
 *
 * Our server puts it before every route; an app that embeds Tokenjar puts it where it wants.
 * **Errors** `access_missing`, `bad_authorization_header`, `token_*`; `method_not_allowed` or `not_found` for what the
 * dialect lacks; `NoSuchRoute`; `api_key_refused` and `impersonating` for most of our own operations.
 */
@Injectable()
export class AccessGuard extends StrategyGuard {
  private readonly routes = new PerRoute((controller, handler) => this.read(controller, handler));

  constructor(
    @Inject(ACCESS_STRATEGY) strategy: Strategy,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly outcomes: RequestOutcomes,
    // Not `options`: the class above keeps those of Passport under that name.
    @Inject(OPTIONS) private readonly settings: Options,
    private readonly globals: HostGlobals,
  ) {
    super(strategy);
  }

  /**
   * The request whose headers are read. A host overrides it for calls without one, such as messages of other services:
   * whatever has `headers` will do.
   */
  override getRequest(context: ExecutionContext): GuardedCall {
    return requestOf<HttpRequest>(context);
  }

  /** Nest calls it. */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const route = this.routes.of(context);
    if (!route.served && !route.fixed) return this.admit(context, route.isPublic);
    const request = requestOf<HttpRequest>(context);
    const { served, fixed, lacking, isOfProvider } = route;
    if (isOfProvider && (lacking || !this.isProvider(request))) throw new NoSuchRoute();
    const state = stateOf(request);
    if (state.served !== served || state.fixed !== fixed)
      this.outcomes.follow(request, context.getArgByIndex(1));
    state.served = served;
    state.fixed = fixed;
    state.reply = this.globals.reply;
    if (lacking) throw new TokenjarError(lacking);
    if (this.globals.isHost && isUndecoded(request.body)) throw new TokenjarError('body_malformed');
    if (route.isPublic) return true;
    if (this.isDone(context, request)) return allows(route, request.user);
    const identified = super.canActivate(context);
    return identified instanceof Promise
      ? identified.then(() => allows(route, request.user))
      : allows(route, request.user);
  }

  /**
   * Whether it has been here: it may stand before the whole app and before a controller, and once is enough. But what a
   * host made of it looks for itself. And only a request of HTTP is one call: over a connection that stays, whoever began
   * it may have signed out since.
   */
  private isDone(context: ExecutionContext, { user }: GuardedCall): boolean {
    if (!(user instanceof Principal) || context.getType() !== 'http') return false;
    return Object.getPrototypeOf(this) === AccessGuard.prototype;
  }

  /** Lets a call of a host in; on a public route also one of somebody unknown. */
  private async admit(context: ExecutionContext, isOpen: boolean): Promise<boolean> {
    let user: unknown;
    try {
      const request = this.getRequest(context);
      if (!this.isDone(context, request)) await this.identify(context, request);
      ({ user } = request);
    } catch (error) {
      if (!isOpen || !isAnonymous(error)) throw error;
    }
    if (user instanceof Principal) remember(context, user);
    else if (isOpen) remember(context, null);
    return true;
  }

  /** Passport keeps what it finds on the request, which a host may make anew each time it is asked for. */
  private identify(context: ExecutionContext, request: object): boolean | Promise<boolean> {
    if (this.getRequest === AccessGuard.prototype.getRequest) return super.canActivate(context);
    const asking = Object.create(this, { getRequest: { value: () => request } }) as this;
    return super.canActivate.call(asking, context);
  }

  private read(controller: Type, handler: ReturnType<ExecutionContext['getHandler']>): Route {
    const operation = Reflect.getMetadata(OPERATION, handler) as OperationName | undefined;
    const id = Reflect.getMetadata(ROUTE_ID, handler) as string;
    return {
      fixed: isFixed(id) ? id : undefined,
      served: operation && {
        operation,
        dialect: wordsOf(operation, this.dialect),
        options: this.settings,
      },
      lacking: operation && this.lackingOf(operation, id),
      isPublic: isPublic({ getHandler: () => handler, getClass: <T>() => controller as Type<T> }),
      isOfProvider: ROUTES.some((each) => each.id === id && partsOf(each.route)[1].startsWith('/:provider')),
      refusesActor: operation !== undefined && !rowOf(operation).allowsActor,
      keys: operation ? (rowOf(operation).keys ?? 'refused') : 'accepted',
    };
  }

  private isProvider({ params }: HttpRequest): boolean {
    const { provider } = params as { provider?: string };
    return this.settings.providers.some(({ id }) => id === provider);
  }

  private lackingOf(operation: OperationName, id: string): Route['lacking'] {
    const { switch: ownSwitch } = rowOf(operation);
    if (ownSwitch !== undefined && this.settings[ownSwitch] === false) return 'not_found';
    if (has(this.dialect, { operation, id })) return undefined;
    return hasPathOf(this.dialect, id) ? 'method_not_allowed' : 'not_found';
  }
}

/** A token that is unavailable to check is not an invalid one. */
const isAnonymous = (error: unknown): boolean =>
  error instanceof NoRequest || (error instanceof TokenjarError && error.status === 401);

/** Whether a route is one of ours, which guards itself: a global guard of a host may leave it alone. */
export const isTokenjarRoute = (context: Pick<ExecutionContext, 'getHandler'>): boolean =>
  Reflect.hasMetadata(ROUTE_ID, context.getHandler());

const isFixed = (id: string | undefined): id is FixedName => id !== undefined && id in FIXED_OPERATIONS;

/** **Errors** `api_key_refused`, `impersonating`; `token_wrong_type` for what is no API key itself. */
function allows({ keys, refusesActor }: Route, user: unknown): true {
  if (refusesActor) refuseActor(user);
  if (keys === 'refused') refuseKeys(user);
  if (keys === 'only' && !(user instanceof Principal && user.keyId === user.sessionId))
    throw new TokenjarError('token_wrong_type');
  return true;
}
