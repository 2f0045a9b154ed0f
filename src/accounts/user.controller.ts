import { Body, Delete, Get, Patch, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { showUser, userSchema } from '../auth/auth.schemas.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Refuses, Returns } from '../http/returns.js';
import { type Account, Users } from '../users/users.js';
import { deletionSchema, profileSchema } from './accounts.schemas.js';
import { Deletion } from './deletion.js';

/** GET, PATCH and DELETE /user: the own account. */
@Edge('account', 'user')
@Protected()
export class UserController {
  constructor(
    private readonly users: Users,
    private readonly deletion: Deletion,
    private readonly cookie: RefreshCookie,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getUser', summary: 'Who am I' })
  @Returns(200, 'Your account.', userSchema)
  @Refuses('user_inactive', 'database_unavailable')
  async read(@Me() me: Principal): Promise<z.infer<typeof userSchema>> {
    return showUser(existing(await this.users.findById(me.userId)));
  }

  @Patch()
  @ApiOperation({ operationId: 'updateUser', summary: 'Change your profile' })
  @Returns(200, 'Your account as it is now.', userSchema)
  @Refuses('input_invalid', 'body_malformed', 'user_inactive', 'database_unavailable')
  async update(
    @Me() me: Principal,
    @Body({ schema: profileSchema }) { locale }: z.infer<typeof profileSchema>,
  ): Promise<z.infer<typeof userSchema>> {
    const user =
      locale === undefined
        ? await this.users.findById(me.userId)
        : await this.users.setLocale(me.userId, locale);
    return showUser(existing(user));
  }

  @Delete()
  @FromOwnPages()
  @ApiOperation({ operationId: 'deleteUser', summary: 'Delete your account and end all its sessions' })
  @Returns(204, 'It is gone.')
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'server_busy', 'database_unavailable')
  async delete(
    @Me() me: Principal,
    @Body({ schema: deletionSchema }) { password }: z.infer<typeof deletionSchema>,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    await this.deletion.delete(me.userId, password);
    this.cookie.clear(request, response);
  }
}

function existing(user: Account | undefined): Account {
  if (!user) throw new TokenjarError('user_not_found');
  if (!user.isActive) throw new TokenjarError('user_inactive');
  return user;
}
