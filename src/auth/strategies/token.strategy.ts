import passport from 'passport';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';

/** Finds a token in a request, as the extractors of passport-jwt do; null where there is none. It may have to wait. */
export type TokenExtractor = (request: HttpRequest) => string | null | Promise<string | null>;

/** Passport's verify callback: called with what was found, or with why nothing was. */
type Verify = (request: HttpRequest, token: string, done: (error: unknown, found?: unknown) => void) => void;

/**
 * A Passport strategy for tokens: extracts one and hands it to `validate` of the class that Nest's `PassportStrategy`
 * makes of it, which verifies it.
 *
 * passport-jwt would ask jsonwebtoken, under options fixed beforehand. Our verifiers choose the key by the token, know
 * at once what they signed themselves, and say what is wrong with the rest.
 */
export class TokenStrategy extends passport.Strategy {
  constructor(
    private readonly extract: TokenExtractor,
    /** The refusal where a request brings no token. */
    private readonly missing: () => TokenjarError,
    private readonly verify: Verify,
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

  private judge(request: HttpRequest, token: string | null): void {
    if (token === null) return this.refuse(this.missing());
    this.verify(request, token, (error, found) => (found ? this.success(found) : this.refuse(error)));
  }

  /** A request that is not let in has failed; anything else is an error, which no other strategy can make good. */
  private refuse(error: unknown): void {
    if (error instanceof TokenjarError && error.status === 401) this.fail(error, error.status);
    else this.error(error);
  }
}
