import { counted } from '../counted.js';
import type { HashOrigin } from '../crypto/imported-hash.js';
import type { Database } from '../database/database.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { AccountPage } from './account-page.js';
import { RAISE_IDS } from './account-statements.js';
import { FileProblem, type FileRecord, fileRecords, type FileShape } from './files/file-records.js';
import type { IncomingAccount } from './incoming-account.js';
import { joinedParts, type Part, type PartPage } from './part-page.js';
import { type Receiver, recordRun } from './receiver.js';
import type { Remark } from './remarks.js';
import { asOnlyImport } from './run-lock.js';
import { type Said, toAccount } from './said.js';
import { SeenKeys } from './seen-keys.js';
import { verifiedAddresses, withoutShared } from './verified-addresses.js';
import type { FileFlags, System } from './systems/system.js';
import { isEntry } from './systems/values.js';

/** What a run of the import did. */
export interface FileSummary {
  users: number;
  added: number;
  changed: number;
  unchanged: number;
  /** Entries that are of no person. */
  skipped: number;
  /** Entries that could not be read. */
  broken: number;
}

/** Why an entry is passed over. */
export const BREAKS = {
  broken: 'is broken',
  too_long: 'is longer than 4 MiB',
  unlike: 'does not have what this system exports',
  duplicate: 'has the ID of an entry before it',
} as const;

/** Who is told how far it is. */
export interface FileReport {
  remark(remark: Remark): void;
  broken(at: string, why: keyof typeof BREAKS): void;
  /** **Unit** bytes of the file. */
  progress(done: number): void;
}

/** A file, and how it is to be read. */
export interface ImportFile {
  path: string;
  shape: FileShape;
  system: System;
  flags: FileFlags;
  hashes: HashOrigin;
  /** Whether its addresses count as verified, whatever it says. */
  isTrusted: boolean;
  /** Whether the role of administrators comes, as others do. */
  takesAdmins?: boolean;
  around?: AroundUsers | undefined;
}

/** What a file has beside users, and is written before and after them. */
export interface AroundUsers {
  before: (now: Date) => Promise<void>;
  /** @param demand to be called before each part. */
  after: (demand: () => Promise<void>) => Promise<void>;
}

/** **Unit** entries that are written together. */
const PAGE = 500;
/** Long entries are written earlier, so that they do not fill the memory. **Unit** bytes. */
const LONGEST_PAGE = 8 * 2 ** 20;
/** A file is not of a system if none of so many entries is. */
const ENOUGH = 100;

/**
 * Imports a file of another system. It can be interrupted and repeated: each page is a transaction, and what an earlier run
 * has imported is only changed where the file says something else than then.
 */
