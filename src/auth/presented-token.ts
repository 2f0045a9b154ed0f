import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';

/** Finds the refresh token of a request: in the cookie, or in the body where `REFRESH_TOKEN_IN` allows. */
@Injectable()
export class PresentedToken {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly cookie: RefreshCookie,
    private readonly tokens: RefreshTokens,
    private readonly clock: Clock,
  ) {}

  /** The token to judge, good or bad, or null. **Errors** `cookie_ambiguous`. */
  of(request: HttpRequest): string | null {
    const inBody = this.options.refreshTokenIn === 'cookie' ? null : readBodyToken(request.body);
    // A body is written on purpose, a cookie rides along.
    if (inBody !== null) return inBody;
    return this.options.refreshTokenIn === 'body' ? null : this.choose(this.cookie.read(request));
  }

  /**
   * Chooses among several cookies of the name: the one that verifies counts.
   *
   * Two that verify for different sessions are refused: one of them was planted, and we cannot tell which.
   * **Source** RFC 6265 §8.6 (weak integrity of cookies).
   */
  private choose(values: string[]): string | null {
    if (values.length < 2) return values[0] ?? null;
    const good = values.flatMap((token) => {
      const subject = this.tryVerify(token);
      return subject ? [{ token, ...subject }] : [];
    });
    if (new Set(good.map(({ lookupId }) => lookupId)).size > 1) throw new TokenjarError('cookie_ambiguous');
    // Of one session, the newest.
    good.sort((a, b) => b.generation - a.generation || b.issuedAt - a.issuedAt);
    return good[0]?.token ?? values[0] ?? null;
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

/** `refresh_token` (RFC 6749 §6), or `refresh` as simplejwt has it. */
export function readBodyToken(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { refresh_token: standard, refresh: short } = body as Record<string, unknown>;
  const token = standard ?? short;
  return typeof token === 'string' && token !== '' ? token : null;
}
