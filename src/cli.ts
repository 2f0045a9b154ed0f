#!/usr/bin/env node
import 'reflect-metadata';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ImportFlags } from './commands/import-django.js';
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

users
  .command('list')
  .option('--role <name>', 'only users who have the role')
  .option('--json', 'one JSON object per line, for scripts')
  .description('list users, oldest first: ID, address, roles')
  .action(async ({ role, json = false }: { role?: string; json?: boolean }) => {
    const { listUsers } = await import('./commands/show-user.js');
    await listUsers(role, json, (line) => console.log(line));
  });

users
  .command('show')
  .argument('<email>')
  .option('--json', 'as a JSON object, for scripts')
  .description('show a user')
  .action(async (email: string, { json = false }: { json?: boolean }) => {
    const { showUser } = await import('./commands/show-user.js');
    console.log(await showUser(email, json));
  });

users
  .command('set-roles')
  .argument('<email>')
  .argument('[role...]', 'all that the user is to have; none takes them away')
  .description('replace the roles of a user, on every instance within a second')
  .action(async (email: string, roles: string[]) => {
    const { setRoles } = await import('./commands/set-roles.js');
    console.log(await setRoles(email, roles, as()));
  });

users
  .command('create')
  .requiredOption('--email <email>', 'the address of the user')
  .option('--role <name...>', 'a role that the user is to have; several are possible')
  .option('--json', 'as a JSON object, for scripts')
  .description('make a user, and print a link that sets the password, once, within 24 hours')
  .action(async ({ email, role = [], json = false }: { email: string; role?: string[]; json?: boolean }) => {
    const { createUser } = await import('./commands/people.js');
    console.log(await createUser(email, role, json, as()));
  });

users
  .command('password-link')
  .argument('<email>')
  .option('--json', 'as a JSON object, for scripts')
  .description('print a link that sets a new password, once, within 24 hours')
  .action(async (email: string, { json = false }: { json?: boolean }) => {
    const { passwordLink } = await import('./commands/people.js');
    console.log(await passwordLink(email, json, as()));
  });

users
  .command('invite')
  .argument('<email>')
  .argument('[role...]', 'roles that the user is to have')
  .option('--json', 'as a JSON object, for scripts')
  .description('invite somebody by email, also while registration is closed')
  .action(async (email: string, roles: string[], { json = false }: { json?: boolean }) => {
    const { inviteUser } = await import('./commands/people.js');
    console.log(await inviteUser(email, roles, json, as()));
  });

users
  .command('delete')
  .argument('<email>')
  .option('--yes', 'do it')
  .description('delete a user for good, with everything of theirs')
  .action(async (email: string, { yes = false }: { yes?: boolean }) => {
    const { deleteUser } = await import('./commands/delete-user.js');
    console.log(await deleteUser(email, yes, as()));
  });

const roles = program.command('roles').description('manage roles and their permissions');

roles
  .command('list')
  .option('--json', 'as a JSON array, for scripts')
  .description('list all roles')
  .action(async ({ json = false }: { json?: boolean }) => {
    const { listRoles } = await import('./commands/roles.js');
    console.log(await listRoles(json));
  });

roles
  .command('set')
  .argument('<name>')
  .argument('[permission...]', 'all that the role is to have, such as orders:read')
  .option('--description <text>', 'what the role is for')
  .description('make a role, or replace its permissions, on every instance within a second')
  .action(async (name: string, permissions: string[], { description }: { description?: string }) => {
    const { setRole } = await import('./commands/roles.js');
    console.log(await setRole(name, permissions, description, as()));
  });

roles
  .command('delete')
  .argument('<name>')
  .description('delete a role that no user has')
  .action(async (name: string) => {
    const { deleteRole } = await import('./commands/roles.js');
    console.log(await deleteRole(name, as()));
  });

