import type { Command } from 'commander';
import type { As } from './operator.js';
import { progressOf } from './progress.js';

/** `tokenjar export`. Each command is loaded when it runs. */
export function exportGroup(program: Command, as: As): void {
  program
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
      const print = (line: string) => console.error(line);
      await exportAccounts(file, flags, { print, progress: progressOf('user') }, as());
    });
}
