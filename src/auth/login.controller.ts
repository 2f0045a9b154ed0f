import { Body, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Public } from '../http/principal.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Refuses, Returns } from '../http/returns.js';
import type { Account } from '../users/users.js';
import { credentialsSchema, tokensAndUserSchema } from './auth.schemas.js';
import { Identified, LocalGuard } from './local.guard.js';
import { SignIn } from './sign-in.js';
import { SignOut } from './sign-out.js';
import { TokenAnswers } from './token-answer.js';

/** POST /login and /logout. */
@Edge('session')
export class LoginController {
  constructor(
    private readonly signIn: SignIn,
    private readonly signOut: SignOut,
    private readonly answers: TokenAnswers,
    private readonly cookie: RefreshCookie,
  ) {}

  @Public()
  @Post('login')
  @FromOwnPages()
  @UseGuards(LocalGuard)
  @ApiOperation({ operationId: 'login', summary: 'Sign in' })
  @Returns(200, 'The access token and the user; the refresh token is in the cookie.', tokensAndUserSchema)
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'server_busy', 'database_unavailable')
  async login(
    @Identified() account: Account,
    @Body({ schema: credentialsSchema }) { password }: z.infer<typeof credentialsSchema>,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    const session = await this.signIn.complete(account, caller, password);
    return this.answers.giveWithUser(session, request, response);
  }

  @Public()
  @Post('logout')
  @FromOwnPages()
  @ApiOperation({ operationId: 'logout', summary: 'Sign out: end the session and clear the cookie' })
  @Returns(204, 'Signed out, also when there was no session.')
  @Refuses('database_unavailable')
  async logout(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<void> {
    await this.signOut.of(request);
    this.cookie.clear(request, response);
  }
}
