import type { ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Strategy } from 'passport';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';

/** Names of our Passport strategies, which are global to the process, and the tokens they are injected under. */
export const ACCESS_STRATEGY = 'tokenjar-access';
export const REFRESH_STRATEGY = 'tokenjar-refresh';
export const LOCAL_STRATEGY = 'tokenjar-local';

/**
 * A strategy that knows most of what requests bring: tokens it saw before, or made itself. Passport is then not asked;
 * it and jsonwebtoken judge what is new or wrong.
 */
export interface Recalling<Found> {
  /** What is found, judged as of now; undefined where Passport has to look. @throws what a refusal says. */
  recall(request: HttpRequest): Found | Promise<Found> | undefined;
}

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
    const { success, fail, error, pass, redirect } = this;
    const own = Object.assign(Object.create(this.shared) as PerRequest, {
      success,
      fail,
      error,
      pass,
      redirect,
    });
    own.authenticate(...args);
  }
}

/**
 * Runs a Passport strategy and turns its refusal into ours.
 *
 * The strategy is handed over as it is and not by its name: Passport's registry is one for the whole process, so of
 * two apps in one process the second would answer for the first, with other keys.
 */
export abstract class StrategyGuard extends PassportGuard {
  /** @param property where the request keeps what the strategy found. */
  constructor(
    private readonly strategy: Strategy & Partial<Recalling<unknown>>,
    private readonly property: string,
  ) {
    super({ defaultStrategy: new PerRequest(strategy) as unknown as string, property, session: false });
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const known = this.strategy.recall?.(request);
    if (known === undefined) return super.canActivate(context) as Promise<boolean>;
    if (known instanceof Promise) return known.then((found) => this.keep(request, found));
    return this.keep(request, known);
  }

  private keep(request: HttpRequest, found: unknown): true {
    (request as unknown as Record<string, unknown>)[this.property] = found;
    return true;
  }

  override handleRequest<Found>(error: unknown, found: Found | false | null, info: unknown): Found {
    if (found) return found;
    // A failure (the database is away) is no refusal: it must not look like a dead token.
    if (error !== null && error !== undefined) throw error as Error;
    if (info instanceof TokenjarError) throw info;
    throw isMissing(info) ? this.missing() : new TokenjarError('token_invalid', { cause: info });
  }

  /** What to say when the request brought nothing to judge. */
  protected abstract missing(): TokenjarError;
}

/** passport-jwt says so with a plain Error; jsonwebtoken's refusals are subclasses. */
const isMissing = (info: unknown): boolean => info instanceof Error && info.message === 'No auth token';
