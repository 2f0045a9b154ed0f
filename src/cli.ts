#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { auditGroup } from './commands/audit-group.js';
import { dataGroup } from './commands/data-group.js';
import { diagnosisGroup } from './commands/diagnosis-group.js';
import { exportGroup } from './commands/export-group.js';
import { importGroup } from './commands/import-group.js';
import { keysGroup } from './commands/keys-group.js';
import { passwordsGroup } from './commands/passwords-group.js';
import { rolesGroup } from './commands/roles-group.js';
import { usersGroup } from './commands/users-group.js';
import { webhooksGroup } from './commands/webhooks-group.js';
import { VERSION } from './version.js';

// Each command is loaded when it runs, so that help and usage errors appear at once.
const program = new Command('tokenjar')
  .description(
    'The server of Tokenjar, and commands for its operator. Without a command, it starts the server. Settings are read from the environment.',
  )
  .option('--as <name>', 'your name, for the audit trail (default: TOKENJAR_OPERATOR)')
  .version(VERSION, '-V, --version', 'print the version')
  .addHelpText(
    'after',
    `
Examples:
  tokenjar                                 start a server in this directory, with a database of its own in ./data
  DATABASE_URL=postgres://… SECRET_KEY=… tokenjar serve
  tokenjar doctor                          find out why something does not work
  tokenjar users list
  tokenjar help users create               what a command needs

All settings: docs/settings.md, or "tokenjar settings".`,
  )
  // `import` and `import django` both have `--from`. What is not of a command stands before it: `tokenjar --as ada users list`.
  .enablePositionalOptions()
  // A page of help would push the error out of sight.
  .showHelpAfterError('What it takes is in its --help.');

/** The operator named on the command line. */
const as = (): string | undefined => program.opts<{ as?: string }>().as;

program
  .command('serve')
  .description('start the server; without DATABASE_URL, with the embedded database in DATA_DIR (./data)')
  .addHelpText('after', '\nIt prints its address. SIGTERM or Ctrl+C stops it. PORT is 3000 unless set.')
  .action(async () => {
    await import('./main.js');
  });

program
  .command('migrate')
  .description('update the database schema')
  .action(async () => {
    const { migrate } = await import('./commands/migrate.js');
    console.log(await migrate());
  });

program
  .command('purge')
  .description('delete expired sessions, blacklist entries and other expired records')
  .action(async () => {
    const { purge } = await import('./commands/purge.js');
    console.log(await purge());
  });

diagnosisGroup(program);
dataGroup(program);
usersGroup(program, as);
rolesGroup(program, as);
auditGroup(program);
keysGroup(program, as);
webhooksGroup(program, as);
importGroup(program, as);
exportGroup(program, as);
passwordsGroup(program);

// Whoever interrupts a command leaves nothing half made: a transaction ends with its connection, a file with the process.
// The server ends its requests first.
program.hook('preAction', (_, command) => {
  if (command.name() === 'serve') return;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => process.exit(code));
});

const given = process.argv.slice(2);
program.parseAsync(given.length === 0 ? ['serve'] : given, { from: 'user' }).catch(async (error: unknown) => {
  const { explainCommand } = await import('./commands/explain.js');
  for (const line of explainCommand(error) ?? [error]) console.error(line);
  process.exit(1);
});
