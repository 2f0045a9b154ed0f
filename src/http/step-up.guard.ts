import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { type StepUpDemand, TokenjarError } from '../errors.js';
import type { AuthenticationClaims } from '../tokens/authentication.js';
import { AccessGuard } from './access.guard.js';
import { PerRoute } from './per-route.js';
import { type Principal, principalIn, refuseActor, refuseKeys } from './principal.js';
import { showsAccess } from './shown-access.js';

/** Tells whether an account has a second factor that sign-ins ask for. */
export type HasSecondFactor = (userId: number) => Promise<boolean>;
/** Token under which the edge injects {@link HasSecondFactor}. */
export const HAS_SECOND_FACTOR = Symbol('tokenjar.hasSecondFactor');

const FRESH = 'tokenjar.fresh';
const LEVEL = 'tokenjar.level';

/** The maximum age of a sign-in. `withFactor`: with two factors, if the account has a second one. */
interface Freshness {
  /** **Unit** seconds; undefined for `FRESH_SIGN_IN`. */
  maxAge?: number | undefined;
  withFactor?: boolean;
}

/**
 * Refuses a sign-in that is too old or too weak.
 *
 * @param principal the claims of the access token. **Errors** `insufficient_user_authentication`. **Source** RFC 9470.
 */
export function demand({ acr, authTime }: AuthenticationClaims, wanted: StepUpDemand, now: Date): void {
  const isStale = wanted.maxAge !== undefined && epochSeconds(now) - authTime > wanted.maxAge;
  const isWeak = wanted.level !== undefined && acr !== wanted.level;
  if (isStale || isWeak) throw new TokenjarError('insufficient_user_authentication', { stepUp: wanted });
}

/**
 * Demands what {@link RequireFresh} and {@link RequireLevel} say, from the access token alone. It includes
 * {@link AccessGuard}.
 */
@Injectable()
export class StepUpGuard implements CanActivate {
  private readonly demands = new PerRoute((controller, handler) => ({
    fresh: firstOf<Freshness>(FRESH, handler, controller),
    level: firstOf<StepUpDemand['level']>(LEVEL, handler, controller),
  }));

  constructor(
    private readonly access: AccessGuard,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'freshSignIn'>,
    @Inject(HAS_SECOND_FACTOR) private readonly hasSecondFactor: HasSecondFactor,
  ) {}

  /** **Errors** `insufficient_user_authentication`, `api_key_refused`, `impersonating`, and those of {@link AccessGuard}. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!(await this.access.canActivate(context))) return false;
    const user = principalIn(context);
    if (!user) throw new TypeError('@RequireFresh() and @RequireLevel() are not for public routes');
    refuseActor(user);
    // A key proves nobody's presence, however new it is.
    refuseKeys(user);
    const { fresh, level } = this.demands.of(context);
    const maxAge = fresh && (fresh.maxAge ?? this.options.freshSignIn);
    const now = this.clock.now();
    if (fresh?.withFactor) await this.demandFactor(user, { maxAge, level }, now);
    else demand(user, { maxAge, level }, now);
    return true;
  }

  /** Asks for the factors of the account only if the token does not settle it. */
  private async demandFactor(user: Principal, wanted: StepUpDemand, now: Date): Promise<void> {
    try {
      demand(user, { ...wanted, level: 'aal2' }, now);
    } catch {
      demand(user, (await this.hasSecondFactor(user.userId)) ? { ...wanted, level: 'aal2' } : wanted, now);
    }
  }
}

/** What the handler says counts before what the class says. */
const firstOf = <Said>(key: string, ...places: object[]): Said | undefined =>
  places
    .map((place) => Reflect.getMetadata(key, place) as Said | undefined)
    .find((said) => said !== undefined);

/** What {@link RequireFresh} demands, for our own operations: their document says it itself. */
export const DemandFresh = (fresh: Freshness) =>
  applyDecorators(SetMetadata(FRESH, fresh), UseGuards(StepUpGuard));

/**
 * Opens a route only to users who have signed in recently; others get 401 `insufficient_user_authentication` and can
 * authenticate again (`POST /auth/reauthenticate`). Includes {@link AccessGuard}, and costs no query.
 *
 * @param maxAge **Unit** seconds; by default `FRESH_SIGN_IN`.
 */
export const RequireFresh = (maxAge?: number) => applyDecorators(DemandFresh({ maxAge }), showsAccess);

/** Like {@link RequireFresh}, and with two factors if the account has a second one. */
export const RequireFreshFactor = () => applyDecorators(DemandFresh({ withFactor: true }), showsAccess);

/**
 * Opens a route only to users who have signed in with two factors; others get 401 `insufficient_user_authentication`.
 * Includes {@link AccessGuard}, and costs no query.
 */
export const RequireLevel = (level: 'aal2') =>
  applyDecorators(SetMetadata(LEVEL, level), UseGuards(StepUpGuard), showsAccess);
