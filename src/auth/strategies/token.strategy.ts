import passport from 'passport';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';

/** Finds a token in a request, as the extractors of passport-jwt do; null where there is none. It may have to wait. */
export type TokenExtractor = (request: HttpRequest) => string | null | Promise<string | null>;

/**
 * A Passport strategy for tokens: extracts one and hands it to `validate`, as Nest's `PassportStrategy` asks for it, of
 * the class that is made of it.
 *
 * passport-jwt would ask jsonwebtoken, under options fixed beforehand. Our verifiers choose the key by the token, know
 * at once what they signed themselves, and say what is wrong with the rest. The callback that `PassportStrategy` passes
 * is left alone: it waits for `validate` even where that answers at once.
 */
export class TokenStrategy extends passport.Strategy {
  constructor(
    private readonly extract: TokenExtractor,
    /** The refusal where a request brings no token. */
    private readonly missing: () => TokenjarError,
    /** Of Nest's `PassportStrategy`. */
    _callback?: unknown,
  ) {
    super();
  }

  override authenticate(request: HttpRequest): void {
    try {
      const found = this.extract(request);
      if (found instanceof Promise)
        found.then((token) => this.judge(request, token)).catch((error: unknown) => this.refuse(error));
      else this.judge(request, found);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Each strategy has its own. @returns whom the token is of; whoever is nobody is refused. */
  validate(_request: HttpRequest, _token: string): unknown {
    throw new TypeError(`${this.constructor.name} has no validate()`);
  }

  private judge(request: HttpRequest, token: string | null): void {
    if (token === null) return this.refuse(this.missing());
    const found = this.validate(request, token);
    if (found instanceof Promise)
      found.then((each) => this.admit(each)).catch((error: unknown) => this.refuse(error));
    else this.admit(found);
  }

  private admit(found: unknown): void {
    if (found) this.success(found);
    else this.refuse(undefined);
  }

  /** A request that is not let in has failed; anything else is an error, which no other strategy can make good. */
  private refuse(error: unknown): void {
    if (error instanceof TokenjarError && error.status === 401) this.fail(error, error.status);
    else this.error(error);
  }
}
