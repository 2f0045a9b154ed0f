import type { ManagedUser } from '../http/admin-payloads.js';
import { QueryInput } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import { UserSearch, type WantedUsers } from './user-search.js';

/** /admin/users: users, as administrators see them. */
@ApiController()
export class ManagedUsersController {
  constructor(private readonly search: UserSearch) {}

  @Operation('listUsers')
  list(@QueryInput() wanted: WantedUsers, @PageOf() page: Page): Promise<Paged<ManagedUser>> {
    return this.search.page(wanted, page);
  }
}
