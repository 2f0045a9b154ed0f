import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { OPTIONS, type Options } from '../../config/options.js';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';
import { Cookies } from '../../http/cookies.js';
import { refreshTokenInBody } from '../../http/input.js';
import type { OwnCookie, SentCookie } from '../../http/own-cookie.js';
import { stateOf } from '../../http/request-state.js';
import { REFRESH_STRATEGY } from '../../http/strategy.guard.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import { PresentedSessions } from '../presented-sessions.js';
import { TokenVerification } from '../token-verification.js';
import { type TokenExtractor, TokenStrategy } from './token.strategy.js';

/** Identifies a session by the refresh token in the cookie. It decides nothing and changes nothing. */
@Injectable()
export class RefreshStrategy extends PassportStrategy(TokenStrategy, REFRESH_STRATEGY) {
  constructor(
    { refresh }: Cookies,
    sessions: PresentedSessions,
    private readonly verification: TokenVerification,
    @Inject(OPTIONS) { refreshTokenIn }: Options,
  ) {
    const fromCookie = cookieExtractor(refresh, sessions);
    super(
      // A body is written on purpose, a cookie rides along.
      { cookie: fromCookie, body: refreshTokenInBody, both: firstOf(refreshTokenInBody, fromCookie) }[
        refreshTokenIn
      ],
      () => new TokenjarError('refresh_missing'),
    );
  }

  /** **Errors** `token_*`. */
  validate(request: HttpRequest, token: string): RefreshSubject {
    try {
      return this.verification.verifyRefresh(token);
    } catch (error) {
      // Another app on the same host may use the name: its cookie is not ours to clear.
      const isInvalid = error instanceof TokenjarError && error.code === 'token_invalid';
      if (isInvalid && this.verification.isForeign(token)) stateOf(request).refreshCookie = undefined;
      throw error;
    }
  }
}

/** Reads the refresh token of the cookie; if several were sent, their sessions decide which one counts. */
const cookieExtractor =
  (cookie: OwnCookie, sessions: PresentedSessions): TokenExtractor =>
  (request) => {
    const refresh = cookie.sent(request);
    const [first] = refresh;
    if (!first) return null;
    const take = (found: SentCookie | undefined): string | null => {
      stateOf(request).refreshCookie = found?.name;
      return found?.value ?? null;
    };
    const protection = cookie.protectionFor(request);
    const isAlone = refresh.length === 1 && first.protection >= protection;
    return isAlone ? take(first) : sessions.choose({ refresh, protection }).then(take);
  };

/** As passport-jwt's `fromExtractors`, for two of which the first does not wait. */
const firstOf =
  (first: (request: HttpRequest) => string | null, second: TokenExtractor): TokenExtractor =>
  (request) =>
    first(request) ?? second(request);
