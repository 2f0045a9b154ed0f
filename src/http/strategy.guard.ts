import { type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import { AuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import type { Strategy } from 'passport';

/** Names of our Passport strategies, which are global to the process, and the tokens they are injected under. */
export const ACCESS_STRATEGY = 'tokenjar-access';
export const REFRESH_STRATEGY = 'tokenjar-refresh';
export const LOCAL_STRATEGY = 'tokenjar-local';

const PassportGuard = AuthGuard();

/**
 * Nest's `AuthGuard` for a strategy of ours: what the strategy refuses is thrown as it is.
 *
 * The strategy is handed over as an object and not by its name: Passport's registry is one for the whole process, so of
 * two apps in one process the second would answer for the first, with other keys.
 */
export class StrategyGuard extends PassportGuard {
  constructor(strategy: Strategy) {
    const options = optionsFor(strategy);
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

/**
 * Gives each request a strategy of its own, as Passport does for those it finds by name: on one that it is handed as an
 * object it sets the outcome functions of the request, and those of two concurrent requests would overwrite each other.
 *
 * Inherited, because AuthGuard copies own options twice for each request.
 */
const optionsFor = (strategy: Strategy): IAuthModuleOptions =>
  Object.create({
    get defaultStrategy(): Strategy {
      return Object.create(strategy) as Strategy;
    },
  }) as IAuthModuleOptions;
