import { Param } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { RoleFacts, RoleInput } from '../http/admin-payloads.js';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { Administrators } from '../users/administrators.js';
import { refuseRole } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';

/** /admin/roles: roles and their permissions. */
@ApiController()
export class ManagedRolesController {
  constructor(
    private readonly administrators: Administrators,
    private readonly roles: RoleChanges,
  ) {}

  @Operation('listRoles')
  list(): Promise<RoleFacts[]> {
    return this.roles.list();
  }

  @Operation('setRole')
  async set(
    @CurrentUser() me: Principal,
    @Param('name') name: string,
    @Input() { permissions, description }: RoleInput,
    @From() caller: Caller,
  ): Promise<RoleFacts> {
    const role = { name, permissions, ...(description !== undefined && { description }) };
    refuseRole(await this.administrators.act(me, caller, (tx, by) => this.roles.set(role, by, tx)));
    const found = (await this.roles.list()).find((each) => each.name === name);
    if (!found) throw new TokenjarError('role_not_found');
    return found;
  }

  @Operation('deleteRole')
  async delete(
    @CurrentUser() me: Principal,
    @Param('name') name: string,
    @From() caller: Caller,
  ): Promise<void> {
    refuseRole(await this.administrators.act(me, caller, (tx, by) => this.roles.delete(name, by, tx)));
  }
}
