#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { auditGroup } from './commands/audit-group.js';
import { diagnosisGroup } from './commands/diagnosis-group.js';
import { importGroup } from './commands/import-group.js';
import { keysGroup } from './commands/keys-group.js';
import { passwordsGroup } from './commands/passwords-group.js';
import { rolesGroup } from './commands/roles-group.js';
import { usersGroup } from './commands/users-group.js';
import { webhooksGroup } from './commands/webhooks-group.js';
import { VERSION } from './version.js';

// Each command is loaded when it runs, so that help and usage errors appear at once.
const program = new Command('tokenjar')
  .description('Operator commands of Tokenjar. Settings are read from the environment, as by the server.')
  .option('--as <name>', 'your name, for the audit trail (default: TOKENJAR_OPERATOR)')
  .version(VERSION)
  .showHelpAfterError();

/** The operator named on the command line. */
const as = (): string | undefined => program.opts<{ as?: string }>().as;

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
usersGroup(program, as);
rolesGroup(program, as);
auditGroup(program);
keysGroup(program, as);
webhooksGroup(program, as);
importGroup(program, as);
passwordsGroup(program);

// Whoever interrupts a command leaves nothing half made: a transaction ends with its connection, a file with the process.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => process.exit(code));

program.parseAsync().catch(async (error: unknown) => {
  const { explainCommand } = await import('./commands/explain.js');
  for (const line of explainCommand(error) ?? [error]) console.error(line);
  process.exit(1);
});
