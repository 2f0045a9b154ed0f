import { counted } from '../counted.js';
import { createInterface } from 'node:readline/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Clock } from '../clock.js';
import { DatabaseUrlError } from '../config/database-url.js';
import type { Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { DjangoImport, type ImportSummary } from '../django/django-import.js';
import { markKeys } from '../django/password-marks.js';
import { SiteProblem } from '../django/site-catalog.js';
import { SiteLedger } from '../django/site-ledger.js';
import type { Choices } from '../django/site-mapping.js';
import { readSchema, type SiteFlags, type SiteSchema } from '../django/site-schema.js';
import { Source } from '../django/source.js';
import { AccountPage } from '../transfer/account-page.js';
import { ImportIsRunning } from '../transfer/run-lock.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { ImportModule, receiverIn } from './receiver.js';
import { RemarkReport } from './remark-report.js';
import { secretKeys } from './secret-keys.js';
import { operatorSettings } from './settings.js';

/** What the command line says. */
export interface ImportFlags extends SiteFlags {
  from: string;
  signInWith?: Choices['signInWith'] | undefined;
  staffRole?: string | undefined;
  superuserRole?: string | undefined;
  admins?: boolean;
  /** From the command line it is a text. */
  recoveryCodes?: string | undefined;
  deactivateGone?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

interface Output {
  print: (line: string) => void;
  progress?: ((done: number, all: number) => void) | undefined;
}

const WRONG_IDS =
  'The keys of the users are UUIDs, and USER_ID is not uuid: tokens, answers and links would name users by numbers that neither their frontend nor other tables know. Set USER_ID=uuid, for the server and for this command';

/** Imports the users of a Django site, their factors, identities and roles, and its blacklist of tokens. */
export async function importDjango(flags: ImportFlags, output: Output, as?: string): Promise<void> {
  const secrets = await secretKeys();
  const source = await opened(flags.from);
  try {
    const schema = await readSchema(source, flags);
    const choices = choicesOf(flags, schema);
    const { userId } = operatorSettings();
    if (!flags.json) output.print(describe(schema, choices, userId));
    if (schema.columns.isUuid && userId !== 'uuid') {
      if (!flags.dryRun) throw new CommandError(WRONG_IDS);
      output.print(
        flags.json ? JSON.stringify({ problem: 'uuid_keys', detail: WRONG_IDS }) : `${WRONG_IDS}.\n`,
      );
    }
    if (!(await isMeant(flags)))
      throw new CommandError('Nothing was imported. Add --yes to import, or --dry-run for a report');
    await inApplication([ImportModule], async (application) => {
      const report = new Report(flags.json === true, output);
      const run = importIn(application, secrets, flags, as);
      report.finish(await run.run(source, schema, choices, report), flags.dryRun === true);
    });
  } catch (error) {
    throw explained(error);
  } finally {
    await source.close().catch(() => undefined);
  }
}

/** What the operator can do something about. */
function explained(error: unknown): unknown {
  if (error instanceof SiteProblem || error instanceof ImportIsRunning)
    return new CommandError(error.message);
  // **Source** PostgreSQL documentation, appendix "PostgreSQL Error Codes": insufficient_privilege.
  const isForbidden = error instanceof Error && 'code' in error && error.code === '42501';
  return isForbidden ? new CommandError(`--from: ${error.message}; grant the role SELECT on it`) : error;
}

async function opened(url: string): Promise<Source> {
  try {
    return await Source.open(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      error instanceof DatabaseUrlError ? `--from: ${reason}` : `--from: cannot be reached (${reason})`,
    );
  }
}

function importIn(
  application: INestApplicationContext,
  secrets: [string, ...string[]],
  { dryRun: isDry = false, deactivateGone: deactivatesGone = false }: ImportFlags,
  as: string | undefined,
): DjangoImport {
  const db = application.get(Database);
  const receiver = receiverIn(application, secrets, markKeys(secrets), as);
  const origin = {
    name: 'django',
    ledger: new SiteLedger(receiver.keys),
    hashes: { system: 'django' },
  } as const;
  const page = new AccountPage(db, origin, receiver, isDry);
  const clock = application.get(Clock);
  return new DjangoImport(db, page, receiver, () => clock.now(), { isDry, deactivatesGone });
}

function choicesOf(
  { signInWith, staffRole, superuserRole, recoveryCodes, admins: takesAdmins }: ImportFlags,
  { columns }: SiteSchema,
): Choices {
  const both = columns.email === undefined ? 'username' : 'both';
  return {
    signInWith: signInWith ?? (columns.username === undefined ? 'email' : both),
    staffRole,
    superuserRole,
    takesAdmins,
    recoveryCodes: countOf(recoveryCodes),
  };
}

/** **Unit** codes a user. */
const MOST_CODES = 100;

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_CODES) return count;
  throw new CommandError(`--recovery-codes: ${text} is no number from 1 to ${MOST_CODES}`);
}

