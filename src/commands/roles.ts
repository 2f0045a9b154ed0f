import { UserRecordsModule } from '../users/user-records.module.js';
import { RoleChanges, type RoleProblem } from '../users/roles/role-changes.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { operatorAs } from './operator.js';

/** All roles with their permissions, one per line; as JSON for scripts. */
export const listRoles = (isJson: boolean): Promise<string> =>
  inApplication([UserRecordsModule], async (application) => {
    const roles = await application.get(RoleChanges).list();
    if (isJson)
      return JSON.stringify(
        roles.map(({ name, permissions, description }) => ({ name, permissions, description })),
      );
    const width = Math.max(0, ...roles.map(({ name }) => name.length));
    return roles
      .map(({ name, permissions, description }) =>
        [name.padEnd(width), permissions.join(' ') || '(no permissions)', description && `— ${description}`]
          .filter(Boolean)
          .join('  '),
      )
      .join('\n');
  });

/** Makes a role, or replaces its permissions. */
export const setRole = (
  name: string,
  permissions: readonly string[],
  description: string | undefined,
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([UserRecordsModule], async (application) => {
    const role = { name, permissions, ...(description !== undefined && { description }) };
    refuse(await application.get(RoleChanges).set(role, operatorAs(as)));
    if (isJson) {
      const set = (await application.get(RoleChanges).list()).find((each) => each.name === name);
      return JSON.stringify({
        name,
        permissions: set?.permissions ?? [],
        description: set?.description ?? null,
      });
    }
    return `The role ${name} has ${permissions.length === 0 ? 'no permissions' : `the permissions ${[...permissions].sort().join(' ')}`}.`;
  });

/** Deletes a role that nobody has. */
export const deleteRole = (name: string, isJson: boolean, as?: string): Promise<string> =>
  inApplication([UserRecordsModule], async (application) => {
    refuse(await application.get(RoleChanges).delete(name, operatorAs(as)));
    return isJson ? JSON.stringify({ name, deleted: true }) : `The role ${name} is deleted.`;
  });

/** @throws {CommandError} if there is a problem. */
export function refuse(problem: RoleProblem | undefined): void {
  switch (problem?.problem) {
    case 'name_invalid':
      throw new CommandError(
        `${problem.name}: is not a name of at most 100 characters, all of which are shown, without spaces but single ones between words`,
      );
    case 'permission_invalid':
      throw new CommandError(
        `${problem.permission}: a permission is at most 100 ASCII characters, without spaces, quotes and backslashes`,
      );
    case 'permissions_too_many':
      throw new CommandError(
        'These are too many permissions: they would not fit in the access tokens of users.',
      );
    case 'role_unknown':
      throw new CommandError(`There is no role ${problem.name}; \`tokenjar roles set\` makes one.`);
    case 'role_held':
      throw new CommandError(
        `${problem.holders} ${problem.holders === 1 ? 'user has' : 'users have'} the role; take it away first (tokenjar users set-roles).`,
      );
  }
}
