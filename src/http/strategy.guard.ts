import { type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import { AuthGuard, type IAuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import passport, { type Strategy } from 'passport';

/** Names of our Passport strategies, which are global to the process, and the tokens they are injected under. */
export const ACCESS_STRATEGY = 'tokenjar-access';
export const REFRESH_STRATEGY = 'tokenjar-refresh';
export const LOCAL_STRATEGY = 'tokenjar-local';

const PassportGuard = AuthGuard();
const nests = PassportGuard.prototype as IAuthGuard;
/** As Nest's guard says it to Passport. */
const WITHOUT_SESSION = { session: false };

/** Where Passport keeps what it found. */
interface Identified {
  user?: unknown;
  authInfo?: unknown;
}

/**
 * Nest's `AuthGuard` for a strategy of ours: what the strategy refuses is thrown as it is, and what it knows at once is
 * answered at once.
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

  /**
   * Runs the strategy as `AuthGuard` does, which copies the options of Passport several times for each request, and waits
   * for what is there already (docs/performance.md). With options that a host gives it is Nest's own.
   */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.getAuthenticateOptions !== nests.getAuthenticateOptions)
      return super.canActivate(context) as Promise<boolean>;
    const request = this.getRequest(context) as Identified;
    let outcome: Outcome | undefined;
    let tell: ((outcome: Outcome) => void) | undefined;
    const settle = (error: unknown, found: unknown, info?: unknown, status?: unknown): void => {
      // The first word of a strategy counts, as it does for Nest: the handler may run already, for whom that named.
      if (outcome) return;
      try {
        request.authInfo = info;
        // A host may read the status too.
        const user: unknown = (this as IAuthGuard).handleRequest(error, found, info, context, status);
        outcome = { isIn: true, user };
      } catch (thrown) {
        outcome = { isIn: false, thrown };
      }
      tell?.(outcome);
    };
    const { options } = this as unknown as { options: IAuthModuleOptions };
    const run = authenticate(options.defaultStrategy, WITHOUT_SESSION, settle);
    // A strategy that decides nothing lets nobody in.
    run(request, context.getArgByIndex(1), (error) => settle(error, false));
    if (outcome) return conclude(request, outcome);
    return new Promise<Outcome>((resolve) => (tell = resolve)).then((each) => conclude(request, each));
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

type Outcome = { isIn: true; user: unknown } | { isIn: false; thrown: unknown };

/** Lets in whom a host made of what was found, once it has: it may ask its own database, and refuse. */
function conclude(request: Identified, outcome: Outcome): true | Promise<true> {
  if (!outcome.isIn) throw outcome.thrown;
  const { user } = outcome;
  return isThenable(user) ? Promise.resolve(user).then((each) => keep(request, each)) : keep(request, user);
}

function keep(request: Identified, user: unknown): true {
  request.user = user;
  return true;
}

/** Also a promise of another library, as Nest would wait for it. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';

/** Its types know neither a strategy as an object nor a request that is not of Express. */
const authenticate = passport.authenticate.bind(passport) as unknown as (
  strategy: unknown,
  options: object,
  settle: (error: unknown, found: unknown, info?: unknown, status?: unknown) => void,
) => (request: object, response: unknown, next: (error?: unknown) => void) => void;

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
