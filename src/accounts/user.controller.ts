import { applyDecorators, Delete, Get, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { ProfileChange, UserFacts } from '../http/operations.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Refuses } from '../http/refuses.js';
import { type Account, Users } from '../users/users.js';
import { Deletion } from './deletion.js';

const Deletes = (operation: 'deleteUser' | 'deleteUserByPost') =>
  applyDecorators(
    FromOwnPages(),
    Operates(operation, 'Delete your account and end all its sessions'),
    Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'rate_limited'),
    Refuses('server_busy', 'database_unavailable'),
  );

/** GET, PATCH and DELETE /user: the own account. PUT where the dialect has it. POST /user/delete
 * is DELETE for proxies that take its body away.
 */
@Edge('account', 'user')
@Protected()
export class UserController {
  constructor(
    private readonly users: Users,
    private readonly deletion: Deletion,
    private readonly cookie: RefreshCookie,
  ) {}

  @Get()
  @Operates('getUser', 'Who am I')
  @Refuses('user_inactive', 'database_unavailable')
  read(@Me() me: Principal): Promise<UserFacts> {
    return this.find(me);
  }

  @Patch()
  @Operates('updateUser', 'Change your profile')
  @Refuses('input_invalid', 'body_malformed', 'user_inactive', 'database_unavailable')
  update(@Me() me: Principal, @Input() change: ProfileChange): Promise<UserFacts> {
    return this.change(me, change);
  }

  @Put()
  @Operates('replaceUser', 'Change your profile')
  @Refuses('input_invalid', 'body_malformed', 'user_inactive', 'database_unavailable')
  replace(@Me() me: Principal, @Input() change: ProfileChange): Promise<UserFacts> {
    return this.change(me, change);
  }

  @Delete()
  @Deletes('deleteUser')
  delete(
    @Me() me: Principal,
    @Input() { password }: { password: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    return this.remove(me, password, caller, languages, request, response);
  }

  @Post('delete')
  @Deletes('deleteUserByPost')
  deleteByPost(
    @Me() me: Principal,
    @Input() { password }: { password: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    return this.remove(me, password, caller, languages, request, response);
  }

  private async remove(
    me: Principal,
    password: string,
    caller: Caller,
    languages: string | null,
    request: HttpRequest,
    response: unknown,
  ): Promise<void> {
    await this.deletion.delete(me, password, caller, languages);
    this.cookie.clear(request, response);
  }

  private async find(me: Principal): Promise<UserFacts> {
    return existing(await this.users.findById(me.userId));
  }

  private async change(me: Principal, { locale }: ProfileChange): Promise<UserFacts> {
    // Where nothing was changed, the account says why.
    const changed = locale === undefined ? undefined : await this.users.setLocale(me.userId, locale);
    return changed ?? this.find(me);
  }
}

function existing(user: Account | undefined): Account {
  if (!user) throw new TokenjarError('user_not_found');
  if (!user.isActive) throw new TokenjarError('user_inactive');
  return user;
}
