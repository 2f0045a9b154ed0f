import { type Caller, From } from '../http/caller.js';
import type { ManagedUser, PasswordLink, UserChange } from '../http/admin-payloads.js';
import { Input, QueryInput } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { ManagedUsers } from './managed-users.js';
import { PasswordHandover } from './password-handover.js';
import { PasswordResetMails } from './password-reset-mails.js';
import { UserId } from '../http/user-id.js';
import { UserSearch, type WantedUsers } from './user-search.js';

/** /admin/users: the accounts of others. */
@ApiController()
export class ManagedUsersController {
  constructor(
    private readonly search: UserSearch,
    private readonly users: ManagedUsers,
    private readonly resets: PasswordResetMails,
    private readonly handover: PasswordHandover,
  ) {}

  @Operation('listUsers')
  list(@QueryInput() wanted: WantedUsers, @PageOf() page: Page): Promise<Paged<ManagedUser>> {
    return this.search.page(wanted, page);
  }

  @Operation('getManagedUser')
  read(@UserId() id: number): Promise<ManagedUser> {
    return this.users.find(id);
  }

  @Operation('updateManagedUser')
  update(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @Input() change: UserChange,
    @From() caller: Caller,
  ): Promise<ManagedUser> {
    return this.users.update(me, id, change, caller);
  }

  @Operation('deleteManagedUser')
  delete(@CurrentUser() me: Principal, @UserId() id: number, @From() caller: Caller): Promise<void> {
    return this.users.delete(me, id, caller);
  }

  @Operation('sendPasswordReset')
  sendPasswordReset(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @From() caller: Caller,
  ): Promise<void> {
    return this.resets.send(me, id, caller);
  }

  @Operation('makePasswordLink')
  makePasswordLink(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @From() caller: Caller,
  ): Promise<PasswordLink> {
    return this.handover.make(me, id, caller);
  }
}
