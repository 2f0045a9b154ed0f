import type { Command } from 'commander';
import type { FixtureChoices } from '../django/fixture.js';
import type { As } from './operator.js';
import { progressOf } from './progress.js';

/** `tokenjar export`. Each command is loaded when it runs. */
export function exportGroup(program: Command, as: As): void {
  const print = (line: string) => console.error(line);
  const group = program
    .command('export')
    .argument('<file>', 'must not exist yet; - for standard output')
    .option('--with-sessions', 'with live sessions and trusted devices, which go on with the same SECRET_KEY')
    .description(
      'write all accounts to a file, with password hashes and second factors, for "tokenjar import --from tokenjar"; needs SECRET_KEY (docs/moving.md)',
    )
    .addHelpText(
      'after',
      '\nThe secrets of authenticator apps are in the file as they are. Only its owner can read it.',
    )
    .action(async (file: string, flags: { withSessions?: boolean }) => {
      const { exportAccounts } = await import('./export.js');
      await exportAccounts(file, flags, { print, progress: progressOf('user') }, as());
    });
  group
    .command('django')
    .argument('<file>', 'must not exist yet, and ends with .jsonl; - for standard output')
    .option('--staff-role <name>', 'the role that is is_staff there')
    .option('--superuser-role <name>', 'the role that is is_superuser there')
    .option('--with-addresses', "with allauth's addresses (account.emailaddress)")
    .description('write all accounts as a fixture that a Django site loads with loaddata (docs/moving.md)')
    .action(async (file: string, choices: FixtureChoices) => {
      const { exportDjango } = await import('./export-django.js');
      await exportDjango(file, choices, { print, progress: progressOf('user') }, as());
    });
}
