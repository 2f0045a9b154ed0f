import type { Command } from 'commander';
import { progressOf } from './progress.js';

/** `tokenjar backup`, `restore` and `move-to-postgres`. Each command is loaded when it runs. */
export function dataGroup(program: Command): void {
  program
    .command('backup')
    .argument('<file>', 'must not exist yet')
    .description('write the embedded database to a file, also while the server runs')
    .addHelpText('after', '\nThe SECRET_KEY is not in the file. PostgreSQL has pg_dump instead.')
    .action(async (file: string) => {
      const { backup } = await import('./backup.js');
      console.log(await backup(file));
    });

  program
    .command('restore')
    .argument('<file>', 'of "tokenjar backup"')
    .description('fill an embedded database that has no users from a backup, while the server is stopped')
    .action(async (file: string) => {
      const { restore } = await import('./restore.js');
      console.log(await restore(file));
    });

  program
    .command('move-to-postgres')
    .argument('<url>', 'of a PostgreSQL database without users, as in DATABASE_URL')
    .description(
      'copy the embedded database to PostgreSQL, with accounts and sessions, while the server is stopped',
    )
    .addHelpText(
      'after',
      '\nSessions go on if the server keeps its SECRET_KEY. The embedded database is not changed.',
    )
    .action(async (url: string) => {
      const { moveToPostgres } = await import('./move-to-postgres.js');
      console.log(await moveToPostgres(url, progressOf('row')));
    });
}
