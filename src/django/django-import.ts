import { counted } from '../counted.js';
import type { Database } from '../database/database.js';
import type { AccountPage } from '../transfer/account-page.js';
import { type Receiver, recordRun } from '../transfer/receiver.js';
import { RAISE_IDS } from '../transfer/account-statements.js';
import type { Remark } from '../transfer/remarks.js';
import { asOnlyImport } from '../transfer/run-lock.js';
import { GoneUsers } from './gone-users.js';
import * as sql from './import-statements.js';
import { SiteProblem } from './site-catalog.js';
import { blacklistPages } from './site-blacklist.js';
import { type Choices, mapUser } from './site-mapping.js';
import type { SiteSchema } from './site-schema.js';
import { countUsers, sharedAddresses, userPages } from './site-users.js';
import { quoted, type SiteReader } from './source.js';

/** What a run of the import did. */
export interface ImportSummary {
  users: number;
  added: number;
  changed: number;
  unchanged: number;
  /** Tokens that the site has blacklisted. */
  blacklisted: number;
  /** Sessions that went on here by one of these, and were ended. */
  ended: number;
  /** Users who are active here and are not at the site any more. */
  gone: number;
  /** How many of these were deactivated. */
  deactivated: number;
}

/** Who is told how far it is. */
export interface ImportReport {
  remark(remark: Remark): void;
  progress(done: number, all: number): void;
}

/** What is done, beside what the site says. */
export interface ImportPlan {
  isDry: boolean;
  /** Whether users are deactivated who are not at the site any more. */
  deactivatesGone: boolean;
}

/**
 * Imports a Django site. It can be interrupted and repeated: each page is a transaction, and what an earlier run has
 * imported is only changed where the site has changed it since.
 */
export class DjangoImport {
  constructor(
    private readonly db: Database,
    private readonly page: AccountPage,
    private readonly receiver: Pick<Receiver, 'ending' | 'operator' | 'audit'>,
    private readonly now: () => Date,
    private readonly plan: ImportPlan,
  ) {}

  /**
   * @throws {SiteProblem} if it may be another site. @throws {ImportIsRunning}
   */
  async run(
    source: SiteReader,
    schema: SiteSchema,
    choices: Choices,
    report: ImportReport,
  ): Promise<ImportSummary> {
    const summary: ImportSummary = {
      ...{ users: 0, added: 0, changed: 0, unchanged: 0 },
      ...{ blacklisted: 0, ended: 0, gone: 0, deactivated: 0 },
    };
    if (this.plan.isDry) {
      await this.runAlone(source, schema, choices, report, summary, () => Promise.resolve());
      return summary;
    }
    return asOnlyImport(this.db, async (demand) => {
      try {
        await this.runAlone(source, schema, choices, report, summary, demand);
      } catch (error) {
        // The database may be what has failed.
        await this.record(summary, 'failure').catch(() => undefined);
        throw error;
      }
      await this.record(summary, 'success');
      return summary;
    });
  }

  private async runAlone(
    source: SiteReader,
    schema: SiteSchema,
    choices: Choices,
    report: ImportReport,
    summary: ImportSummary,
    demand: () => Promise<void>,
  ): Promise<void> {
    const all = await countUsers(source, schema);
    await this.demandSite(all);
    const holders = await sharedAddresses(source, schema);
    if (!this.plan.isDry && schema.columns.isInteger) await this.raiseIds(source, schema);
    // What the site refuses is refused here before any of its users can come.
    await this.refuse(source, schema, summary);
    for await (const users of userPages(source, schema)) {
      await demand();
      const mapped = users.map((user) => mapUser(user, choices, holders));
      const { added, changed, unchanged, remarks } = await this.page.write(mapped, this.now());
      for (const remark of remarks) report.remark(remark);
      summary.users += users.length;
      summary.added += added;
      summary.changed += changed;
      summary.unchanged += unchanged;
      report.progress(summary.users, all);
    }
    const { isDry, deactivatesGone } = this.plan;
    const gone = new GoneUsers(this.db, this.receiver, deactivatesGone && !isDry);
    Object.assign(summary, await gone.run(source, schema, (remark) => report.remark(remark), demand));
  }

  /** Of a database that is empty by mistake, everybody would be gone. */
  private async demandSite(users: number): Promise<void> {
    if (!this.plan.deactivatesGone) return;
    const [imported] = await this.db.run(sql.COUNT_IMPORTED, []);
    if (imported && users * 2 < imported.count)
      throw new SiteProblem(
        `The site has ${counted(users, 'user')}, of ${imported.count} that were imported. Is it the right database? Without --deactivate-gone the others are only reported`,
      );
  }

  private record(summary: ImportSummary, outcome: 'success' | 'failure'): Promise<void> {
    const counts = Object.entries(summary).map(([name, count]) => `${name}=${count}`);
    return recordRun(this.receiver, `django ${counts.join(' ')}`, outcome);
  }

  private async raiseIds(source: SiteReader, { users, columns }: SiteSchema): Promise<void> {
    const [row] = await source.read(`SELECT max(${quoted(columns.id)})::text AS id FROM ${users}`);
    const largest = Number(row?.id ?? 0);
    if (Number.isSafeInteger(largest) && largest > 0) await this.db.run(RAISE_IDS, [largest]);
  }

  private async refuse(source: SiteReader, schema: SiteSchema, summary: ImportSummary): Promise<void> {
    for await (const tokens of blacklistPages(source, schema, this.now())) {
      summary.blacklisted += tokens.length;
      if (this.plan.isDry) continue;
      const jtis = tokens.map(({ jti }) => jti);
      const expiries = tokens.map(({ expiresAt }) => expiresAt);
      const live = await this.db.run(sql.REFUSE_TOKENS, [jtis, expiries]);
      const { ending, operator } = this.receiver;
      for (const { lookupId, userId } of live)
        if (await ending.endByToken({ lookupId, userId }, 'blacklist', operator)) summary.ended++;
    }
  }
}
