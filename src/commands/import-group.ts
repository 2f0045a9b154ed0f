import { type Command, Option } from 'commander';
import type { ImportFileFlags } from './import-file.js';
import type { ImportFlags } from './import-django.js';
import type { As } from './operator.js';
import { progressOf } from './progress.js';

const ADMINS = 'let those who have the role admin there administer this server';

/** `tokenjar import`. Each command is loaded when it runs. */
export function importGroup(program: Command, as: As): void {
  const group = program
    .command('import')
    .argument('<file>', 'what the other system has exported')
    .addOption(
      new Option('--from <system>', 'the system that it is of').choices([
        ...(['auth0', 'firebase', 'keycloak', 'supabase', 'wordpress', 'better-auth', 'csv'] as const),
        'tokenjar',
      ]),
    )
    .option(
      '--hash-config <file>',
      "Firebase: the parameters of the project's hashes, as its page shows them",
    )
    .addOption(
      new Option('--hashes <system>', 'what hashed the passwords, where that does not show').choices([
        ...(['django', 'devise', 'werkzeug'] as const),
      ]),
    )
    .option('--roles-from <member>', 'where users have their roles, such as app_metadata.roles')
    .option('--trust-addresses', 'take all addresses as verified')
    .option('--admins', ADMINS)
    .option('--dry-run', 'only report what would be imported, and what cannot come')
    .option('--json', 'as JSON lines, for scripts')
    .description(
      'import the users in a file of another system; can be repeated and interrupted; needs SECRET_KEY (docs/moving.md)',
    )
    .action(async (file: string, flags: ImportFileFlags) => {
      const { importFile } = await import('./import-file.js');
      const output = { print: (line: string) => console.log(line), progress: progressOf('byte') };
      await importFile(file, flags, output, as());
    });
  group
    .command('django')
    .requiredOption(
      '--from <url>',
      'the PostgreSQL database of the site; a role that may only read is enough',
    )
    .option('--user-table <name>', 'the table of users (guessed otherwise, as the columns are)')
    .option('--id-column <name>', 'the column of their IDs')
    .option('--username-column <name>', 'the column of their usernames')
    .option('--email-column <name>', 'the column of their addresses')
    .option('--password-column <name>', 'the column of their password hashes')
    .option('--active-column <name>', 'the column that says whether they are active')
    .option('--joined-column <name>', 'the column of when they joined')
    .option('--last-login-column <name>', 'the column of their last sign-in')
    .option('--staff-column <name>', 'the column that says whether they are staff')
    .option('--superuser-column <name>', 'the column that says whether they are superusers')
    .option('--group-table <name>', 'the table of groups')
    .addOption(
      new Option('--sign-in-with <what>', 'what users sign in with').choices(['email', 'username', 'both']),
    )
    .option('--staff-role <name>', 'the role of staff')
    .option('--superuser-role <name>', 'the role of superusers')
    .option('--admins', ADMINS)
    .option('--recovery-codes <count>', 'how many the site gives a user (MFA_RECOVERY_CODE_COUNT), if not 10')
    .option(
      '--deactivate-gone',
      'deactivate users who are not at the site any more, unless they have changed here',
    )
    .option('--dry-run', 'only report what would be imported, and what cannot come')
    .option('--yes', 'import without asking')
    .option('--json', 'as JSON lines, for scripts')
    .description(
      'import users, passwords, roles, second factors, identities and blacklisted tokens of a Django site; can be repeated while it serves; needs SECRET_KEY',
    )
    .action(async (flags: ImportFlags) => {
      const { importDjango } = await import('./import-django.js');
      const output = { print: (line: string) => console.log(line), progress: progressOf('user') };
      await importDjango(flags, output, as());
    });
}