export class FileImport {
  private readonly summary = { users: 0, added: 0, changed: 0, unchanged: 0, skipped: 0, broken: 0 };
  private readonly keys = new SeenKeys();
  private verified = new SeenKeys();
  /** Entries that add to accounts. */
  private parts = 0;
  /** Whether this is still the only import. */
  private demand: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly pages: { name: string; accounts: AccountPage; parts: PartPage },
    private readonly receiver: Pick<Receiver, 'audit' | 'operator'>,
    private readonly now: () => Date,
    private readonly isDry: boolean,
  ) {}

  /** @throws {FileProblem} if it is not a file of the system. @throws {ImportIsRunning} */
  async run(file: ImportFile, report: FileReport): Promise<FileSummary> {
    if (this.isDry) return this.runAlone(file, report, () => Promise.resolve());
    return asOnlyImport(this.db, async (demand) => {
      try {
        await this.runAlone(file, report, demand);
      } catch (error) {
        // The database may be what has failed.
        await this.record('failure').catch(() => undefined);
        throw error;
      }
      await this.record('success');
      return this.summary;
    });
  }

  private record(outcome: 'success' | 'failure'): Promise<void> {
    const { users, added, changed } = this.summary;
    const reason = `${this.pages.name} ended: ${counted(users, 'user')}, ${added} added, ${changed} changed`;
    return recordRun(this.receiver, reason, outcome);
  }

  private async runAlone(
    file: ImportFile,
    report: FileReport,
    demand: () => Promise<void>,
  ): Promise<FileSummary> {
    this.demand = demand;
    const { system, around } = file;
    if (!this.isDry) await around?.before(this.now());
    for (const lists of system.passes ?? [undefined]) await this.pass(file, lists, report);
    if (!this.isDry) await around?.after(demand);
    const { users, skipped, broken } = this.summary;
    if (!around && users + skipped + this.parts === 0)
      throw new FileProblem(
        `is no export of ${system.title}${broken > 0 ? `: none of its ${broken} entries is one` : ': it has no users'}`,
      );
    return this.summary;
  }

  private async pass(
    file: ImportFile,
    lists: readonly string[] | undefined,
    report: FileReport,
  ): Promise<void> {
    const isFirst = lists === file.system.passes?.[0];
    // A file that is one list is that of users.
    const isWanted = (section: string) =>
      lists === undefined || lists.includes(section) || (section === '' && isFirst);
    const { isDocument = false, columnsOf = () => undefined } = file.system;
    const rules = { isDocument, columnsOf, isWanted };
    // An address is that of one account of another Tokenjar anyway.
    const hasShared = !file.isTrusted && !file.around;
    if (isFirst && hasShared) this.verified = await verifiedAddresses(file, rules);
    let accounts: IncomingAccount[] = [];
    let parts = new Map<string, Part>();
    const flush = async (): Promise<void> => {
      await this.demand();
      await this.writeAccounts(await this.pages.parts.withoutKnown(accounts, parts), report);
      await this.writeParts([...parts.values()], report);
      accounts = [];
      parts = new Map();
    };
    let [read, written] = [0, 0];
    const advance = (bytes: number) => report.progress((read = bytes));
    for await (const record of fileRecords(file.path, file.shape, advance, rules)) {
      const said = this.read(record, file, report);
      if (!said) continue;
      const { accounts: made, part } = this.divide(said, file, record.at, report);
      accounts.push(...made);
      if (part) this.parts++;
      if (part) parts.set(part.account.key, joinedParts(parts.get(part.account.key), part));
      if (accounts.length + parts.size < PAGE && read - written < LONGEST_PAGE) continue;
      await flush();
      written = read;
    }
    await flush();
  }

  private read(record: FileRecord, { system, flags }: ImportFile, report: FileReport): Said | undefined {
    const said =
      record.problem === undefined && isEntry(record.value)
        ? system.read(record.value, record.section, flags)
        : undefined;
    if (said === 'aside') return undefined;
    if (said === 'skip') this.summary.skipped++;
    else if (said) return said;
    else this.refuse(record.at, record.problem ?? 'unlike', report);
    const { users, skipped, broken } = this.summary;
    if (broken >= ENOUGH && users + skipped + this.parts === 0)
      throw new FileProblem(`is no export of ${system.title}: none of its first ${ENOUGH} entries is one`);
    return undefined;
  }

  private divide(
    said: Said,
    { hashes, isTrusted, system, takesAdmins }: ImportFile,
    at: string,
    report: FileReport,
  ): { accounts: IncomingAccount[]; part?: Part } {
    if (takesAdmins !== true && system.isOwn !== true) said = withoutAdmin(said);
    const { part, hash, ...rest } = said;
    // What adds to an account is noted apart from it: a list that does not say it takes nothing away.
    const whole = part === 'always' ? undefined : toAccount(part ? rest : said, hashes, isTrusted);
    const added =
      part &&
      toAccount({ ...(part === 'always' ? rest : { key: said.key }), hash, part: 'always' }, hashes, false);
    const account = whole ?? added;
    if (!account) {
      this.refuse(at, 'unlike', report);
      return { accounts: [] };
    }
    if (part !== 'always') {
      if (!this.keys.add(account.key)) {
        this.refuse(at, 'duplicate', report);
        return { accounts: [] };
      }
      this.summary.users++;
    }
    return {
      accounts: whole ? [withoutShared(whole, this.verified)] : [],
      ...(added && { part: { account: added, hasPassword: hash !== undefined } }),
    };
  }

  private refuse(at: string, why: keyof typeof BREAKS, report: FileReport): void {
    this.summary.broken++;
    report.broken(at, why);
  }

  private async writeAccounts(accounts: readonly IncomingAccount[], report: FileReport): Promise<void> {
    if (accounts.length === 0) return;
    const largest = Math.max(...accounts.map(({ id }) => id ?? 0));
    if (largest > 0 && !this.isDry) await this.db.run(RAISE_IDS, [largest]);
    const { added, changed, unchanged, remarks } = await this.pages.accounts.write(accounts, this.now());
    this.summary.added += added;
    this.summary.changed += changed;
    this.summary.unchanged += unchanged;
    for (const remark of remarks) report.remark(remark);
  }

  private async writeParts(parts: readonly Part[], report: FileReport): Promise<void> {
    if (parts.length === 0) return;
    const { changed, remarks } = await this.pages.parts.write(parts, this.now());
    this.summary.changed += changed;
    for (const remark of remarks) report.remark(remark);
  }
}

/** Whoever may name roles elsewhere must not administer this server by that. */
const withoutAdmin = (said: Said): Said =>
  said.roles?.includes(ADMIN_ROLE) === true
    ? { ...said, roles: said.roles.filter((role) => role !== ADMIN_ROLE), isAdmin: true }
    : said;
