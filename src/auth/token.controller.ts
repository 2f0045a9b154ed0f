import { Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiCookieAuth } from '@nestjs/swagger';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { DeadCookieFilter } from '../http/dead-cookie.filter.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { RefreshTokenInBody, TokensAndUser, VerifiedToken } from '../http/operations.js';
import { Public } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { SessionRefresh } from '../users/sessions/session-refresh.js';
import { Identity, LocalGuard } from './local.guard.js';
import { Presented, RefreshGuard } from './refresh.guard.js';
import { SignIn } from './sign-in.js';
import type { Identified } from './strategies/local.strategy.js';
import { TokenAnswers } from './token-answer.js';
import { TokenBlacklisting } from './token-blacklisting.js';
import { isRefresh, TokenVerification } from './token-verification.js';

/** POST /token, /token/refresh, /token/verify and /token/blacklist: what simplejwt's four views do. */
@Edge('token', 'token')
export class TokenController {
  constructor(
    private readonly signIn: SignIn,
    private readonly cookies: Cookies,
    private readonly sessionRefresh: SessionRefresh,
    private readonly verification: TokenVerification,
    private readonly blacklisting: TokenBlacklisting,
    private readonly answers: TokenAnswers,
  ) {}

  @Public()
  @Post()
  @FromOwnPages(LocalGuard)
  @Operates('obtainToken', 'Sign in, without the user in the answer')
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'server_busy', 'database_unavailable')
  @Refuses('email_not_verified', 'session_limit_reached', 'rate_limited')
  async obtain(
    @Identity() { account, device }: Identified,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser> {
    const answer = await this.signIn.finish({ account, methods: ['pwd'], device, caller });
    return this.cookies.apply(answer, request, response);
  }

  @Public()
  @Post('refresh')
  @FromOwnPages(RefreshGuard)
  @UseFilters(DeadCookieFilter)
  @ApiCookieAuth('refresh')
  @Operates('refreshToken', 'Get a new access token with the refresh cookie')
  @Refuses('input_invalid', 'cookie_ambiguous', 'refresh_missing')
  @Refuses('token_invalid', 'token_expired', 'token_wrong_type')
  @Refuses('token_blacklisted', 'token_reused', 'user_inactive', 'user_not_found', 'refresh_pending')
  @Refuses('rate_limited', 'database_unavailable')
  async refresh(
    @Presented() presented: RefreshSubject | undefined,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser | undefined> {
    if (!presented) return undefined;
    const { session, fate } = await this.sessionRefresh.refresh(presented, caller);
    if (!this.verification.isOf(session.user.id, presented)) throw new TokenjarError('user_not_found');
    return this.cookies.apply(this.answers.give(session, fate), request, response);
  }

  @Public()
  @Post('verify')
  @Operates('verifyToken', 'Check an access or refresh token')
  @Refuses('input_invalid', 'body_malformed', 'token_invalid', 'token_expired', 'token_blacklisted')
  @Refuses('user_not_found', 'user_inactive', 'database_unavailable')
  async verify(@Input() { token }: { token: string }): Promise<VerifiedToken> {
    const verified = await this.verification.verifyShared(token);
    if (!isRefresh(verified)) return { tokenType: 'access', expiresAt: new Date(verified.exp * 1000) };
    await this.sessionRefresh.verify(verified);
    return { tokenType: 'refresh', expiresAt: new Date(verified.expiresAt * 1000) };
  }

  @Public()
  @Post('blacklist')
  @FromOwnPages()
  @ApiCookieAuth('refresh')
  @Operates('blacklistToken', 'End the session of a refresh token')
  @Refuses('input_invalid', 'body_malformed', 'cookie_ambiguous', 'refresh_missing', 'token_invalid')
  @Refuses('token_expired', 'token_wrong_type', 'token_blacklisted', 'database_unavailable')
  async blacklist(
    @Input() { refreshToken }: RefreshTokenInBody,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    await this.blacklisting.blacklist(refreshToken, request, response);
  }
}
