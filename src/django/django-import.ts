import type { Database } from '../database/database.js';
import type { AccountPage, Receiver } from '../transfer/account-page.js';
import { RAISE_IDS } from '../transfer/account-statements.js';
import type { Remark } from '../transfer/remarks.js';
import * as sql from './import-statements.js';
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
}

/** Who is told how far it is. */
export interface ImportReport {
  remark(remark: Remark): void;
  progress(done: number, all: number): void;
}

/**
 * Imports a Django site. It can be interrupted and repeated: each page is a transaction, and what an earlier run has
 * imported is only changed where the site has changed it since.
 */
export class DjangoImport {
  constructor(
    private readonly db: Database,
    private readonly page: AccountPage,
    private readonly receiver: Pick<Receiver, 'ending' | 'operator'>,
    private readonly now: () => Date,
    private readonly isDry: boolean,
  ) {}

  async run(
    source: SiteReader,
    schema: SiteSchema,
    choices: Choices,
    report: ImportReport,
  ): Promise<ImportSummary> {
    const summary = { users: 0, added: 0, changed: 0, unchanged: 0, blacklisted: 0, ended: 0 };
    const all = await countUsers(source, schema);
    const holders = await sharedAddresses(source, schema);
    if (!this.isDry && schema.columns.isInteger) await this.raiseIds(source, schema);
    // What the site refuses is refused here before any of its users can come.
    await this.refuse(source, schema, summary);
    for await (const users of userPages(source, schema)) {
      const mapped = users.map((user) => mapUser(user, choices, holders));
      const { added, changed, unchanged, remarks } = await this.page.write(mapped, this.now());
      for (const remark of remarks) report.remark(remark);
      summary.users += users.length;
      summary.added += added;
      summary.changed += changed;
      summary.unchanged += unchanged;
      report.progress(summary.users, all);
    }
    return summary;
  }

  private async raiseIds(source: SiteReader, { users, columns }: SiteSchema): Promise<void> {
    const [row] = await source.read(`SELECT max(${quoted(columns.id)})::text AS id FROM ${users}`);
    const largest = Number(row?.id ?? 0);
    if (Number.isSafeInteger(largest) && largest > 0) await this.db.run(RAISE_IDS, [largest]);
  }

  private async refuse(source: SiteReader, schema: SiteSchema, summary: ImportSummary): Promise<void> {
    for await (const tokens of blacklistPages(source, schema, this.now())) {
      summary.blacklisted += tokens.length;
      if (this.isDry) continue;
      const jtis = tokens.map(({ jti }) => jti);
      const expiries = tokens.map(({ expiresAt }) => expiresAt);
      const live = await this.db.run(sql.REFUSE_TOKENS, [jtis, expiries]);
      const { ending, operator } = this.receiver;
      for (const { lookupId, userId } of live)
        if (await ending.endByToken({ lookupId, userId }, 'blacklist', operator)) summary.ended++;
    }
  }
}
