import { counted } from '../counted.js';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AuditRecord, recordIn } from '../audit/audit.js';
import type { Queries } from '../database/database.js';
import { openDataSource } from '../database/open.js';
import { inSnapshot, type Run } from '../database/table-copy.js';
import { ENTITIES } from '../entities.js';
import { exportLines, ExportProblem, fingerprintOf } from '../transfer/export-lines.js';
import { CommandError } from './command-error.js';
import { demandEmbedded, onEmbedded, onOneConnection } from './embedded-data.js';
import { writeNewFile } from './new-file.js';
import { operatorAs } from './operator.js';
import { totpKeys } from './receiver.js';
import { secretKeys } from './secret-keys.js';
import { operatorSettings } from './settings.js';

/** Where the lines go instead of a file. */
const STANDARD_OUTPUT = '-';

export interface Output {
  /** What is said of the export; not on standard output, where that is the file. */
  print: (line: string) => void;
  progress?: ((done: number, all: number) => void) | undefined;
}

/** Lines of a file, in a snapshot of the database. They return how many users are in them. */
export type Lines = (run: Run, progress: (done: number, all: number) => void) => AsyncGenerator<string, void>;

/** Writes all accounts to a file, as lines of JSON. */
export async function exportAccounts(
  path: string,
  { withSessions = false }: { withSessions?: boolean },
  output: Output,
  as?: string,
): Promise<void> {
  const secrets = await secretKeys();
  const plan = {
    withSessions,
    totp: totpKeys(secrets),
    fingerprint: fingerprintOf(secrets[0]),
    now: new Date(),
  };
  const what = withSessions ? 'tokenjar with sessions' : 'tokenjar';
  const users = await exportInto(path, what, (run, progress) => exportLines(run, plan, progress), output, as);
  const needs = withSessions ? ' Sessions go on with the same SECRET_KEY, which is not in it.' : '';
  output.print(
    `${await sizeOf(path)}${counted(users, 'user')}. Password hashes and the secrets of authenticator apps are in it: keep it as you keep the SECRET_KEY.${needs}`,
  );
}

/** Writes what is read of a snapshot to a file or standard output, and records who did. @returns the number of users. */
export async function exportInto(
  path: string,
  what: string,
  lines: Lines,
  { progress }: Output,
  as: string | undefined,
): Promise<number> {
  let users = 0;
  const count = (done: number, all: number) => {
    users = done;
    progress?.(done, all);
  };
  const read = (into: (chunks: AsyncIterable<string>) => Promise<void>): Promise<void> =>
    onDatabase((run) =>
      recorded(
        run,
        what,
        as,
        () => users,
        () => snapshot(run, () => into(lines(run, count))),
      ),
    );
  try {
    if (path !== STANDARD_OUTPUT) await writeNewFile(path, read);
    else if (process.stdout.isTTY)
      throw new CommandError('What is exported is secret, and not for a terminal: name a file, or a pipe');
    else await read((chunks) => pipeline(Readable.from(chunks), process.stdout, { end: false }));
  } catch (error) {
    throw error instanceof ExportProblem ? new CommandError(error.message) : error;
  }
  return users;
}

/** A reader of the file may be slow, which is no reason to give it up. */
const snapshot = (run: Run, work: () => Promise<void>): Promise<void> =>
  inSnapshot(run, 'READ ONLY', async () => {
    await run(`SELECT set_config('idle_in_transaction_session_timeout', '0', true)`);
    await work();
  });

/** Nothing is exported that was not recorded before. */
async function recorded(
  run: Run,
  what: string,
  as: string | undefined,
  users: () => number,
  work: () => Promise<void>,
): Promise<void> {
  const queries: Pick<Queries, 'run'> = { run: ({ text }, values) => run(text, values as unknown[]) };
  const record = (reason: string, outcome: AuditRecord['outcome'] = 'success') =>
    recordIn(queries, new Date(), { event: 'users_exported', outcome, reason, caller: operatorAs(as) });
  await record(`${what} begun`);
  try {
    await work();
  } catch (error) {
    // The database may be what has failed.
    await record(`${what} ended: ${counted(users(), 'user')}`, 'failure').catch(() => undefined);
    throw error;
  }
  await record(`${what} ended: ${counted(users(), 'user')}`);
}

async function onDatabase(work: (run: Run) => Promise<void>): Promise<void> {
  const settings = operatorSettings();
  if (settings.databaseUrl === undefined) {
    demandEmbedded(settings, true);
    return onEmbedded(settings, work);
  }
  const dataSource = await openDataSource(settings, ENTITIES);
  try {
    await onOneConnection(dataSource, work);
  } finally {
    await dataSource.destroy();
  }
}

async function sizeOf(path: string): Promise<string> {
  if (path === STANDARD_OUTPUT) return '';
  const { size } = await stat(path);
  return `${path}: ${size} bytes, `;
}
