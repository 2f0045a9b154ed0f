import { applyDecorators, Body, Post, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { tokensAndUserSchema } from '../auth/auth.schemas.js';
import { SignIn } from '../auth/sign-in.js';
import { TokenAnswers } from '../auth/token-answer.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Public } from '../http/principal.js';
import { Refuses, Returns } from '../http/returns.js';
import { registrationSchema } from './accounts.schemas.js';
import { Registration } from './registration.js';

const Registers = (path: string, operationId: string) =>
  applyDecorators(
    Public(),
    Post(path),
    FromOwnPages(),
    ApiOperation({ operationId, summary: 'Make an account and sign in' }),
    Returns(201, 'As a login.', tokensAndUserSchema),
    Refuses(
      'input_invalid',
      'body_malformed',
      'password_too_short',
      'password_too_long',
      'password_same_as_email',
    ),
    Refuses('registration_closed', 'email_taken', 'server_busy', 'database_unavailable'),
  );

type Credentials = z.infer<typeof registrationSchema>;

/** POST /registration, also known as /signup. */
@Edge('account')
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly answers: TokenAnswers,
  ) {}

  @Registers('registration', 'register')
  async register(
    @Body({ schema: registrationSchema }) { email, password }: Credentials,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    const account = await this.registration.register(email, password);
    return this.answers.giveWithUser(await this.signIn.complete(account, caller), request, response);
  }

  @Registers('signup', 'signUp')
  signUp(
    @Body({ schema: registrationSchema }) credentials: Credentials,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    return this.register(credentials, caller, request, response);
  }
}
