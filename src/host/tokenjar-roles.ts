import { Injectable } from '@nestjs/common';
import type { RoleFacts, RoleInput } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { refuseRole } from '../users/roles/refused-roles.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { hostCaller } from './host-caller.js';

/** Roles and their permissions, on every instance within a second. Who has them: {@link TokenjarUsers.setRoles}. */
@Injectable()
export class TokenjarRoles {
  constructor(private readonly roles: RoleChanges) {}

  /** In the order of their names. */
  list(): Promise<RoleFacts[]> {
    return this.roles.list();
  }

  /** Makes a role, or replaces its permissions. **Errors** `input_invalid`. */
  async set(name: string, { permissions, description }: RoleInput, by?: Caller): Promise<void> {
    const role = { name, permissions, ...(description !== undefined && { description }) };
    refuseRole(await this.roles.set(role, hostCaller(by)));
  }

  /** Deletes a role that nobody has. **Errors** `role_not_found`, `role_held`. */
  async delete(name: string, by?: Caller): Promise<void> {
    refuseRole(await this.roles.delete(name, hostCaller(by)));
  }
}
