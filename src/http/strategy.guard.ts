import { type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import { AuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import type { Strategy } from 'passport';

/** Names of our Passport strategies, which are global to the process, and the tokens they are injected under. */
export const ACCESS_STRATEGY = 'tokenjar-access';
export const REFRESH_STRATEGY = 'tokenjar-refresh';
export const LOCAL_STRATEGY = 'tokenjar-local';

const PassportGuard = AuthGuard();

/** What Passport writes onto a strategy before it runs: how this one request goes on. */
type Outcome = Record<'success' | 'fail' | 'error' | 'pass' | 'redirect', (...facts: unknown[]) => void>;

/**
 * Gives each request a strategy of its own, as Passport does for those it finds by name.
 *
 * A strategy that is handed over as an object Passport takes as it is: the outcome functions of two requests at once
 * would overwrite each other, and one would be answered as the other's user.
 */
class PerRequest {
  constructor(private readonly shared: Strategy) {}

  authenticate(this: PerRequest & Outcome, ...args: Parameters<Strategy['authenticate']>): void {
    // Passport has written them a moment ago, in this very tick.
    const own = Object.create(this.shared) as PerRequest & Outcome;
    own.success = this.success;
    own.fail = this.fail;
    own.error = this.error;
    own.pass = this.pass;
    own.redirect = this.redirect;
    own.authenticate(...args);
  }
}

/**
 * Nest's `AuthGuard` for a strategy of ours: what the strategy refuses is thrown as it is.
 *
 * The strategy is handed over as an object and not by its name: Passport's registry is one for the whole process, so of
 * two apps in one process the second would answer for the first, with other keys.
 */
export class StrategyGuard extends PassportGuard {
  constructor(strategy: Strategy) {
    // Inherited and not its own: AuthGuard copies the guard's own options for each request, most of what it costs.
    const options = Object.create({ defaultStrategy: new PerRequest(strategy) }) as IAuthModuleOptions;
    super(options);
    // Nest injects the options of a host's PassportModule into any AuthGuard; they are for the host's strategies.
    Object.defineProperty(this, 'options', { get: () => options, set: () => undefined });
  }

  /** @returns what Passport keeps as `request.user`. **Errors** what the strategy refused with. */
  override handleRequest<User>(
    error: unknown,
    found: unknown,
    info: unknown,
    // For classes that extend this one.
    _context: ExecutionContext,
  ): User {
    if (found) return found as User;
    // A failure (the database is away) is no refusal: it must not look like a dead token.
    if (error !== null && error !== undefined) throw error as Error;
    throw info instanceof Error ? info : new UnauthorizedException();
  }
}
