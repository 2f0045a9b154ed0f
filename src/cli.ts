#!/usr/bin/env node
import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
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

const users = program.command('users').description('manage accounts and their sessions');

users
  .command('end-sessions')
  .argument('<email>')
  .description('end all sessions of a user, on every instance within a second')
  .action(async (email: string) => {
    const { endSessions } = await import('./commands/end-sessions.js');
    console.log(await endSessions(email, as()));
  });

users
  .command('deactivate')
  .argument('<email>')
  .description('deactivate a user and end all of their sessions; the account is kept')
  .action(async (email: string) => {
    const { deactivate } = await import('./commands/deactivate.js');
    console.log(await deactivate(email, as()));
  });

users
  .command('activate')
  .argument('<email>')
  .description('let a deactivated user sign in again')
  .action(async (email: string) => {
    const { activate } = await import('./commands/activate.js');
    console.log(await activate(email, as()));
  });

users
  .command('reset-factors')
  .argument('<email>')
  .description('remove all second factors of a user, after a wait in which the user can cancel it')
  .action(async (email: string) => {
    const { resetFactors } = await import('./commands/reset-factors.js');
    console.log(await resetFactors(email, as()));
  });

program
  .command('passwords')
  .description('manage the list of breached passwords')
  .command('build-filter')
  .argument(
    '<list>',
    'SHA-1 hashes, one per line, as HEX or HEX:COUNT, preferably sorted (Have I Been Pwned)',
  )
  .option('-o, --output <file>', 'the file for BREACHED_PASSWORDS', 'breached-passwords.filter')
  .option('--min-count <n>', 'leave out passwords seen less often', wholeNumber, 1)
  .description('build the file for BREACHED_PASSWORDS; needs no network and no database')
  .action(async (list: string, { output, minCount }: { output: string; minCount: number }) => {
    const { buildFilter } = await import('./commands/build-filter.js');
    console.log(await buildFilter(list, output, minCount));
  });

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

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
