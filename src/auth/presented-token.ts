import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { readInput } from '../http/input.js';
import type { RefreshTokenInBody } from '../http/operations.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';
import { isLive } from '../users/refresh-rules.js';
import { Sessions } from '../users/sessions.js';

/** A browser has one, after a change of path or domain two. */
const MOST_SESSIONS = 4;

/** Finds the refresh token of a request: in the cookie, or in the body where `REFRESH_TOKEN_IN` allows. */
@Injectable()
export class PresentedToken {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly cookie: RefreshCookie,
    private readonly tokens: RefreshTokens,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  /** The token to judge, good or bad, or null. **Errors** `cookie_ambiguous`, `input_invalid`. */
  async of(request: HttpRequest): Promise<string | null> {
    // A body is written on purpose, a cookie rides along.
    const inBody = this.inBody(request);
    request.refreshTokenFrom = inBody === null ? 'cookie' : 'body';
    return inBody ?? (this.options.refreshTokenIn === 'body' ? null : this.inCookie(request));
  }

  /** Every token that was sent, the first to be judged first. **Errors** `input_invalid`. */
  allOf(request: HttpRequest): string[] {
    const inBody = this.inBody(request);
    return [...(inBody === null ? [] : [inBody]), ...this.cookie.read(request)];
  }

  private inBody(request: HttpRequest): string | null {
    if (this.options.refreshTokenIn === 'cookie') return null;
    return (readInput(request) as RefreshTokenInBody).refreshToken ?? null;
  }

  /**
   * Chooses among several cookies of the name: the one that verifies counts, and of several the one whose session is
   * alive. Only then is the database asked.
   *
   * Two of different living sessions are refused: one of them was planted, and we cannot tell which.
   * **Errors** `cookie_ambiguous`. **Source** RFC 6265 §8.6 (weak integrity of cookies).
   */
  async inCookie(request: HttpRequest): Promise<string | null> {
    const values = this.cookie.read(request);
    if (values.length < 2) return values[0] ?? null;
    const good = values.flatMap((token) => {
      const subject = this.tryVerify(token);
      return subject ? [{ token, ...subject }] : [];
    });
    // Of one session, the newest.
    good.sort((a, b) => b.generation - a.generation || b.issuedAt - a.issuedAt);
    const bySession = [...new Map(good.reverse().map((each) => [each.lookupId, each])).values()];
    if (bySession.length < 2) return bySession[0]?.token ?? values[0] ?? null;
    if (bySession.length > MOST_SESSIONS) throw new TokenjarError('cookie_ambiguous');
    const found = await Promise.all(bySession.map(({ lookupId }) => this.sessions.find(lookupId)));
    const alive = bySession.filter((_, i) => found[i] && isLive(found[i], this.clock.now()));
    if (alive.length > 1) throw new TokenjarError('cookie_ambiguous');
    return (alive[0] ?? bySession[0])?.token ?? null;
  }

  private tryVerify(token: string): RefreshSubject | undefined {
    try {
      return this.tokens.verify(token, this.clock.now());
    } catch (error) {
      if (error instanceof TokenjarError) return undefined;
      throw error;
    }
  }
}
