import type { Command } from 'commander';
import type { As } from './operator.js';

/** `tokenjar roles`. Each command is loaded when it runs. */
export function rolesGroup(program: Command, as: As): void {
  const roles = program.command('roles').description('manage roles and their permissions');

  roles
    .command('list')
    .option('--json', 'as a JSON array, for scripts')
    .description('list all roles')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listRoles } = await import('./roles.js');
      console.log(await listRoles(json));
    });

  roles
    .command('set')
    .argument('<name>')
    .argument('[permission...]', 'all that the role is to have, such as orders:read')
    .option('--description <text>', 'what the role is for')
    .option('--json', 'as a JSON object, for scripts')
    .description('make a role, or replace its permissions, on every instance within a second')
    .action(
      async (
        name: string,
        permissions: string[],
        { description, json = false }: { description?: string; json?: boolean },
      ) => {
        const { setRole } = await import('./roles.js');
        console.log(await setRole(name, permissions, description, json, as()));
      },
    );

  roles
    .command('delete')
    .argument('<name>')
    .option('--json', 'as a JSON object, for scripts')
    .description('delete a role that no user has')
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const { deleteRole } = await import('./roles.js');
      console.log(await deleteRole(name, json, as()));
    });
}