/** What was guessed, for the operator to see before anything is written. */
function describe(
  { userTable, columns, ...schema }: SiteSchema,
  choices: Choices,
  userId: Options['userId'],
): string {
  const guessed = {
    'user-table': userTable,
    'id-column': `${columns.id} (${describeIds(columns, userId)})`,
    'username-column': columns.username ?? 'none',
    'email-column': columns.email ?? 'none',
    'password-column': columns.password,
    'active-column': columns.active ?? 'none: everybody is active',
    'joined-column': columns.joined ?? 'none',
    'last-login-column': columns.lastLogin ?? 'none',
    'staff-column': columns.staff ?? 'none',
    'superuser-column': columns.superuser ?? 'none',
    'group-table': schema.groups?.groupTable ?? 'none',
    'sign-in-with': choices.signInWith,
    'staff-role': choices.staffRole ?? 'none',
    'superuser-role': choices.superuserRole ?? 'none',
  };
  const found = [
    schema.addresses && 'addresses of allauth',
    schema.accounts && 'social accounts',
    schema.authenticators.length > 0 && 'second factors',
    schema.blacklisted && 'blacklisted tokens',
  ].filter(Boolean);
  const lines = Object.entries(guessed).map(([flag, value]) => `  --${flag.padEnd(18)} ${value}`);
  return [
    'The site, as far as it was recognised:',
    ...lines,
    `  Found: ${found.join(', ') || 'users only'}`,
  ].join('\n');
}

/** What becomes of the keys of users. */
function describeIds({ isInteger, isUuid }: SiteSchema['columns'], userId: Options['userId']): string {
  if (isUuid)
    return userId === 'uuid'
      ? 'kept'
      : 'UUIDs, and USER_ID is not uuid: users would be shown under other IDs';
  if (!isInteger) return 'not an integer: users get other IDs, and a UUID is kept as the public one';
  return userId === 'uuid' ? 'kept, but USER_ID=uuid shows users under other IDs' : 'kept';
}

async function isMeant({ dryRun, yes, json }: ImportFlags): Promise<boolean> {
  if (dryRun || yes) return true;
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Import? [y/N] ');
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

class Report extends RemarkReport {
  readonly progress: (done: number, all: number) => void;

  constructor(isJson: boolean, output: Output) {
    super(isJson, output.print);
    this.progress = output.progress ?? (() => undefined);
  }

  finish(summary: ImportSummary, isDry: boolean): void {
    if (this.isJson)
      return this.print(JSON.stringify({ dry_run: isDry, ...summary, remarks: this.counts() }));
    this.printRemarks();
    const { users, added, changed, unchanged, blacklisted, ended, gone, deactivated } = summary;
    this.print(
      `${isDry ? 'Dry run: ' : ''}${counted(users, 'user')}: ${added} ${isDry ? 'would be ' : ''}added, ${changed} changed, ${unchanged} unchanged; ${counted(blacklisted, 'blacklisted token')}, ${counted(ended, 'session')} ended by them; ${counted(gone, 'user is', 'users are')} gone there, ${deactivated} of them deactivated here.`,
    );
  }
}
