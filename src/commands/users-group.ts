import type { Command } from 'commander';
import type { As } from './operator.js';
import { progressOf } from './progress.js';

interface CreateFlags {
  email?: string;
  username?: string;
  role?: string[];
  json?: boolean;
}

/** `tokenjar users`. Each command is loaded when it runs. */
export function usersGroup(program: Command, as: As): void {
  const users = program
    .command('users')
    .description('manage accounts and their sessions; <user> is an address, a username or an ID');

  users
    .command('end-sessions')
    .argument('<user>')
    .description('end all sessions of a user, on every instance within a second')
    .action(async (user: string) => {
      const { endSessions } = await import('./end-sessions.js');
      console.log(await endSessions(user, as()));
    });

  users
    .command('deactivate')
    .argument('<user>')
    .description('deactivate a user and end all of their sessions; the account is kept')
    .action(async (user: string) => {
      const { deactivate } = await import('./deactivate.js');
      console.log(await deactivate(user, as()));
    });

  users
    .command('activate')
    .argument('<user>')
    .description('let a deactivated user sign in again')
    .action(async (user: string) => {
      const { activate } = await import('./activate.js');
      console.log(await activate(user, as()));
    });

  users
    .command('reset-factors')
    .argument('<user>')
    .description('remove all second factors of a user, after a wait in which the user can cancel it')
    .action(async (user: string) => {
      const { resetFactors } = await import('./reset-factors.js');
      console.log(await resetFactors(user, as()));
    });

  users
    .command('list')
    .option('--role <name>', 'only users who have the role')
    .option('--json', 'one JSON object per line, for scripts')
    .description('list users, oldest first: ID, address or username, roles')
    .action(async ({ role, json = false }: { role?: string; json?: boolean }) => {
      const { listUsers } = await import('./list-users.js');
      const progress = process.stdout.isTTY ? undefined : progressOf('user');
      let listed = 0;
      await listUsers(role, json, (line) => {
        console.log(line);
        progress?.(++listed);
      });
    });

  users
    .command('show')
    .argument('<user>')
    .option('--json', 'as a JSON object, for scripts')
    .description('show a user')
    .action(async (user: string, { json = false }: { json?: boolean }) => {
      const { showUser } = await import('./show-user.js');
      console.log(await showUser(user, json));
    });

  users
    .command('set-roles')
    .argument('<user>')
    .argument('[role...]', 'all that the user is to have; none takes them away')
    .option('--json', 'as a JSON object, for scripts')
    .description('replace the roles of a user, on every instance within a second')
    .action(async (user: string, roles: string[], { json = false }: { json?: boolean }) => {
      const { setRoles } = await import('./set-roles.js');
      console.log(await setRoles(user, roles, json, as()));
    });

  users
    .command('create')
    .option('--email <email>', 'the address of the user')
    .option('--username <name>', 'the username, where users sign in with one')
    .option('--role <name...>', 'a role that the user is to have; several are possible')
    .option('--json', 'as a JSON object, for scripts')
    .description('make a user, and print a link that sets the password, once, within 24 hours')
    .action(async ({ role = [], json = false, ...names }: CreateFlags) => {
      const { createUser } = await import('./create-user.js');
      console.log(await createUser(names, role, json, as()));
    });

  users
    .command('password-link')
    .argument('<user>')
    .option('--json', 'as a JSON object, for scripts')
    .description('print a link that sets a new password, once, within 24 hours')
    .action(async (user: string, { json = false }: { json?: boolean }) => {
      const { passwordLink } = await import('./password-link.js');
      console.log(await passwordLink(user, json, as()));
    });

  users
    .command('invite')
    .argument('<email>')
    .argument('[role...]', 'roles that the user is to have')
    .option('--json', 'as a JSON object, for scripts')
    .description('invite somebody by email, also while registration is closed')
    .action(async (email: string, roles: string[], { json = false }: { json?: boolean }) => {
      const { inviteUser } = await import('./invite-user.js');
      console.log(await inviteUser(email, roles, json, as()));
    });

  users
    .command('delete')
    .argument('<user>')
    .option('--yes', 'do it')
    .option('--json', 'as a JSON object, for scripts')
    .description('delete a user for good, with everything of theirs')
    .action(async (user: string, { yes = false, json = false }: { yes?: boolean; json?: boolean }) => {
      const { deleteUser } = await import('./delete-user.js');
      console.log(await deleteUser(user, yes, json, as()));
    });
}