program
  .command('audit')
  .description('verify the audit trail')
  .command('verify')
  .option('--head <number:hash>', 'an end of the chain that was noted earlier: it has to be in it')
  .option('--json', 'as a JSON object, for scripts')
  .description(
    'verify that no event was changed, removed or inserted; needs SECRET_KEY; exits with 2 if the trail was tampered with',
  )
  .action(async ({ head, json = false }: { head?: string; json?: boolean }) => {
    const { verifyAudit } = await import('./commands/verify-audit.js');
    const { isIntact, text } = await verifyAudit(head, json, progressOf('batch'));
    console.log(text);
    if (!isIntact) process.exitCode = 2;
  });

const webhooks = program.command('webhooks').description('manage endpoints that are told about events');

webhooks
  .command('list')
  .option('--json', 'one JSON object per line, for scripts')
  .description('list all webhooks')
  .action(async ({ json = false }: { json?: boolean }) => {
    const { listWebhooks } = await import('./commands/webhooks.js');
    await listWebhooks(json, (line) => console.log(line));
  });

webhooks
  .command('add')
  .argument('<url>')
  .argument('[event...]', 'names of events (docs/events.md); all without any')
  .option('--json', 'as a JSON object, for scripts')
  .description('add a webhook and show its secret; needs SECRET_KEY')
  .action(async (url: string, events: string[], { json = false }: { json?: boolean }) => {
    const { addWebhook } = await import('./commands/webhooks.js');
    console.log(await addWebhook(url, events, json, as()));
  });

webhooks
  .command('delete')
  .argument('<id>')
  .description('delete a webhook with its log')
  .action(async (id: string) => {
    const { deleteWebhook } = await import('./commands/webhooks.js');
    console.log(await deleteWebhook(id, as()));
  });

webhooks
  .command('deliveries')
  .argument('<id>')
  .option('--json', 'one JSON object per line, for scripts')
  .description('list what was delivered in the last 30 days, latest events first')
  .action(async (id: string, { json = false }: { json?: boolean }) => {
    const { listDeliveries } = await import('./commands/webhooks.js');
    await listDeliveries(id, json, (line) => console.log(line));
  });

webhooks
  .command('replay')
  .argument('<id>')
  .argument('<delivery>')
  .description('send a delivery again')
  .action(async (id: string, delivery: string) => {
    const { replayDelivery } = await import('./commands/webhooks.js');
    console.log(await replayDelivery(id, delivery, as()));
  });

program
  .command('import')
  .description('import accounts of another system')
  .command('django')
  .requiredOption('--from <url>', 'the PostgreSQL database of the site; a role that may only read is enough')
  .option('--user-table <name>', 'the table of users (guessed otherwise, as the columns are)')
  .option('--id-column <name>', 'the column of their IDs')
  .option('--username-column <name>', 'the column of their usernames')
  .option('--email-column <name>', 'the column of their addresses')
  .option('--active-column <name>', 'the column that says whether they are active')
  .option('--joined-column <name>', 'the column of when they joined')
  .addOption(
    new Option('--sign-in-with <what>', 'what users sign in with').choices(['email', 'username', 'both']),
  )
  .option('--staff-role <name>', 'the role of staff')
  .option('--superuser-role <name>', 'the role of superusers')
  .option('--dry-run', 'only report what would be imported, and what cannot come')
  .option('--yes', 'import without asking')
  .option('--json', 'as JSON lines, for scripts')
  .description(
    'import users, passwords, roles, second factors, identities and blacklisted tokens of a Django site; can be repeated while it serves; needs SECRET_KEY',
  )
  .action(async (flags: ImportFlags) => {
    const { importDjango } = await import('./commands/import-django.js');
    const output = { print: (line: string) => console.log(line), progress: progressOf('user') };
    await importDjango(flags, output, as());
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

/** Shows how far long work is, on a terminal. */
function progressOf(what: string): ((done: number, all: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  let shownAt = performance.now();
  return (done, all) => {
    const now = performance.now();
    if (now - shownAt < 1000) return;
    shownAt = now;
    process.stderr.write(`\r${what} ${done} of ${all} \r`);
  };
}

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
