import { counted } from '../counted.js';
import { readFile, stat } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { HashOrigin } from '../crypto/imported-hash.js';
import { Database } from '../database/database.js';
import { AccountPage } from '../transfer/account-page.js';
import { checkExport } from '../transfer/export-check.js';
import { fingerprintOf } from '../transfer/export-lines.js';
import { restOf } from '../transfer/export-rest.js';
import {
  BREAKS,
  FileImport,
  type FileReport,
  type FileSummary,
  type ImportFile,
} from '../transfer/file-import.js';
import { FileLedger } from '../transfer/file-ledger.js';
import { FileProblem, shapeOf } from '../transfer/files/file-records.js';
import { PartPage } from '../transfer/part-page.js';
import { ImportIsRunning } from '../transfer/run-lock.js';
import type { System } from '../transfer/systems/system.js';
import { SYSTEMS, type SystemName } from '../transfer/systems/systems.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { fileMarks, ImportModule, receiverIn } from './receiver.js';
import { RemarkReport } from './remark-report.js';
import { secretKeys } from './secret-keys.js';

/** What the command line says. */
export interface ImportFileFlags {
  from?: SystemName;
  hashConfig?: string;
  hashes?: 'django' | 'devise' | 'werkzeug';
  rolesFrom?: string;
  trustAddresses?: boolean;
  admins?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

interface Output {
  print: (line: string) => void;
  progress?: ((done: number, all: number) => void) | undefined;
}

/** Imports the users in a file that another system has exported. */
export async function importFile(
  path: string,
  flags: ImportFileFlags,
  output: Output,
  as?: string,
): Promise<void> {
  const { from } = flags;
  if (from === undefined) throw new CommandError('--from: says which system the file is of');
  const secrets = await secretKeys();
  try {
    const file = await fileOf(path, SYSTEMS[from], flags);
    const { size } = await stat(path);
    const whole = from === 'tokenjar' ? await checkExport(path, secrets.map(fingerprintOf)) : undefined;
    await inApplication([ImportModule], async (application) => {
      const receiver = receiverIn(application, secrets, fileMarks(secrets), as);
      if (whole) file.around = restOf(application.get(Database), path, whole, receiver);
      const run = fileImportIn(application, from, file.hashes, receiver, flags.dryRun === true);
      const report = new Report(flags.json === true, output, size);
      report.finish(await run.run(file, report), flags.dryRun === true);
    });
  } catch (error) {
    if (error instanceof ImportIsRunning) throw new CommandError(error.message);
    if (error instanceof FileProblem) throw new CommandError(`${path}: ${error.message}`);
    throw unread(error) ?? error;
  }
}

/** Of a file that is named on the command line. */
function unread(error: unknown): CommandError | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'path' in error)) return undefined;
  const isMissing = 'code' in error && error.code === 'ENOENT';
  return new CommandError(
    `${String(error.path)}: ${isMissing ? 'there is no such file' : `cannot be read (${error.message})`}`,
  );
}

/** An import of a system in an application that is up. */
export function fileImportIn(
  application: INestApplicationContext,
  name: SystemName,
  hashes: HashOrigin,
  receiver: ReturnType<typeof receiverIn>,
  isDry: boolean,
): FileImport {
  const db = application.get(Database);
  const clock = application.get(Clock);
  const accounts = new FileLedger(name);
  const parts = new FileLedger(`${name} parts`);
  const pages = {
    accounts: new AccountPage(
      db,
      { name, ledger: accounts, hashes, hasRoles: name === 'tokenjar' },
      receiver,
      isDry,
    ),
    parts: new PartPage(db, { accounts, parts }, hashes, receiver, isDry),
  };
  return new FileImport(db, { name, ...pages }, receiver, () => clock.now(), isDry);
}

async function fileOf(path: string, system: System, flags: ImportFileFlags): Promise<ImportFile> {
  const shape = await shapeOf(path);
  if ((shape === 'csv' || shape === 'sql') && !system.reads?.includes(shape))
    throw new FileProblem(`is no JSON, which ${system.title} exports`);
  const firebase = flags.hashConfig === undefined ? undefined : await hashConfig(flags.hashConfig);
  return {
    path,
    shape,
    system,
    flags: { firebase, rolesFrom: flags.rolesFrom, now: new Date() },
    hashes: hashesOf(system, firebase, flags),
    isTrusted: flags.trustAddresses === true,
    takesAdmins: flags.admins === true,
  };
}

function hashesOf(system: System, firebase: HashOrigin['firebase'], { hashes }: ImportFileFlags): HashOrigin {
  if (system === SYSTEMS.tokenjar) return { system: 'tokenjar' };
  return { ...(firebase && { firebase }), ...(hashes && { system: hashes }) };
}

/** What the page of a Firebase project shows, as it is copied from there, or as JSON. */
async function hashConfig(path: string): Promise<NonNullable<HashOrigin['firebase']>> {
  const text = await readFile(path, 'utf8');
  const valueOf = (name: string): string =>
    new RegExp(`${name}"?\\s*[:=]\\s*"?([\\w+/=-]+)`).exec(text)?.[1] ?? '';
  const config = {
    signerKey: valueOf('base64_signer_key'),
    saltSeparator: valueOf('base64_salt_separator'),
    rounds: Number(valueOf('rounds')),
    memCost: Number(valueOf('mem_cost')),
  };
  if (config.signerKey === '' || !(config.rounds > 0) || !(config.memCost > 0))
    throw new CommandError(
      '--hash-config: has no base64_signer_key, base64_salt_separator, rounds and mem_cost, as the page of the project shows them',
    );
  return config;
}

class Report extends RemarkReport implements FileReport {
  private brokenNamed: string[] = [];

  constructor(
    isJson: boolean,
    output: Output,
    private readonly size: number,
  ) {
    super(isJson, output.print);
    this.progress = (done) => output.progress?.(done, this.size);
  }

  readonly progress: (done: number) => void;

  broken(at: string, why: keyof typeof BREAKS): void {
    if (this.isJson) this.print(JSON.stringify({ broken: at, why }));
    else if (this.brokenNamed.length < 20) this.brokenNamed.push(`${at} ${BREAKS[why]}`);
  }

  finish(summary: FileSummary, isDry: boolean): void {
    if (this.isJson)
      return this.print(JSON.stringify({ dry_run: isDry, ...summary, remarks: this.counts() }));
    for (const line of this.brokenNamed) this.print(line);
    this.printRemarks();
    const { users, added, changed, unchanged, skipped, broken } = summary;
    this.print(
      `${isDry ? 'Dry run: ' : ''}${counted(users, 'user')}: ${added} ${isDry ? 'would be ' : ''}added, ${changed} changed, ${unchanged} unchanged; ${counted(skipped, 'entry', 'entries')} of no person, ${broken} that were not read.`,
    );
  }
}
