#!/usr/bin/env node
import 'reflect-metadata';
import { hostname, userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { operatorName, readOperatorEnvironment } from './config/env.js';
import { Clock } from './clock.js';
import { BreachFilterError } from './crypto/breach-filter-file.js';
import { buildBreachFilter, type BuiltFilter } from './crypto/build-breach-filter.js';
import { DatabaseClock } from './database/database-clock.js';
import type { Database } from './database/database.js';
import { openDatabase } from './database/open.js';
import { Readiness } from './housekeeping/readiness.js';
import { ENTITIES } from './entities.js';
import { explainFailure } from './server/startup-error.js';
import type { Caller } from './http/caller.js';
import { Blacklist } from './users/blacklist/blacklist.js';
import { describePurged, Purge } from './housekeeping/purge.js';
import { AuditPurge } from './audit/audit-purge.js';
import { LimitsPurge } from './limits/limits-purge.js';
import { EmailPurge } from './mail/email-purge.js';
import { UsersPurge } from './users/users-purge.js';
import { SessionEnding } from './users/sessions/session-ending.js';
import type { User } from './users/user.entity.js';
import { Users } from './users/users.js';
import { VERSION } from './version.js';

/** What a command works with: the server's own parts, on its database. */
interface Parts {
  users: Users;
  ending: SessionEnding;
  purge: Purge;
}

/** A request that cannot be carried out, in a sentence for the operator. */
class CommandError extends Error {}

/** What an operator does beside running the server. It takes the server's settings; no secret is needed. */
const program = new Command('tokenjar')
  .description('The operator’s side of Tokenjar. Settings come from the environment, as the server’s do.')
  .option('--as <name>', 'who gives the command, for the audit trail (TOKENJAR_OPERATOR)')
  .version(VERSION)
  .showHelpAfterError();

program
  .command('migrate')
  .description('bring the database schema up to date')
  .action(async () => {
    const database = await openDatabase({ ...readOperatorEnvironment(), migrate: 'auto' }, ENTITIES);
    await database.onApplicationShutdown();
    console.log('The database schema is up to date.');
  });

program
  .command('purge')
  .description('remove expired sessions, blacklist entries and old records of ended sessions')
  .action(() => withParts(async ({ purge }) => `Purged ${describePurged(await purge.run())}.`));

const users = program.command('users').description('accounts and their sessions');

users
  .command('end-sessions')
  .argument('<email>')
  .description('end all sessions of a user, on every instance within a second')
  .action((email: string) =>
    withParts(async (parts) => {
      const { id } = await find(parts.users, email);
      const hadSome = await parts.ending.endAll(id, 'ended_by_operator', undefined, operator());
      return hadSome ? 'All sessions have ended.' : 'There was no session.';
    }),
  );

users
  .command('deactivate')
  .argument('<email>')
  .description('refuse a user from now on and end all sessions; the account stays')
  .action((email: string) =>
    withParts(async (parts) => {
      const { id } = await find(parts.users, email);
      const wasActive = await parts.ending.deactivateUser(id, operator());
      return wasActive ? 'The user is deactivated, all sessions have ended.' : 'The user was not active.';
    }),
  );

users
  .command('activate')
  .argument('<email>')
  .description('let a deactivated user sign in again')
  .action((email: string) =>
    withParts(async (parts) => {
      const { id } = await find(parts.users, email);
      await parts.users.activate(id, operator());
      return 'The user is active.';
    }),
  );

program
  .command('passwords')
  .description('passwords that nobody may choose')
  .command('build-filter')
  .argument(
    '<list>',
    'SHA-1 hashes, one a line, as HEX or HEX:count, best in their order (Have I Been Pwned)',
  )
  .option('-o, --output <file>', 'the file to name in BREACHED_PASSWORDS', 'breached-passwords.filter')
  .option('--min-count <n>', 'leave out what was seen less often', wholeNumber, 1)
  .description('build the file that BREACHED_PASSWORDS names; asks nobody, and needs no database')
  .action(async (list: string, { output, minCount }: { output: string; minCount: number }) => {
    const { count, size } = await built(list, output, minCount);
    console.log(`${output}: ${count} passwords, ${size} bytes.`);
  });

async function built(list: string, output: string, minCount: number): Promise<BuiltFilter> {
  try {
    return await buildBreachFilter(list, output, minCount);
  } catch (error) {
    if (error instanceof BreachFilterError) throw new CommandError(`${list}: ${error.message}`);
    // What the system says of a file names it.
    if (error instanceof Error && 'syscall' in error) throw new CommandError(error.message);
    throw error;
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/**
 * Who gives a command, as the audit trail has it: the name that was given, and the user of the machine, whom nobody
 * chooses. In a container that is the same for everybody.
 */
function operator(): Caller {
  const given = program.opts<{ as?: string }>().as ?? operatorName();
  const name = [given?.replace(/[^\p{L}\p{N}@._+ -]/gu, '').slice(0, 100), userOfMachine()]
    .filter(Boolean)
    .join(', ');
  return {
    ip: null,
    userAgent: `tokenjar/${VERSION}`,
    requestId: null,
    actor: name,
    isConnected: () => true,
  };
}

/** A container may run as a number that has no name. */
function userOfMachine(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}

async function find(accounts: Users, email: string): Promise<User> {
  const user = await accounts.findByEmail(email);
  if (!user) throw new CommandError(`There is no user with the address ${email}.`);
  return user;
}

/** Opens the database, does something and closes it again. */
async function withParts(act: (parts: Parts) => Promise<string>): Promise<void> {
  const options = readOperatorEnvironment();
  const database = await openDatabase(options, ENTITIES);
  try {
    console.log(await act(await partsOf(database, options)));
  } finally {
    await database.onApplicationShutdown();
  }
}

async function partsOf(db: Database, options: ReturnType<typeof readOperatorEnvironment>): Promise<Parts> {
  const clock = new Clock();
  const databaseClock = new DatabaseClock(db, clock);
  await databaseClock.measure(true);
  const blacklist = new Blacklist(db, clock, databaseClock, new Readiness(), options, undefined);
  return {
    users: new Users(db, clock),
    ending: new SessionEnding(db, blacklist, clock, options),
    purge: purgeOf(db, clock, options),
  };
}

function purgeOf(db: Database, clock: Clock, options: ReturnType<typeof readOperatorEnvironment>): Purge {
  const purge = new Purge(db, clock, options);
  new UsersPurge(purge, options);
  new LimitsPurge(purge);
  new AuditPurge(purge, options);
  new EmailPurge(purge);
  return purge;
}

program.parseAsync().catch((error: unknown) => {
  const lines = error instanceof CommandError ? [error.message] : explainFailure(error);
  for (const line of lines ?? [error]) console.error(line);
  process.exit(1);
});
