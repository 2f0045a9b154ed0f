import { Body, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import { ApiCookieAuth, ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { DeadCookieFilter } from '../http/dead-cookie.filter.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Public } from '../http/principal.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Presented, RefreshGuard } from '../http/refresh.guard.js';
import { Refuses, Returns } from '../http/returns.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { Sessions } from '../users/sessions.js';
import type { Account } from '../users/users.js';
import {
  credentialsSchema,
  refreshBodySchema,
  tokensAndUserSchema,
  tokenSchema,
  tokensSchema,
  verifiedSchema,
} from './auth.schemas.js';
import { Identified, LocalGuard } from './local.guard.js';
import { SignIn } from './sign-in.js';
import { TokenAnswers } from './token-answer.js';
import { isRefresh, showVerified, TokenVerification } from './token-verification.js';

/** POST /token, /token/refresh, /token/verify and /token/blacklist: what simplejwt's four views do. */
@Edge('token', 'token')
export class TokenController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
    private readonly answers: TokenAnswers,
    private readonly verification: TokenVerification,
    private readonly cookie: RefreshCookie,
  ) {}

  @Public()
  @Post()
  @FromOwnPages()
  @UseGuards(LocalGuard)
  @ApiOperation({ operationId: 'obtainToken', summary: 'Sign in, without the user in the answer' })
  @Returns(200, 'The access token; the refresh token is in the cookie.', tokensSchema)
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'server_busy', 'database_unavailable')
  async obtain(
    @Identified() account: Account,
    @Body({ schema: credentialsSchema }) { password }: z.infer<typeof credentialsSchema>,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    return this.answers.give(await this.signIn.complete(account, caller, password), request, response);
  }

  @Public()
  @Post('refresh')
  @FromOwnPages()
  @UseGuards(RefreshGuard)
  @UseFilters(DeadCookieFilter)
  @ApiOperation({ operationId: 'refreshToken', summary: 'Get a new access token with the refresh cookie' })
  @ApiCookieAuth('refresh')
  @Returns(200, 'A new access token; the cookie is set when the refresh token changed.', tokensAndUserSchema)
  @Refuses('cookie_ambiguous', 'refresh_missing', 'token_invalid', 'token_expired', 'token_wrong_type')
  @Refuses('token_blacklisted', 'token_reused', 'user_inactive', 'refresh_pending', 'database_unavailable')
  async refresh(
    @Presented() presented: RefreshSubject,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    const { session, refreshToken } = await this.sessions.refresh(presented, caller);
    return this.answers.giveWithUser(session, request, response, refreshToken);
  }

  @Public()
  @Post('verify')
  @ApiOperation({ operationId: 'verifyToken', summary: 'Check an access or refresh token' })
  @Returns(200, 'The token is good: its type and when it expires.', verifiedSchema)
  @Refuses(
    'input_invalid',
    'body_malformed',
    'token_invalid',
    'token_expired',
    'token_blacklisted',
    'user_not_found',
  )
  async verify(@Body({ schema: tokenSchema }) { token }: z.infer<typeof tokenSchema>) {
    const verified = this.verification.verify(token);
    if (isRefresh(verified)) await this.sessions.peek(verified);
    return showVerified(verified);
  }

  @Public()
  @Post('blacklist')
  @FromOwnPages()
  @ApiCookieAuth('refresh')
  @ApiOperation({ operationId: 'blacklistToken', summary: 'End the session of a refresh token' })
  @Returns(204, 'The session has ended; the cookie is cleared if it was the one.')
  @Refuses(
    'input_invalid',
    'refresh_missing',
    'token_invalid',
    'token_expired',
    'token_wrong_type',
    'token_blacklisted',
  )
  async blacklist(
    @Body({ schema: refreshBodySchema }) body: z.infer<typeof refreshBodySchema>,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const cookies = this.cookie.read(request);
    const token = body.refresh_token ?? body.refresh ?? cookies[0];
    if (!token) throw new TokenjarError('refresh_missing');
    const { lookupId } = this.verification.verifyRefresh(token);
    if (!(await this.sessions.endByLookup(lookupId, 'blacklist')))
      throw new TokenjarError('token_blacklisted');
    if (cookies.some((cookie) => this.verification.lookupIdOf(cookie) === lookupId))
      this.cookie.clear(request, response);
  }
}
