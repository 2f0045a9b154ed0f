import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { demandsFactor } from '../tokens/authentication.js';
import { isPermission, permissionsIn } from '../tokens/scope.js';
import { AccessGuard } from './access.guard.js';
import { PerRoute } from './per-route.js';
import { type Principal, principalIn } from './principal.js';
import { showsAccess } from './shown-access.js';

/** One of some roles, or all of some permissions. */
type Demand = { anyRole: readonly string[] } | { scope: readonly string[] };

const DEMANDS = 'tokenjar.permissions';

/**
 * Demands what {@link RequireRole} and {@link RequireScope} say, of the class and of the handler, from the access token
 * alone. It includes {@link AccessGuard}.
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  private readonly demands = new PerRoute((...places) => places.flatMap(demandsOf));

  constructor(
    private readonly access: AccessGuard,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'secondFactor' | 'secondFactorRoles'>,
  ) {}

  /** **Errors** `insufficient_scope`, `insufficient_user_authentication`, and those of {@link AccessGuard}. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!(await this.access.canActivate(context))) return false;
    const user = principalIn(context);
    if (!user) throw new TypeError('@RequireRole() and @RequireScope() are not for public routes');
    const demands = this.demands.of(context);
    if (!demands.every((demand) => isMet(demand, user))) {
      const scope = demands.flatMap((demand) => ('scope' in demand ? demand.scope : []));
      throw new TokenjarError('insufficient_scope', { scope: permissionsIn(scope.join(' ')) });
    }
    // The sign-in may be older than the role or the setting, or a trusted device have saved the factor. An API key was
    // made with the factor.
    if (user.keyId === undefined && user.acr !== 'aal2' && demandsFactor(user.roles, this.options))
      throw new TokenjarError('insufficient_user_authentication', { stepUp: { level: 'aal2' } });
    return true;
  }
}

const isMet = (demand: Demand, { roles, scopes }: Principal): boolean =>
  'scope' in demand
    ? demand.scope.every((each) => scopes.includes(each))
    : demand.anyRole.some((role) => roles.includes(role));

const demandsOf = (place: object): readonly Demand[] =>
  (Reflect.getMetadata(DEMANDS, place) ?? []) as readonly Demand[];

/** Adds to what is demanded already: two of the same decorator must not cancel each other. */
const Demanding =
  (demand: Demand): ClassDecorator & MethodDecorator =>
  (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const place = (descriptor?.value as object | undefined) ?? target;
    Reflect.defineMetadata(DEMANDS, [...demandsOf(place), demand], place);
    const guarded = applyDecorators(UseGuards(PermissionGuard), showsAccess);
    if (key !== undefined && descriptor) guarded(target, key, descriptor);
    else guarded(target as new () => object);
  };

/**
 * Opens a route, or all routes of a controller, to users who have one of these roles; others get 403
 * `insufficient_scope`, and those whose role demands a second factor that they have not proven 401
 * `insufficient_user_authentication`. Includes {@link AccessGuard}, and costs no query.
 */
export function RequireRole(...roles: [string, ...string[]]): ClassDecorator & MethodDecorator {
  if (roles.length === 0) throw new TypeError('@RequireRole() needs a role');
  return Demanding({ anyRole: roles });
}

/**
 * Opens a route, or all routes of a controller, to access tokens that have all of these permissions; others get 403
 * `insufficient_scope`. Includes {@link AccessGuard}, and costs no query. **Source** RFC 6750 §3.1.
 */
export function RequireScope(...scope: [string, ...string[]]): ClassDecorator & MethodDecorator {
  if (scope.length === 0 || !scope.every(isPermission))
    throw new TypeError(`@RequireScope() needs permissions without spaces: ${scope.join(', ')}`);
  return Demanding({ scope });
}
