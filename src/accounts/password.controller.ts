import { Body, Post, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { tokensSchema } from '../auth/auth.schemas.js';
import { TokenAnswers } from '../auth/token-answer.js';
import type { HttpRequest } from '../http/caller.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses, Returns } from '../http/returns.js';
import { passwordChangeSchema } from './accounts.schemas.js';
import { PasswordChange } from './password-change.js';

/** POST /password/change. */
@Edge('account', 'password')
@Protected()
export class PasswordController {
  constructor(
    private readonly change: PasswordChange,
    private readonly answers: TokenAnswers,
  ) {}

  @Post('change')
  @FromOwnPages()
  @ApiOperation({ operationId: 'changePassword', summary: 'Change your password; your other sessions end' })
  @Returns(200, 'New tokens for this session.', tokensSchema)
  @Refuses(
    'input_invalid',
    'body_malformed',
    'password_too_short',
    'password_too_long',
    'password_same_as_email',
  )
  @Refuses('bad_credentials', 'server_busy', 'database_unavailable')
  async changePassword(
    @Me() me: Principal,
    @Body({ schema: passwordChangeSchema }) body: z.infer<typeof passwordChangeSchema>,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ) {
    const session = await this.change.change(me, body.old_password, body.new_password);
    return this.answers.give(session, request, response);
  }
}
