import { Req, Res } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { ProfileChange, UserFacts } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { Cookies } from '../http/cookies.js';
import type { User } from '../users/user.entity.js';
import { Profiles } from '../users/profiles.js';
import { Users } from '../users/users.js';
import { Deletion } from './deletion.js';
import { UsernameChange } from './username-change.js';

/** GET, PATCH and DELETE /user: the user's own account. */
@ApiController()
export class UserController {
  constructor(
    private readonly users: Users,
    private readonly deletion: Deletion,
    private readonly usernameChange: UsernameChange,
    private readonly cookies: Cookies,
    private readonly profiles: Profiles,
  ) {}

  @Operation('getUser')
  async read(@CurrentUser() me: Principal): Promise<UserFacts> {
    return this.shown(existing(await this.users.findById(me.userId)));
  }

  @Operation('updateUser')
  async update(
    @CurrentUser() me: Principal,
    @Input() { locale, username, profile }: ProfileChange,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<UserFacts> {
    const renamed =
      username === undefined ? undefined : await this.usernameChange.change(me, username, caller, languages);
    const filled = profile ? await this.profiles.change(me.userId, profile, caller) : renamed;
    const changed = locale === undefined ? filled : await this.users.setLocale(me.userId, locale, caller);
    // If nothing was updated, reading the account reports why.
    return this.shown(changed ?? existing(await this.users.findById(me.userId)));
  }

  /** With what the host adds. **Errors** `hook_failed`. */
  private async shown(user: User): Promise<UserFacts> {
    const fieldsOfHost = await this.profiles.shown(user);
    return fieldsOfHost ? { ...user, fieldsOfHost } : user;
  }

  @Operation('deleteUser')
  async delete(
    @CurrentUser() me: Principal,
    @Input() { password }: { password: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    await this.deletion.delete(me, password, caller, languages);
    this.cookies.refresh.clear(request, response);
  }
}

function existing(user: User | undefined): User {
  if (!user) throw new TokenjarError('user_not_found');
  if (!user.isActive) throw new TokenjarError('user_inactive');
  return user;
}
