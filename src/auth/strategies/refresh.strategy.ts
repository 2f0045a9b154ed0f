import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { OPTIONS, type Options } from '../../config/options.js';
import { TokenjarError } from '../../errors.js';
import { callerOf, type HttpRequest } from '../../http/caller.js';
import { Cookies } from '../../http/cookies.js';
import { refreshTokenInBody, unaskedRefreshToken } from '../../http/input.js';
import { LegacyTokens } from '../../http/legacy-tokens.js';
import type { SentCookie } from '../../http/own-cookie.js';
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
    private readonly cookies: Cookies,
    sessions: PresentedSessions,
    private readonly verification: TokenVerification,
    legacy: LegacyTokens,
    @Inject(OPTIONS) { refreshTokenIn, dialect }: Options,
  ) {
    const fromCookie = cookieExtractor(cookies, sessions);
    super(
      // A body is written on purpose, a cookie rides along.
      {
        // A client of a Django site that kept its token itself has it there until it gets a cookie.
        cookie: dialect.startsWith('django') ? firstOf(fromCookie, legacyInBody(legacy)) : fromCookie,
        body: refreshTokenInBody,
        both: firstOf(refreshTokenInBody, fromCookie),
      }[refreshTokenIn],
      () => new TokenjarError('refresh_missing'),
    );
  }

  /** **Errors** `token_*`; for the token of a site that users came from also `user_*`, `session_limit_reached`. */
  validate(request: HttpRequest, token: string): RefreshSubject | Promise<RefreshSubject> {
    try {
      return this.verification.verifyRefresh(token);
    } catch (error) {
      const issuer = this.verification.legacyIssuerOf(token, error);
      if (issuer)
        return issuer.continueSession(token, callerOf(request), this.cookies.refresh.protectionFor(request));
      // Another app on the same host may use the name: its cookie is not ours to clear.
      const isInvalid = error instanceof TokenjarError && error.code === 'token_invalid';
      if (isInvalid && this.verification.isForeign(token)) stateOf(request).refreshCookie = undefined;
      throw error;
    }
  }
}

/** Reads the refresh token of the cookie; if several were sent, their sessions decide which one counts. */
const cookieExtractor =
  (cookies: Cookies, sessions: PresentedSessions): TokenExtractor =>
  (request) => {
    const refresh = cookies.refreshSent(request);
    const [first] = refresh;
    if (!first) return null;
    const take = (found: SentCookie | undefined): string | null => {
      stateOf(request).refreshCookie = found?.name;
      return found?.value ?? null;
    };
    const protection = cookies.refresh.protectionFor(request);
    const isAlone = refresh.length === 1 && first.protection >= protection;
    return isAlone ? take(first) : sessions.choose({ refresh, protection }).then(take);
  };

/** As passport-jwt's `fromExtractors`. */
const firstOf =
  (first: TokenExtractor, second: TokenExtractor): TokenExtractor =>
  (request) => {
    const found = first(request);
    return found instanceof Promise
      ? found.then((token) => token ?? second(request))
      : (found ?? second(request));
  };

const legacyInBody =
  (legacy: LegacyTokens) =>
  (request: HttpRequest): string | null => {
    const token = unaskedRefreshToken(request);
    return token !== null && legacy.isRefresh(token) ? token : null;
  };
