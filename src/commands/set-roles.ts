import { RoleChanges } from '../users/roles/role-changes.js';
import { UserIds } from '../users/user-ids.js';
import { onUser } from './on-user.js';
import { refuse } from './roles.js';
import { namesOf } from './show-user.js';

/** Replaces the roles of a user, on every instance within a second. */
export const setRoles = (
  name: string,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  onUser(name, as, async (user, application, operator) => {
    refuse(await application.get(RoleChanges).assign(user.id, roles, operator));
    const names = [...new Set(roles)].sort();
    if (isJson) return JSON.stringify({ ...namesOf(user, application.get(UserIds)), roles: names });
    return names.length === 0 ? 'The user has no roles.' : `The user has the roles ${names.join(', ')}.`;
  });
